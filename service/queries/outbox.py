"""What is in the outbox: what needs a person, what waits, the latest letters, one to read.

Whatever lies outside the reach asked for is neither given nor counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, not_, or_, select
from sqlalchemy.orm import Session

from service.domain.delivery import MailState
from service.domain.rights import EVERYWHERE, Reach
from service.models import Job, JobClosing, MailChannel, Message, User
from service.queries.extent import letters_within

UNDECIDED = (MailState.UNCERTAIN, MailState.BLOCKED, MailState.UNCONFIRMED)
"""States that end by a person, or by an event that comes after all."""

UNSENT_FOR_GOOD = (MailState.FAILED, MailState.DROPPED)
"""States of letters that did not go and will not: somebody writes anew, or calls."""

WAITING = (
    MailState.HELD,
    MailState.READY,
    MailState.RETRY,
    MailState.CLAIMED,
    MailState.SENDING,
)
"""States of letters that have yet to leave."""

_TO_SEND = (MailState.HELD, MailState.READY, MailState.RETRY, MailState.CLAIMED)

SHOWN_FOR = timedelta(days=30)
"""How long a letter that failed is shown among what needs a person."""


@dataclass(frozen=True)
class Letter:
    """One letter as a list shows it. ``reason`` says why it did not go, or not yet."""

    id: str
    kind: str
    to_name: str
    to_address: str
    subject: str
    state: str
    reason: str | None
    created_at: datetime
    hold_until: datetime | None
    due_at: datetime | None
    batch_id: str | None
    closing_id: str | None


@dataclass(frozen=True)
class WholeLetter:
    """One letter to read, exactly as rendered."""

    letter: Letter
    from_name: str
    from_address: str
    text: str
    html: str


@dataclass(frozen=True)
class LostRequest:
    """Several letters that left in one request whose answer was lost: all of them did, or none."""

    batch_id: str
    letters: int
    reason: str | None


@dataclass(frozen=True)
class WaitingClosing:
    """The letters of one closing that have yet to leave; the first of them goes at ``first_at``."""

    closing_id: str
    job_title: str
    letters: int
    first_at: datetime | None


_COLUMNS = (
    Message.id,
    Message.kind,
    Message.to_name,
    Message.to_address,
    Message.subject,
    Message.state,
    Message.reason,
    Message.created_at,
    Message.hold_until,
    Message.due_at,
    Message.batch_id,
    Message.closing_id,
)


def latest_letters(session: Session, limit: int, reach: Reach = EVERYWHERE) -> list[Letter]:
    """Return the letters written last, the newest first, but those of a closing that still wait:
    some hundreds alike would hide all others.
    """
    alike = and_(Message.closing_id.is_not(None), Message.state.in_(WAITING))
    return _some(session, not_(alike), letters_within(reach), limit=limit)


def letters_in(session: Session, states: Sequence[str], limit: int) -> list[Letter]:
    """Return letters in any of these states, the newest first."""
    return _some(session, Message.state.in_(states), limit=limit)


def number_in(session: Session, states: Sequence[str]) -> int:
    """Return how many letters are in any of these states."""
    return session.scalars(select(func.count()).where(Message.state.in_(states))).one()


def undecided(
    session: Session,
    state: MailState,
    limit: int,
    reach: Reach = EVERYWHERE,
    *,
    but: Sequence[str] = (),
) -> list[Letter]:
    """Return letters in one of the states that need a person, leaving out those of some requests,
    which are told of as a whole.
    """
    where = [Message.state == state, letters_within(reach)]
    if but:
        where.append(or_(Message.batch_id.is_(None), Message.batch_id.not_in(but)))
    return _some(session, *where, limit=limit)


def failed_lately(
    session: Session, now: datetime, limit: int, reach: Reach = EVERYWHERE
) -> list[Letter]:
    """Return letters that did not go, the newest first."""
    return _some(
        session,
        Message.state.in_(UNSENT_FOR_GOOD),
        Message.created_at >= now - SHOWN_FOR,
        letters_within(reach),
        limit=limit,
    )


def lost_requests(session: Session, limit: int, reach: Reach = EVERYWHERE) -> list[LostRequest]:
    """Return the requests of which two or more letters are uncertain, the largest first."""
    number = func.count()
    found = session.execute(
        select(Message.batch_id, number, func.min(Message.reason))
        .where(
            Message.state == MailState.UNCERTAIN,
            Message.batch_id.is_not(None),
            letters_within(reach),
        )
        .group_by(Message.batch_id)
        .having(number > 1)
        .order_by(number.desc(), Message.batch_id)
        .limit(limit)
    )
    return [LostRequest(batch_id or "", letters, why) for batch_id, letters, why in found]


def waiting_closings(
    session: Session, limit: int, reach: Reach = EVERYWHERE
) -> list[WaitingClosing]:
    """Return the closings of jobs whose letters have yet to leave, the next one first."""
    first = func.min(Message.due_at)
    found = session.execute(
        select(Message.closing_id, Job.title, func.count(), first)
        .join(JobClosing, JobClosing.id == Message.closing_id)
        .join(Job, Job.id == JobClosing.job_id)
        .where(Message.state.in_(WAITING), letters_within(reach))
        .group_by(Message.closing_id, Job.title)
        .order_by(first, Message.closing_id)
        .limit(limit)
    )
    return [WaitingClosing(id_ or "", title, letters, at) for id_, title, letters, at in found]


def waiting_letters(session: Session, limit: int, reach: Reach = EVERYWHERE) -> list[Letter]:
    """Return the letters that have yet to leave and belong to no closing, the next one first."""
    found = session.execute(
        select(*_COLUMNS)
        # Said so that SQLite does not take the index of closings, where nearly all letters there
        # ever were have none.
        .where(
            Message.state.in_(WAITING),
            func.coalesce(Message.closing_id, "") == "",
            letters_within(reach),
        )
        .order_by(Message.due_at, Message.id)
        .limit(limit)
    )
    return [_letter(row) for row in found]


def together(
    session: Session,
    *,
    batch_id: str | None,
    closing_id: str | None,
    limit: int,
    reach: Reach = EVERYWHERE,
) -> list[Letter]:
    """Return the letters of one request, or of one closing, by the people's names."""
    of = Message.batch_id == batch_id if batch_id else Message.closing_id == closing_id
    found = session.execute(
        select(*_COLUMNS)
        .where(of, letters_within(reach))
        .order_by(Message.to_name, Message.id)
        .limit(limit)
    )
    return [_letter(row) for row in found]


