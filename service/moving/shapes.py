"""The one form in which every database's rows are compared, written to a file and read back.

Equal rows have equal bytes whatever database they were read from, so that counts and digests taken
on both sides prove that nothing was lost or changed on the way.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    Float,
    Integer,
    LargeBinary,
    String,
    TableClause,
    column,
)
from sqlalchemy import table as light_table
from sqlalchemy.types import JSON, TypeEngine

from service.db import Base, Json, UTCDateTime

Row = list[Any]
"""A row's values in the order of its columns, as JSON carries them."""


class MovingError(RuntimeError):
    """Nothing was moved, or what was moved is not what was there; the text says what to do."""


TYPES: dict[str, TypeEngine[Any]] = {
    "instant": UTCDateTime(),
    "date": Date(),
    "json": Json,
    "bytes": LargeBinary(),
    "truth": Boolean(),
    "whole": Integer(),
    "real": Float(),
    "text": String(),
}
"""What a column may hold, by the word that an archive calls it."""


@dataclass(frozen=True)
class Shape:
    """One table's name and columns, each with what it holds. ``key`` names a row to a person."""

    name: str
    columns: tuple[tuple[str, str], ...]
    key: tuple[str, ...]

    def clause(self) -> TableClause:
        """Return the table as statements name it, whatever the models say of it by now."""
        return light_table(self.name, *(column(name, TYPES[kind]) for name, kind in self.columns))

    def encoded(self, values: Sequence[Any]) -> Row:
        """Return a row that was read from a database in its one form."""
        kinds = (kind for _, kind in self.columns)
        return [
            value if value is None else _TO_JSON.get(kind, _as_is)(value)
            for kind, value in zip(kinds, values, strict=True)
        ]

    def decoded(self, row: Row) -> dict[str, Any]:
        """Return a row's values by column, to be inserted; raises ``MovingError``."""
        if len(row) != len(self.columns):
            raise MovingError(f"A row of {self.name} has {len(row)} values: the file is damaged.")
        return {
            name: value if value is None else _FROM_JSON.get(kind, _as_is)(value)
            for (name, kind), value in zip(self.columns, row, strict=True)
        }

    def named(self, row: Row) -> str:
        """Return which row this is: ids, and never what else it holds."""
        at = [name for name, _ in self.columns]
        return ", ".join(f"{name} {row[at.index(name)]}" for name in self.key)


@dataclass
class Tally:
    """How many rows there were, and a digest of them that no order changes."""

    rows: int = 0
    total: int = field(default=0, repr=False)

    def add(self, row: Row) -> None:
        """Count a row in."""
        self.rows += 1
        self.total = (self.total + int.from_bytes(_digest(row))) % _MODULUS

    @property
    def digest(self) -> str:
        """The sum of the rows' SHA-256, as 64 hexadecimal digits.

        A sum, because no two databases sort text alike; each row carries its primary key, so no
        two rows are equal and none can stand in for another.
        """
        return f"{self.total:064x}"


def shapes() -> list[Shape]:
    """Return every table of this version, those that others refer to first."""
    return [
        Shape(
            table.name,
            tuple((each.name, _kind(each)) for each in table.columns),
            tuple(each.name for each in table.primary_key.columns),
        )
        for table in Base.metadata.sorted_tables
    ]


def _kind(held: Column[Any]) -> str:
    # An instant is no plain datetime and a text no plain string: the narrower first.
    for kind, sort in _KINDS:
        if isinstance(held.type, sort):
            return kind
    raise TypeError(f"{held.table.name}.{held.name} holds {held.type!r}, which no archive knows")


_KINDS: tuple[tuple[str, type[TypeEngine[Any]]], ...] = (
    ("instant", UTCDateTime),
    ("date", Date),
    ("json", JSON),
    ("bytes", LargeBinary),
    ("truth", Boolean),
    ("whole", Integer),
    ("real", Float),
    ("text", String),
)

_MODULUS = 2**256


def _digest(row: Row) -> bytes:
    written = json.dumps(row, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(written.encode("ascii")).digest()


def _as_is(value: Any) -> Any:
    return value


def _instant(value: datetime) -> str:
    return value.isoformat(timespec="microseconds")


def _plain(value: Any) -> Any:
    """Write whole floats as whole numbers: not every database gives ``1e22`` back as a float."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value


_TO_JSON: dict[str, Callable[[Any], Any]] = {
    "instant": _instant,
    "date": date.isoformat,
    "bytes": lambda value: b64encode(value).decode("ascii"),
    "json": _plain,
    "real": _plain,
}
_FROM_JSON: dict[str, Callable[[Any], Any]] = {
    "instant": datetime.fromisoformat,
    "date": date.fromisoformat,
    "bytes": b64decode,
}
