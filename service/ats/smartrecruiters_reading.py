"""Reads the answers about SmartRecruiters' applications as changes, and says what to ask for them.

A status is taken at the time its history gives it, so any order of fetched states ends alike. An
end is told by an application's own status alone: REJECTED is a rejection, WITHDRAWN the
candidate's word; TRANSFERRED ends this application without a word owed, for the person goes on
under another job, and a LEAD has not applied.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from service.ats import smartrecruiters_payloads as read
from service.ats.asking import Answers, Ask, Needs, needed
from service.ats.payload import JsonObject, PayloadError
from service.ats.present_state import applied
from service.ats.smartrecruiters_ids import (
    application_ask,
    application_id,
    candidate_ask,
    history_ask,
    job_ask,
    team_ask,
    user_ask,
)
from service.domain.changes import (
    ApplicationRef,
    ApplicationUpdated,
    Applied,
    CandidateUpdated,
    Change,
    Hired,
    JobFacts,
    Moved,
    Person,
    Rejected,
    Stands,
    Translation,
    Withdrawn,
)


class Reader:
    """Reads the answers to what was asked, and keeps what was odd in them."""

    def __init__(self, answers: Answers, received_at: datetime) -> None:
        self._answers = answers
        self._received_at = received_at
        self._records: dict[str, JsonObject | None] = {}

    def translation(self, changes: Iterable[Change], *more: JsonObject) -> Translation:
        """The changes, and every warning of what they were read from, once."""
        records = [*more, *(each for each in self._records.values() if each is not None)]
        warnings = dict.fromkeys(text for record in records for text in record.warnings)
        known = tuple(dict.fromkeys(changes))
        if not known:
            nothing = "a person without an application is owed nothing"
            return Translation(ignored=nothing, warnings=tuple(warnings))
        return Translation(known, warnings=tuple(warnings))

    def application(self, candidate: str, job: str, *, created: bool = False) -> list[Change]:
        """Where one application stands; applied before, where that is news.

        ``created``: its event says that it is new. Where nothing says when somebody applied, it
        may be years ago, and nobody is thanked for it.
        """
        ref = self.ref(candidate, job)
        status, _ = self._status(candidate, job)
        at = status.at or self._as_of(candidate)
        if ref.prospect:
            return [ApplicationUpdated(ref, at)]
        new = [Applied(ref, ref.applied_at)] if created else applied(ref, self._received_at)
        return [*new, _state(status, ref, at)]

    def ref(self, candidate: str, job: str) -> ApplicationRef:
        """The application, its candidate, its job and its recruiter."""
        status, applied_at = self._status(candidate, job)
        team = self.team(job)
        person, record = self._record(candidate_ask(candidate)), self._record(job_ask(job))
        return ApplicationRef(
            external_id=application_id(candidate, job),
            candidate=read.candidate_facts(person) if person else None,
            job=read.job_facts(record, team.hiring_manager) if record else JobFacts(job),
            owner=team.recruiter,
            applied_at=applied_at,
            ats_stage=status.label,
            prospect=status.name == "LEAD",
        )

    def person(self, candidate: str) -> list[Change]:
        """A candidate's facts at the time of the candidate's own record."""
        person = self._record(candidate_ask(candidate))
        if person is None:
            return []
        return [CandidateUpdated(read.candidate_facts(person), self._as_of(candidate))]

    def team(self, job: str) -> read.Team:
        """A job's recruiter and hiring manager, with their addresses where they are known."""
        team = read.team_of(self._record(team_ask(job)))
        return read.Team(self._known(team.recruiter), self._known(team.hiring_manager))

    def _known(self, member: Person | None) -> Person | None:
        if member is None or member.email or member.external_id is None:
            return member
        user = self._record(user_ask(member.external_id))
        return read.person_of(user) if user else member

    def _status(self, candidate: str, job: str) -> tuple[read.Status, datetime | None]:
        record = self._record(application_ask(candidate, job))
        if record is None:
            raise PayloadError("", "the application has no record")
        asks = application_ask(candidate, job), history_ask(candidate, job)
        read_at, known_at = (self._fetched_at(ask) for ask in asks)
        return read.status_of(record, read_at, self._record(asks[1]), known_at)

    def _as_of(self, candidate: str) -> datetime:
        """When the candidate's record was last changed, else when it was fetched."""
        person = self._record(candidate_ask(candidate))
        fetched_at = self._fetched_at(candidate_ask(candidate))
        at = person.instant("updatedOn", past_of=fetched_at) if person else None
        return at or fetched_at

    def _fetched_at(self, ask: Ask) -> datetime:
        answer = self._answers.to(ask)
        return answer.fetched_at if answer else self._received_at

    def _record(self, ask: Ask) -> JsonObject | None:
        if ask.key not in self._records:
            answer = self._answers.to(ask)
            readable = answer is not None and 200 <= answer.status < 300
            self._records[ask.key] = answer.object() if answer and readable else None
        return self._records[ask.key]


def _state(status: read.Status, ref: ApplicationRef, at: datetime) -> Change:
    """What a status means. One that nobody has told us of is a label, and surely no open state."""
    match status.name:
        case "REJECTED":
            return Rejected(ref, at, status.rejected_for)
        case "WITHDRAWN":
            return Withdrawn(ref, at, status.withdrawn_for)
        case "TRANSFERRED":
            return Withdrawn(ref, at, "transferred to another job")
        case "HIRED":
            return Hired(ref, at)
    if status.stage is None:
        return Moved(ref, at, None)
    return Stands(ref, at, status.stage)


def gone(answers: Answers, ask: Ask) -> bool:
    """Whether SmartRecruiters said that there is no such thing, or nothing was asked."""
    answer = answers.to(ask)
    return answer is None or answer.gone


def ask_application(answers: Answers, candidate: str, jobs: Iterable[str]) -> Needs | None:
    """What must be known of a candidate's applications; their histories after their records."""
    wanted = tuple(jobs)
    records = (candidate_ask(candidate), *(application_ask(candidate, job) for job in wanted))
    missing = needed(answers, records)
    if missing is not None:
        return missing
    there = tuple(job for job in wanted if not gone(answers, application_ask(candidate, job)))
    histories = needed(answers, (history_ask(candidate, job) for job in there))
    around = ask_jobs(answers, there, optional=True)
    asks = (*(histories.asks if histories else ()), *(around.asks if around else ()))
    return Needs(asks) if asks else None


def ask_jobs(answers: Answers, jobs: Iterable[str], *, optional: bool = False) -> Needs | None:
    """Jobs and their teams, then the addresses of who leads them.

    ``optional``: the jobs are not what it is about, so it does without what may not be read.
    """
    wanted = tuple(jobs)
    asks = (ask for job in wanted for ask in (job_ask(job, optional=optional), team_ask(job)))
    missing = needed(answers, asks)
    if missing is not None:
        return missing
    users: list[Ask] = []
    for job in wanted:
        answer = answers.to(team_ask(job))
        readable = answer is not None and 200 <= answer.status < 300
        team = read.team_of(answer.object() if answer and readable else None)
        users += [
            user_ask(each.external_id)
            for each in (team.recruiter, team.hiring_manager)
            if each is not None and not each.email and each.external_id is not None
        ]
    return needed(answers, dict.fromkeys(users))
