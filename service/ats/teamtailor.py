"""The adapter for Teamtailor's company webhooks.

Signed (version 2): ``TT-Signature`` is the base64 of ``t=<unix>,v2=<hex>``, where the hex is the
HMAC-SHA256 of ``t``, a dot and the raw body. The documentation says that the body holds the same
signature as its member ``signature``, which it cannot if all of it is signed; and until November
2025 it had the ``payload`` member alone signed. So three readings are accepted, each of bytes as
they came: the whole body, the body without that member, and the ``payload`` member. Nothing but
``payload`` is ever read, and each reading covers all of it, so what is believed was signed.

Version 1 (deprecated) signs the record's id alone: with one such delivery anybody could make up a
deletion of the same record, for ever. It is refused; version 2 is chosen in Teamtailor's settings
of the webhook.

Teamtailor sends a delivery once and never again, so the poller is what completes the picture. No
delivery names a person: the present state is fetched. Documented: signature, events, attributes,
no retries, when a rejection may be told, the records of candidates, jobs, stages, reject reasons,
and paging. From public code and memory: the filter by ``updated-at`` on job applications and jobs,
the statuses of jobs, the types of stages beyond those of the published examples, and whether the
API tells ``transparent-recruiting-visible-at``; where it does not, a person is asked.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from service import signing
from service.ats.asking import NO_ANSWERS, Answers, Needs, Poller, VendorApi, WriteBack
from service.ats.base import AdapterDefaults, Guide, Incoming, body_identity
from service.ats.body import load_object
from service.ats.payload import PayloadError
from service.ats.teamtailor_api import TeamtailorApi
from service.ats.teamtailor_events import FOUND, HANDLERS, IGNORED
from service.ats.teamtailor_notes import TeamtailorNotes
from service.ats.teamtailor_poller import TeamtailorPoller
from service.ats.teamtailor_records import Document, member
from service.domain.changes import Translation

TOLERANCE = timedelta(minutes=5)
"""How far the signed time may lie from our clock, either way: nothing is ever sent again."""

_HEADER = "tt-signature"
_SIGNATURE = re.compile(r"t=([0-9]{1,11}),v2=([0-9a-f]{64})")
_V1 = re.compile(r"[0-9a-fA-F]{64}")
_MOST_OF_A_SIGNATURE = 512
_MOST_OF_A_NAME = 60

_BEFORE = re.compile(rb'\s*\{\s*"payload"\s*:\s*')
_AFTER = re.compile(rb'\s*,\s*"signature"\s*:\s*"[A-Za-z0-9+/=_-]{0,512}"\s*\}\s*')
_MOST_AFTER = 640


class Teamtailor(AdapterDefaults):
    """Teamtailor. Success is any 2xx; whatever else is answered, nothing is sent again."""

    name: str = "teamtailor"
    label: str = "Teamtailor"
    success_status: int = 200
    guide: Guide = Guide(
        where="Settings > Integrations > Webhooks > New webhook (Teamtailor's support enables "
        "webhooks for your account); signature version 2",
        events=tuple(sorted(HANDLERS)),
        secret="shown by Teamtailor as the webhook's signature key",  # noqa: S106 - a hint
    )
    api: VendorApi | None = TeamtailorApi()
    poller: Poller | None = TeamtailorPoller()
    write_back: WriteBack | None = TeamtailorNotes()

    def verify(self, incoming: Incoming, secrets: Sequence[str], now: datetime) -> None:
        """Check version 2 over the bytes as they came, in each reading of what they are."""
        header = incoming.only(_HEADER)
        if header is None:
            raise signing.SignatureError("the header TT-Signature is missing")
        seconds, given = _opened(header)
        start = f"{seconds}.".encode("ascii")
        # Every reading is tried, so that time tells nothing of which matched.
        matches = [
            signing.matches_hex(start + signed, given, secrets) for signed in _readings(incoming)
        ]
        if not any(matches):
            raise signing.SignatureError("the signature in TT-Signature does not match")
        # After the signature: only an authentic sender learns what our clock says.
        if abs(now.timestamp() - int(seconds)) > TOLERANCE.total_seconds():
            raise signing.SignatureError(
                f"the time in TT-Signature is too far from {now.astimezone(UTC):%H:%M:%SZ}"
            )

    def identity(self, incoming: Incoming) -> str:
        """The event, its record's id, and when that was updated; all three are signed.

        A deletion tells no time, and happens once. Where any other event tells none, the signed
        time of sending stands in: sent again by somebody else, it is still the same.
        """
        try:
            payload = load_object(incoming.body, strict=False).required_child("payload")
            data = payload.required_child("data")
            event, record = payload.required_text("event_name"), data.required_id("id")
            attributes = data.child("attributes")
            updated = member(attributes, "updated-at").text() if attributes else None
        except PayloadError:
            return body_identity(incoming.body)
        if updated is None and not event.endswith(".destroy"):
            updated = _sent(incoming)
        identity = ":".join(part for part in (event, record, updated) if part)
        fits = len(identity) <= 255 and identity.isprintable()
        return identity if fits else body_identity(identity.encode("utf-8", "surrogatepass"))

    def kept_headers(self, incoming: Incoming) -> dict[str, str]:
        """The content type. The others hold the signature, or keys of the API."""
        return incoming.kept("content-type")

    def translate(
        self,
        body: bytes,
        headers: Mapping[str, str],  # noqa: ARG002 - the protocol's; the body names the event
        received_at: datetime,
        answers: Answers = NO_ANSWERS,
    ) -> Translation | Needs:
        """See ``Adapter.translate``."""
        payload = load_object(body, strict=False).required_child("payload")
        event = payload.required_text("event_name")
        handler = HANDLERS.get(event)
        if handler is None:
            unknown = f"Keepword has no use for the event {event[:_MOST_OF_A_NAME]!r}"
            return Translation(ignored=IGNORED.get(event, unknown))
        return handler(payload.required_child("data"), answers, received_at)

    def translate_found(
        self, kind: str, record: bytes, received_at: datetime, answers: Answers = NO_ANSWERS
    ) -> Translation | Needs:
        """A record of the poller's lists: it holds what a fetch would, but for the job's user."""
        handler = FOUND.get(kind)
        if handler is None:
            return super().translate_found(kind, record, received_at, answers)
        return handler(Document(load_object(record, strict=False)), answers, received_at)

    def sign(
        self,
        body: bytes,
        secret: str,
        at: datetime,
        identity: str,  # noqa: ARG002 - the protocol's; Teamtailor numbers no deliveries
    ) -> dict[str, str]:
        """The headers Teamtailor sends with a body: version 2, over the whole of it."""
        seconds = str(int(at.timestamp()))
        signature = signing.hex_signature(seconds.encode("ascii") + b"." + body, secret)
        token = base64.b64encode(f"t={seconds},v2={signature}".encode("ascii"))
        return {"Content-Type": "application/json", "TT-Signature": token.decode("ascii")}


def _opened(header: str) -> tuple[str, str]:
    """The signed time and the signature."""
    malformed = signing.SignatureError("TT-Signature is not the base64 of 't=<seconds>,v2=<hex>'")
    if len(header) > _MOST_OF_A_SIGNATURE:
        raise malformed
    given = header.strip()
    try:
        octets = base64.b64decode(given.encode("ascii"), validate=True)
        text = octets.decode("ascii")
    except (binascii.Error, ValueError):
        raise malformed from None
    if base64.b64encode(octets).decode("ascii") != given:
        # One signature has one spelling: base64 leaves bits over that say nothing.
        raise malformed
    if _V1.fullmatch(text):
        raise signing.SignatureError(
            "TT-Signature is of version 1, which signs the record's id alone: choose version 2 "
            "in Teamtailor's settings of the webhook"
        )
    found = _SIGNATURE.fullmatch(text)
    if found is None:
        raise malformed
    return found[1], found[2]


def _readings(incoming: Incoming) -> list[bytes]:
    """What may have been signed: the body; it without ``signature``; its ``payload`` alone.

    Cut out of the bytes as they came: nothing is parsed before it is known to be authentic.
    """
    body = incoming.body
    before = _BEFORE.match(body)
    if before is None:
        return [body]
    comma = body.rfind(b",", max(before.end(), len(body) - _MOST_AFTER))
    start = len(body[:comma].rstrip()) if comma > 0 else -1
    after = _AFTER.fullmatch(body, start) if start > before.end() else None
    if after is None:
        # No member but the payload: the whole but for its last brace.
        payload = body.rstrip().removesuffix(b"}").rstrip()[before.end() :]
        return [body, payload]
    payload = body[before.end() : after.start()]
    return [body, b'{"payload":' + payload + b"}", payload]


def _sent(incoming: Incoming) -> str:
    """The signed time of sending, where it can be read."""
    try:
        return "sent " + _opened(incoming.headers.get(_HEADER, ("",))[0])[0]
    except signing.SignatureError:
        return body_identity(incoming.body)
