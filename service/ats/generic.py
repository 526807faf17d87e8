"""The adapter for whoever has no vendor adapter: our own events, signed after Standard Webhooks.

``docs/generic-events.md`` is the format; each example there is run through this adapter by the
tests, so the page and the code cannot drift apart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from service import signing
from service.ats import generic_payloads as read
from service.ats.asking import NO_ANSWERS, Answers
from service.ats.base import AdapterDefaults, Guide, Incoming, body_identity
from service.ats.body import load_object
from service.ats.payload import JsonObject
from service.domain.changes import (
    ApplicationDeleted,
    ApplicationRef,
    ApplicationUpdated,
    Applied,
    CandidateErased,
    CandidatesMerged,
    CandidateUpdated,
    Change,
    Hired,
    InterviewBooked,
    InterviewCancelled,
    InterviewDone,
    JobDeleted,
    JobUpdated,
    Moved,
    OfferMade,
    OfferWithdrawn,
    Rejected,
    Stage,
    Translation,
    Unhired,
    Unrejected,
    Withdrawn,
)

_HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")
_MOST_OF_A_NAME = 60


class Generic(AdapterDefaults):
    """Any source that can sign a JSON event."""

    name: str = "generic"
    label: str = "Generic (signed events)"
    success_status: int = 200

    guide: Guide = Guide(
        where="wherever the source keeps its webhooks",
        events=("every event type of docs/generic-events.md that the source knows of",),
        secret="made here by --new-secret, or any key after Standard Webhooks",  # noqa: S106 - a hint
    )

    def secret_fault(self, secret: str) -> str | None:
        """Standard Webhooks signs with the bytes that the secret's base64 stands for."""
        if signing.is_standard_secret(secret):
            return None
        return "the secret must be whsec_ followed by base64, as Standard Webhooks has it"

    def verify(self, incoming: Incoming, secrets: Sequence[str], now: datetime) -> None:
        """Check the three headers of Standard Webhooks 1.0, five minutes either way."""
        headers = {name: incoming.only(name) or "" for name in _HEADERS}
        signing.verify_standard(incoming.body, headers, secrets, now)

    def identity(self, incoming: Incoming) -> str:
        """``webhook-id``: it is signed, and the same over all attempts at one event."""
        return incoming.kept("webhook-id").get("webhook-id") or body_identity(incoming.body)

    def kept_headers(self, incoming: Incoming) -> dict[str, str]:
        """What tells one attempt from another."""
        return incoming.kept("webhook-id", "webhook-timestamp", "content-type")

    def translate(
        self,
        body: bytes,
        headers: Mapping[str, str],  # noqa: ARG002 - the protocol's; the body says it all
        received_at: datetime,
        answers: Answers = NO_ANSWERS,  # noqa: ARG002 - the protocol's; nothing is fetched
    ) -> Translation:
        """See ``Adapter.translate``."""
        root = load_object(body, strict=True)
        root.note_unknown(("type", "at", "data"))
        kind = root.required_text("type")
        if kind == "ping":
            return Translation(ignored="a ping: the source reaches Keepword and signs as agreed")
        handler = _HANDLERS.get(kind)
        if handler is None:
            return Translation(ignored=f"there is no event type {kind[:_MOST_OF_A_NAME]!r}")
        at = root.required_instant("at", past_of=received_at)
        changes = handler(root.required_child("data"), at, received_at)
        return Translation(tuple(changes), warnings=tuple(dict.fromkeys(root.warnings)))

    def sign(self, body: bytes, secret: str, at: datetime, identity: str) -> dict[str, str]:
        """The headers of Standard Webhooks 1.0."""
        signed = signing.sign_standard(body, secret, identity, at)
        return {"content-type": "application/json", **signed}


_Handler = Callable[[JsonObject, datetime, datetime], list[Change]]


def _applied(data: JsonObject, at: datetime, received_at: datetime) -> list[Change]:
    data.note_unknown(("application",))
    application = data.required_child("application")
    ref = read.application_ref(application, received_at, complete=True)
    if ref.applied_at is None:
        # What happened then is that they applied.
        ref = replace(ref, applied_at=at)
    stage = read.stage_of(application)
    applied = Applied(ref, ref.applied_at, stage or Stage.APPLIED)
    if ref.ats_stage and stage is None:
        return [applied, Moved(ref, at, None)]
    return [applied]


def _moved(data: JsonObject, at: datetime, received_at: datetime) -> list[Change]:
    data.note_unknown(("application",))
    application = data.required_child("application")
    if not application.has("stage") and not application.has("ats_stage"):
        application.fail("stage", "is missing, and so is ats_stage")
    return [Moved(_ref(data, received_at), at, read.stage_of(application))]


def _rejected(data: JsonObject, at: datetime, received_at: datetime) -> list[Change]:
    data.note_unknown(("application", "reason", "by"))
    by = read.person(data, "by")
    return [Rejected(_ref(data, received_at), at, data.text("reason"), by)]


def _unrejected(data: JsonObject, at: datetime, received_at: datetime) -> list[Change]:
    data.note_unknown(("application",))
    stage = read.stage_of(data.required_child("application"))
    return [Unrejected(_ref(data, received_at), at, stage)]


def _hired(data: JsonObject, at: datetime, received_at: datetime) -> list[Change]:
    data.note_unknown(("application",))
    return [Hired(_ref(data, received_at), at)]


