"""The walk from what is owed to the applications it is owed to: all of the queue in few searches.

SQLite searches an index once for each; PostgreSQL, for which thousands of searches take longer than
all else on the page, goes through an index once with all that it looks for.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, any_, exists, func, select, union_all
from sqlalchemy.orm import Session

from service.models import Application
from service.models.application import STANDING


def applications_of(session: Session, item: CTE) -> Any:
    """Return the columns of the applications (``STANDING``) that the items name."""
    if session.get_bind().dialect.name != "postgresql":
        return Application
    owed = select(item.c.application_id)
    # Nearly all are among the open ones, where many of them share a page.
    pending = _walk(owed, Application.closed_at.is_(None)).cte("pending")
    pending = pending.prefix_with("MATERIALIZED")
    others = owed.where(~exists().where(pending.c.id == item.c.application_id))
    return union_all(select(pending), _walk(others)).cte("standing").c


def _walk(ids: Select[str], *conditions: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    # The indexes keep the ids in the order of their bytes, and so find them without the
    # database's language.
    here = Application.id.collate("C") == any_(func.array(ids.scalar_subquery()))
    return select(*(Application.__table__.c[name] for name in STANDING)).where(here, *conditions)
