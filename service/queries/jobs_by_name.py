"""Finds jobs by words of their title, open ones first, within what somebody may know of."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session

from service.domain.changes import JobStatus
from service.domain.rights import Reach
from service.folding import fold, folded
from service.models import Job
from service.queries.extent import jobs_within
from service.queries.people_search import MOST_WORDS


@dataclass(frozen=True)
class NamedJob:
    """One job that was found."""

    id: str
    title: str
    is_open: bool


def jobs_named(session: Session, reach: Reach, search: str, limit: int) -> list[NamedJob]:
    """Return up to ``limit`` jobs whose title has every one of these words."""
    is_open = Job.status == JobStatus.OPEN
    query = select(Job.id, Job.title, is_open).where(jobs_within(reach))
    for word in search.split()[:MOST_WORDS]:
        query = query.where(
            or_(
                folded(Job.title).contains(fold(word), autoescape=True),
                Job.title.icontains(word, autoescape=True),
            )
        )
    first = (case((is_open, 0), else_=1), func.lower(Job.title), Job.id)
    return [NamedJob(*row) for row in session.execute(query.order_by(*first).limit(limit))]
