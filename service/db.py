"""The database: one base class, aware instants only, and SQLite made to behave.

Every write transaction on SQLite begins with ``BEGIN IMMEDIATE`` so that two writers wait for
each other instead of losing an update; requests that only read begin deferred.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    JSON,
    ColumnElement,
    DateTime,
    Engine,
    FromClause,
    MetaData,
    String,
    create_engine,
    event,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlalchemy.engine import Connection, Dialect, ExceptionContext
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute, Session
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.types import TypeDecorator

from service.folding import FUNCTION, fold
from service.private_file import keep_private
from service.turns import Turns

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


class UTCDateTime(TypeDecorator[datetime]):
    """An aware instant. Naive values are refused; what is read is always in UTC."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """Use the zone-keeping type where the database has one."""
        return dialect.type_descriptor(DateTime(timezone=dialect.name == "postgresql"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Write UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime cannot be stored: it needs a time zone")
        in_utc = value.astimezone(UTC)
        return in_utc if dialect.name == "postgresql" else in_utc.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Read UTC."""
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    """What every table shares: named constraints and the types of DESIGN section 7."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's own declaration
        datetime: UTCDateTime(),
        dict[str, Any]: Json,
        list[Any]: Json,
        str: String(),
    }


# Flask-SQLAlchemy gives the engine and a session per application context; nothing else of it
# is used, so that the models stay plain SQLAlchemy.
db = SQLAlchemy(
    metadata=Base.metadata,
    disable_autonaming=True,
    session_options={"expire_on_commit": False},
)

Row = TypeVar("Row")

_read_only: ContextVar[bool] = ContextVar("keepword_read_only", default=False)


@contextmanager
def reading_only() -> Iterator[None]:
    """Begin SQLite transactions deferred within this block: it promises not to write."""
    token = _read_only.set(True)
    try:
        yield
    finally:
        _read_only.reset(token)


PATIENCE = 10
"""Seconds a writer waits for its turn on SQLite, and then for another process to end its own."""

CACHE_KIB = 16_384
"""How much of a SQLite database a connection may keep in memory. SQLite's own two megabytes hold
the indexes of some thousand letters; beyond that every row written would read pages back."""

LOG_PAGES = 4_000
"""Pages of 4 KiB that SQLite's log may hold before they are written into the database. At its own
1,000 a run of the checker over 10,000 promises writes most of its pages several times: 0.98 s
instead of 0.83."""

_TURN = "keepword.turn"
_TURNS = "keepword_turns"


class _Hinting(SQLiteCompiler):
    """Writes ``INDEXED BY`` where a query names its index: SQLAlchemy has hints for others only."""

    def get_from_hint_text(self, table: FromClause, text: str | None) -> str | None:  # noqa: ARG002 - SQLAlchemy's own signature
        """Return what follows the table's name."""
        return text


def prepare_engine(engine: Engine) -> None:
    """Set SQLite's pragmas and transaction handling; have PostgreSQL's end known as one."""
    if engine.dialect.name != "sqlite":
        event.listen(engine, "handle_error", _notice_its_end)
        return
    keep_private(engine)
    engine.dialect.statement_compiler = _Hinting
    event.listen(engine, "connect", _set_pragmas)
    turns = Turns()
    engine.update_execution_options(**{_TURNS: turns})

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if _read_only.get():
            connection.exec_driver_sql("BEGIN DEFERRED")
            return
        kept = connection.connection.record_info
        if kept is not None and _TURN not in kept:
            kept[_TURN] = turns.take(PATIENCE)
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    # The first event after the commit itself: the session hands the connection back with it.
    @event.listens_for(engine, "checkin")
    def give_turn(_dbapi_connection: object, record: ConnectionPoolEntry) -> None:
        turn = (record.record_info or {}).pop(_TURN, None)
        if turn is not None:
            turns.give(turn)


_ENDED: Final = frozenset({"57P01", "57P02", "57P03", "57P05"})
"""PostgreSQL's last words on a connection: it was shut down, crashed or is not up again."""


def _notice_its_end(context: ExceptionContext) -> None:
    """Let go of a connection that said so: a rollback over it would fail once more, and the error
    of that would be what the caller is told."""
    if getattr(context.original_exception, "sqlstate", None) in _ENDED:
        context.is_disconnect = True


_PASSING: Final = ("08", "40", "53", "55P03", "57P")
"""Where PostgreSQL's codes begin for a connection that fell, two who met, no room, a lock that
somebody held, a server that ends. What one statement took too long for is not among them."""

