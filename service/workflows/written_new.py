"""Writes what is new in the session, each table in one statement, without the unit of work.

For what nobody else can know yet: a row is written once, as it stands in the end, and the session
forgets it. Its entries on the timeline get their numbers in the order they were told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Insert, Table, insert, inspect

from service.db import Base
from service.models import (
    Application,
    Candidate,
    CandidateEmail,
    CandidatePhone,
    CandidateSource,
    Promise,
    TimelineEntry,
)
from service.workflows.work import TOGETHER, Work

TABLES: tuple[type[Base], ...] = (
    Candidate,
    CandidateEmail,
    CandidatePhone,
    CandidateSource,
    Application,
    Promise,
    TimelineEntry,
)
"""What is written so, in the order in which one names another."""


@contextmanager
def written_once(work: Work) -> Iterator[None]:
    """Hold back what is made within, and write it at the end, unless an error ends it.

    Nothing that is made within is found by a query within.
    """
    work.known[TOGETHER] = True
    try:
        with work.session.no_autoflush:
            yield
    finally:
        del work.known[TOGETHER]
    write_new(work)


def write_new(work: Work) -> None:
    """Write what is new in the session; what was known before is flushed as ever.

    Every row says itself which others it names: no relationship is asked.
    """
    session = work.session
    found: dict[type[Base], list[Any]] = {model: [] for model in TABLES}
    for each in session.new:
        if type(each) in found:
            found[type(each)].append(each)
    for rows in found.values():
        for each in rows:
            # A person takes their addresses along.
            if each in session:
                session.expunge(each)
    session.flush()
    connection = session.connection()
    for model, rows in found.items():
        if rows:
            rows.sort(key=lambda each: inspect(each).insert_order)
            statement, columns = _written(model)
            connection.execute(statement, [_row(each, columns) for each in rows])


_Columns = tuple[tuple[str, Callable[[], Any]], ...]


def _row(made: Base, columns: _Columns) -> dict[str, Any]:
    said = made.__dict__
    return {name: said[name] if name in said else given() for name, given in columns}


@lru_cache(maxsize=len(TABLES))
def _written(model: type[Base]) -> tuple[Insert, _Columns]:
    """Return how a row is inserted, and each column with what stands there unless it is said."""
    mapper = inspect(model)
    table = cast("Table", mapper.local_table)
    columns = tuple(
        (each.name, _one if each is mapper.version_id_col else _default(each))
        for each in mapper.columns
        if each is not table.autoincrement_column
    )
    return insert(table), columns


def _one() -> int:
    return 1


def _default(column: Any) -> Callable[[], Any]:
    given = getattr(column.default, "arg", None)
    if callable(given):
        return lambda: given(None)
    return lambda: given
