"""How each database writes a place in the queue: so that places sort, and are quick to write.

Python and SQLite know the text of ``Standing.key``. PostgreSQL, for which ten thousand such texts
take as long to write as to find, has the same as a number.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Dialect,
    String,
    and_,
    cast,
    func,
    literal,
    type_coerce,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction
from sqlalchemy.types import TypeDecorator, TypeEngine

from service.queries.queue_order import Rank, instant_key

_SPAN = 10**17
"""The room of one weight: the microseconds of more than three thousand years."""

_FIRST = datetime.min.replace(tzinfo=UTC)
_TO_1970 = (datetime(1970, 1, 1, tzinfo=UTC) - _FIRST) // timedelta(microseconds=1)
_MICROSECOND = timedelta(microseconds=1)


class PlaceKey(TypeDecorator[str]):
    """A place as ``Standing.key`` writes it, or the beginning of one: its rank."""

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return what the database keeps it as."""
        kept: TypeEngine[Any] = BigInteger() if dialect.name == "postgresql" else String()
        return dialect.type_descriptor(kept)

    def process_bind_param(self, value: str | None, dialect: Dialect) -> Any:
        """Return what the database compares."""
        if value is None or dialect.name != "postgresql":
            return value
        first, at = int(value[:2].ljust(2, "0")), value[2:]
        if not at:
            return first * _SPAN
        instant = datetime.strptime(at, "%Y-%m-%d %H:%M:%S.%f").replace(tzinfo=UTC)
        return first * _SPAN + (instant - _FIRST) // _MICROSECOND

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        """Return the text of what the database found."""
        if value is None or dialect.name != "postgresql":
            return value if value is None else str(value)
        first, micros = divmod(value, _SPAN)
        return f"{first:02}{instant_key(_FIRST + micros * _MICROSECOND)}"


def has_rank(key: ColumnElement[str], rank: Rank) -> ColumnElement[bool]:
    """Return the condition that a place is of a rank."""
    return and_(key >= str(int(rank)), key < str(int(rank) + 1))


class place_key(GenericFunction[str]):  # noqa: N801 - a function of the database's
    """The place of a rank, a weight and an instant."""

    type = PlaceKey()
    inherit_cache = True


@compiles(place_key, "sqlite")
def _as_text(element: place_key, compiler: SQLCompiler, **how: Any) -> str:
    rank, weight, since = element.clauses
    # SQLite keeps instants as the very text that ``instant_key`` writes.
    text = cast(rank, String).concat(cast(weight, String)).concat(type_coerce(since, String()))
    return compiler.process(text, **how)


@compiles(place_key, "postgresql")
def _as_number(element: place_key, compiler: SQLCompiler, **how: Any) -> str:
    rank, weight, since = element.clauses
    # As floating point: exact to the microsecond for some centuries, and far quicker than numeric.
    micros = cast(func.date_part("epoch", since) * 1_000_000, BigInteger)
    first = (rank * 10 + weight) * literal(_SPAN, BigInteger())
    return compiler.process(first + literal(_TO_1970, BigInteger()) + micros, **how)
