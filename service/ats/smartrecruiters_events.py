"""What SmartRecruiters' events mean, once the present state was fetched.

A deletion and a cancelled interview are believed as they come, for names and ids are signed;
whatever else an event says is only a reason to ask.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from service.ats import smartrecruiters_payloads as read
from service.ats.asking import Answers, Needs, needed
from service.ats.payload import JsonObject, PayloadError
from service.ats.smartrecruiters_ids import (
    Named,
    application_ask,
    application_id,
    candidate_ask,
    interview_ask,
    job_ask,
    of_candidate,
    of_job,
    offer_ask,
)
from service.ats.smartrecruiters_reading import Reader, ask_application, ask_jobs, gone
from service.domain.changes import (
    ApplicationDeleted,
    ApplicationRef,
    CandidateErased,
    Change,
    InterviewBooked,
    InterviewCancelled,
    InterviewDone,
    JobUpdated,
    OfferMade,
    OfferWithdrawn,
    Translation,
)

Handler = Callable[[Named, Answers, datetime], Translation | Needs]

_OFFER_ENDED = frozenset(
    {"REJECTED", "DECLINED", "WITHDRAWN", "CANCELLED", "CANCELED", "RESCINDED", "REVOKED",
     "EXPIRED", "DELETED"}
)  # fmt: skip
_OFFER_SENT = frozenset({"SENT", "EXTENDED", "PENDING", "ACCEPTED", "SIGNED", "OPENED"})


def _application(named: Named, answers: Answers, received_at: datetime) -> Translation | Needs:
    """An application, as it stands now."""
    return _stated(named, answers, received_at, created=False)


def _application_created(
    named: Named, answers: Answers, received_at: datetime
) -> Translation | Needs:
    return _stated(named, answers, received_at, created=True)


def _stated(
    named: Named, answers: Answers, received_at: datetime, *, created: bool
) -> Translation | Needs:
    candidate, job = _both(named)
    missing = ask_application(answers, candidate, (job,))
    if missing is not None:
        return missing
    person, record = (
        answers.to(candidate_ask(candidate)),
        answers.to(application_ask(candidate, job)),
    )
    if person is None or person.gone:
        return Translation(ignored="SmartRecruiters knows the candidate no more")
    if record is None or record.gone:
        if created:
            return Translation(ignored="SmartRecruiters knows the application no more")
        # The candidate is there and readable, the application is not: it was taken away.
        return Translation((ApplicationDeleted(application_id(candidate, job), None),))
    reader = Reader(answers, received_at)
    standing = reader.application(candidate, job, created=created)
    return reader.translation([*standing, *reader.person(candidate)])


def found_candidate(candidate: str, answers: Answers, received_at: datetime) -> Translation | Needs:
    """A candidate that a poll found, with all their applications as they stand now."""
    first = needed(answers, (candidate_ask(candidate),))
    if first is not None:
        return first
    person = answers.to(candidate_ask(candidate))
    if person is None or person.gone:
        return Translation(ignored="SmartRecruiters knows the candidate no more")
    jobs = read.assigned_jobs(person.object())
    missing = ask_application(answers, candidate, jobs)
    if missing is not None:
        return missing
    reader = Reader(answers, received_at)
    changes: list[Change] = []
    for job in jobs:
        record = answers.to(application_ask(candidate, job))
        if record is not None and not record.gone:
            changes += reader.application(candidate, job)
    return reader.translation([*changes, *reader.person(candidate)])


def _candidate(named: Named, answers: Answers, received_at: datetime) -> Translation | Needs:
    """A candidate's own facts; the events of their applications tell of those."""
    candidate = of_candidate(named).candidate
    if candidate is None:
        raise PayloadError("", "names no candidate")
    missing = needed(answers, (candidate_ask(candidate),))
    if missing is not None:
        return missing
    person = answers.to(candidate_ask(candidate))
    if person is None or person.gone:
        return Translation(ignored="SmartRecruiters knows the candidate no more")
    reader = Reader(answers, received_at)
    return reader.translation(reader.person(candidate))


def _candidate_deleted(
    named: Named,
    answers: Answers,  # noqa: ARG001 - a deletion is believed: its name and its ids are signed
    received_at: datetime,  # noqa: ARG001 - as above
) -> Translation:
    candidate = of_candidate(named).candidate
    if candidate is None:
        raise PayloadError("", "names no candidate")
    return Translation((CandidateErased(candidate, None),))


def found_job(named: Named, answers: Answers, received_at: datetime) -> Translation | Needs:
    """A job with its status and its hiring manager."""
    job = of_job(named).job
    if job is None:
        raise PayloadError("", "names no job")
    missing = ask_jobs(answers, (job,))
    if missing is not None:
        return missing
    answer = answers.to(job_ask(job))
    if answer is None or answer.gone:
        return Translation(ignored="SmartRecruiters knows the job no more")
    record = answer.object()
    reader = Reader(answers, received_at)
    facts = read.job_facts(record, reader.team(job).hiring_manager)
    at = record.instant("updatedOn", past_of=answer.fetched_at)
    return reader.translation([JobUpdated(facts, at or answer.fetched_at)], record)


