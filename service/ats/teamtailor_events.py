"""What Teamtailor's events and records mean.

An application is rejected where its record says when (``rejected-at``), and that rejection is told
to nobody before the record's ``transparent-recruiting-visible-at``; it stands again where
``rejected-at`` is gone. A reason that Teamtailor marks as not the company's own
(``rejected-by-company`` is false) is the candidate's: a withdrawal. Hired is who stands at a stage
of the type "Hired". Open states count as of the record's last update, so that one which saw a
rejection taken back wins over it in any order.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from service.ats import teamtailor_records as read
from service.ats.asking import Answers, Needs, needed
from service.ats.meaning import once
from service.ats.payload import JsonObject
from service.ats.present_state import applied
from service.ats.teamtailor_records import Document, member
from service.domain.changes import (
    ApplicationDeleted,
    ApplicationRef,
    ApplicationUpdated,
    CandidateErased,
    CandidateUpdated,
    Change,
    Hired,
    JobDeleted,
    JobUpdated,
    Person,
    Rejected,
    Stands,
    Telling,
    Translation,
    Withdrawn,
)

Handler = Callable[[JsonObject, Answers, datetime], Translation | Needs]
FoundHandler = Callable[[Document, Answers, datetime], Translation | Needs]

_VISIBLE = "transparent-recruiting-visible-at"


def _application(
    data: JsonObject,
    answers: Answers,
    received_at: datetime,  # noqa: ARG001 - what counts is when the answer was fetched
) -> Translation | Needs:
    """``update``: fetch the application as it stands now."""
    external_id = data.required_id("id")
    ask = read.application_ask(external_id)
    missing = needed(answers, (ask,))
    if missing is not None:
        return missing
    answer = answers.to(ask)
    if answer is None or answer.gone:
        return _gone(external_id)
    return _stated(Document(answer.object()), data.child("attributes"), answers, answer.fetched_at)


def _application_created(
    data: JsonObject, answers: Answers, received_at: datetime
) -> Translation | Needs:
    """``create``: one that cannot be found yet may be shown a moment later.

    Were it taken for deleted, no later word would make it: that it was deleted is told by its own
    event, and the poller finds it if it is there.
    """
    found = _application(data, answers, received_at)
    if found == _gone(data.required_id("id")):
        return Translation(ignored="Teamtailor shows no such application (yet)")
    return found


def _gone(external_id: str) -> Translation:
    return Translation((ApplicationDeleted(external_id, None),))


def _found_application(
    document: Document, answers: Answers, received_at: datetime
) -> Translation | Needs:
    return _stated(document, None, answers, received_at)


def _application_destroyed(
    data: JsonObject,
    answers: Answers,  # noqa: ARG001 - what is gone cannot be asked for
    received_at: datetime,  # noqa: ARG001 - as above
) -> Translation:
    return _gone(data.required_id("id"))


def _candidate(
    data: JsonObject,
    answers: Answers,
    received_at: datetime,  # noqa: ARG001 - what counts is when the answer was fetched
) -> Translation | Needs:
    """``update``: fetch the candidate; a webhook may name nobody."""
    ask = read.candidate_ask(data.required_id("id"))
    missing = needed(answers, (ask,))
    if missing is not None:
        return missing
    answer = answers.to(ask)
    if answer is None or answer.gone:
        return Translation(ignored="Teamtailor knows the candidate no more")
    return _found_candidate(Document(answer.object()), answers, answer.fetched_at)


def _found_candidate(
    document: Document,
    answers: Answers,  # noqa: ARG001 - the record says it all
    received_at: datetime,
) -> Translation:
    at = _updated(document.attributes, received_at)
    facts = read.candidate_facts(document.record)
    return _translation(document, [CandidateUpdated(facts, at)])


def _candidate_destroyed(
    data: JsonObject,
    answers: Answers,  # noqa: ARG001 - what is gone cannot be asked for
    received_at: datetime,  # noqa: ARG001 - as above
) -> Translation:
    return Translation((CandidateErased(data.required_id("id"), None),))


def _job(
    data: JsonObject,
    answers: Answers,  # noqa: ARG001 - the webhook says it all, and all of it is signed
    received_at: datetime,
) -> Translation:
    """``create`` and ``update``: a job's title and status come with the event."""
    at = _updated(read.attributes_of(data), received_at)
    changes = (JobUpdated(read.job_facts(data), at),)
    return Translation(changes, warnings=once(data.warnings))


def _found_job(
    document: Document,
    answers: Answers,  # noqa: ARG001 - the record says it all
    received_at: datetime,
) -> Translation:
    at = _updated(document.attributes, received_at)
    return _translation(document, [JobUpdated(read.job_facts(document.record), at)])


def _job_destroyed(
    data: JsonObject,
    answers: Answers,  # noqa: ARG001 - what is gone cannot be asked for
    received_at: datetime,  # noqa: ARG001 - as above
) -> Translation:
    return Translation((JobDeleted(data.required_id("id"), None),))


