"""Reads people, jobs and applications out of Greenhouse's payloads.

Only the ids are required; everything else may be absent or odd without losing the event.
Source: Greenhouse's webhook documentation, "Common attributes" and the example of each event.
"""

from __future__ import annotations

from datetime import datetime

from service.ats.payload import JsonObject
from service.ats.withdrawals import says_candidate_left
from service.domain.changes import (
    ApplicationRef,
    CandidateFacts,
    JobFacts,
    JobStatus,
    Person,
)

# Nobody wants word about another job in the mailbox of the present employer.
_EMAIL_ORDER = {"personal": 0, "other": 1, "work": 2}
_PHONE_ORDER = {"mobile": 0, "home": 1, "other": 2, "work": 3, "skype": 4}
# The types of rejection reasons (Harvest API, "Rejection reasons"), named in webhooks and a key
# in v3. There is also "None specified", and employers may name more.
_CANDIDATE_LEFT = frozenset({"they rejected us"})
_EMPLOYER_DECIDED = frozenset({"we rejected them", "security concern"})
_JOB_STATUS = {"open": JobStatus.OPEN, "closed": JobStatus.CLOSED}


def candidate_facts(candidate: JsonObject) -> CandidateFacts:
    """The candidate of an application or of ``update_candidate``.

    A candidate marked private in Greenhouse is hidden from most of the employer's staff, so
    nothing may be mailed to them by a rule: ``can_email`` is then false whatever else is said.
    """
    can_email = candidate.flag("can_email")
    if candidate.flag("is_private"):
        can_email = False
        candidate.warn("is_private", "private in Greenhouse, so Keepword sends no mail by itself")
    return CandidateFacts(
        external_id=candidate.required_id("id"),
        first_name=candidate.text("first_name"),
        last_name=candidate.text("last_name"),
        emails=_addresses(candidate),
        phones=_values(candidate, "phone_numbers", _PHONE_ORDER),
        can_email=can_email,
    )


def job_facts(job: JsonObject) -> JobFacts:
    """A job as ``jobs[]`` of an application or as ``payload.job`` gives it.

    A draft has no status of ours. Filled openings are not told apart from closed ones here.
    """
    status = job.text("status")
    return JobFacts(
        external_id=job.required_id("id"),
        title=job.text("name"),
        status=_JOB_STATUS.get(status or ""),
        hiring_manager=_team_member(job, "hiring_managers"),
    )


def application_ref(application: JsonObject, received_at: datetime) -> ApplicationRef:
    """The application with its candidate, its job, and who answers for it.

    The owner is the candidate's recruiter, or else the first recruiter of the job's hiring team:
    a promise without an owner reminds nobody.
    """
    candidate = application.required_child("candidate")
    job = job_of(application)
    stage = application.child("current_stage")
    return ApplicationRef(
        external_id=application.required_id("id"),
        candidate=candidate_facts(candidate),
        job=job_facts(job) if job else None,
        owner=_person(candidate, "recruiter") or (_team_member(job, "recruiters") if job else None),
        coordinator=_person(candidate, "coordinator"),
        applied_at=application.instant("applied_at", past_of=received_at),
        ats_stage=stage.text("name") if stage else None,
        prospect=application.flag("prospect") or False,
    )


def owner_of(candidate: JsonObject) -> Person | None:
    """The candidate's recruiter."""
    return _person(candidate, "recruiter")


def candidate_left(reason: JsonObject) -> bool:
    """Whether a rejection reason says that the candidate turned the employer down.

    Its type says so; where that says nothing of who decided, the reason's own words may.
    """
    kind = reason.child("type")
    told = (kind.text("key"), kind.text("name")) if kind else ()
    said = {(each or "").replace("_", " ").casefold() for each in told}
    if said & _EMPLOYER_DECIDED:
        return False
    return bool(said & _CANDIDATE_LEFT) or says_candidate_left(reason.text("name"))


def job_of(application: JsonObject) -> JsonObject | None:
    """The application's job: candidates have exactly one; ``job`` is the old, deprecated place."""
    jobs = application.children("jobs")
    return jobs[0] if jobs else application.child("job")


def _person(holder: JsonObject, key: str) -> Person | None:
    person = holder.child(key)
    if person is None:
        return None
    found = Person(person.id("id"), person.text("name"), person.text("email"))
    return None if found == Person() else found


def _team_member(job: JsonObject, role: str) -> Person | None:
    """The first of a role in the hiring team; Greenhouse gives the user's id and no name."""
    team = job.child("hiring_team")
    members = team.children(role) if team else None
    if not members:
        return None
    first = members[0]
    key = "user_id" if first.has("user_id") else "id"
    found = Person(first.id(key), first.text("name"), first.text("email"))
    return None if found == Person() else found


def _addresses(candidate: JsonObject) -> tuple[str, ...] | None:
    found = _values(candidate, "email_addresses", _EMAIL_ORDER)
    if found is None:
        return None
    usable = tuple(address for address in found if "@" in address)
    if len(usable) < len(found):
        candidate.warn("email_addresses", "an entry is no email address; left out")
    return usable


def _values(candidate: JsonObject, key: str, preference: dict[str, int]) -> tuple[str, ...] | None:
    """The ``value`` of each entry, the preferred types first, each once."""
    entries = candidate.children(key)
    if entries is None:
        return None
    last = len(preference)
    ranked = sorted(entries, key=lambda each: preference.get(each.text("type") or "", last))
    values = (entry.text("value") for entry in ranked)
    return tuple(dict.fromkeys(value for value in values if value))
