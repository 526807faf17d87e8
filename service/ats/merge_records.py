"""What a record of Merge's common models means: the present state of one thing.

Documented (docs.merge.dev, "The Application Object" and its neighbours): applications with
``current_stage``, ``rejected_at`` and ``reject_reason``; candidates; interviews with ``status``
SCHEDULED, AWAITING_FEEDBACK or COMPLETE; offers with ``status``; ``remote_was_deleted`` and
``modified_at``, Merge's own clock, on each. All times are by that clock, so that an older record
never wins over a newer one, however late Merge heard.

An application does not say that somebody was hired: that stays a stage of the employer's own name,
which is a visible to-do. A reason without ``rejected_at`` closes nothing; one whose words say that
the candidate left is a withdrawal. From memory: the roles of ``recruiters`` and
``hiring_managers`` when they are expanded.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from service.ats.asking import Ask
from service.ats.merge_api import record_ask
from service.ats.payload import JsonObject
from service.ats.present_state import applied, stands_open
from service.ats.stages import guess_stage
from service.ats.withdrawals import says_candidate_left
from service.domain.changes import (
    ApplicationDeleted,
    ApplicationRef,
    ApplicationUpdated,
    CandidateErased,
    CandidateFacts,
    CandidateUpdated,
    Change,
    InterviewBooked,
    InterviewCancelled,
    InterviewDone,
    JobDeleted,
    JobFacts,
    JobStatus,
    JobUpdated,
    OfferMade,
    OfferWithdrawn,
    Person,
    Rejected,
    Withdrawn,
)

_JOB_STATUS = {
    "OPEN": JobStatus.OPEN,
    "CLOSED": JobStatus.CLOSED,
    "ARCHIVED": JobStatus.CLOSED,
}
_EMAIL_ORDER = {"PERSONAL": 0, "OTHER": 1, "WORK": 2}
_OFFER_OUT = frozenset({"SENT", "SENT-MANUALLY", "OPENED", "SIGNED"})
_OFFER_OVER = frozenset({"DENIED", "DEPRECATED"})


def around_asked(kind: str, record: JsonObject) -> Ask | None:
    """The request for what a record is about: an application's job, who answers for it; an
    interview's application, which may not be known here yet.
    """
    if record.flag("remote_was_deleted"):
        return None
    where = {"application": ("job", "/jobs"), "interview": ("application", "/applications")}
    if kind not in where:
        return None
    key, path = where[kind]
    id_ = _id_of(record, key)
    return record_ask(path, id_) if id_ else None


def changes_of(
    kind: str, record: JsonObject, received_at: datetime, around: JsonObject | None
) -> list[Change]:
    """What one record means; ``around`` is the answer to ``around_asked``."""
    id_, at = record.required_id("id"), record.instant("modified_at", past_of=received_at)
    deleted = record.flag("remote_was_deleted") or False
    match kind:
        case "application":
            if deleted:
                return [ApplicationDeleted(id_, at)]
            return _application(record, received_at, at, around)
        case "candidate":
            if deleted:
                return [CandidateErased(id_, at)]
            return [CandidateUpdated(_candidate_facts(record), at)]
        case "job":
            return [JobDeleted(id_, at) if deleted else JobUpdated(_job_facts(record), at)]
        case "interview":
            return _interview(record, received_at, at, around, deleted=deleted)
        case _:
            return _offer(record, at, deleted=deleted)


def _application(
    record: JsonObject, received_at: datetime, at: datetime | None, job: JsonObject | None
) -> list[Change]:
    ref = _ref(record, received_at, job)
    rejected_at = record.instant("rejected_at", past_of=received_at)
    reason = _object(record, "reject_reason")
    name = reason.text("name") if reason else None
    if not record.has("rejected_at") and not record.has("reject_reason"):
        return stands_open(ref, at, guess_stage(ref.ats_stage), received_at)
    if says_candidate_left(name):
        return [*applied(ref, received_at), Withdrawn(ref, at, name)]
    if rejected_at is None:
        record.warn("rejected_at", "is missing or unreadable, so nothing is taken as a decision")
        return [*applied(ref, received_at), ApplicationUpdated(ref, at)]
    return [*applied(ref, received_at), Rejected(ref, at, name, decided_at=rejected_at)]


def _ref(record: JsonObject, received_at: datetime, job: JsonObject | None) -> ApplicationRef:
    candidate, stage = _object(record, "candidate"), _object(record, "current_stage")
    named = job or _object(record, "job")
    return ApplicationRef(
        external_id=record.required_id("id"),
        candidate=_candidate_facts(candidate) if candidate else None,
        job=_job_facts(named) if named else None,
        owner=_member(job, "recruiters") if job else None,
        applied_at=record.instant("applied_at", past_of=received_at),
        ats_stage=stage.text("name") if stage else None,
    )


def _interview(
    record: JsonObject,
    received_at: datetime,
    at: datetime | None,
    application: JsonObject | None,
    *,
    deleted: bool,
) -> list[Change]:
    id_, application_id = record.required_id("id"), _id_of(record, "application")
    ref = ApplicationRef(application_id) if application_id else None
    if application is not None and application.id("id") == application_id:
        whole = _ref(application, received_at, None)
        # What is told of the application itself is told by its own record, at its own time.
        ref = replace(whole, ats_stage=None)
    if deleted:
        return [InterviewCancelled(at, id_, ref)]
    starts_at, ends_at = record.instant("start_at"), record.instant("end_at")
    status = record.text("status")
    if ref is None:
        return []
    if status == "SCHEDULED":
        return [InterviewBooked(ref, at, id_, starts_at, ends_at)]
    if status in {"AWAITING_FEEDBACK", "COMPLETE"}:
        ended_at = ends_at or starts_at
        return [InterviewDone(ref, at, id_, min(ended_at, received_at) if ended_at else None)]
    return []


def _offer(record: JsonObject, at: datetime | None, *, deleted: bool) -> list[Change]:
    application_id, offer_id = _id_of(record, "application"), record.required_id("id")
    status = (record.text("status") or "").replace("_", "-")
    if application_id is None:
        return []
    if deleted or status in _OFFER_OVER:
        return [OfferWithdrawn(application_id, at, offer_id)]
    return [OfferMade(application_id, at, offer_id, True)] if status in _OFFER_OUT else []


def _candidate_facts(candidate: JsonObject) -> CandidateFacts:
    """A candidate marked private is hidden from most of the employer's staff: no mail by a rule."""
    can_email = candidate.flag("can_email")
    if candidate.flag("is_private"):
        can_email = False
    return CandidateFacts(
        external_id=candidate.required_id("id"),
        first_name=candidate.text("first_name"),
        last_name=candidate.text("last_name"),
        emails=_values(candidate, "email_addresses", "email_address_type", "@"),
        phones=_values(candidate, "phone_numbers", "phone_number_type", ""),
        can_email=can_email,
    )


