"""What a record of Kombo's unified model means: the present state of one thing.

Documented (API reference, "Get applications", "Get candidates", "Get jobs"): an application holds
its candidate, current stage, job and interviews; ``outcome`` is PENDING, HIRED or DECLINED, and
DECLINED is "rejected or the candidate declined", so a decline alone closes nothing: only one with
``rejected_at`` is a rejection, unless its reason's words say that the candidate left.
``changed_at`` is Kombo's own clock of a record. All times are by that clock, so that an older
record never wins over a newer one, however late Kombo heard. Jobs hold a ``hiring_team`` with
roles. From memory: ``canceled`` of an interview. Kombo does not say whether an interview took
place: one whose end has passed and that was not cancelled counts as held.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from service.ats.asking import Answers, Ask
from service.ats.kombo_api import results_of
from service.ats.payload import JsonObject
from service.ats.present_state import applied, stands_open
from service.ats.stages import guess_stage, is_meeting
from service.ats.withdrawals import says_candidate_left
from service.domain.changes import (
    ApplicationDeleted,
    ApplicationRef,
    ApplicationUpdated,
    CandidateErased,
    CandidateFacts,
    CandidateUpdated,
    Change,
    Hired,
    InterviewBooked,
    InterviewCancelled,
    InterviewDone,
    JobDeleted,
    JobFacts,
    JobStatus,
    JobUpdated,
    Moved,
    Person,
    Rejected,
    Withdrawn,
)

_AT_ONCE = 40
"""Jobs asked for in one request: their ids stand in its address."""

_JOB_STATUS = {
    "OPEN": JobStatus.OPEN,
    "CLOSED": JobStatus.CLOSED,
    "ARCHIVED": JobStatus.CLOSED,
}
_EMAIL_ORDER = {"PRIVATE": 0, "OTHER": 1, "WORK": 2}


def jobs_asked(records: Iterable[tuple[str, JsonObject]]) -> list[Ask]:
    """The requests for the jobs of applications: who answers for one is told by its job alone."""
    named = {each.id("job_id") for kind, each in records if kind == "application"}
    ids = sorted(id_ for id_ in named if id_ is not None)
    return [_job_list(ids[at : at + _AT_ONCE]) for at in range(0, len(ids), _AT_ONCE)]


def _job_list(ids: list[str]) -> Ask:
    return Ask("/jobs", (("ids", ",".join(ids)), ("page_size", "250")))


def jobs_in(answers: Answers, asks: Iterable[Ask]) -> dict[str, JsonObject]:
    """The jobs that were answered, by id."""
    found: dict[str, JsonObject] = {}
    for ask in asks:
        answer = answers.to(ask)
        if answer is not None and not answer.gone:
            found |= {each.required_id("id"): each for each in results_of(answer.object())}
    return found


def changes_of(
    kind: str, record: JsonObject, received_at: datetime, jobs: Mapping[str, JsonObject]
) -> list[Change]:
    """What one record means; ``jobs`` are those that were asked for."""
    if kind == "application":
        return _application(record, received_at, jobs)
    at, deleted = _clock(record, received_at), record.has("remote_deleted_at")
    if kind == "candidate":
        if deleted:
            return [CandidateErased(record.required_id("id"), at)]
        return [CandidateUpdated(_candidate_facts(record), at)]
    if deleted:
        return [JobDeleted(record.required_id("id"), at)]
    return [JobUpdated(_job_facts(record), at)]


def _application(
    record: JsonObject, received_at: datetime, jobs: Mapping[str, JsonObject]
) -> list[Change]:
    at = _clock(record, received_at)
    if record.has("remote_deleted_at"):
        return [ApplicationDeleted(record.required_id("id"), at)]
    candidate, stage = record.child("candidate"), record.child("current_stage")
    named, job = record.child("job"), jobs.get(record.id("job_id") or "")
    ref = ApplicationRef(
        external_id=record.required_id("id"),
        candidate=_candidate_facts(candidate) if candidate else None,
        job=_job_facts(whole) if (whole := job or named) else None,
        owner=_member(job, "RECRUITER") if job else None,
        applied_at=record.instant("remote_created_at", past_of=received_at),
        ats_stage=stage.text("name") if stage else None,
    )
    return [*_standing(record, ref, at, received_at), *_interviews(record, ref, at, received_at)]


def _standing(
    record: JsonObject, ref: ApplicationRef, at: datetime | None, received_at: datetime
) -> list[Change]:
    outcome, stage = record.text("outcome"), guess_stage(ref.ats_stage)
    if outcome == "PENDING":
        return stands_open(ref, at, stage, received_at)
    if outcome == "HIRED":
        return [*applied(ref, received_at), Hired(ref, at)]
    if outcome != "DECLINED":
        # Kombo cannot tell: the stage is a fact, that the application is open is none.
        return [*applied(ref, received_at), Moved(ref, at, stage)]
    reason = record.text("rejection_reason_name")
    if says_candidate_left(reason):
        return [*applied(ref, received_at), Withdrawn(ref, at, reason)]
    rejected_at = record.instant("rejected_at", past_of=received_at)
    if rejected_at is None:
        record.warn("rejected_at", "is missing, so nobody knows whether the employer declined")
        return [*applied(ref, received_at), ApplicationUpdated(ref, at)]
    return [*applied(ref, received_at), Rejected(ref, at, reason, decided_at=rejected_at)]


def _interviews(
    record: JsonObject, ref: ApplicationRef, at: datetime | None, received_at: datetime
) -> list[Change]:
    changes: list[Change] = []
    for each in record.children("interviews") or ():
        interview_id = each.id("id")
        starts_at, ends_at = each.instant("starting_at"), each.instant("ending_at")
        if interview_id is None or starts_at is None or not is_meeting(each.text("title")):
            continue
        if each.flag("canceled") or each.has("remote_deleted_at"):
            changes.append(InterviewCancelled(at, interview_id, ref))
        elif (ends_at or starts_at) <= received_at:
            changes.append(InterviewDone(ref, at, interview_id, ends_at or starts_at))
        else:
            changes.append(InterviewBooked(ref, at, interview_id, starts_at, ends_at))
    return changes


def _clock(record: JsonObject, received_at: datetime) -> datetime | None:
    return record.instant("changed_at", past_of=received_at)


def _candidate_facts(candidate: JsonObject) -> CandidateFacts:
    return CandidateFacts(
        external_id=candidate.required_id("id"),
        first_name=candidate.text("first_name"),
        last_name=candidate.text("last_name"),
        emails=_values(candidate, "email_addresses", "email_address"),
        phones=_values(candidate, "phone_numbers", "phone_number"),
    )


def _values(candidate: JsonObject, key: str, value: str) -> tuple[str, ...] | None:
    entries = candidate.children(key)
    if entries is None:
        return None
    last = len(_EMAIL_ORDER)
    ranked = sorted(entries, key=lambda each: _EMAIL_ORDER.get(each.text("type") or "", last))
    found = (each.text(value) for each in ranked)
    kept = [each for each in found if each and (value != "email_address" or "@" in each)]
    return tuple(dict.fromkeys(kept))


def _job_facts(job: JsonObject) -> JobFacts:
    """A job whole, or as an application names it: then without a status."""
    return JobFacts(
        external_id=job.required_id("id"),
        title=job.text("name"),
        status=_JOB_STATUS.get(job.text("status") or ""),
        hiring_manager=_member(job, "HIRING_MANAGER"),
    )


def _member(job: JsonObject, role: str) -> Person | None:
    for member in job.children("hiring_team") or ():
        if role in (member.texts("hiring_team_roles") or ()):
            names = (member.text("first_name"), member.text("last_name"))
            name = " ".join(each for each in names if each) or None
            found = Person(member.id("id"), name, member.text("email"))
            return None if found == Person() else found
    return None
