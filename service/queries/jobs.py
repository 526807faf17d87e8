"""Finds jobs the way people name them: by title."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from service.models import Job


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
