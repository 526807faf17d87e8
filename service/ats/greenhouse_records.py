"""What a record of Harvest v3 means: the present state of one thing, with the record's own times.

Fields after harvestdocs.greenhouse.io: applications are flat (``candidate_id``, ``job_id``,
``stage_name``, ``status`` in_process, rejected, hired or converted, ``rejected_at``,
``rejection_reason_id``, ``last_activity_at``), so the people, the job and the reason around them
are asked for. A rejection whose reason cannot be read closes nothing: that reason may say that the
candidate withdrew. Not documented, and taken from the
webhooks: that ``job_interview_id`` is the id of a stage's interview step there.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from service.ats.asking import Answers, Ask, Needs, needed
from service.ats.greenhouse_payloads import candidate_facts, candidate_left
from service.ats.json_list import objects_of
from service.ats.payload import JsonObject
from service.ats.present_state import applied, stands_open
from service.ats.stages import guess_stage
from service.domain.changes import (
    ApplicationRef,
    ApplicationUpdated,
    CandidateFacts,
    CandidateUpdated,
    Change,
    Hired,
    InterviewBooked,
    InterviewDone,
    JobFacts,
    JobStatus,
    JobUpdated,
    OfferMade,
    OfferWithdrawn,
    Person,
    Rejected,
    Translation,
    Withdrawn,
)

_JOB_STATUS = {"open": JobStatus.OPEN, "closed": JobStatus.CLOSED}
_OPEN = frozenset({"in_process", "active"})


def translate_record(
    kind: str, record: JsonObject, received_at: datetime, answers: Answers
) -> Translation | Needs:
    """What one record means, or what must be asked about it first."""
    if kind == "application":
        return _application(record, received_at, answers)
    changes = _READERS[kind](record, received_at) if kind in _READERS else []
    ignored = None if changes else f"nothing of this {kind[:40]} concerns Keepword"
    return Translation(tuple(changes), ignored, tuple(dict.fromkeys(record.warnings)))


def _application(
    record: JsonObject, received_at: datetime, answers: Answers
) -> Translation | Needs:
    if record.flag("prospect") or record.text("status") == "converted":
        return Translation(ignored="a prospect has not applied, so nothing is owed")
    ask_candidate = _one("/candidates", record.required_id("candidate_id"))
    job_id, reason_id = record.id("job_id"), record.id("rejection_reason_id")
    ask_job = _one("/jobs", job_id) if job_id else None
    rejected = record.text("status") == "rejected"
    ask_reason = (
        Ask("/rejection_reasons", (("ids", reason_id), ("include_defaults", "true")))
        if rejected and reason_id
        else None
    )
    owner_id = record.id("recruiter_id")
    ask_owner = _one("/users", owner_id) if owner_id else None
    asks = [each for each in (ask_candidate, ask_job, ask_owner, ask_reason) if each is not None]
    missing = needed(answers, asks)
    if missing is not None:
        return missing
    person = _found(answers, ask_candidate, record.required_id("candidate_id"))
    if person is None:
        # Private to whoever asks, or gone; which of them, only the webhooks say.
        return Translation(ignored="Greenhouse shows no such candidate to this user")
    job = _found(answers, ask_job, job_id)
    ref = ApplicationRef(
        external_id=record.required_id("id"),
        candidate=_facts(person),
        job=_job_facts(job) if job else None,
        owner=_person(_found(answers, ask_owner, owner_id)),
        applied_at=record.instant("created_at", past_of=received_at),
        ats_stage=record.text("stage_name"),
    )
    reason = _found(answers, ask_reason, reason_id)
    changes = _standing(record, ref, received_at, reason, asked=ask_reason is not None)
    warnings = [*record.warnings, *person.warnings, *(job.warnings if job else ())]
    return Translation(tuple(changes), warnings=tuple(dict.fromkeys(warnings)))


def _standing(
    record: JsonObject,
    ref: ApplicationRef,
    received_at: datetime,
    reason: JsonObject | None,
    *,
    asked: bool,
) -> list[Change]:
    status, at = record.text("status"), _clock(record, received_at)
    if status in _OPEN:
        return stands_open(ref, at, guess_stage(ref.ats_stage), received_at)
    if status == "hired":
        return [*applied(ref, received_at), Hired(ref, at)]
    rejected_at = record.instant("rejected_at", past_of=received_at)
    if status != "rejected":
        record.warn("status", "unknown, so nothing is taken from it")
    elif rejected_at is None:
        record.warn("rejected_at", "is missing, so 'rejected' is not taken as a decision")
    elif asked and reason is None:
        record.warn("rejection_reason_id", "cannot be read, so nobody knows who decided")
    elif reason is not None and candidate_left(reason):
        return [*applied(ref, received_at), Withdrawn(ref, rejected_at, reason.text("name"))]
    else:
        name = reason.text("name") if reason else None
        return [*applied(ref, received_at), Rejected(ref, rejected_at, name)]
    return [ApplicationUpdated(ref, at)]


def _clock(record: JsonObject, received_at: datetime) -> datetime | None:
    """When the record last was as it says: its state is no older than its last change."""
    told = (record.instant(key, past_of=received_at) for key in ("last_activity_at", "updated_at"))
    return max((each for each in told if each is not None), default=None)


def _candidate(record: JsonObject, received_at: datetime) -> list[Change]:
    at = record.instant("updated_at", past_of=received_at)
    return [CandidateUpdated(_facts(record), at)]


def _job(record: JsonObject, received_at: datetime) -> list[Change]:
    return [JobUpdated(_job_facts(record), record.instant("updated_at", past_of=received_at))]


def _interview(record: JsonObject, received_at: datetime) -> list[Change]:
    """An interview with a time in a calendar: what has none may be a test done at home."""
    interview_id = record.required_id("id")
    starts_at, ends_at = record.instant("starts_at"), record.instant("ends_at")
    application_id = record.id("application_id")
    if starts_at is None or application_id is None:
        return []
    ref = ApplicationRef(application_id)
    at = record.instant("updated_at", past_of=received_at)
    step_id = record.id("job_interview_id") or interview_id
    status = record.text("status")
    if status == "scheduled":
        return [InterviewBooked(ref, at, step_id, starts_at, ends_at)]
    if status in {"awaiting_feedback", "complete"} and starts_at <= received_at:
        return [InterviewDone(ref, at, step_id, min(ends_at or starts_at, received_at))]
    return []


def _offer(record: JsonObject, received_at: datetime) -> list[Change]:
    """One version of an offer; the same names as the webhooks'."""
    application_id, offer_id = record.required_id("application_id"), record.required_id("id")
    version, status = record.id("version"), (record.text("status") or "").casefold()
    name = f"{offer_id}/v{version}" if version else offer_id
    resolved_at = record.instant("resolved_at", past_of=received_at)
    if status in {"rejected", "deprecated"}:
        return [OfferWithdrawn(application_id, resolved_at, name)]
    if status not in {"created", "accepted"}:
        return []
    at = resolved_at if status == "accepted" else None
    return [OfferMade(application_id, at, name, record.has("sent_on") or status == "accepted")]


