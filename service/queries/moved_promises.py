"""Names the people whose promises an edited calendar would move, before it is saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.models import Application, Calendar, Candidate, Job, Promise


@dataclass(frozen=True)
class Whose:
    """Whom a promise is owed, about which job, and what it is."""

    name: str
    job: str
    wording: str


def whose(session: Session, promise_ids: Sequence[str]) -> Mapping[str, Whose]:
    """Return whose each of these promises is, in one statement."""
    found = session.execute(
        select(Promise.id, Promise.wording, Candidate.first_name, Candidate.last_name, Job.title)
        .join(Application, Application.id == Promise.application_id)
        .join(Candidate, Candidate.id == Application.candidate_id)
        .join(Job, Job.id == Application.job_id)
        .where(Promise.id.in_(promise_ids))
    )
    return {
        row.id: Whose(
            " ".join(part for part in (row.first_name, row.last_name) if part),
            row.title,
            row.wording,
        )
        for row in found
    }


def jobs_by_calendar(session: Session) -> Mapping[str, int]:
    """Return how many open jobs name each calendar; those that name none take the company's."""
    found = session.execute(
        select(Job.calendar_id, func.count())
        .where(Job.calendar_id.is_not(None), Job.status == "open")
        .group_by(Job.calendar_id)
    )
    return {row[0]: row[1] for row in found if row[0] is not None}


def all_calendars(session: Session) -> Sequence[Calendar]:
    """Return every calendar, the company's first, then by name."""
    query = select(Calendar).order_by(Calendar.is_default.desc(), Calendar.name)
    return session.scalars(query).all()