def _unhired(data: JsonObject, at: datetime, received_at: datetime) -> list[Change]:
    data.note_unknown(("application",))
    stage = read.stage_of(data.required_child("application"))
    return [Unhired(_ref(data, received_at), at, stage)]


def _withdrawn(data: JsonObject, at: datetime, received_at: datetime) -> list[Change]:
    data.note_unknown(("application", "reason"))
    return [Withdrawn(_ref(data, received_at), at, data.text("reason"))]


def _updated(data: JsonObject, at: datetime, received_at: datetime) -> list[Change]:
    data.note_unknown(("application",))
    return [ApplicationUpdated(_ref(data, received_at), at)]


def _interview_booked(data: JsonObject, at: datetime, received_at: datetime) -> list[Change]:
    data.note_unknown(("application", "interview"))
    interview = data.required_child("interview")
    interview.note_unknown(("id", "starts_at", "ends_at"))
    starts_at, ends_at = interview.instant("starts_at"), interview.instant("ends_at")
    if starts_at and ends_at and ends_at < starts_at:
        interview.fail("ends_at", "lies before starts_at")
    ref = _ref(data, received_at)
    return [InterviewBooked(ref, at, interview.required_id("id"), starts_at, ends_at)]


def _interview_done(data: JsonObject, at: datetime, received_at: datetime) -> list[Change]:
    data.note_unknown(("application", "interview"))
    interview = data.required_child("interview")
    interview.note_unknown(("id", "ended_at"))
    ended_at = interview.instant("ended_at", past_of=received_at)
    return [InterviewDone(_ref(data, received_at), at, interview.required_id("id"), ended_at)]


def _interview_cancelled(data: JsonObject, at: datetime, received_at: datetime) -> list[Change]:
    data.note_unknown(("application", "interview"))
    interview = data.required_child("interview")
    interview.note_unknown(("id",))
    ref = _ref(data, received_at) if data.has("application") else None
    return [InterviewCancelled(at, interview.required_id("id"), ref)]


def _offer_made(data: JsonObject, at: datetime, _: datetime) -> list[Change]:
    application_id, offer = _offer(data, ("id", "sent"))
    return [OfferMade(application_id, at, offer.required_id("id"), offer.required_flag("sent"))]


def _offer_withdrawn(data: JsonObject, at: datetime, _: datetime) -> list[Change]:
    application_id, offer = _offer(data, ("id",))
    return [OfferWithdrawn(application_id, at, offer.required_id("id"))]


def _candidate_updated(data: JsonObject, at: datetime, _: datetime) -> list[Change]:
    data.note_unknown(("candidate", "owner"))
    facts = read.candidate_facts(data.required_child("candidate"))
    return [CandidateUpdated(facts, at, read.person(data, "owner"))]


def _candidates_merged(data: JsonObject, at: datetime, _: datetime) -> list[Change]:
    data.note_unknown(("candidate", "into"))
    gone, into = _only_id(data, "candidate"), _only_id(data, "into")
    if gone == into:
        data.fail("into", "a candidate cannot be merged into itself")
    return [CandidatesMerged(gone, into, at)]


def _candidate_erased(data: JsonObject, at: datetime, _: datetime) -> list[Change]:
    data.note_unknown(("candidate", "applications"))
    applications = data.children("applications") or ()
    ids = tuple(each.required_id("id") for each in applications)
    return [CandidateErased(_only_id(data, "candidate"), at, ids)]


def _application_deleted(data: JsonObject, at: datetime, _: datetime) -> list[Change]:
    data.note_unknown(("application",))
    return [ApplicationDeleted(_only_id(data, "application"), at)]


def _job_updated(data: JsonObject, at: datetime, _: datetime) -> list[Change]:
    data.note_unknown(("job",))
    return [JobUpdated(read.job_facts(data.required_child("job")), at)]


def _job_deleted(data: JsonObject, at: datetime, _: datetime) -> list[Change]:
    data.note_unknown(("job",))
    return [JobDeleted(_only_id(data, "job"), at)]


_HANDLERS: dict[str, _Handler] = {
    "application.applied": _applied,
    "application.moved": _moved,
    "application.rejected": _rejected,
    "application.unrejected": _unrejected,
    "application.hired": _hired,
    "application.unhired": _unhired,
    "application.withdrawn": _withdrawn,
    "application.updated": _updated,
    "application.deleted": _application_deleted,
    "interview.booked": _interview_booked,
    "interview.done": _interview_done,
    "interview.cancelled": _interview_cancelled,
    "offer.made": _offer_made,
    "offer.withdrawn": _offer_withdrawn,
    "candidate.updated": _candidate_updated,
    "candidate.merged": _candidates_merged,
    "candidate.erased": _candidate_erased,
    "job.updated": _job_updated,
    "job.deleted": _job_deleted,
}

EVENT_TYPES: tuple[str, ...] = tuple(_HANDLERS)
"""Every event type that changes something, in the order the documentation has them."""


def _ref(data: JsonObject, received_at: datetime) -> ApplicationRef:
    return read.application_ref(data.required_child("application"), received_at)


def _only_id(data: JsonObject, key: str) -> str:
    return data.required_child(key).required_id("id")


def _offer(data: JsonObject, members: tuple[str, ...]) -> tuple[str, JsonObject]:
    data.note_unknown(("application", "offer"))
    offer = data.required_child("offer")
    offer.note_unknown(members)
    return _only_id(data, "application"), offer
