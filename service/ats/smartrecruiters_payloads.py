"""Reads people, jobs, applications and interviews out of SmartRecruiters' answers.

Only ids and an application's status are required; anything else may be absent or odd.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from service.ats.payload import CLOCK_SKEW, JsonObject
from service.ats.smartrecruiters_ids import is_id
from service.ats.stages import guess_stage
from service.domain.changes import CandidateFacts, JobFacts, JobStatus, Person, Stage

# The statuses of an application (the documentation, "Application statuses"), and those of our
# stages that an employer's own sub-status may name within each.
_STAGES: dict[str, tuple[Stage, frozenset[Stage]]] = {
    "NEW": (Stage.APPLIED, frozenset()),
    "IN_REVIEW": (Stage.SCREENING, frozenset({Stage.ASSESSMENT, Stage.INTERVIEW})),
    "INTERVIEW": (Stage.INTERVIEW, frozenset({Stage.SCREENING, Stage.ASSESSMENT})),
    "OFFERED": (Stage.OFFER, frozenset()),
}

# A job on hold takes nobody, and may take people again: it is neither open nor closed.
_JOB_STATUS = {
    "CREATED": JobStatus.OPEN,
    "PENDING_APPROVAL": JobStatus.OPEN,
    "APPROVED": JobStatus.OPEN,
    "SOURCING": JobStatus.OPEN,
    "INTERVIEW": JobStatus.OPEN,
    "OFFER": JobStatus.OPEN,
    "FILLED": JobStatus.FILLED,
    "CANCELLED": JobStatus.CLOSED,
    "CANCELED": JobStatus.CLOSED,
}


@dataclass(frozen=True)
class Status:
    """Where an application stands, since when, and why it ended, where SmartRecruiters says so."""

    name: str
    label: str | None
    at: datetime | None
    rejected_for: str | None = None
    withdrawn_for: str | None = None

    @property
    def stage(self) -> Stage | None:
        """Our stage, for the open statuses."""
        if self.name not in _STAGES:
            return None
        usual, also = _STAGES[self.name]
        guessed = guess_stage(self.label)
        return guessed if guessed in also else usual


def status_of(
    record: JsonObject, read_at: datetime, history: JsonObject | None, known_at: datetime
) -> tuple[Status, datetime | None]:
    """An application's present status, and when it applied, from its record and its history.

    The history is asked after the record, so where its last entry names another status and is no
    older than the record (read at ``read_at``), that is the present one. Where it is older, the
    history lacks what came after it. ``known_at`` is when both were known: nothing in them
    happened later.
    """
    name = record.required_text("status").upper().replace("-", "_").replace(" ", "_")
    label = record.text("subStatus")
    rejected, withdrawn = (
        _label(record, member) for member in ("reasonOfRejection", "reasonOfWithdrawal")
    )
    changes = sorted(_changes(history, known_at), key=lambda each: (each[0], each[1] == name))
    if not changes:
        return Status(name, label or _readable(name), None, rejected, withdrawn), None
    at, latest, latest_label = changes[-1]
    applied_at = changes[0][0]
    if latest != name and at < read_at - CLOCK_SKEW:
        record.warn("status", "is not in its history, so nobody knows since when")
        return Status(name, label or _readable(name), None, rejected, withdrawn), applied_at
    if latest != name:
        return Status(latest, latest_label or _readable(latest), at), applied_at
    since = at
    # An entry of the same status and another label changed the label alone: an end stays when
    # it was.
    for earlier_at, earlier, _ in reversed(changes[:-1]):
        if earlier != latest or latest in _STAGES:
            break
        since = earlier_at
    label = label or latest_label or _readable(name)
    return Status(name, label, since, rejected, withdrawn), applied_at


def candidate_facts(candidate: JsonObject) -> CandidateFacts:
    """A candidate's name and ways to reach them."""
    email, phone = candidate.text("email"), candidate.text("phoneNumber")
    if email is not None and "@" not in email:
        candidate.warn("email", "is no email address; left out")
        email = None
    return CandidateFacts(
        external_id=candidate.required_id("id"),
        first_name=candidate.text("firstName"),
        last_name=candidate.text("lastName"),
        emails=(email,) if email else None,
        phones=(phone,) if phone else None,
    )


def job_facts(job: JsonObject, hiring_manager: Person | None) -> JobFacts:
    """A job; SmartRecruiters tells filled ones from cancelled ones."""
    status = (job.text("status") or "").upper().replace(" ", "_")
    return JobFacts(
        external_id=job.required_id("id"),
        title=job.text("title") or job.text("name"),
        status=_JOB_STATUS.get(status),
        hiring_manager=hiring_manager,
    )


def assigned_jobs(candidate: JsonObject) -> tuple[str, ...]:
    """The ids of the jobs a candidate is assigned to, the primary assignment's first."""
    primary = candidate.child("primaryAssignment")
    assignments = [primary] if primary else []
    assignments += candidate.children("secondaryAssignments") or ()
    jobs = (each.child("job") for each in assignments)
    ids = (job.id("id") for job in jobs if job is not None)
    return tuple(dict.fromkeys(each for each in ids if each and is_id(each)))


@dataclass(frozen=True)
class Team:
    """Who hires for a job: user ids, and what the team's list says of them besides."""

    recruiter: Person | None = None
    hiring_manager: Person | None = None


def team_of(team: JsonObject | None) -> Team:
    """The first recruiter and the first hiring manager of a hiring team."""
    members = (team.children("content") if team else None) or ()
    return Team(_member(members, "RECRUITER"), _member(members, "HIRING_MANAGER"))


def person_of(user: JsonObject) -> Person:
    """A user of SmartRecruiters."""
    names = (user.text("firstName"), user.text("lastName"))
    external_id = user.id("id")
    if external_id is not None and not is_id(external_id):
        external_id = None
    return Person(external_id, " ".join(n for n in names if n) or None, user.text("email"))


def span_of(interview: JsonObject) -> tuple[datetime | None, datetime | None]:
    """When an interview begins and ends: the first and the last of its time slots."""
    slots = interview.children("timeslots") or ()
    starts = [at for slot in slots if (at := slot.instant("startsOn"))]
    ends = [at for slot in slots if (at := slot.instant("endsOn"))]
    first, last = min(starts, default=None), max(ends, default=None)
    return first, last if first is None or last is None or last >= first else None


def missed(interview: JsonObject) -> bool:
    """Whether the candidate did not come: every slot says so."""
    slots = interview.children("timeslots") or ()
    return bool(slots) and all(slot.flag("noShow") for slot in slots)


def _changes(
    history: JsonObject | None, known_at: datetime
) -> list[tuple[datetime, str, str | None]]:
    found = []
    for entry in (history.children("content") if history else None) or ():
        at, status = entry.instant("changedOn", past_of=known_at), entry.text("status")
        if at is not None and status:
            name = status.upper().replace("-", "_").replace(" ", "_")
            found.append((at, name, entry.text("subStatus")))
    return found


def _label(record: JsonObject, member: str) -> str | None:
    """A reason: an object with a label, or the text itself."""
    if isinstance(record.members.get(member), str):
        return record.text(member)
    reason = record.child(member)
    return (reason.text("label") or reason.text("name")) if reason else None


def _readable(status: str) -> str:
    return status.replace("_", " ").capitalize()


def _member(members: tuple[JsonObject, ...], role: str) -> Person | None:
    for member in members:
        said = (member.text("role") or "").upper().replace(" ", "_")
        if said == role:
            found = person_of(member.child("user") or member)
            return None if found == Person() else found
    return None