HANDLERS: dict[str, Handler] = {
    "job_application.create": _application_created,
    "job_application.update": _application,
    "job_application.destroy": _application_destroyed,
    "candidate.update": _candidate,
    "candidate.destroy": _candidate_destroyed,
    "job.create": _job,
    "job.update": _job,
    "job.destroy": _job_destroyed,
}

FOUND: dict[str, FoundHandler] = {
    "job-application": _found_application,
    "candidate": _found_candidate,
    "job": _found_job,
}

IGNORED = {
    "candidate.create": "a person without an application is owed nothing",
}


def _stated(
    document: Document, hint: JsonObject | None, answers: Answers, known_at: datetime
) -> Translation | Needs:
    """An application's present state. ``hint`` is what the webhook said of it, where one did."""
    job = document.related_id("job")
    asks = (read.job_ask(job),) if job is not None else ()
    missing = needed(answers, asks)
    if missing is not None:
        return missing
    owner = _owner(job, answers)
    attributes, stage = document.attributes, document.related("stage")
    ref = _ref(document, hint, owner, known_at)
    at = _updated(attributes, known_at) or known_at
    changes: list[Change] = []
    if not attributes.flag(member(attributes, "sourced").key):
        # Who was sourced has not applied, and is not thanked for it.
        changes += applied(ref, known_at)
    rejected = member(attributes, "rejected-at")
    rejected_at = rejected.instant(known_at)
    if rejected_at is not None:
        changes.append(_rejection(document, hint, ref, rejected_at))
    elif attributes.has(rejected.key) or not rejected.said:
        # Something is said that is no time, or nothing at all: neither rejected nor surely open.
        attributes.warn(rejected.key, "does not say whether the application stands")
        changes.append(ApplicationUpdated(ref, at))
    elif stage is None and document.related_id("stage") is not None:
        # It may be the stage of those who were hired; open would take that back.
        document.record.warn("relationships", "lead to a stage that did not come along")
        changes.append(ApplicationUpdated(ref, at))
    elif read.is_hired(stage):
        changes.append(Hired(ref, at))
    else:
        changes.append(Stands(ref, at, read.stage_of(stage, ref.ats_stage)))
    candidate = document.related("candidate")
    if candidate is not None:
        facts_at = _updated(read.attributes_of(candidate), known_at) or at
        changes.append(CandidateUpdated(read.candidate_facts(candidate), facts_at))
    return _translation(document, changes)


def _ref(
    document: Document, hint: JsonObject | None, owner: Person | None, known_at: datetime
) -> ApplicationRef:
    candidate, job = document.related("candidate"), document.related("job")
    label = read.stage_name(document.related("stage"))
    if label is None and hint is not None:
        label = member(hint, "stage-name").text()
    return ApplicationRef(
        external_id=document.record.required_id("id"),
        candidate=read.candidate_facts(candidate) if candidate else None,
        job=read.job_facts(job) if job else None,
        owner=owner,
        applied_at=member(document.attributes, "created-at").instant(known_at),
        ats_stage=label,
    )


def _rejection(
    document: Document, hint: JsonObject | None, ref: ApplicationRef, rejected_at: datetime
) -> Change:
    reason = document.related("reject-reason")
    attributes = read.attributes_of(reason) if reason else None
    words = member(attributes, "reason").text() if attributes else None
    by_company = (
        attributes.flag(member(attributes, "rejected-by-company").key) if attributes else None
    )
    if by_company is False:
        return Withdrawn(ref, rejected_at, words)
    return Rejected(ref, rejected_at, words, telling=_telling(document, hint, rejected_at))


def _telling(document: Document, hint: JsonObject | None, rejected_at: datetime) -> Telling:
    """From when the candidate may be told: the latest that is said of this very rejection.

    A webhook of another moment speaks of another rejection, or of none. Said to be null, there
    is nothing to wait for; not said at all, nobody knows.
    """
    sources = [document.attributes]
    if hint is not None and member(hint, "rejected-at").instant() == rejected_at:
        sources.append(hint)
    said = [visible for each in sources if (visible := member(each, _VISIBLE)).said]
    instants = [at for each in said if (at := each.instant()) is not None]
    if any(each.holder.has(each.key) for each in said) and not instants:
        # Something is said that is no instant: that it may be told at once is not what it says.
        return Telling(None)
    return Telling(max(instants, default=rejected_at) if said else None)


def _owner(job: str | None, answers: Answers) -> Person | None:
    answer = answers.to(read.job_ask(job)) if job is not None else None
    if answer is None or not 200 <= answer.status < 300:
        return None
    return read.person_of(Document(answer.object()).related("user"))


def _updated(attributes: JsonObject, known_at: datetime) -> datetime | None:
    return member(attributes, "updated-at").instant(known_at)


def _translation(document: Document, changes: list[Change]) -> Translation:
    return Translation(tuple(changes), warnings=once(document.root.warnings))
