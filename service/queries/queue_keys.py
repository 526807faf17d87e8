"""How each database writes a place in the queue: so that places sort, and are quick to write.

Python and SQLite know the text of ``Standing.key``. PostgreSQL, for which ten thousand such texts
take as long to write as to find, has an instant instead: that of the text, and for its rank and
weight so many thousand years later.
"""

from __future__ import annotations

import functools
import operator
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Dialect,
    Integer,
    Interval,
    String,
    and_,
    case,
    cast,
    extract,
    func,
    literal_column,
    type_coerce,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction
from sqlalchemy.types import TypeDecorator, TypeEngine

from service.queries.queue_order import Rank, instant_key

_YEARS = 4000
"""The room of one weight. Every 400 years the calendar begins anew, so that the same day and hour
of another such year is a whole number of them away; PostgreSQL knows 294,000 years."""

_DAYS = _YEARS // 400 * 146_097
_FIRST = datetime.min.replace(tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_TO_FIRST = (_FIRST - datetime(1970, 1, 1, tzinfo=UTC)) // _MICROSECOND


class PlaceKey(TypeDecorator[str]):
    """A place as ``Standing.key`` writes it, or the beginning of one: its rank."""

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return what the database keeps it as."""
        kept: TypeEngine[Any] = (
            DateTime(timezone=True) if dialect.name == "postgresql" else String()
        )
        return dialect.type_descriptor(kept)

    def process_bind_param(self, value: str | None, dialect: Dialect) -> Any:
        """Return what the database compares: on PostgreSQL beyond the years that Python knows."""
        if value is None or dialect.name != "postgresql":
            return value
        first, at = int(value[:2].ljust(2, "0")), value[2:] or "0001-01-01 00:00:00.000000"
        return f"{first * _YEARS + int(at[:4]):06}{at[4:]}+00"

    def column_expression(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return what the database tells of it."""
        return _told(column)

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        """Return the text of what the database told."""
        if value is None or dialect.name != "postgresql":
            return value if value is None else str(value)
        first, micros = divmod(value - _TO_FIRST, timedelta(days=_DAYS) // _MICROSECOND)
        return f"{first:02}{instant_key(_FIRST + micros * _MICROSECOND)}"


def has_rank(key: ColumnElement[str], rank: Rank) -> ColumnElement[bool]:
    """Return the condition that a place is of a rank."""
    return and_(key >= str(int(rank)), key < str(int(rank) + 1))


class place_key(GenericFunction[str]):  # noqa: N801 - a function of the database's
    """The place of a rank, a weight and an instant."""

    type = PlaceKey()
    inherit_cache = True


class all_bits(GenericFunction[int]):  # noqa: N801 - a function of the database's
    """Which of some conditions hold for any row of a group: the first is bit 0."""

    type = Integer()
    inherit_cache = True


@compiles(all_bits, "sqlite")
def _as_greatest(element: all_bits, compiler: SQLCompiler, **how: Any) -> str:
    bits = (
        func.max(case((condition, 1 << n), else_=0)) for n, condition in enumerate(element.clauses)
    )
    return compiler.process(functools.reduce(operator.add, bits), **how)


@compiles(all_bits, "postgresql")
def _as_one(element: all_bits, compiler: SQLCompiler, **how: Any) -> str:
    # One aggregate of them all: of ten thousand rows each more takes as long as a read.
    bits = (case((condition, 1 << n), else_=0) for n, condition in enumerate(element.clauses))
    return compiler.process(func.bit_or(functools.reduce(operator.add, bits)), **how)


@compiles(place_key, "sqlite")
def _as_text(element: place_key, compiler: SQLCompiler, **how: Any) -> str:
    rank, weight, since = element.clauses
    # SQLite keeps instants as the very text that ``instant_key`` writes.
    text = cast(rank, String).concat(cast(weight, String)).concat(type_coerce(since, String()))
    return compiler.process(text, **how)


@compiles(place_key, "postgresql")
def _as_instant(element: place_key, compiler: SQLCompiler, **how: Any) -> str:
    rank, weight, since = element.clauses
    # In hours: days would follow the zone of the session.
    span = literal_column(f"interval '{_DAYS * 24} hours'", Interval())
    later = (rank * 10 + weight).op("*", precedence=8, return_type=Interval())(span)
    return compiler.process(since + later, **how)


class _told(GenericFunction[str]):  # noqa: N801 - a function of the database's
    """What the database tells of a place."""

    type = PlaceKey()
    inherit_cache = True


@compiles(_told, "sqlite")
def _as_kept(element: _told, compiler: SQLCompiler, **how: Any) -> str:
    return compiler.process(*element.clauses, **how)


@compiles(_told, "postgresql")
def _as_microseconds(element: _told, compiler: SQLCompiler, **how: Any) -> str:
    (key,) = element.clauses
    # Exact: of an instant PostgreSQL extracts decimals.
    return compiler.process(cast(extract("epoch", key) * 1_000_000, BigInteger), **how)