def job_closed_by(session: Session, closing_id: str) -> str | None:
    """Return the title of the job that a closing is about, or ``None`` where there is none."""
    return session.scalars(
        select(Job.title)
        .join(JobClosing, JobClosing.job_id == Job.id)
        .where(JobClosing.id == closing_id)
    ).first()


def letter_is_within(session: Session, message_id: str, reach: Reach) -> bool:
    """Tell whether there is a letter of this id that somebody may know of."""
    seen = select(Message.id).where(Message.id == message_id, letters_within(reach))
    return session.scalars(seen).first() is not None


def ready_by_kind(session: Session, now: datetime) -> dict[str, int]:
    """Return how many letters of each kind go with the next dispatch."""
    found = session.execute(
        select(Message.kind, func.count())
        .where(Message.state.in_(_TO_SEND), Message.due_at <= now)
        .group_by(Message.kind)
        .order_by(Message.kind)
    )
    return {kind: number for kind, number in found}  # noqa: C416 - Row, not tuple


def whole_letter(
    session: Session, message_id: str, reach: Reach = EVERYWHERE
) -> WholeLetter | None:
    """Return one letter, or ``None`` where there is none of this id within the reach."""
    message = session.get(Message, message_id)
    if message is None or not letter_is_within(session, message_id, reach):
        return None
    letter = Letter(*(getattr(message, each.key) for each in _COLUMNS))
    return WholeLetter(letter, message.from_name, message.from_address, message.text, message.html)


def who_paused(session: Session) -> str | None:
    """Return the name of the colleague who paused all mail, where a colleague did."""
    by = session.scalars(
        select(MailChannel.paused_by).where(MailChannel.paused_at.is_not(None)).limit(1)
    ).first()
    if by is None or not by.startswith("user:"):
        return None
    return session.scalars(select(User.name).where(User.id == by.removeprefix("user:"))).first()


def _letter(row: Sequence[Any]) -> Letter:
    return Letter(*row[: len(_COLUMNS)])


def _some(session: Session, *where: ColumnElement[bool], limit: int) -> list[Letter]:
    found = session.execute(
        select(*_COLUMNS)
        .where(*where)
        .order_by(Message.created_at.desc(), Message.id.desc())
        .limit(limit)
    )
    return [_letter(row) for row in found]
