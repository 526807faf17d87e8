"""What one person is owed, has been told, and will hear next: the open promises with their reasons,
the contacts that reached out, and the letters, interviews and steps to come.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from service.domain.contacts import Direction
from service.domain.delivery import MailState
from service.domain.promises import OPEN_STATES, Origin, Standing, standing
from service.models import Contact, Interview, Message, MessageAlso, Promise, User
from service.queries.outbox import WAITING
from service.queries.overdue import Calendars, Lateness, lateness

COMING = frozenset({*WAITING, MailState.BLOCKED, MailState.UNCERTAIN})
"""States of letters that are still to come, or of which nobody knows."""


@dataclass(frozen=True)
class OpenPromise:
    """One open promise. ``late`` is set where it is.

    ``first_due_at`` is set only where the date was moved, ``paused_until`` only while it waits for
    the candidate. ``why`` is the stored trace, ``steps`` the rungs of its ladder yet to come.
    """

    promise_id: str
    version: int
    application_id: str
    kind: str
    wording: str
    spoken: bool
    promised_by: str | None
    owner: str | None
    due_at: datetime
    first_due_at: datetime | None
    zone: str
    standing: Standing
    paused_until: datetime | None
    late: Lateness | None
    why: tuple[str, ...]
    steps: tuple[tuple[datetime, str, str], ...]


@dataclass(frozen=True)
class Told:
    """One contact that went out. ``taken_back`` says why it counts no more, where it does not."""

    contact_id: str
    application_id: str
    channel: str
    outcome: str
    automatic: bool
    at: datetime
    by: str | None
    note: str | None
    message_id: str | None
    subject: str | None
    taken_back: str | None


@dataclass(frozen=True)
class ComingLetter:
    """One letter that has not arrived yet."""

    message_id: str
    application_id: str | None
    version: int
    subject: str
    state: str
    reason: str | None
    due_at: datetime | None


@dataclass(frozen=True)
class ComingInterview:
    """One interview that is booked."""

    application_id: str
    starts_at: datetime


def open_promises(
    session: Session, now: datetime, calendar_for: Calendars, application_ids: Sequence[str]
) -> list[OpenPromise]:
    """Return what is owed to these applications, the first due first."""
    owner, speaker = aliased(User), aliased(User)
    found = session.execute(
        select(Promise, owner.name, speaker.name)
        .outerjoin(owner, owner.id == Promise.owner_id)
        .outerjoin(speaker, speaker.id == Promise.promised_by_id)
        .where(Promise.application_id.in_(application_ids), Promise.state.in_(OPEN_STATES))
        .order_by(Promise.due_at, Promise.id)
    )
    return [_open(row, owner, by, now, calendar_for) for row, owner, by in found]


def asked(session: Session, application_ids: Sequence[str]) -> tuple[int, int]:
    """Return how often they asked, and how often after a promise had passed."""
    row = session.execute(
        select(func.count(), func.count().filter(Contact.after_broken_promise)).where(
            Contact.application_id.in_(application_ids), Contact.direction == Direction.IN
        )
    ).one()
    return row[0], row[1]


def told(session: Session, application_ids: Sequence[str], limit: int) -> list[Told]:
    """Return the contacts that went out, the newest first."""
    found = session.execute(
        select(Contact, User.name, Message.subject)
        .outerjoin(User, User.id == Contact.by_user_id)
        .outerjoin(Message, Message.id == Contact.message_id)
        .where(Contact.application_id.in_(application_ids), Contact.direction == Direction.OUT)
        .order_by(Contact.at.desc(), Contact.id)
        .limit(limit)
    )
    return [
        Told(
            contact_id=row.id,
            application_id=row.application_id,
            channel=row.channel,
            outcome=row.outcome,
            automatic=row.automatic,
            at=row.at,
            by=by,
            note=row.note,
            message_id=row.message_id,
            subject=subject,
            taken_back=(row.taken_back_reason or "") if row.taken_back_at else None,
        )
        for row, by, subject in found
    ]


def coming_letters(
    session: Session, application_ids: Sequence[str], limit: int
) -> list[ComingLetter]:
    """Return the letters that have not arrived yet, the next one first."""
    also = select(MessageAlso.message_id).where(MessageAlso.application_id.in_(application_ids))
    found = session.execute(
        select(
            Message.id,
            Message.application_id,
            Message.version,
            Message.subject,
            Message.state,
            Message.reason,
            Message.due_at,
        )
        .where(
            or_(Message.application_id.in_(application_ids), Message.id.in_(also)),
            Message.state.in_(COMING),
        )
        .order_by(Message.due_at, Message.id)
        .limit(limit)
    )
    return [ComingLetter(*row) for row in found]


def coming_interviews(
    session: Session, now: datetime, application_ids: Sequence[str]
) -> list[ComingInterview]:
    """Return the interviews that are booked and to come."""
    found = session.execute(
        select(Interview.application_id, Interview.starts_at)
        .where(
            Interview.application_id.in_(application_ids),
            Interview.starts_at > now,
            Interview.cancelled_at.is_(None),
            Interview.done_at.is_(None),
        )
        .order_by(Interview.starts_at, Interview.id)
    )
    return [ComingInterview(id_, at) for id_, at in found if at is not None]


def _open(
    row: Promise,
    owner: str | None,
    promised_by: str | None,
    now: datetime,
    calendar_for: Calendars,
) -> OpenPromise:
    stands = standing(row.state, row.due_at, row.warn_at, now)
    zone = "UTC"
    late: Lateness | None = None
    if row.calendar_id is not None and row.calendar_version is not None:
        calendar = calendar_for(row.calendar_id, row.calendar_version)
        zone = calendar.time_zone.key
        late = lateness(calendar, row.due_at, now) if stands is Standing.OVERDUE else None
    return OpenPromise(
        promise_id=row.id,
        version=row.version,
        application_id=row.application_id,
        kind=row.kind,
        wording=row.wording,
        spoken=row.origin == Origin.SPOKEN,
        promised_by=promised_by,
        owner=owner,
        due_at=row.due_at,
        first_due_at=row.first_due_at if row.first_due_at != row.due_at else None,
        zone=zone,
        standing=stands,
        paused_until=row.pause_ends_at,
        late=late,
        why=tuple(str(step.get("text", "")) for step in row.trace),
        steps=tuple(_step(rung) for rung in row.ladder[row.rung :]),
    )


def _step(rung: dict[str, Any]) -> tuple[datetime, str, str]:
    return datetime.fromisoformat(rung["at"]), str(rung["action"]), str(rung.get("template") or "")
