"""The adapter for Greenhouse Recruiting's webhooks.

Signed: HMAC-SHA256 of the raw body in ``Signature: sha256 <hex>``. There is no timestamp, so a
replay is stopped by the delivery's identity and, behind it, by the payload's own times.

Not in Greenhouse's documentation, and so handled with care: the body of the ping (anything that
is authentic is answered), whether ``Greenhouse-Event-ID`` stays the same over retries (see
``identity``), and whether the id in ``interview_deleted`` is that of a stage's interview step.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime

from service import signing
from service.ats.asking import NO_ANSWERS, Answers, Needs, Poller, VendorApi, WriteBack
from service.ats.base import Guide, Incoming, body_identity
from service.ats.body import load_object
from service.ats.body_signature import SignsTheBody
from service.ats.greenhouse_actions import HANDLERS
from service.ats.greenhouse_api import GreenhouseApi
from service.ats.greenhouse_notes import GreenhouseNotes
from service.ats.greenhouse_poller import KINDS, GreenhousePoller
from service.ats.greenhouse_records import translate_record
from service.ats.meaning import meaning
from service.ats.payload import PayloadError
from service.domain.changes import Translation

EVENT_ID = "greenhouse-event-id"

_MOST_OF_A_NAME = 60

# They restate facts that may turn back to what they were (a name, an owner, open and closed),
# and carry no time that would make the second body differ from the first.
_RESTATING = frozenset({"update_candidate", "job_updated", "application_updated"})
_RESTATING_NAMES = tuple(sorted(name.encode() for name in _RESTATING))

_IGNORED = {
    "ping": "a ping: Greenhouse reaches Keepword and signs as agreed",
    "new_prospect_application": "a prospect has not applied, so nothing is owed",
    "scorecard_deleted": "feedback within the team is no contact with the candidate",
    "job_approved": "an approval changes nothing for candidates",
    "job_post_created": "job posts are not followed, jobs are",
    "job_post_updated": "job posts are not followed, jobs are",
    "job_post_deleted": "job posts are not followed, jobs are",
    "job_interview_stage_deleted": "stages are followed through the applications in them",
    "department_deleted": "departments are not followed",
    "office_deleted": "offices are not followed",
}


class Greenhouse(SignsTheBody):
    """Greenhouse Recruiting. Success is exactly 200 ("a non HTTP 200 response" is retried)."""

    name: str = "greenhouse"
    label: str = "Greenhouse"
    success_status: int = 200
    guide: Guide = Guide(
        where="Configure > Dev Center > Web Hooks > Web Hooks > Create New Web Hook",
        events=tuple(sorted(set(HANDLERS))),
        secret="made up here; enter the same one at Greenhouse as “Secret key”",  # noqa: S106 - a hint
    )
    api: VendorApi | None = GreenhouseApi()
    poller: Poller | None = GreenhousePoller()
    write_back: WriteBack | None = GreenhouseNotes()
    # The raw body: its escapes are part of what is signed.
    signature_header: str = "Signature"
    before_hex: str | None = "sha256 "

    def identity(self, incoming: Incoming) -> str:
        """A hash of the body, for actions that restate facts joined by ``Greenhouse-Event-ID``.

        The body is signed and the header is not, so a hash stops both retries (should they get a
        new id) and replays under another id; bodies of different events differ in their times.
        Only a restated fact has none: name A, then B, then A again sends the first body twice,
        and dropping the third would keep B. There the id counts too; a retry that slips through
        says again what is already so.
        """
        action = None
        # Most bodies name none of these anywhere: parsing them here would only take time.
        if any(name in incoming.body for name in _RESTATING_NAMES):
            with suppress(PayloadError):
                action = load_object(incoming.body, strict=False).text("action")
        event_id = incoming.kept(EVENT_ID).get(EVENT_ID, "") if action in _RESTATING else ""
        return body_identity(incoming.body, event_id)

    def kept_headers(self, incoming: Incoming) -> dict[str, str]:
        """The event id, for finding the delivery in Greenhouse, and the content type."""
        return incoming.kept(EVENT_ID, "content-type")

    def translate(
        self,
        body: bytes,
        headers: Mapping[str, str],  # noqa: ARG002 - the protocol's; the body says it all
        received_at: datetime,
        answers: Answers = NO_ANSWERS,  # noqa: ARG002 - the protocol's; nothing is fetched
    ) -> Translation | Needs:
        """See ``Adapter.translate``."""
        root = load_object(body, strict=False)
        action = root.required_text("action")
        handler = HANDLERS.get(action)
        if handler is None:
            unknown = f"Keepword has no use for the action {action[:_MOST_OF_A_NAME]!r}"
            return Translation(ignored=_IGNORED.get(action, unknown))
        return meaning(lambda: handler(root.required_child("payload"), received_at), root)

    def translate_found(
        self, kind: str, record: bytes, received_at: datetime, answers: Answers = NO_ANSWERS
    ) -> Translation | Needs:
        """See ``Adapter.translate_found``."""
        if kind not in KINDS.values():
            raise PayloadError("", f"nothing of the kind {kind[:_MOST_OF_A_NAME]!r} is found here")
        return translate_record(kind, load_object(record, strict=False), received_at, answers)

    def sign(
        self,
        body: bytes,
        secret: str,
        at: datetime,  # noqa: ARG002 - the protocol's; Greenhouse signs no time
        identity: str,
    ) -> dict[str, str]:
        """The headers Greenhouse sends with a body."""
        return {
            "Content-Type": "application/json",
            "Greenhouse-Event-ID": identity,
            "Signature": f"sha256 {signing.hex_signature(body, secret)}",
        }
