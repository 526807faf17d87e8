"""What every figure is narrowed by, and how the database sorts instants into weeks.

A figure reads by an index on its own instant and adds up in the database: what comes back does not
grow with the promises, only with the weeks, jobs and kinds there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from service.domain.measures import Weeks
from service.domain.rights import EVERYWHERE, Reach
from service.models import Application, Job, Team, User
from service.queries.extent import applications_within, jobs_within


@dataclass(frozen=True)
class Scope:
    """Which figures are asked for: as of when, over which weeks, of which team or job.

    ``reach`` is what whoever asks may know of. ``team_id`` and ``job_id`` narrow it further.
    """

    now: datetime
    weeks: Weeks
    reach: Reach = EVERYWHERE
    team_id: str | None = None
    job_id: str | None = None

    def narrows(self) -> list[ColumnElement[bool]]:
        """Return the conditions on ``Application`` (its job need not be joined)."""
        where: list[ColumnElement[bool]] = [applications_within(self.reach)]
        if self.team_id is not None:
            jobs = select(Job.id).where(Job.team_id == self.team_id)
            where.append(Application.job_id.in_(jobs))
        if self.job_id is not None:
            where.append(Application.job_id == self.job_id)
        return where

    def within(self, column: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
        """Return the condition that an instant lies in the weeks and not ahead."""
        return (column >= self.weeks.begin) & (column < self.weeks.end)


def week_of(scope: Scope, column: InstrumentedAttribute[Any]) -> ColumnElement[int]:
    """Return the number of the week that an instant lies in, counted from 0.

    Newest first: what is looked up most often is found first.
    """
    last = len(scope.weeks.mondays) - 1
    steps = [(column >= scope.weeks.starts[i], i) for i in range(last, 0, -1)]
    return case(*steps, else_=0) if steps else case((column.is_not(None), 0), else_=0)


@dataclass(frozen=True)
class Choice:
    """A team or a job that somebody may ask for."""

    id: str
    name: str


MOST_CHOICES = 500
"""How many jobs a filter offers; the newest."""


def teams_to_choose(session: Session, reach: Reach) -> list[Choice]:
    """Return the teams whose jobs somebody may know of."""
    query = (
        select(Team.id, Team.name)
        .where(Team.id.in_(select(Job.team_id).where(jobs_within(reach))))
        .order_by(Team.name)
    )
    return [Choice(*row) for row in session.execute(query)]


def jobs_to_choose(session: Session, reach: Reach, team_id: str | None = None) -> list[Choice]:
    """Return the jobs that somebody may know of, by title."""
    query = select(Job.id, Job.title).where(jobs_within(reach))
    if team_id is not None:
        query = query.where(Job.team_id == team_id)
    found = session.execute(query.order_by(Job.created_at.desc(), Job.id).limit(MOST_CHOICES))
    return sorted((Choice(*row) for row in found), key=lambda job: (job.name.casefold(), job.id))


def names_of_jobs(session: Session, scope: Scope) -> dict[str, tuple[str, str | None]]:
    """Return the title and the team's name of every job within the scope."""
    query: Select[*tuple[Any, ...]] = (
        select(Job.id, Job.title, Team.name)
        .outerjoin(Team, Team.id == Job.team_id)
        .where(jobs_within(scope.reach))
    )
    if scope.job_id is not None:
        query = query.where(Job.id == scope.job_id)
    if scope.team_id is not None:
        query = query.where(Job.team_id == scope.team_id)
    return {id_: (title, team) for id_, title, team in session.execute(query)}


def names_of_people(session: Session) -> dict[str, str]:
    """Return the names of all colleagues, those who have left too."""
    return {id_: name for id_, name in session.execute(select(User.id, User.name))}  # noqa: C416 - Row, not tuple
