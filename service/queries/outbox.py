"""What is in the outbox: a list of the latest letters, and one of them to read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.models import Message


@dataclass(frozen=True)
class Letter:
    """One letter as a list shows it. ``reason`` says why it did not go, where it did not."""

    id: str
    kind: str
    to_name: str
    to_address: str
    subject: str
    state: str
    reason: str | None
    created_at: datetime


@dataclass(frozen=True)
class WholeLetter:
    """One letter to read, exactly as rendered."""

    letter: Letter
    from_name: str
    from_address: str
    text: str
    html: str


_COLUMNS = (
    Message.id,
    Message.kind,
    Message.to_name,
    Message.to_address,
    Message.subject,
    Message.state,
    Message.reason,
    Message.created_at,
)


def latest_letters(session: Session, limit: int) -> list[Letter]:
    """Return the letters written last, the newest first."""
    found = session.execute(
        select(*_COLUMNS).order_by(Message.created_at.desc(), Message.id.desc()).limit(limit)
    )
    return [Letter(*row) for row in found]


def whole_letter(session: Session, message_id: str) -> WholeLetter | None:
    """Return one letter, or ``None`` where there is none of this id."""
    row = session.execute(
        select(
            *_COLUMNS, Message.from_name, Message.from_address, Message.text, Message.html
        ).where(Message.id == message_id)
    ).one_or_none()
    if row is None:
        return None
    values = tuple(row)
    return WholeLetter(Letter(*values[: len(_COLUMNS)]), *values[len(_COLUMNS) :])
