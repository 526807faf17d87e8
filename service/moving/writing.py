"""Fills an empty database with rows from elsewhere: all of them, or none.

One transaction holds everything, and what it stored is read again and compared before it commits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice

from sqlalchemy import Engine, delete, false, func, inspect, select, text
from sqlalchemy import table as light_table
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError

from service.moving.reading import AT_ONCE, Table, Tell, counted, tables
from service.moving.shapes import MovingError, Row, Shape, Tally
from service.workflows import migrate

_REVISIONS = "alembic_version"

_FROM_THE_START = ("mail_channel",)
"""Tables that hold a row as soon as they are made; it gives way to what comes."""


def require_empty(engine: Engine, revision: str) -> None:
    """Make an empty database ready for rows of this revision; change no other.

    Raises ``MovingError`` where it holds anything, or stands at another revision.
    """
    names = [name for name in inspect(engine).get_table_names() if name != _REVISIONS]
    with engine.connect() as connection:
        filled = [
            name
            for name in names
            if name not in _FROM_THE_START
            and connection.execute(
                select(text("1")).select_from(light_table(name)).limit(1)
            ).first()
        ]
        connection.rollback()
    if filled:
        raise MovingError(
            f"The target is not empty: {filled[0]}"
            + (f" and {len(filled) - 1} other tables hold" if len(filled) > 1 else " holds")
            + " rows. Name an empty database; Keepword makes its tables itself."
        )
    if not migrate.knows(engine, revision):
        raise MovingError(
            f"This version of Keepword does not know revision {revision}: the rows come from a "
            "newer one. Install that, and try again."
        )
    there = migrate.current(engine)
    if names and there is None:
        raise MovingError(
            f"The target has tables that are not Keepword's, such as {names[0]}. Name an empty one."
        )
    if there not in (None, revision):
        raise MovingError(
            f"The target is at revision {there}, and the rows are of {revision}. Name a database "
            "without tables, or empty it: keepword db downgrade --to base"
        )
    migrate.upgrade(engine, revision)


def fill(connection: Connection, found: Iterable[Table], tell: Tell) -> dict[str, Tally]:
    """Insert every table's rows; return what was put in. The caller compares and commits.

    Raises ``MovingError`` naming the row that the database does not take.
    """
    tallies: dict[str, Tally] = {}
    for name in _FROM_THE_START:
        connection.execute(delete(light_table(name)))
    with _references_later(connection):
        for table in found:
            tally = tallies[table.shape.name] = Tally()
            coming = counted(table, tally, tell)
            while rows := list(islice(coming, AT_ONCE)):
                _insert(connection, table.shape, rows)
    return tallies


def _insert(connection: Connection, shape: Shape, rows: list[Row]) -> None:
    into = shape.clause().insert()
    try:
        with connection.begin_nested():
            connection.execute(into, [shape.decoded(row) for row in rows])
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        for row in rows:
            try:
                with connection.begin_nested():
                    connection.execute(into, [shape.decoded(row)])
            except DBAPIError as fault:
                raise MovingError(
                    f"The target does not take a row of {shape.name} ({shape.named(row)}): "
                    f"{type(fault.orig).__name__}. Nothing was copied."
                ) from fault
        raise


def require_equal(connection: Connection, given: dict[str, Tally], shapes: Iterable[Shape]) -> None:
    """Read everything again; raise ``MovingError`` unless it is exactly what was given."""
    for table in tables(connection, list(shapes)):
        tally = Tally()
        for row in table.rows:
            tally.add(row)
        name = table.shape.name
        if (tally.rows, tally.digest) != (given[name].rows, given[name].digest):
            raise MovingError(
                f"What was stored in {name} is not what was given: {tally.rows} rows of "
                f"{given[name].rows}, or others. Nothing was copied."
            )


def count_on(connection: Connection, shapes: Iterable[Shape]) -> None:
    """Let the numbers the database gives itself go on after those that were stored."""
    if connection.dialect.name != "postgresql":
        # SQLite gives the next after the greatest by itself.
        return
    for shape in shapes:
        for name, kind in shape.columns:
            if kind != "whole" or shape.key != (name,):
                continue
            held = shape.clause()
            following = select(func.coalesce(func.max(held.c[name]), 0) + 1).scalar_subquery()
            sequence = func.pg_get_serial_sequence(shape.name, name)
            connection.execute(select(func.setval(sequence, following, false())))


@contextmanager
def _references_later(connection: Connection) -> Iterator[None]:
    """Let rows refer to rows that come later; by the end each reference must lead somewhere."""
    if connection.dialect.name != "postgresql":
        connection.execute(text("PRAGMA defer_foreign_keys = ON"))
        yield
        if connection.execute(text("PRAGMA foreign_key_check")).first():
            raise MovingError(_DANGLING)
        return
    connection.execute(text("SET LOCAL statement_timeout = 0"))
    connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
    # PostgreSQL checks row by row unless told otherwise when the reference was declared: they go,
    # and come back with one check of all rows. The same transaction, so nobody sees them gone.
    kept = connection.execute(
        text(
            "SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) "
            "FROM pg_constraint WHERE contype = 'f' AND conparentid = 0 "
            "AND connamespace = current_schema()::regnamespace"
        )
    ).all()
    for owner, name, _ in kept:
        connection.execute(text(f"ALTER TABLE {owner} DROP CONSTRAINT {name}"))
    yield
    try:
        for owner, name, meaning in kept:
            connection.exec_driver_sql(f"ALTER TABLE {owner} ADD CONSTRAINT {name} {meaning}")
    except IntegrityError as error:
        raise MovingError(_DANGLING) from error


_DANGLING = (
    "A row refers to another that is not there: what was read is damaged. Nothing was copied."
)
