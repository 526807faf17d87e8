"""Pages by key, not by number: a page starts behind the last row read, whatever was added since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, and_, or_
from sqlalchemy.orm import InstrumentedAttribute, Session

Row = TypeVar("Row")
Key = tuple[Any, ...]
"""The values of a row's sort columns; the last one is unique."""


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Some rows, and the key of the last of them where more follow."""

    rows: list[Row]
    next: Key | None


def page(
    session: Session,
    query: Select[Row],
    by: Sequence[InstrumentedAttribute[Any]],
    *,
    after: Key | None,
    limit: int,
    newest_first: bool = False,
) -> Page[Row]:
    """Return up to ``limit`` rows behind ``after``; ``by`` names the sort columns."""
    if after is not None:
        query = query.where(_behind(by, after, newest_first=newest_first))
    order = [column.desc() if newest_first else column.asc() for column in by]
    rows = list(session.scalars(query.order_by(*order).limit(limit + 1)))
    if len(rows) <= limit:
        return Page(rows, None)
    rows = rows[:limit]
    return Page(rows, tuple(getattr(rows[-1], column.key) for column in by))


def _behind(
    by: Sequence[InstrumentedAttribute[Any]], after: Key, *, newest_first: bool
) -> ColumnElement[bool]:
    tests = []
    for index, column in enumerate(by):
        same = [earlier == value for earlier, value in zip(by[:index], after, strict=False)]
        further = column < after[index] if newest_first else column > after[index]
        tests.append(and_(*same, further))
    return or_(*tests)
