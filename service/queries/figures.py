"""The numbers Keepword knows about itself, for the metrics, the readiness and the page.

Each is read over an index that holds only what is open, waiting or failed, so that a million kept
promises cost nothing. No figure says anything about a person.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, exists, func, select, text
from sqlalchemy.orm import Session

from service.domain.delivery import MailState
from service.domain.promises import State
from service.domain.rights import EVERYWHERE, Extent, Reach
from service.models import (
    Application,
    Connection,
    Delivery,
    MailChannel,
    MailEvent,
    Message,
    Promise,
)
from service.queries.extent import applications_within, letters_within
from service.queries.overdue import IN_OPEN_INDEX


@dataclass(frozen=True)
class PromiseFigures:
    """``oldest_overdue_in`` is in seconds, 0 where nothing is overdue."""

    open: int
    overdue: int
    oldest_overdue_in: float
    set_aside: int


@dataclass(frozen=True)
class ConnectionFigures:
    """One connection: deliveries that wait or failed, and what was refused as not authentic.

    ``rejections_by`` is ``None`` where nobody has said who sends rejections.
    """

    name: str
    vendor: str
    active: bool
    waiting: int
    failed: int
    refused: int
    last_authentic_at: datetime | None
    rejections_by: str | None = None

    @property
    def unanswered(self) -> bool:
        """Tell whether somebody has yet to say who sends rejections: until then nobody does."""
        return self.active and self.rejections_by is None


@dataclass(frozen=True)
class Pause:
    """Why no mail leaves. ``reason`` is for people, not for labels; ``by`` is the actor."""

    at: datetime
    reason: str | None
    by_provider: bool
    by: str | None = None


@dataclass(frozen=True)
class Unsent:
    """``by_state`` has every state, zeros included; ``outbox`` counts what has yet to leave."""

    by_state: dict[str, int]
    outbox: int


@dataclass(frozen=True)
class MailFigures:
    """``by_state`` has every state, zeros included; ``oldest_ready_in`` is in seconds.

    ``outbox`` counts what has yet to leave.
    """

    by_state: dict[str, int]
    outbox: int
    oldest_ready_in: float
    unfolded: int
    paused: Pause | None


def promise_figures(session: Session, now: datetime, set_aside_for: timedelta) -> PromiseFigures:
    """Count the promises; ``set_aside_for`` is how long the checker leaves a faulty one alone."""
    open_count = session.scalars(
        select(func.count()).select_from(Promise).where(IN_OPEN_INDEX)
    ).one()
    overdue, oldest = session.execute(
        select(func.count(), func.min(Promise.due_at)).where(
            IN_OPEN_INDEX, Promise.state == State.OPEN, Promise.due_at < now
        )
    ).one()
    # One set aside comes again within that span.
    set_aside = session.scalars(set_aside_query(now, set_aside_for)).one()
    return PromiseFigures(
        open_count, overdue, (now - oldest).total_seconds() if oldest else 0.0, set_aside
    )


IN_FAILED_INDEX = text("promise.check_failures > 0")
"""The condition of ``ix_promise_failed``, word for word: SQLite uses a partial index only then."""


def set_aside_query(
    now: datetime, set_aside_for: timedelta, reach: Reach = EVERYWHERE
) -> Select[*tuple[Any, ...]]:
    """Return the question how many promises within a reach the checker has set aside."""
    query = (
        select(func.count())
        .select_from(Promise)
        .where(
            Promise.next_check_at <= now + set_aside_for,
            IN_FAILED_INDEX,
            Promise.state == State.OPEN,
        )
    )
    if reach.extent is Extent.ALL:
        return query
    about = exists().where(Application.id == Promise.application_id, applications_within(reach))
    return query.where(about)


def connection_figures(session: Session) -> list[ConnectionFigures]:
    """Return every connection by name, with its deliveries that wait or failed."""
    counts: dict[tuple[str, str], int] = {
        (connection_id, state): number
        for connection_id, state, number in session.execute(
            select(Delivery.connection_id, Delivery.state, func.count())
            .where(Delivery.state.in_(("received", "failed")))
            .group_by(Delivery.connection_id, Delivery.state)
        )
    }
    return [
        ConnectionFigures(
            name=connection.name,
            vendor=connection.vendor,
            active=connection.active,
            waiting=counts.get((connection.id, "received"), 0),
            failed=counts.get((connection.id, "failed"), 0),
            refused=connection.refused_count,
            last_authentic_at=connection.last_authentic_at,
            rejections_by=connection.rejections_by,
        )
        for connection in session.scalars(select(Connection).order_by(Connection.name))
    ]


def answer_command(name: str) -> str:
    """Return the command that says for a connection who sends rejections."""
    return f"keepword connection rejections {name} keepword"


def mail_figures(
    session: Session, now: datetime, *, settled: bool = True, reach: Reach = EVERYWHERE
) -> MailFigures:
    """Count the messages and events and say whether mail is paused.

    Without ``settled`` the letters whose story has ended are not counted (they stay 0): a million
    of them cost a tenth of a second, too much for a page that does not show them. The letters by
    state are those within ``reach``; the rest is of all.
    """
    query = select(Message.state, func.count()).group_by(Message.state)
    query = query.where(letters_within(reach)) if settled else unsettled_query(reach)
    unsent = unsent_of(session.execute(query))
    oldest = session.scalars(
        select(func.min(Message.due_at)).where(
            Message.state == MailState.READY, Message.due_at <= now
        )
    ).one()
    unfolded = session.scalars(
        select(func.count()).select_from(MailEvent).where(MailEvent.folded_at.is_(None))
    ).one()
    return MailFigures(
        unsent.by_state,
        unsent.outbox,
        (now - oldest).total_seconds() if oldest else 0.0,
        unfolded,
        mail_pause(session),
    )


def unsettled_query(reach: Reach = EVERYWHERE) -> Select[*tuple[Any, ...]]:
    """Return the question how many letters within a reach are in each state that goes on."""
    query = select(Message.state, func.count()).group_by(Message.state)
    return query.where(Message.state.in_(_UNSETTLED), letters_within(reach))


def unsent_of(found: Iterable[Any]) -> Unsent:
    """Return the letters by state from the answer to ``unsettled_query``."""
    by_state = {state.value: 0 for state in MailState} | {state: count for state, count in found}  # noqa: C416 - Row, not tuple
    return Unsent(by_state, sum(by_state[state] for state in _OUTBOX))


def mail_pause(session: Session) -> Pause | None:
    """Say since when and why no mail leaves, or ``None`` while it does."""
    paused = session.scalars(
        select(MailChannel).where(MailChannel.paused_at.is_not(None)).limit(1)
    ).first()
    if paused is None or paused.paused_at is None:
        return None
    return pause_of(
        paused.paused_at,
        paused.paused_reason,
        by_provider=paused.paused_by_provider,
        by=paused.paused_by,
    )


def pause_of(at: datetime, reason: str | None, *, by_provider: bool, by: str | None) -> Pause:
    """Return a pause from what the channel's row says of it."""
    return Pause(at, reason, by_provider, None if by_provider else by)


_OUTBOX = (
    MailState.HELD,
    MailState.READY,
    MailState.RETRY,
    MailState.CLAIMED,
    MailState.SENDING,
)

_UNSETTLED = (
    *_OUTBOX,
    MailState.BLOCKED,
    MailState.UNCERTAIN,
    MailState.UNCONFIRMED,
    MailState.FAILED,
    MailState.DROPPED,
)
