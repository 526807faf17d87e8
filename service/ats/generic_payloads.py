"""Reads the parts that the generic events are made of: application, candidate, job, person.

Strict: a wrong type is refused with its place, and a member nobody reads is warned of.
"""

from __future__ import annotations

import re
import zoneinfo
from datetime import datetime

from service.ats.payload import JsonObject, PayloadError
from service.ats.stages import guess_stage
from service.domain.changes import (
    CLOSED_STAGES,
    ApplicationRef,
    CandidateFacts,
    JobFacts,
    JobStatus,
    Person,
    Stage,
)

_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_LOCALE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")
_MAX_ADDRESS = 254

_APPLICATION = (
    "id",
    "candidate",
    "job",
    "owner",
    "coordinator",
    "applied_at",
    "stage",
    "ats_stage",
)
_CANDIDATE = (
    "id", "first_name", "last_name", "emails", "phones", "can_email", "time_zone", "locale",
)  # fmt: skip


def application_ref(
    application: JsonObject, received_at: datetime, *, complete: bool = False
) -> ApplicationRef:
    """An application; ``complete``: its candidate and its job must come with it."""
    application.note_unknown(_APPLICATION)
    read = application.required_child if complete else application.child
    candidate, job = read("candidate"), read("job")
    return ApplicationRef(
        external_id=application.required_id("id"),
        candidate=candidate_facts(candidate) if candidate else None,
        job=job_facts(job) if job else None,
        owner=person(application, "owner"),
        coordinator=person(application, "coordinator"),
        applied_at=application.instant("applied_at", past_of=received_at),
        ats_stage=application.text("ats_stage"),
    )


def candidate_facts(candidate: JsonObject) -> CandidateFacts:
    """A candidate; emails and phones in the order given, most preferred first."""
    candidate.note_unknown(_CANDIDATE)
    zone, locale = candidate.text("time_zone"), candidate.text("locale")
    if zone is not None and not _is_zone(zone):
        candidate.fail("time_zone", "no such zone in the IANA time zone database")
    if locale is not None and not _LOCALE.fullmatch(locale):
        candidate.fail("locale", "expected a language tag such as en or de-AT")
    emails = candidate.texts("emails")
    for index, address in enumerate(emails or ()):
        if len(address) > _MAX_ADDRESS or not _ADDRESS.fullmatch(address):
            raise PayloadError(f"{candidate.at('emails')}/{index}", "is no email address")
    return CandidateFacts(
        external_id=candidate.required_id("id"),
        first_name=candidate.text("first_name"),
        last_name=candidate.text("last_name"),
        emails=emails,
        phones=candidate.texts("phones"),
        can_email=candidate.flag("can_email"),
        time_zone=zone,
        locale=locale,
    )


def job_facts(job: JsonObject) -> JobFacts:
    """A job."""
    job.note_unknown(("id", "title", "status", "hiring_manager"))
    status = job.text("status")
    if status is not None and status not in set(JobStatus):
        job.fail("status", f"expected one of {', '.join(JobStatus)}")
    return JobFacts(
        external_id=job.required_id("id"),
        title=job.text("title"),
        status=JobStatus(status) if status else None,
        hiring_manager=person(job, "hiring_manager"),
    )


def person(holder: JsonObject, key: str) -> Person | None:
    """A member of staff, named by at least one of id, name and email."""
    found = holder.child(key)
    if found is None:
        return None
    found.note_unknown(("id", "name", "email"))
    email = found.text("email")
    if email is not None and not _ADDRESS.fullmatch(email):
        found.fail("email", "is no email address")
    staff = Person(found.id("id"), found.text("name"), email)
    if staff == Person():
        holder.fail(key, "expected at least one of id, name and email")
    return staff


def stage_of(application: JsonObject) -> Stage | None:
    """``stage`` in our words, or else what ``ats_stage`` seems to mean, or ``None``.

    An application is closed by an event that says so, never by standing at a stage.
    """
    given = application.text("stage")
    if given is None:
        return guess_stage(application.text("ats_stage"))
    open_stages = [stage for stage in Stage if stage not in CLOSED_STAGES]
    if given not in open_stages:
        application.fail("stage", f"expected one of {', '.join(open_stages)}")
    return Stage(given)


def _is_zone(name: str) -> bool:
    try:
        zoneinfo.ZoneInfo(name)
    except (ValueError, LookupError, OSError):  # malformed, unknown, or a folder of zones
        return False
    return True
