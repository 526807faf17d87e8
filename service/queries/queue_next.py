"""What the queue says besides its rows: the next promise that is due, the jobs to choose from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from service.domain.promises import State
from service.domain.rights import Reach
from service.models import Application, Candidate, Job, Promise
from service.queries.extent import applications_within, jobs_within
from service.queries.overdue import IN_OPEN_INDEX

IS_OPEN = text("job.status = 'open'")
"""The condition of ``ix_job_open_title``, word for word: SQLite uses a partial index only then."""

JOBS = 300
"""Jobs offered to choose from; a search finds the people of any other."""


@dataclass(frozen=True)
class Coming:
    """The promise that is due next."""

    name: str
    wording: str
    due_at: datetime


def next_promise(session: Session, now: datetime, reach: Reach) -> Coming | None:
    """Return the promise that is due next within somebody's reach, or ``None``."""
    found = session.execute(
        select(Promise.wording, Promise.due_at, Candidate.first_name, Candidate.last_name)
        .join(Application, Application.id == Promise.application_id)
        .join(Candidate, Candidate.id == Application.candidate_id)
        .where(
            IN_OPEN_INDEX,
            Promise.state == State.OPEN,
            Promise.due_at >= now,
            applications_within(reach),
        )
        .order_by(Promise.due_at, Promise.id)
        .limit(1)
    ).first()
    if found is None:
        return None
    wording, due_at, first, last = found
    return Coming(" ".join(part for part in (first, last) if part) or "(no name)", wording, due_at)


def anybody_applied(session: Session) -> bool:
    """Return whether anybody at all has ever applied, whoever may know of it."""
    return session.scalar(select(Application.id).limit(1)) is not None


def jobs_to_choose(session: Session, reach: Reach, *, besides: str = "") -> list[tuple[str, str]]:
    """Return the ids and titles of open jobs within somebody's reach, by title.

    ``besides`` is one that stands before them, whether it is open or not.
    """
    named = select(Job.id, Job.title).where(jobs_within(reach))
    first = session.execute(named.where(Job.id == besides)).all() if besides else []
    found = session.execute(
        # Said so that the order is read from the index of the open ones, however many there are.
        named.where(IS_OPEN, Job.id != besides).order_by(func.lower(Job.title), Job.id).limit(JOBS)
    )
    return [(row.id, row.title) for row in (*first, *found)][:JOBS]
