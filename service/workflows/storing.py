"""Stores one authentic delivery in a single statement.

The statement itself asks whether the connection is still as it was read: what was verified under
secrets that have changed meanwhile is not stored.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, select
from sqlalchemy import Connection as DatabaseConnection
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import InstrumentedAttribute

from service.ats.base import Incoming
from service.db import new_id
from service.models import Connection, Delivery
from service.workflows.door import Door


def row_of(door: Door, incoming: Incoming, now: datetime) -> dict[str, Any]:
    """Return what is stored of a delivery; worked out before any transaction is begun."""
    return {
        "of": door.connection_id,
        "as_read": door.version,
        "new_id": new_id("dlv"),
        "identity": door.adapter.identity(incoming),
        "headers": door.adapter.kept_headers(incoming),
        "body": incoming.body,
        "now": now,
    }


def store_new(database: DatabaseConnection, row: dict[str, Any]) -> bool:
    """Store a delivery; ``False``, and nothing is done, where it is known or the door changed."""
    return database.execute(_NEW[database.dialect.name], row).rowcount == 1


def store(database: DatabaseConnection, row: dict[str, Any]) -> bool | None:
    """Store a delivery; ``False``, and one more copy is counted, where it is known already.

    ``None``, and nothing is done, where the door has changed.
    """
    copies = database.execute(_NEW_OR_COPY[database.dialect.name], row).scalar_one_or_none()
    return None if copies is None else copies == 0


def _bound(name: str, column: InstrumentedAttribute[Any]) -> ColumnElement[Any]:
    return bindparam(name, type_=column.type)


_VALUES: dict[str, Any] = {
    "id": _bound("new_id", Delivery.id),
    "connection_id": Connection.id,
    "identity": _bound("identity", Delivery.identity),
    "headers": _bound("headers", Delivery.headers),
    "body": _bound("body", Delivery.body),
    "received_at": _bound("now", Delivery.received_at),
    "state": bindparam("state", "received", type_=Delivery.state.type),
    "attempts": bindparam("none", 0, type_=Delivery.attempts.type),
    "next_attempt_at": _bound("now", Delivery.next_attempt_at),
    "duplicates": bindparam("none", 0, type_=Delivery.duplicates.type),
}
_AS_READ = select(*_VALUES.values()).where(
    Connection.id == bindparam("of"),
    Connection.version == bindparam("as_read"),
    Connection.active,
)


_INSERTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def _insert(dialect: str) -> Any:
    insert = _INSERTS[dialect](Delivery.__table__)
    return insert.from_select(list(_VALUES), _AS_READ, include_defaults=False)


_IDENTITY = ("connection_id", "identity")
_NEW = {
    dialect: _insert(dialect)
    .on_conflict_do_nothing(index_elements=_IDENTITY)
    .execution_options(preserve_rowcount=True)
    for dialect in _INSERTS
}
_NEW_OR_COPY = {
    dialect: _insert(dialect)
    .on_conflict_do_update(index_elements=_IDENTITY, set_={"duplicates": Delivery.duplicates + 1})
    .returning(Delivery.duplicates)
    for dialect in _INSERTS
}
