"""Inserts or updates many rows of one table in one statement: what they share is sent once.

The rows travel as one JSON document that the database takes apart itself. Sent one by one, each
would cost the driver and the server more than storing it does.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Date,
    DateTime,
    Dialect,
    Table,
    Text,
    TypeDecorator,
    cast,
    column,
    func,
    insert,
    literal,
    null,
    select,
    update,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.sql.elements import UnaryExpression
from sqlalchemy.sql.operators import custom_op
from sqlalchemy.types import TypeEngine

AT_ONCE = 1000
"""How many rows one statement writes."""


def insert_rows(
    session: Session, model: type[DeclarativeBase], rows: Sequence[Mapping[str, Any]]
) -> None:
    """Insert ``rows``, each a mapping with the same column names as the first.

    A column that no row names gets its default as the model has it, the same one in all of them,
    so an id has to be named unless the database counts it. What is pending in the session
    is not written first: whoever calls sees to what the rows refer to. Raises ``TypeError`` for a
    value that no JSON holds, and then nothing was written.
    """
    table = _table_of(model)
    for start in range(0, len(rows), AT_ONCE):
        _insert(session, table, rows[start : start + AT_ONCE])


def update_rows(
    session: Session,
    model: type[DeclarativeBase],
    rows: Sequence[Mapping[str, Any]],
    *,
    found: Mapping[str, str],
    to: Mapping[str, str],
    also: Mapping[str, ColumnElement[Any]] | None = None,
) -> int:
    """Update those that are still as they were found; return how many that were.

    ``found`` and ``to`` name for columns of the table the members of each row that hold what must
    still stand there, and what is to stand there. What is found must single a row out, and is
    never null. ``also`` is set in every row that is updated. What the session has loaded of these
    rows is not touched, and is stale.
    """
    table = _table_of(model)
    return sum(
        _update(session, table, rows[start : start + AT_ONCE], found, to, also or {})
        for start in range(0, len(rows), AT_ONCE)
    )


def _table_of(model: type[DeclarativeBase]) -> Table:
    table = model.__table__
    if not isinstance(table, Table):
        raise TypeError(f"{model.__name__} is no table of its own")
    return table


def _shared(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the members that are the same in all rows."""
    # Counting compares in C: most of a letter's thirty columns are the same in a thousand letters.
    return {
        name: value
        for name, value in rows[0].items()
        if list(map(itemgetter(name), rows)).count(value) == len(rows)
    }


def _update(
    session: Session,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    found: Mapping[str, str],
    to: Mapping[str, str],
    also: Mapping[str, ColumnElement[Any]],
) -> int:
    connection = session.connection()
    types = {member: table.c[name].type for name, member in (*found.items(), *to.items())}
    shared = _shared(rows)
    own = {member: kind for member, kind in types.items() if member not in shared}
    taken: dict[str, ColumnElement[Any]] = {}
    if own:
        taken = dict(zip(own, _taken_apart(connection.dialect, own, rows), strict=True))
    for member, value in shared.items():
        if member in types:
            taken[member] = null() if value is None else literal(value, types[member])
    conditions = (
        _unindexed(table.c[name], connection.dialect) == taken[member]
        if member in shared and own
        else table.c[name] == taken[member]
        for name, member in found.items()
    )
    result = connection.execute(
        update(table)
        .where(*conditions)
        .values({name: taken[member] for name, member in to.items()} | dict(also))
    )
    return result.rowcount


def _unindexed(column: ColumnElement[Any], dialect: Dialect) -> ColumnElement[Any]:
    """Keep SQLite from finding rows by what all share: it would read the document for each."""
    if dialect.name != "sqlite":
        return column
    return UnaryExpression(column, operator=custom_op("+"), type_=column.type)


def _insert(session: Session, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    connection = session.connection()
    first = rows[0]
    shared = _shared(rows)
    own = [name for name in first if name not in shared]
    if not own:
        # They differ in nothing: one of their columns still has to stand once for each.
        own = [next(iter(first))]
        shared.pop(own[0])
    for each in table.columns:
        if each.name not in first and not each.primary_key:
            shared[each.name] = _default(each)
    types = {name: table.c[name].type for name in own}
    taken = _taken_apart(connection.dialect, types, rows)
    fixed = {name: value for name, value in shared.items() if value is not None}
    connection.execute(
        insert(table).from_select(
            [*own, *fixed],
            select(*taken, *(literal(value, table.c[name].type) for name, value in fixed.items())),
            include_defaults=False,
        )
    )


def _default(of: Column[Any]) -> Any:
    given = getattr(of.default, "arg", None)
    return given(None) if callable(given) else given


def _taken_apart(
    dialect: Dialect, types: Mapping[str, TypeEngine[Any]], rows: Sequence[Mapping[str, Any]]
) -> list[ColumnElement[Any]]:
    """Return the members of these types, as the database reads them from the document."""
    own = list(types)
    document = [{name: row[name] for name in own} for row in rows]
    alike: dict[str, dict[str, Any]] = {}
    instants: dict[datetime, Any] = {}
    for name, kind in types.items():
        if isinstance(kind, JSON) and all(isinstance(row[name], dict) for row in rows):
            alike[name] = common = _common([row[name] for row in rows])
            for each in document:
                each[name] = {key: each[name][key] for key in each[name] if key not in common}
            continue
        keep = _kept(kind, dialect)
        if keep is not None:
            _keep(document, name, keep, instants)
    if dialect.name == "postgresql":
        read = func.json_to_recordset(cast(literal(_compact(document), Text()), postgresql.JSON()))
        typed = (column(name, kind) for name, kind in types.items())
        found = read.table_valued(*typed).render_derived(with_types=True)
        return [
            literal(alike[name], postgresql.JSONB()).op("||")(found.c[name])
            if alike.get(name)
            else found.c[name]
            for name in own
        ]
    listed = func.json_each(literal(_compact(document), Text())).table_valued("value")
    read_here = {name: func.json_extract(listed.c.value, f"$.{name}") for name in own}
    return [
        func.json_patch(literal(_compact(alike[name]), Text()), read_here[name])
        if alike.get(name)
        else read_here[name]
        for name in own
    ]


_FEW = 3


def _common(objects: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the members that all these objects share, where that is worth taking them out.

    Objects with a null share nothing: to SQLite a null beside what is shared would mean "remove".
    """
    first = objects[0]
    shared = {
        key: value
        for key, value in first.items()
        if [each.get(key) for each in objects].count(value) == len(objects)
    }
    if len(shared) < _FEW or any(None in each.values() for each in objects):
        return {}
    return shared


def _compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def _keep(
    document: list[dict[str, Any]],
    name: str,
    keep: Callable[[Any], Any],
    instants: dict[datetime, Any],
) -> None:
    """Put a member as it is to be kept; each instant once: it stands in many rows and columns."""
    for each in document:
        value = each[name]
        if value is None:
            continue
        if not isinstance(value, datetime):
            each[name] = keep(value)
        elif value in instants:
            each[name] = instants[value]
        else:
            each[name] = instants[value] = keep(value)


def _kept(kind: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    """Return how a value of this type stands in the document; ``None`` where just as it is."""
    if dialect.name == "sqlite":
        # It has no types to read the document by, so each stands there as it is to be stored.
        return json.dumps if isinstance(kind, JSON) else _process(kind, dialect)
    if isinstance(kind.dialect_impl(dialect), DateTime | Date) or isinstance(kind, TypeDecorator):
        process = _process(kind, dialect)
        return lambda value: (process(value) if process else value).isoformat()
    return None


def _process(kind: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    return kind.dialect_impl(dialect).bind_processor(dialect)
