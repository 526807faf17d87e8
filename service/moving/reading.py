"""Reads a whole database as it stood at one instant, a row at a time.

What is read belongs together: one transaction, which sees nothing that is written after it began.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, func, select, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import OperationalError

from service.db import reading_only
from service.models import Heartbeat
from service.moving.shapes import MovingError, Row, Shape, Tally
from service.queries.loops import LOOP_PREFIX

Tell = Callable[[str, int, int | None], None]
"""Told of the progress: a table, the rows done, and how many there are where that is known."""

AT_ONCE = 500
"""Rows in memory at once, and in one statement."""

STILL_FOR = timedelta(seconds=60)
"""Loops beat every few seconds; one silent for this long is not running."""

_WAIT_FOR_WRITERS = "10s"


@dataclass(frozen=True)
class Table:
    """One table on its way. ``rows`` can be read once; ``expected`` is how many it will give."""

    shape: Shape
    rows: Iterator[Row]
    expected: int | None = None


def tables(connection: Connection, shapes: Sequence[Shape]) -> Iterator[Table]:
    """Yield every table with its rows, never more than ``AT_ONCE`` of them in memory."""
    for shape in shapes:
        count = connection.scalar(select(func.count()).select_from(shape.clause()))
        yield Table(shape, _rows(connection, shape), count)


def _rows(connection: Connection, shape: Shape) -> Iterator[Row]:
    held = shape.clause()
    found = connection.execute(select(*held.columns), execution_options={"yield_per": AT_ONCE})
    with found:
        for each in found:
            yield shape.encoded(tuple(each))


def counted(table: Table, tally: Tally, tell: Tell) -> Iterator[Row]:
    """Pass a table's rows on, counting them in and telling how far it is."""
    for row in table.rows:
        tally.add(row)
        if tally.rows % AT_ONCE == 0:
            tell(table.shape.name, tally.rows, table.expected)
        yield row
    tell(table.shape.name, tally.rows, table.expected)


@contextmanager
def snapshot(engine: Engine, *, still: bool = False) -> Iterator[Connection]:
    """Open the database at one instant; ``still`` lets nobody write to it until the block ends.

    Raises ``MovingError`` where others keep writing and it cannot be had still.
    """
    postgresql = engine.dialect.name == "postgresql"
    level = {"isolation_level": "REPEATABLE READ"} if postgresql else {}
    begin = nullcontext() if still else reading_only()
    with begin, engine.connect().execution_options(**level) as connection:
        try:
            _hold(connection, still=still, postgresql=postgresql)
        except OperationalError as error:
            if not still:
                raise
            raise MovingError(
                "Others are writing to the database. Stop every Keepword on it and try again."
            ) from error
        yield connection
        connection.rollback()


def _hold(connection: Connection, *, still: bool, postgresql: bool) -> None:
    if not postgresql:
        # The first statement begins the transaction: with the write lock, where asked for.
        connection.execute(text("SELECT count(*) FROM sqlite_schema")).all()
        return
    if still:
        names = connection.dialect.identifier_preparer
        found = [names.quote(name) for name in connection.dialect.get_table_names(connection)]
        connection.rollback()
        connection.execute(text(f"SET LOCAL lock_timeout = '{_WAIT_FOR_WRITERS}'"))
        # Before the first query: the transaction then sees what is there once it has the locks.
        connection.execute(text(f"LOCK TABLE {', '.join(found)} IN SHARE MODE"))
    # Time limits are for pages: reading everything takes as long as it takes.
    connection.execute(text("SET LOCAL statement_timeout = 0"))
    connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))


def require_nobody_works(connection: Connection, now: datetime) -> None:
    """Raise ``MovingError`` where a loop ran on this database within the last minute."""
    last = connection.execute(
        select(func.max(Heartbeat.at)).where(Heartbeat.name.startswith(LOOP_PREFIX))
    ).scalar()
    if last is not None and abs(now - last) < STILL_FOR:
        ago = (now - last).total_seconds()
        raise MovingError(
            f"Keepword's loops still work on this database: one ran {ago:.0f} s ago. Stop “keepword"
            f" serve” and every worker, wait {STILL_FOR.total_seconds():.0f} s, and try again; or "
            "say --force: what is sent and stored meanwhile is then missing from the copy, and its "
            "unsent letters wait for a person."
        )
