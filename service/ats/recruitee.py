"""The adapter for Recruitee's webhooks.

Documented: success is exactly 200, any other status is retried with growing delays; the test that
must be answered before a webhook can be created is ``{"test":true}``, alone or beside an example
event. Seen in public code: ``X-Recruitee-Signature`` is the hex HMAC-SHA256 of the raw body, and
the test comes *without* a signature that could be checked. So whatever says ``"test": true`` is
answered and nothing of it is stored: anybody may send it, and nobody gains by it.

Not documented, and so handled with care: any id of a delivery (a hash of the body is taken,
without the number of the attempt), and what else the envelope holds (see ``recruitee_events``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from service import signing
from service.ats.asking import NO_ANSWERS, Answers, Needs, Poller, VendorApi, WriteBack
from service.ats.base import Guide, HandshakeAnswer, Incoming, body_identity
from service.ats.body import load_object
from service.ats.body_signature import SignsTheBody
from service.ats.meaning import meaning
from service.ats.payload import PayloadError
from service.ats.recruitee_api import RecruiteeApi, RecruiteeNotes, RecruiteePoller
from service.ats.recruitee_events import EVENTS, read_event
from service.ats.recruitee_records import present_states
from service.domain.changes import Translation

_HEADER = "X-Recruitee-Signature"
_ATTEMPT = "attempt_count"
_MOST_OF_A_NAME = 60


class Recruitee(SignsTheBody):
    """Recruitee (Tellent). Success is exactly 200."""

    name: str = "recruitee"
    label: str = "Recruitee"
    success_status: int = 200
    guide: Guide = Guide(
        where="Settings > Apps and plugins > Webhooks > New webhook",
        events=(
            "Candidate created",
            "Candidate assigned",
            "Candidate pipeline change",
            "Candidate deleted",
            "Job published",
            "Job unpublished",
            "Job updated",
        ),
        secret="shown by Recruitee in the dialog of the webhook",  # noqa: S106 - a hint
    )
    api: VendorApi | None = RecruiteeApi()
    poller: Poller | None = RecruiteePoller()
    write_back: WriteBack | None = RecruiteeNotes()
    signature_header: str = _HEADER
    before_hex: str | None = ""

    def handshake(self, incoming: Incoming) -> HandshakeAnswer | None:
        """Answer the Test buttons, which come before the secret is known here."""
        if b"test" not in incoming.body:
            return None
        try:
            root = load_object(incoming.body, strict=False)
        except PayloadError:
            return None
        return HandshakeAnswer(self.success_status) if root.members.get("test") is True else None

    def identity(self, incoming: Incoming) -> str:
        """A hash of the body without the number of the attempt, which differs in every retry."""
        try:
            members = load_object(incoming.body, strict=False).members
        except PayloadError:
            members = {}
        if _ATTEMPT not in members:
            return body_identity(incoming.body)
        same = {name: value for name, value in members.items() if name != _ATTEMPT}
        return body_identity(json.dumps(same, sort_keys=True).encode())

    def translate(
        self,
        body: bytes,
        headers: Mapping[str, str],  # noqa: ARG002 - the protocol's; the body says it all
        received_at: datetime,
        answers: Answers = NO_ANSWERS,
    ) -> Translation | Needs:
        """See ``Adapter.translate``."""
        root = load_object(body, strict=False)
        if root.flag("test"):
            return Translation(ignored="a ping: somebody pressed Test at Recruitee")
        event = root.required_text("event_type")
        if event not in EVENTS:
            return Translation(
                ignored=f"Keepword has no use for the event {event[:_MOST_OF_A_NAME]!r}"
            )
        return meaning(lambda: read_event(event, root, received_at, answers), root)

    def translate_found(
        self,
        kind: str,
        record: bytes,
        received_at: datetime,
        answers: Answers = NO_ANSWERS,  # noqa: ARG002 - the protocol's; the record says it all
    ) -> Translation | Needs:
        """A ``candidate`` with the references that its placements name."""
        found = load_object(record, strict=False)
        if kind != "candidate":
            raise PayloadError("", f"nothing of the kind {kind[:_MOST_OF_A_NAME]!r} is found here")
        return meaning(lambda: present_states(found, received_at), found)

    def sign(
        self,
        body: bytes,
        secret: str,
        at: datetime,  # noqa: ARG002 - the protocol's; Recruitee signs no time
        identity: str,  # noqa: ARG002 - the protocol's; Recruitee sends no id in a header
    ) -> dict[str, str]:
        """The headers Recruitee sends with a body."""
        return {
            "Content-Type": "application/json",
            "User-Agent": "Recruitee-Webhooks",
            _HEADER: signing.hex_signature(body, secret),
        }