_READERS: dict[str, Callable[[JsonObject, datetime], list[Change]]] = {
    "candidate": _candidate,
    "job": _job,
    "interview": _interview,
    "offer": _offer,
}


def _facts(candidate: JsonObject) -> CandidateFacts:
    members = {**candidate.members, "is_private": candidate.members.get("private")}
    return candidate_facts(
        JsonObject(members, candidate.pointer, candidate.strict, candidate.warnings)
    )


def _job_facts(job: JsonObject) -> JobFacts:
    return JobFacts(
        job.required_id("id"), job.text("name"), _JOB_STATUS.get(job.text("status") or "")
    )


def _person(user: JsonObject | None) -> Person | None:
    """A user; what their address is called differs between Greenhouse's own pages."""
    if user is None:
        return None
    names = (user.text("first_name"), user.text("last_name"))
    name = " ".join(each for each in names if each) or user.text("name")
    keys = ("primary_email", "primary_email_address", "email")
    email = next((found for key in keys if (found := user.text(key))), None)
    return Person(user.id("id"), name, email)


def _one(path: str, id_: str) -> Ask:
    """Harvest v3 has no address for a single record: a list of one is asked for."""
    return Ask(path, (("ids", id_),))


def _found(answers: Answers, ask: Ask | None, id_: str | None) -> JsonObject | None:
    answer = answers.to(ask) if ask is not None else None
    if answer is None or answer.gone:
        return None
    return next((each for each in objects_of(answer) if each.id("id") == id_), None)
