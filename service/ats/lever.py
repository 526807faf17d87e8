"""The adapter for Lever's webhooks and API.

Signed: the body holds ``signature``, the hex HMAC-SHA256 of its ``token`` followed by its
``triggeredAt``, and nothing else. So the body's ``data`` is a hint, and everything that matters is
fetched. A token is used once: a delivery is known by it, and one too old to be remembered here is
refused. Each event that is ticked at Lever may have a signature token of its own; all of them are
live secrets of the connection.

Documented: the signature, the events, the objects. Not documented, and so handled with care:
whether a repeated attempt has the token of the first (if not, the same is asked twice), the data
of the interview events (beta), and what is posted when an address is verified (if it is signed,
it is taken, and what it names is not found).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from service import signing
from service.ats import lever_payloads as read
from service.ats.asking import NO_ANSWERS, Answers, Needs, Poller, VendorApi, WriteBack
from service.ats.base import AdapterDefaults, Guide, Incoming, body_identity
from service.ats.body import load_object
from service.ats.lever_api import LeverApi
from service.ats.lever_events import FOUND, HANDLERS, Reading
from service.ats.lever_poller import LeverPoller
from service.ats.lever_write_back import LeverWriteBack
from service.ats.meaning import meaning
from service.ats.payload import CLOCK_SKEW, PayloadError
from service.domain.changes import Translation

OLDEST = timedelta(days=15)
"""How old a delivery may be. Lever keeps two weeks of them, and any can be sent again by hand."""

_HEX = re.compile(r"[0-9a-fA-F]{64}")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,128}")
_MOST_OF_A_NAME = 60

_IGNORED = {
    "contactCreated": "somebody without an application is owed nothing",
    "ping": "a ping: Lever reaches Keepword and signs as agreed",
}


class Lever(AdapterDefaults):
    """Lever. Any 2xx is success, a redirection is none."""

    name: str = "lever"
    label: str = "Lever"
    success_status: int = 200
    guide: Guide = Guide(
        where="Settings > Integrations and API > Webhooks; the same address for each event",
        events=(
            "Application created",
            "Candidate stage change",
            "Candidate archive state change",
            "Candidate hired",
            "Candidate deleted",
            "Interview created",
            "Interview updated",
            "Interview deleted",
            "Contact updated",
        ),
        secret="shown by Lever as “Signature token”, one for each event: give all of them",  # noqa: S106 - a hint
    )
    api: VendorApi | None = LeverApi()
    poller: Poller | None = LeverPoller()
    write_back: WriteBack | None = LeverWriteBack()

    def verify(self, incoming: Incoming, secrets: Sequence[str], now: datetime) -> None:
        """Check the body's ``signature`` over its ``token`` and ``triggeredAt``, and its age."""
        try:
            root = load_object(incoming.body, strict=False)
        except PayloadError:
            raise signing.SignatureError(
                "the body is no JSON object, so the signature is missing"
            ) from None
        token, moment, signature = (
            root.members.get(key) for key in ("token", "triggeredAt", "signature")
        )
        if not isinstance(signature, str) or not signature:
            raise signing.SignatureError("the body's signature is missing")
        if not isinstance(token, str) or not token:
            raise signing.SignatureError("the body's token is missing")
        if isinstance(moment, bool) or not isinstance(moment, int):
            raise signing.SignatureError("the body's triggeredAt is missing")
        if not _HEX.fullmatch(signature):
            raise signing.SignatureError("the body's signature is not 64 hex digits")
        if not signing.matches_hex(f"{token}{moment}".encode(), signature, secrets):
            raise signing.SignatureError("the signature does not match")
        triggered_at = read.instant(root, "triggeredAt")
        if triggered_at is None or not now - OLDEST <= triggered_at <= now + CLOCK_SKEW:
            raise signing.SignatureError("triggeredAt is too old, or lies in the future")

    def identity(self, incoming: Incoming) -> str:
        """The token. The event's ``id`` is not signed: whoever has seen a delivery could send it
        under a new one, with other data.
        """
        try:
            token = load_object(incoming.body, strict=False).members.get("token")
        except PayloadError:
            token = None
        if not isinstance(token, str) or not token:
            return body_identity(incoming.body)
        return f"token:{token}" if _TOKEN.fullmatch(token) else body_identity(token.encode())

    def translate(
        self,
        body: bytes,
        headers: Mapping[str, str],  # noqa: ARG002 - the protocol's; the body says it all
        received_at: datetime,
        answers: Answers = NO_ANSWERS,
    ) -> Translation | Needs:
        """See ``Adapter.translate``."""
        root = load_object(body, strict=False)
        event = root.required_text("event")
        handler = HANDLERS.get(event)
        if handler is None:
            unknown = f"Keepword has no use for the event {event[:_MOST_OF_A_NAME]!r}"
            return Translation(ignored=_IGNORED.get(event, unknown))
        at = read.instant(root, "triggeredAt", past_of=received_at)
        data = root.required_child("data")
        return meaning(lambda: handler(data, Reading(received_at, at, answers)), data)

    def translate_found(
        self, kind: str, record: bytes, received_at: datetime, answers: Answers = NO_ANSWERS
    ) -> Translation | Needs:
        """See ``Adapter.translate_found``."""
        handler = FOUND.get(kind)
        if handler is None:
            return super().translate_found(kind, record, received_at, answers)
        root = load_object(record, strict=False)
        return meaning(lambda: handler(root, Reading(received_at, None, answers)), root)

    def sign(
        self,
        body: bytes,  # noqa: ARG002 - the protocol's; the signature is in it
        secret: str,  # noqa: ARG002 - the protocol's
        at: datetime,  # noqa: ARG002 - the protocol's
        identity: str,  # noqa: ARG002 - the protocol's
    ) -> dict[str, str]:
        """The headers Lever sends; none of them is signed or signs."""
        return {"Content-Type": "application/json"}

    def signed_body(self, body: bytes, secret: str, at: datetime, identity: str) -> bytes:
        """The body with ``token``, ``triggeredAt`` and ``signature`` put in.

        A moment that the body has already is the event's own and stays.
        """
        try:
            members = dict(load_object(body, strict=False).members)
        except PayloadError:
            return body
        token = hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()[:48]
        moment = members.get("triggeredAt")
        if isinstance(moment, bool) or not isinstance(moment, int):
            moment = int(at.timestamp() * 1000)
        signature = signing.hex_signature(f"{token}{moment}".encode(), secret)
        signed = {"triggeredAt": moment, "token": token, "signature": signature}
        return json.dumps({**members, **signed}).encode()
