"""The adapter for SmartRecruiters' webhooks (Webhooks API v201907).

Signed, where a secret key was made for the subscription: ``smartrecruiters-signature:
v1=<hex>[;v1=<hex>…]``, one for each live key (up to 16, an old key lives 24 hours), each the
HMAC-SHA256 of timestamp, body, event-id, event-name, event-version and link joined by dots, an
absent header counting as empty. SmartRecruiters' published example matches, and is a test.

A body holds ids alone, so the present state is fetched. Documented: signature, greeting, success
code, the candidates, jobs, users and messages endpoints. From memory or public code, and so read
with tolerance: the ids' names in the bodies of interviews, offers and jobs, an offer's statuses,
the members of a hiring team, and that a candidate's ``updatedOn`` moves with an application.
``smartrecruiters-timestamp`` is documented as the time of the *request*, so a retry has a new one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from service import signing
from service.ats.asking import NO_ANSWERS, Answers, Needs, Poller, VendorApi, WriteBack
from service.ats.base import AdapterDefaults, Guide, HandshakeAnswer, Incoming, body_identity
from service.ats.body import load_object
from service.ats.payload import PayloadError
from service.ats.smartrecruiters_api import SmartRecruitersApi
from service.ats.smartrecruiters_events import EVENTS, HANDLERS, IGNORED, found_candidate, found_job
from service.ats.smartrecruiters_ids import Named, named_by
from service.ats.smartrecruiters_notes import SmartRecruitersNotes
from service.ats.smartrecruiters_poller import CANDIDATE, JOB, SmartRecruitersPoller
from service.domain.changes import Translation

TOLERANCE = timedelta(minutes=5)
"""How far the signed time of a request may lie from our clock, either way."""

_SIGNATURE = "smartrecruiters-signature"
_TIMESTAMP = "smartrecruiters-timestamp"
_SIGNED_HEADERS = ("event-id", "event-name", "event-version", "link")
_SECONDS = re.compile(r"[0-9]{1,11}")
_HEX = re.compile(r"[0-9a-fA-F]{64}")
_ECHO = re.compile(r"[\x21-\x7e]{1,255}")
_EVENT_ID = re.compile(r"[\x21-\x7e]{1,200}")
_MOST_SIGNATURES = 32
_MOST_OF_A_NAME = 60


class SmartRecruiters(AdapterDefaults):
    """SmartRecruiters. Success is exactly 202, within 5 seconds; else it retries for a day, and
    in the end suspends the subscription.
    """

    name: str = "smartrecruiters"
    label: str = "SmartRecruiters"
    success_status: int = 202
    guide: Guide = Guide(
        where="the Webhooks API: POST /webhooks-api/v201907/subscriptions, then …/secret-key, "
        "then …/activation",
        events=EVENTS,
        secret="shown by SmartRecruiters in the answer to …/secret-key",  # noqa: S106 - a hint
    )
    api: VendorApi | None = SmartRecruitersApi()
    poller: Poller | None = SmartRecruitersPoller()
    write_back: WriteBack | None = SmartRecruitersNotes()

    def handshake(self, incoming: Incoming) -> HandshakeAnswer | None:
        """Echo ``X-Hook-Secret``: SmartRecruiters asks whether anybody is here, before any key is.

        The echo proves nothing to us and changes nothing here: nothing is stored or believed. An
        event never carries the header, and what carries a signature is judged by its signature.
        """
        values = incoming.headers.get("x-hook-secret", ())
        if len(values) != 1 or _SIGNATURE in incoming.headers or not _ECHO.fullmatch(values[0]):
            return None
        return HandshakeAnswer(200, {"X-Hook-Secret": values[0]})

    def verify(self, incoming: Incoming, secrets: Sequence[str], now: datetime) -> None:
        """Check every ``v1`` signature against every secret, over the body and five headers."""
        header = incoming.only(_SIGNATURE)
        if header is None:
            raise signing.SignatureError(f"the header {_SIGNATURE} is missing")
        seconds = incoming.only(_TIMESTAMP) or ""
        if not _SECONDS.fullmatch(seconds):
            raise signing.SignatureError(f"the header {_TIMESTAMP} is missing or malformed")
        others = [incoming.only(name) or "" for name in _SIGNED_HEADERS]
        offered = _v1(header)
        signed = _signed(seconds, incoming.body, others)
        # Every one is compared, so that time tells nothing of which matched.
        matches = [signing.matches_hex(signed, each, secrets) for each in offered]
        if not any(matches):
            raise signing.SignatureError(f"the header {_SIGNATURE} does not match")
        # After the signature: only an authentic sender learns what our clock says.
        if abs(now.timestamp() - int(seconds)) > TOLERANCE.total_seconds():
            raise signing.SignatureError(
                f"{_TIMESTAMP} is too far from {now.astimezone(UTC):%H:%M:%SZ}"
            )

    def identity(self, incoming: Incoming) -> str:
        """``event-id``: it is signed, and the same over all attempts at one event."""
        given = incoming.headers.get("event-id", ("",))[0]
        if _EVENT_ID.fullmatch(given):
            return given
        return body_identity(incoming.body, given or incoming.kept(_TIMESTAMP).get(_TIMESTAMP, ""))

    def kept_headers(self, incoming: Incoming) -> dict[str, str]:
        """What names the event, and where it points; no signature."""
        return incoming.kept(*_SIGNED_HEADERS, _TIMESTAMP, "content-type")

    def translate(
        self,
        body: bytes,
        headers: Mapping[str, str],
        received_at: datetime,
        answers: Answers = NO_ANSWERS,
    ) -> Translation | Needs:
        """See ``Adapter.translate``."""
        root = load_object(body, strict=False)
        named = named_by(root, headers.get("link", ""))
        event = headers.get("event-name", "").strip().casefold()
        if not event:
            raise PayloadError("", "the header event-name is missing")
        handler = HANDLERS.get(event)
        if handler is None:
            unknown = f"Keepword has no use for the event {event[:_MOST_OF_A_NAME]!r}"
            return Translation(ignored=IGNORED.get(event, unknown))
        return handler(named, answers, received_at)

    def translate_found(
        self, kind: str, record: bytes, received_at: datetime, answers: Answers = NO_ANSWERS
    ) -> Translation | Needs:
        """A candidate or a job of the poller's lists; lists leave much out, so both are asked."""
        external_id = load_object(record, strict=False).required_id("id")
        if kind == CANDIDATE:
            return found_candidate(external_id, answers, received_at)
        if kind == JOB:
            return found_job(Named(job=external_id), answers, received_at)
        return super().translate_found(kind, record, received_at, answers)

    def sign(self, body: bytes, secret: str, at: datetime, identity: str) -> dict[str, str]:
        """The headers SmartRecruiters sends with a body; the event is the one its ids suggest."""
        seconds = str(int(at.timestamp()))
        event, link = _suggested(body)
        others = [identity, event, "v201907", link]
        signature = signing.hex_signature(_signed(seconds, body, others), secret)
        return {
            "Content-Type": "application/json",
            _TIMESTAMP: seconds,
            _SIGNATURE: f"v1={signature}",
            **dict(zip(_SIGNED_HEADERS, others, strict=True)),
        }


def _signed(seconds: str, body: bytes, others: Sequence[str]) -> bytes:
    return b".".join([seconds.encode("ascii"), body, *(_octets(each) for each in others)])


def _octets(header: str) -> bytes:
    """A header's value as it travelled: web servers hand each byte on as one character."""
    try:
        return header.encode("latin-1")
    except UnicodeEncodeError:
        return header.encode("utf-8", "surrogatepass")


def _v1(header: str) -> list[str]:
    """The signatures of the scheme we know; those of schemes to come are passed over."""
    parts = header.split(";")
    if len(parts) > _MOST_SIGNATURES:
        raise signing.SignatureError(f"the header {_SIGNATURE} lists too many signatures")
    found = [part.strip().removeprefix("v1=") for part in parts if part.strip().startswith("v1=")]
    usable = [each for each in found if _HEX.fullmatch(each)]
    if not usable:
        raise signing.SignatureError(f"the header {_SIGNATURE} is not 'v1=<64 hex digits>'")
    return usable


def _suggested(body: bytes) -> tuple[str, str]:
    """The event's name and link that would come with such ids."""
    try:
        named = named_by(load_object(body, strict=False), "")
        return named.suggested()
    except PayloadError:
        return "application.status.updated", ""
