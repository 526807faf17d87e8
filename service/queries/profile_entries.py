"""What was and is to be written into candidates' profiles at the ATS, for every shell.

No row names a person: an entry is named by its own id and its application's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session

from service.models import ProfileEntry

FOR_A_PERSON = ("uncertain", "failed")
"""States in which only a person can go on."""

_OPEN = (*FOR_A_PERSON, "sending", "waiting")


@dataclass(frozen=True)
class EntryRow:
    """One entry. ``about`` is ``letter`` or ``kept``; ``error`` says why it is where it is."""

    id: str
    about: str
    application_id: str
    message_id: str | None
    state: str
    attempts: int
    error: str | None
    created_at: datetime
    next_attempt_at: datetime | None
    done_at: datetime | None


def for_a_person_query() -> Select[*tuple[Any, ...]]:
    """Return the question how many entries of each connection wait for a person."""
    return (
        select(ProfileEntry.connection_id, func.count())
        .where(ProfileEntry.state.in_(FOR_A_PERSON))
        .group_by(ProfileEntry.connection_id)
    )


def entry_rows(
    session: Session, connection_id: str, *, every: bool = False, limit: int = 200
) -> list[EntryRow]:
    """Return a connection's entries, what needs a person first; the settled ones if ``every``."""
    rank = case(
        {state: place for place, state in enumerate(_OPEN)}, value=ProfileEntry.state, else_=9
    )
    found = select(ProfileEntry).where(ProfileEntry.connection_id == connection_id)
    if not every:
        found = found.where(ProfileEntry.state.in_(_OPEN))
    rows = session.scalars(
        found.order_by(rank, ProfileEntry.created_at.desc(), ProfileEntry.id).limit(limit)
    )
    return [
        EntryRow(
            id=row.id,
            about="letter" if row.message_id is not None else "kept",
            application_id=row.application_id,
            message_id=row.message_id,
            state=row.state,
            attempts=row.attempts,
            error=row.error,
            created_at=row.created_at,
            next_attempt_at=row.next_attempt_at if row.state == "waiting" else None,
            done_at=row.done_at,
        )
        for row in rows
    ]
