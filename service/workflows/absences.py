"""Who is away on a day, and who has their promises meanwhile.

A promise keeps its owner while they are away: it only counts as their substitute's for those days.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sqlalchemy import select

from service.models import User, UserAbsence
from service.workflows.work import Work

Away = Mapping[str, str | None]
"""By the id of each who is away: the id of their substitute, ``None`` where they have none."""


def away_on(work: Work, day: date) -> Away:
    """Return who is away on a day. Of two absences that cover it the one that ends later counts."""
    key = f"away:{day.isoformat()}"
    found: dict[str, str | None] | None = work.known.get(key)
    if found is None:
        rows = work.session.execute(
            select(UserAbsence.user_id, UserAbsence.substitute_id)
            .where(UserAbsence.from_on <= day, UserAbsence.until_on >= day)
            .order_by(UserAbsence.until_on, UserAbsence.id)
        )
        found = {user_id: substitute_id for user_id, substitute_id in rows}  # noqa: C416 - Row, not tuple
        work.known[key] = found
    return found


def who_stands_in(work: Work, user: User, day: date) -> User | None:
    """Return who has somebody's promises on a day of theirs: they themselves where they are here.

    A substitute who is away too hands on to their own. ``None`` where nobody is left: the owner or
    the last in the line has gone for good, is away without a substitute, or they name each other.
    """
    away, current = away_on(work, day), user
    met: set[str] = set()
    while current.active and current.id not in met:
        if current.id not in away:
            return current
        met.add(current.id)
        substitute_id = away[current.id]
        substitute = work.session.get(User, substitute_id) if substitute_id else None
        if substitute is None:
            return None
        current = substitute
    return None
