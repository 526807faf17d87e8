"""Puts several small questions in one statement: one way to the database instead of many.

Each question keeps its own columns, in their order and with their types.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Integer,
    Select,
    String,
    cast,
    literal,
    null,
    select,
    union_all,
)
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from service.db import UTCDateTime

_TYPES: tuple[TypeEngine[Any], ...] = (String(), Integer(), UTCDateTime(), Boolean())


def read_at_once(
    session: Session, asked: Mapping[str, Select[*tuple[Any, ...]]]
) -> dict[str, list[tuple[Any, ...]]]:
    """Return the rows of each of these questions under its name.

    Their columns are texts, whole numbers, instants and truths; their rows come in any order.
    """
    tables = {name: query.subquery(name) for name, query in asked.items()}
    places = {name: [_kind(column) for column in table.c] for name, table in tables.items()}
    width = [
        max((kinds.count(kind) for kinds in places.values()), default=0)
        for kind in range(len(_TYPES))
    ]
    parts = []
    for name, table in tables.items():
        row: list[ColumnElement[Any]] = [literal(name, String())]
        for kind, type_ in enumerate(_TYPES):
            own = [column for column in table.c if _kind(column) == kind]
            row += own
            row += [cast(null(), type_)] * (width[kind] - len(own))
        parts.append(select(*(cell.label(f"c{at}") for at, cell in enumerate(row))))
    starts = [1 + sum(width[:kind]) for kind in range(len(_TYPES))]
    found: dict[str, list[tuple[Any, ...]]] = {name: [] for name in asked}
    for row_found in session.execute(union_all(*parts)):
        name = row_found[0]
        taken = [0] * len(_TYPES)
        cells = []
        for kind in places[name]:
            cells.append(row_found[starts[kind] + taken[kind]])
            taken[kind] += 1
        found[name].append(tuple(cells))
    return found


def _kind(column: ColumnElement[Any]) -> int:
    """Return the number of a column's type."""
    for number, type_ in enumerate(_TYPES):
        if isinstance(column.type, type(type_)):
            return number
    raise TypeError(f"no such column can be read at once: {column}")