def _values(candidate: JsonObject, key: str, kind: str, needs: str) -> tuple[str, ...] | None:
    entries = candidate.children(key)
    if entries is None:
        return None
    last = len(_EMAIL_ORDER)
    ranked = sorted(entries, key=lambda each: _EMAIL_ORDER.get(each.text(kind) or "", last))
    found = (each.text("value") for each in ranked)
    return tuple(dict.fromkeys(each for each in found if each and needs in each))


def _job_facts(job: JsonObject) -> JobFacts:
    return JobFacts(
        external_id=job.required_id("id"),
        title=job.text("name"),
        status=_JOB_STATUS.get(job.text("status") or ""),
        hiring_manager=_member(job, "hiring_managers"),
    )


def _member(job: JsonObject, role: str) -> Person | None:
    """The first of a list of people; unexpanded ones are ids, which name nobody."""
    listed = job.members.get(role)
    first = listed[0] if isinstance(listed, list) and listed else None
    if not isinstance(first, dict):
        return None
    person = JsonObject(first, f"{job.at(role)}/0", job.strict, job.warnings)
    names = (person.text("first_name"), person.text("last_name"))
    name = " ".join(each for each in names if each) or None
    found = Person(person.id("id"), name, person.text("email"))
    return None if found == Person() else found


def _object(record: JsonObject, key: str) -> JsonObject | None:
    """A related record that was asked for whole; its id alone says nothing."""
    return record.child(key) if isinstance(record.members.get(key), dict) else None


def _id_of(record: JsonObject, key: str) -> str | None:
    """The id of a related record, whole or not."""
    whole = _object(record, key)
    return whole.id("id") if whole else record.id(key)