_PASSING_SQLITE: Final = ("SQLITE_BUSY", "SQLITE_FULL", "SQLITE_IOERR", "SQLITE_LOCKED")


def is_passing(error: BaseException) -> bool:
    """Tell whether the database is in trouble of its own, whatever it was asked: full, away, busy.

    The same again may succeed then, and says nothing against what was tried.
    """
    if not isinstance(error, DBAPIError):
        return False
    code = getattr(error.orig, "sqlstate", None) or ""
    name = getattr(error.orig, "sqlite_errorname", None) or ""
    told = code.startswith(_PASSING) or name.startswith(_PASSING_SQLITE)
    return error.connection_invalidated or told


def _set_pragmas(dbapi_connection: Any, _record: object) -> None:
    # The driver's own BEGIN handling is off: it would begin deferred and lose updates.
    dbapi_connection.isolation_level = None
    dbapi_connection.create_function(FUNCTION, 1, fold, deterministic=True)
    cursor = dbapi_connection.cursor()
    for pragma in (
        f"busy_timeout={PATIENCE * 1000}",
        "journal_mode=WAL",
        # NORMAL may lose the last commits on power failure: a lost "sending" would resend.
        "synchronous=FULL",
        "foreign_keys=ON",
        f"cache_size=-{CACHE_KIB}",
        f"wal_autocheckpoint={LOG_PAGES}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def at_once(engine: Engine, options: dict[str, Any]) -> Engine:
    """Return an engine for single statements that are a transaction each, whoever commits.

    It costs PostgreSQL one exchange instead of four, and keeps SQLite's other writers waiting for
    no longer than the statement takes. Its connections are its own and are not asked first whether
    they still stand: whoever uses them tries again once where one fell. It is disposed of with
    ``engine``.
    """
    own = create_engine(
        engine.url, isolation_level="AUTOCOMMIT", **(options | {"pool_pre_ping": False})
    )
    event.listen(engine, "engine_disposed", lambda _engine: own.dispose())
    if engine.dialect.name != "sqlite":
        event.listen(own, "handle_error", _notice_its_end)
    else:
        event.listen(own, "connect", _set_pragmas)
        _take_turns(own, engine.get_execution_options()[_TURNS])
    return own


def _take_turns(engine: Engine, turns: Turns) -> None:
    """Let each statement wait for its turn, and give it back as soon as it is done."""

    @event.listens_for(engine, "before_cursor_execute")
    def take(connection: Connection, *_: object) -> None:
        connection.info[_TURN] = turns.take(PATIENCE)

    @event.listens_for(engine, "after_cursor_execute")
    def give(connection: Connection, *_: object) -> None:
        turns.give(connection.info.pop(_TURN))

    @event.listens_for(engine, "handle_error")
    def give_up(context: ExceptionContext) -> None:
        turn = context.connection.info.pop(_TURN, None) if context.connection else None
        if turn is not None:
            turns.give(turn)


def new_id(prefix: str) -> str:
    """Return an opaque random id (100 bits) that says what it names, such as ``prm_…``."""
    return f"{prefix}_{secrets.token_bytes(20).translate(_AS_ID).decode('ascii')}"


# Every byte to one of 32 letters and digits, each from equally many bytes: no bias, one call.
_AS_ID = b"0123456789abcdefghjkmnpqrstvwxyz" * 8


def claim(
    session: Session,
    model: Any,
    *where: ColumnElement[bool],
    order_by: InstrumentedAttribute[Any],
    limit: int,
    until: datetime,
    values: dict[str, Any] | None = None,
) -> tuple[str, list[str]]:
    """Lease up to ``limit`` rows in one statement; return the lease's token and the rows' ids.

    Two workers never get the same row. Every later write of the holder names the token, so one
    that comes back after its lease ended changes nothing. The caller commits.
    """
    token = secrets.token_hex(12)
    pick = (
        select(model.id)
        .where(*where)
        .order_by(order_by)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("pick")
    )
    claimed = session.execute(
        update(model)
        .where(model.id.in_(select(pick.c.id)))
        .values(lease_token=token, lease_until=until, **(values or {}))
        .returning(model.id)
        .execution_options(synchronize_session=False)
    )
    # sqlite3 reports no row count for WITH … UPDATE, so the returned rows are what counts.
    return token, list(claimed.scalars())


def in_chunks(rows: Sequence[Row], size: int) -> Iterator[Sequence[Row]]:
    """Cut a long list so that no statement exceeds a database's parameter limit."""
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


LEASE = timedelta(minutes=2)
