"""Jobs with their people: how many stand at which stage, how many were decided about and told.

A page of jobs costs the same few statements however many people applied; people outside the reach
are not counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from service.domain.changes import JobStatus, Stage
from service.domain.contacts import DECISION_LETTERS
from service.domain.delivery import MailState
from service.domain.policies import Kind
from service.domain.promises import KEPT_STATES
from service.domain.rights import Reach
from service.models import Application, Candidate, Job, Message, MessageAlso, Promise, Team
from service.queries.choices import names_of
from service.queries.closings import jobs_to_close, needs_closing
from service.queries.extent import applications_within, jobs_within
from service.queries.keyset import Key, Page, page
from service.queries.people_search import name_of


class Which(StrEnum):
    """Which jobs a list shows."""

    OPEN = "open"
    TO_CLOSE = "to-close"
    ALL = "all"


@dataclass(frozen=True)
class JobRow:
    """One job. ``stages`` counts its people by stage, ``told`` those rejected who were told so.

    ``untold`` counts, for a job that takes nobody any more, who waits for a word that only a
    closing will bring.
    """

    job_id: str
    version: int
    title: str
    status: str
    owner_id: str | None
    owner: str | None
    manager_id: str | None
    manager: str | None
    team_id: str | None
    team: str | None
    stages: Mapping[str, int]
    told: int
    untold: int

    @property
    def people(self) -> int:
        """Return how many people applied."""
        return sum(self.stages.values())

    @property
    def rejected(self) -> int:
        """Return how many were decided against."""
        return self.stages.get(Stage.REJECTED, 0)


@dataclass(frozen=True)
class Applicant:
    """One person of a job."""

    application_id: str
    candidate_id: str
    name: str
    stage: str
    owner: str | None
    applied_at: datetime
    last_contact_at: datetime | None


def jobs(
    session: Session, reach: Reach, which: Which, today: date, *, after: Key | None, limit: int
) -> Page[JobRow]:
    """Return up to ``limit`` jobs behind ``after``, the newest first."""
    query = select(Job).where(jobs_within(reach))
    match which:
        case Which.OPEN:
            query = query.where(Job.status == JobStatus.OPEN)
        case Which.TO_CLOSE:
            query = query.where(needs_closing(today, reach))
        case Which.ALL:
            pass
    by = (Job.created_at, Job.id)
    found = page(session, query, by, after=after, limit=limit, newest_first=True)
    return Page(_rows(session, reach, found.rows, today), found.next)


def job(session: Session, reach: Reach, job_id: str, today: date) -> JobRow | None:
    """Return one job, or ``None`` where there is none of this id within the reach."""
    found = session.scalars(select(Job).where(Job.id == job_id, jobs_within(reach))).all()
    return next(iter(_rows(session, reach, found, today)), None)


def applicants(
    session: Session,
    reach: Reach,
    job_id: str,
    *,
    stage: str | None,
    after: Key | None,
    limit: int,
) -> Page[Applicant]:
    """Return who applied for a job, the newest first."""
    query = select(Application).where(_counted(reach), Application.job_id == job_id)
    if stage is not None:
        query = query.where(Application.stage == stage)
    by = (Application.applied_at, Application.id)
    found = page(session, query, by, after=after, limit=limit, newest_first=True)
    people = {
        id_: name_of(first, last)
        for id_, first, last in session.execute(
            select(Candidate.id, Candidate.first_name, Candidate.last_name).where(
                Candidate.id.in_([row.candidate_id for row in found.rows])
            )
        )
    }
    owners = names_of(session, {row.owner_id for row in found.rows})
    rows = [
        Applicant(
            row.id,
            row.candidate_id,
            people.get(row.candidate_id, ""),
            row.stage,
            owners.get(row.owner_id or ""),
            row.applied_at,
            row.last_contact_at,
        )
        for row in found.rows
    ]
    return Page(rows, found.next)


def _rows(session: Session, reach: Reach, rows: Sequence[Job], today: date) -> list[JobRow]:
    ids = [row.id for row in rows]
    stages: dict[str, dict[str, int]] = defaultdict(dict)
    for job_id, stage, number in session.execute(
        select(Application.job_id, Application.stage, func.count())
        .where(_counted(reach), Application.job_id.in_(ids))
        .group_by(Application.job_id, Application.stage)
    ):
        stages[job_id][stage] = number
    reached = (
        select(Application.job_id, func.count())
        .where(
            _counted(reach),
            Application.job_id.in_(ids),
            Application.stage == Stage.REJECTED,
            _was_told(),
        )
        .group_by(Application.job_id)
    )
    told = dict(session.execute(reached).all())
    closed = [row.id for row in rows if row.status != JobStatus.OPEN]
    untold = {each.job_id: each.untold for each in jobs_to_close(session, today, closed, reach)}
    names = names_of(
        session, [id_ for row in rows for id_ in (row.owner_id, row.hiring_manager_id)]
    )
    team_ids = {row.team_id for row in rows if row.team_id}
    of_teams = select(Team.id, Team.name).where(Team.id.in_(sorted(team_ids)))
    teams = dict(session.execute(of_teams).all())
    return [
        JobRow(
            job_id=row.id,
            version=row.version,
            title=row.title,
            status=row.status,
            owner_id=row.owner_id,
            owner=names.get(row.owner_id or ""),
            manager_id=row.hiring_manager_id,
            manager=names.get(row.hiring_manager_id or ""),
            team_id=row.team_id,
            team=teams.get(row.team_id or ""),
            stages=stages.get(row.id, {}),
            told=told.get(row.id, 0),
            untold=untold.get(row.id, 0),
        )
        for row in rows
    ]


def _counted(reach: Reach) -> ColumnElement[bool]:
    return and_(Application.deleted_at.is_(None), applications_within(reach))


def _was_told() -> ColumnElement[bool]:
    """Return the test for applications whose decision reached the person, by word or by letter."""
    kept = exists().where(
        Promise.application_id == Application.id,
        Promise.kind == Kind.DECISION,
        Promise.state.in_(KEPT_STATES),
    )
    own, other = aliased(Message), aliased(Message)
    arrived = (MailState.DELIVERED, MailState.COMPLAINED)
    letter = exists().where(
        own.application_id == Application.id,
        own.kind.in_(DECISION_LETTERS),
        own.state.in_(arrived),
    )
    shared = exists().where(
        MessageAlso.application_id == Application.id,
        MessageAlso.decision_id.is_not(None),
        other.id == MessageAlso.message_id,
        other.kind.in_(DECISION_LETTERS),
        other.state.in_(arrived),
    )
    return or_(kept, letter, shared)
