"""Finds jobs the way people name them: by title."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from service.domain.changes import JobStatus
from service.domain.rights import Reach
from service.models import Job
from service.queries.extent import jobs_within


def by_title(session: Session, ids: Collection[str] | None = None) -> Sequence[Job]:
    """Return these jobs, or all, ordered by title."""
    query = select(Job).order_by(Job.title, Job.id)
    if ids is not None:
        query = query.where(Job.id.in_(ids))
    return session.scalars(query).all()


def named(session: Session, name: str) -> Sequence[Job]:
    """Return the jobs of this id or, whatever its case, this title."""
    return session.scalars(
        select(Job).where(or_(Job.id == name, func.lower(Job.title) == name.strip().lower()))
    ).all()


def is_of_others(session: Session, title: str, reach: Reach) -> bool:
    """Tell whether there are jobs of this id or title, and all of them outside a reach."""
    found = [each.id for each in named(session, title)]
    mine = select(Job.id).where(Job.id.in_(found), jobs_within(reach)).limit(1)
    return bool(found) and session.scalars(mine).first() is None


def open_titles(session: Session, limit: int, reach: Reach) -> Sequence[str]:
    """Return the titles of the jobs within a reach that take people, each once, in their order."""
    return session.scalars(
        select(Job.title)
        .where(Job.status == JobStatus.OPEN, jobs_within(reach))
        .distinct()
        .order_by(Job.title)
        .limit(limit)
    ).all()
