"""Plain lists of what is recorded, each by its own key: people, jobs, applications, promises."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session, selectinload

from service.domain.promises import Standing, State
from service.models import (
    Application,
    Candidate,
    CandidateEmail,
    Contact,
    Decision,
    Interview,
    Job,
    Promise,
    TimelineEntry,
    User,
)
from service.queries.closings import needs_closing
from service.queries.keyset import Key, Page, page
from service.queries.overdue import IN_OPEN_INDEX


def candidates(
    session: Session, *, after: Key | None, limit: int, email: str | None = None
) -> Page[Candidate]:
    """Return people, the newest first; ``email`` finds who has an address."""
    query = select(Candidate).options(
        selectinload(Candidate.emails), selectinload(Candidate.phones)
    )
    if email is not None:
        query = query.where(
            Candidate.id.in_(
                select(CandidateEmail.candidate_id).where(
                    CandidateEmail.address_key == email.casefold()
                )
            )
        )
    by = (Candidate.created_at, Candidate.id)
    return page(session, query, by, after=after, limit=limit, newest_first=True)


def jobs(
    session: Session,
    *,
    after: Key | None,
    limit: int,
    status: str | None = None,
    untold_on: date | None = None,
) -> Page[Job]:
    """Return jobs, the newest first.

    ``untold_on`` finds those that take nobody any more and have people not told by that day.
    """
    query = select(Job)
    if untold_on is not None:
        query = query.where(needs_closing(untold_on))
    if status is not None:
        query = query.where(Job.status == status)
    by = (Job.created_at, Job.id)
    return page(session, query, by, after=after, limit=limit, newest_first=True)


def users(session: Session, *, after: Key | None, limit: int) -> Page[User]:
    """Return colleagues in the order they were added."""
    return page(session, select(User), (User.created_at, User.id), after=after, limit=limit)


def applications(
    session: Session, *, after: Key | None, limit: int, **equal: str
) -> Page[Application]:
    """Return applications, the newest first; ``equal`` names columns and their values."""
    query = select(Application).where(*_equal(Application, equal))
    by = (Application.created_at, Application.id)
    return page(session, query, by, after=after, limit=limit, newest_first=True)


def promises(
    session: Session,
    now: datetime,
    *,
    after: Key | None,
    limit: int,
    standing: str | None = None,
    **equal: str,
) -> Page[Promise]:
    """Return promises, the first due first; ``standing`` is how they stand at ``now``."""
    query = select(Promise).where(*_equal(Promise, equal))
    if standing is not None:
        query = query.where(stands(Standing(standing), now))
    return page(session, query, (Promise.due_at, Promise.id), after=after, limit=limit)


def promises_among(session: Session, application_id: str, ids: Collection[str]) -> set[str]:
    """Return which of these ids are promises made about an application."""
    query = select(Promise.id).where(Promise.application_id == application_id, Promise.id.in_(ids))
    return set(session.scalars(query))


def stands(standing: Standing, now: datetime) -> ColumnElement[bool]:
    """Return the test for promises that stand so at an instant; the SQL twin of ``standing``."""
    is_open = and_(IN_OPEN_INDEX, Promise.state == State.OPEN)
    warned = and_(Promise.warn_at.is_not(None), Promise.warn_at <= now)
    match standing:
        case Standing.OVERDUE:
            return and_(is_open, Promise.due_at < now)
        case Standing.AT_RISK:
            return and_(is_open, Promise.due_at >= now, warned)
        case Standing.ON_TIME:
            unwarned = or_(Promise.warn_at.is_(None), Promise.warn_at > now)
            return and_(is_open, Promise.due_at >= now, unwarned)
        case _:
            return Promise.state == standing.value


def contacts(
    session: Session,
    *,
    after: Key | None,
    limit: int,
    direction: str | None = None,
    **equal: str,
) -> Page[Contact]:
    """Return contacts, the oldest first."""
    query = select(Contact).where(*_equal(Contact, equal))
    if direction is not None:
        query = query.where(Contact.direction == direction)
    return page(session, query, (Contact.at, Contact.id), after=after, limit=limit)


def decisions(session: Session, *, after: Key | None, limit: int, **equal: str) -> Page[Decision]:
    """Return decisions, the oldest first."""
    query = select(Decision).where(*_equal(Decision, equal))
    return page(session, query, (Decision.decided_at, Decision.id), after=after, limit=limit)


def timeline(
    session: Session, application_id: str, *, after: Key | None, limit: int
) -> Page[TimelineEntry]:
    """Return an application's story in the order it happened."""
    query = select(TimelineEntry).where(TimelineEntry.application_id == application_id)
    by = (TimelineEntry.at, TimelineEntry.seq)
    return page(session, query, by, after=after, limit=limit)


def interviews(
    session: Session, application_id: str, *, after: Key | None, limit: int
) -> Page[Interview]:
    """Return an application's interviews in the order they were recorded."""
    query = select(Interview).where(Interview.application_id == application_id)
    return page(session, query, (Interview.created_at, Interview.id), after=after, limit=limit)


def _equal(model: Any, equal: dict[str, str]) -> list[ColumnElement[bool]]:
    return [getattr(model, name) == value for name, value in equal.items()]
