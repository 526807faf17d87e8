"""Who waits for the decision of one colleague: the most urgent first, with what they were promised.

Only what is open waits; a page costs the same few statements however many there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, case, func, literal, select
from sqlalchemy.orm import Session, aliased

from service.domain.changes import CLOSED_STAGES, Stage
from service.domain.promises import Origin, State
from service.models import Application, Candidate, Job, Promise, TimelineEntry, User
from service.queries.overdue import IN_OPEN_INDEX, Calendars, Lateness, lateness

_FURTHEST = (Stage.OFFER, Stage.INTERVIEW, Stage.ASSESSMENT, Stage.SCREENING, Stage.APPLIED)


@dataclass(frozen=True)
class Promised:
    """What a candidate was promised first. ``late`` is set where it is."""

    wording: str
    spoken: bool
    due_at: datetime
    zone: str
    late: Lateness | None


@dataclass(frozen=True)
class Awaited:
    """One application that waits. ``since_at`` is when it was handed to whoever is awaited by
    ``asked_by``, or since when it stands at its stage.
    """

    application_id: str
    candidate_id: str
    version: int
    name: str
    job_title: str
    stage: str
    owner: str | None
    asked_by: str | None
    since_at: datetime
    last_contact_at: datetime | None
    promised: Promised | None


def number_awaited(session: Session, user_id: str) -> int:
    """Return how many applications wait for this colleague."""
    query = select(func.count()).select_from(Application).where(_awaits(user_id))
    return session.scalars(query).one()


def awaited(
    session: Session,
    now: datetime,
    user_id: str,
    calendar_for: Calendars,
    *,
    limit: int,
    behind: int = 0,
) -> list[Awaited]:
    """Return up to ``limit`` applications that wait for this colleague, after the first ``behind``.

    Those with a promise come first, by its date; then by how far they have come, and how long.
    """
    due = (
        select(func.min(Promise.due_at))
        .where(
            IN_OPEN_INDEX,
            Promise.state == State.OPEN,
            Promise.application_id == Application.id,
        )
        .correlate(Application)
        .scalar_subquery()
    )
    owner = aliased(User)
    stages = {stage.value: place for place, stage in enumerate(_FURTHEST)}
    found = session.execute(
        select(
            Application.id,
            Application.candidate_id,
            Application.version,
            Application.stage,
            Application.stage_at,
            Application.last_contact_at,
            Candidate.first_name,
            Candidate.last_name,
            Job.title,
            owner.name.label("owner"),
        )
        .join(Candidate, Candidate.id == Application.candidate_id)
        .join(Job, Job.id == Application.job_id)
        .outerjoin(owner, owner.id == Application.owner_id)
        .where(_awaits(user_id))
        .order_by(
            due.is_(None),
            due,
            case(stages, value=Application.stage, else_=len(stages)),
            Application.stage_at,
            Application.id,
        )
        .limit(limit)
        .offset(behind)
    ).all()
    ids = [row.id for row in found]
    promises, askers = _promises(session, now, ids, calendar_for), _askers(session, ids)
    return [_awaited(row, promises.get(row.id), askers.get(row.id)) for row in found]


def _awaits(user_id: str) -> ColumnElement[bool]:
    return and_(
        Application.waiting_on_id == user_id,
        Application.stage.not_in(sorted(CLOSED_STAGES)),
        Application.deleted_at.is_(None),
    )


def _awaited(
    row: Row[*tuple[Any, ...]], promised: Promised | None, asked: tuple[str | None, datetime] | None
) -> Awaited:
    asked_by, since_at = asked or (None, row.stage_at)
    return Awaited(
        application_id=row.id,
        candidate_id=row.candidate_id,
        version=row.version,
        name=" ".join(part for part in (row.first_name, row.last_name) if part),
        job_title=row.title,
        stage=row.stage,
        owner=row.owner,
        asked_by=asked_by,
        since_at=since_at,
        last_contact_at=row.last_contact_at,
        promised=promised,
    )


def _promises(
    session: Session, now: datetime, ids: Sequence[str], calendar_for: Calendars
) -> dict[str, Promised]:
    """Return the promise that is due first, by application."""
    found: dict[str, Promised] = {}
    for promise in session.scalars(
        select(Promise)
        .where(Promise.application_id.in_(ids), IN_OPEN_INDEX, Promise.state == State.OPEN)
        .order_by(Promise.due_at, Promise.id)
    ):
        if promise.application_id not in found:
            found[promise.application_id] = _promised(promise, now, calendar_for)
    return found


def _promised(promise: Promise, now: datetime, calendar_for: Calendars) -> Promised:
    zone = "UTC"
    late: Lateness | None = None
    if promise.calendar_id is not None and promise.calendar_version is not None:
        calendar = calendar_for(promise.calendar_id, promise.calendar_version)
        zone = calendar.time_zone.key
        late = lateness(calendar, promise.due_at, now) if promise.due_at < now else None
    return Promised(promise.wording, promise.origin == Origin.SPOKEN, promise.due_at, zone, late)


def _askers(session: Session, ids: Sequence[str]) -> dict[str, tuple[str | None, datetime]]:
    """Return who asked for the decision last, and when, by application."""
    found = session.execute(
        select(TimelineEntry.application_id, TimelineEntry.at, User.name)
        .outerjoin(User, TimelineEntry.actor == literal("user:").concat(User.id))
        .where(TimelineEntry.application_id.in_(ids), TimelineEntry.kind == "waiting_on")
        .order_by(TimelineEntry.seq)
    )
    return {row.application_id: (row.name, row.at) for row in found}