def _interview(named: Named, answers: Answers, received_at: datetime) -> Translation | Needs:
    """An interview as it is planned now; one that is gone was cancelled."""
    interview = named.interview or named.other
    if interview is None:
        raise PayloadError("", "names no interview")
    missing = needed(answers, (interview_ask(interview),))
    if missing is not None:
        return missing
    answer = answers.to(interview_ask(interview))
    if answer is None or answer.gone:
        return Translation((InterviewCancelled(None, interview),))
    record = answer.object()
    candidate, job = _about(named, record)
    if candidate is None or job is None:
        raise PayloadError("", "the interview names no candidate and job")
    missing = ask_application(answers, candidate, (job,))
    if missing is not None:
        return missing
    if gone(answers, application_ask(candidate, job)) or gone(answers, candidate_ask(candidate)):
        return Translation(ignored="SmartRecruiters knows the application no more")
    reader = Reader(answers, received_at)
    ref = reader.ref(candidate, job)
    starts_at, ends_at = read.span_of(record)
    changes = [
        *reader.application(candidate, job),
        InterviewBooked(ref, answer.fetched_at, interview, starts_at, ends_at),
        *reader.person(candidate),
    ]
    if read.missed(record):
        # It was not held, and must not count as held once its time has passed.
        changes.append(InterviewCancelled(answer.fetched_at, interview, ref))
    elif ends_at is not None and ends_at <= answer.fetched_at:
        changes.append(InterviewDone(ref, answer.fetched_at, interview, ends_at))
    return reader.translation(changes, record)


def _interview_cancelled(
    named: Named,
    answers: Answers,  # noqa: ARG001 - what was cancelled need not be asked for
    received_at: datetime,  # noqa: ARG001 - as above
) -> Translation:
    interview = named.interview or named.other
    if interview is None:
        raise PayloadError("", "names no interview")
    about = ApplicationRef(named.application) if named.application else None
    return Translation((InterviewCancelled(None, interview, about),))


def _offer(named: Named, answers: Answers, received_at: datetime) -> Translation | Needs:
    """An offer. A status nobody has told us of leaves it standing: it then stops rejections."""
    offer = named.offer or named.other
    if offer is None:
        raise PayloadError("", "names no offer")
    missing = needed(answers, (offer_ask(offer),))
    if missing is not None:
        return missing
    answer = answers.to(offer_ask(offer))
    if answer is not None and answer.forbidden:
        return Translation(ignored="the key may not read SmartRecruiters' offers")
    record = None if answer is None or answer.gone else answer.object()
    if answer is None or record is None:
        if named.application is None:
            return Translation(ignored="SmartRecruiters knows the offer no more")
        return Translation((OfferWithdrawn(named.application, None, offer),))
    candidate, job = _about(named, record)
    if candidate is None or job is None:
        raise PayloadError("", "the offer names no candidate and job")
    reader = Reader(answers, received_at)
    at = record.instant("updatedOn", past_of=answer.fetched_at) or answer.fetched_at
    status = (record.text("status") or "").upper().replace(" ", "_")
    about_application = application_id(candidate, job)
    if status in _OFFER_ENDED:
        return reader.translation([OfferWithdrawn(about_application, at, offer)], record)
    made = OfferMade(about_application, at, offer, sent=status in _OFFER_SENT)
    return reader.translation([made], record)


HANDLERS: dict[str, Handler] = {
    "application.created": _application_created,
    "application.status.updated": _application,
    "application.fields.updated": _application,
    "candidate.updated": _candidate,
    "candidate.deleted": _candidate_deleted,
    "interview.created": _interview,
    "interview.updated": _interview,
    "interview.canceled": _interview_cancelled,
    "interview.cancelled": _interview_cancelled,
    "offer.created": _offer,
    "offer.updated": _offer,
    "job.created": found_job,
    "job.updated": found_job,
    "job.status.updated": found_job,
    "job.hiring-team.updated": found_job,
}

EVENTS = (
    "application.created",
    "application.status.updated",
    "application.fields.updated",
    "candidate.updated",
    "candidate.deleted",
    "interview.created",
    "interview.updated",
    "interview.canceled",
    "offer.created",
    "offer.updated",
    "job.updated",
    "job.status.updated",
    "job.hiring-team.updated",
)
"""What to subscribe to."""

IGNORED = {
    "candidate.created": "a person without an application is owed nothing",
    "application.onboarding-status.updated": "who is being onboarded was hired already",
    "application.source.updated": "where somebody applied from changes nothing that is owed",
}


def _both(named: Named) -> tuple[str, str]:
    if named.candidate is None or named.job is None:
        raise PayloadError("", "names no candidate and job, neither in its body nor in its link")
    return named.candidate, named.job


def _about(named: Named, record: JsonObject) -> tuple[str | None, str | None]:
    """Whose record it is and for which job: as its event says, or else the record itself."""
    whom, what = record.child("candidate"), record.child("job")
    candidate = named.candidate or (whom.id("id") if whom else None) or record.id("candidateId")
    return candidate, named.job or (what.id("id") if what else None) or record.id("jobId")
