"""Reads people, jobs and applications out of Ashby's objects.

Only the ids are required: a real delivery had neither ``job`` nor ``hiringTeam``. Source: the
schemas of Ashby's OpenAPI description.
"""

from __future__ import annotations

from datetime import datetime

from service.ats.payload import JsonObject
from service.ats.person_names import split_name
from service.ats.stages import guess_stage
from service.domain.changes import (
    ApplicationRef,
    CandidateFacts,
    JobFacts,
    JobStatus,
    Person,
    Stage,
)

_JOB_STATUS = {
    "Open": JobStatus.OPEN,
    "Closed": JobStatus.CLOSED,
    "Archived": JobStatus.CLOSED,
}
_OWNER, _COORDINATOR, _MANAGER = "recruiter", "recruiting coordinator", "hiring manager"

# Stages that the vendor's own type says come before anybody spoke with the candidate.
_BEFORE_INTERVIEWS = frozenset({Stage.APPLIED, Stage.SCREENING, Stage.ASSESSMENT})


def candidate_facts(candidate: JsonObject) -> CandidateFacts:
    """A candidate: one ``name``, and the primary address and number alone.

    ``candidate.info`` also lists all addresses; most objects do not, and a list that comes and
    goes would make an address come and go.
    """
    first_name, last_name = split_name(candidate.text("name"))
    return CandidateFacts(
        external_id=candidate.required_id("id"),
        first_name=first_name,
        last_name=last_name,
        emails=_primary(candidate, "primaryEmailAddress", "@"),
        phones=_primary(candidate, "primaryPhoneNumber", ""),
    )


def job_facts(job: JsonObject, team: JsonObject | None = None) -> JobFacts:
    """A job; ``team`` is the object whose ``hiringTeam`` speaks for it, itself by default.

    A draft has no status of ours. Ashby closes a job, and never says that it was filled.
    """
    return JobFacts(
        external_id=job.required_id("id"),
        title=job.text("title"),
        status=_JOB_STATUS.get(job.text("status") or ""),
        hiring_manager=_member(team or job, _MANAGER),
    )


def application_ref(application: JsonObject, received_at: datetime) -> ApplicationRef:
    """The application with its candidate, its job, and who of the hiring team answers for it.

    A lead is a prospect. So is somebody sourced whose application is archived: it may have been
    a lead to its end, and no one is told of the end of what they never began. An application
    that is known here is closed all the same.
    """
    candidate, job = application.child("candidate"), application.child("job")
    stage = application.child("currentInterviewStage")
    status = application.text("status")
    return ApplicationRef(
        external_id=application.required_id("id"),
        candidate=candidate_facts(candidate) if candidate else None,
        job=job_facts(job, application) if job else None,
        owner=_member(application, _OWNER),
        coordinator=_member(application, _COORDINATOR),
        applied_at=application.instant("createdAt", past_of=received_at),
        ats_stage=stage.text("title") if stage else None,
        prospect=status == "Lead" or (status == "Archived" and _is_sourced(application)),
    )


def stage_of(application: JsonObject) -> Stage | None:
    """What ``currentInterviewStage`` means: its type where that says it, else its title.

    Types (OpenAPI): Lead, PreInterviewScreen, Active, Offer, Hired, Archived. Active is any stage
    with interviews, so there the employer's own title decides, or a person.
    """
    stage = application.child("currentInterviewStage")
    if stage is None:
        return None
    kind, guessed = stage.text("type"), guess_stage(stage.text("title"))
    if kind == "Offer":
        return Stage.OFFER
    if kind == "PreInterviewScreen":
        return guessed if guessed in _BEFORE_INTERVIEWS else Stage.APPLIED
    return guessed


def _is_sourced(application: JsonObject) -> bool:
    source = application.child("source")
    kind = source.child("sourceType") if source else None
    return (kind.text("title") or "").casefold() == "sourced" if kind else False


def _primary(candidate: JsonObject, key: str, needs: str) -> tuple[str, ...] | None:
    entry = candidate.child(key)
    value = entry.text("value") if entry else None
    if value is None:
        return None
    if needs not in value:
        candidate.warn(key, "is no email address; left out")
        return None
    return (value,)


def _member(holder: JsonObject, role: str) -> Person | None:
    """The first member of the hiring team with a role; Ashby lets employers add roles."""
    for member in holder.children("hiringTeam") or ():
        if (member.text("role") or "").casefold() == role:
            names = (member.text("firstName"), member.text("lastName"))
            name = " ".join(each for each in names if each) or None
            found = Person(member.id("userId"), name, member.text("email"))
            return None if found == Person() else found
    return None
