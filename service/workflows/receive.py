"""Takes in one webhook delivery: verify, store, commit. What it means is worked out later.

A delivery that is not authentic leaves nothing behind but a count.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, bindparam, func, select, update
from sqlalchemy.exc import DBAPIError

from service.ats.base import Incoming
from service.ats.registry import adapter_named
from service.domain.feeds import silences_of, silences_stored, with_silence
from service.models import Connection
from service.signing import SignatureError
from service.workflows.connection_secrets import live_secrets, live_until
from service.workflows.connections import is_name
from service.workflows.door import Door
from service.workflows.storing import row_of, store, store_new
from service.workflows.work import Office, Work


@dataclass(frozen=True)
class Receipt:
    """How to answer the vendor. ``stored`` tells whether this was new, ``delivery_id`` as what."""

    status: int
    stored: bool
    headers: dict[str, str]
    body: bytes = b""
    noted: tuple[Door, datetime] | None = None
    delivery_id: str | None = None

    def committed(self) -> None:
        """Remember that the connection's speaking was noted: its transaction was committed."""
        if self.noted is not None:
            door, at = self.noted
            door.noted_at = at


def receive_known(
    engine: Engine, office: Office, now: datetime, name: str, incoming: Incoming
) -> Receipt | None:
    """Store and commit what is new from a connection that spoke a moment ago, in one statement.

    ``None`` for whatever that does not settle, of which nothing was stored: ask ``receive``.
    ``engine`` commits each statement by itself.
    """
    door = office.doors.get(name)
    if (
        door is None
        or not door.needs_no_look(now)
        or door.adapter.handshake(incoming) is not None
        or not _is_authentic(door, incoming, now)
    ):
        return None
    row = row_of(door, incoming, now)
    try:
        stored = _stored(engine, row)
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
        # It had lain idle and fell meanwhile; were the row there already, it would be known.
        stored = _stored(engine, row)
    if not stored:
        return None
    return Receipt(door.adapter.success_status, True, {}, delivery_id=row["new_id"])


def _is_authentic(door: Door, incoming: Incoming, now: datetime) -> bool:
    """Tell whether it is, by all that is remembered: its secret may have been added just now."""
    try:
        door.adapter.verify(incoming, door.secrets, now)
    except SignatureError:
        return False
    return True


def _stored(engine: Engine, row: dict[str, Any]) -> bool:
    with engine.connect() as database:
        stored = store_new(database, row)
        database.commit()
    return stored


def receive(work: Work, name: str, incoming: Incoming) -> Receipt | None:
    """Store a delivery for the named connection; ``None`` where there is no such connection.

    Raises ``SignatureError`` after counting it, and ``SealedSecretError``. The caller commits in
    the first two cases, and tells the receipt so.
    """
    if not is_name(name):
        # Not even asked for: the database would choke on some of what an address may hold.
        return None
    connection = work.session.scalars(_BY_NAME, {"by_name": name}).one_or_none()
    if connection is None:
        work.office.doors.pop(name, None)
        return None
    door = _remembered(work, connection)
    handshake = door.adapter.handshake(incoming)
    if handshake is not None:
        return Receipt(handshake.status, False, dict(handshake.headers), handshake.body)
    try:
        door.adapter.verify(incoming, door.secrets, work.now)
    except SignatureError:
        _count_refusal(work, door)
        raise
    row = row_of(door, incoming, work.now)
    stored = store(work.session.connection(), row)
    if stored is None:
        raise RuntimeError("a connection changed although its row was locked")
    _note(work, door, connection)
    return Receipt(
        door.adapter.success_status,
        stored,
        {},
        noted=(door, work.now),
        delivery_id=row["new_id"] if stored else None,
    )


def _remembered(work: Work, connection: Connection) -> Door:
    """Remember a connection as it was read now."""
    door = Door(
        connection.id,
        connection.version,
        adapter_named(connection.vendor),
        tuple(live_secrets(work, connection)),
        live_until(connection, work.now),
        connection.last_authentic_at if connection.first_authentic_at else None,
    )
    work.office.doors[connection.name] = door
    return door


# The weakest lock that keeps the row as it is until the transaction ends: storing a delivery
# refers to the row and goes on.
_BY_NAME = (
    select(Connection)
    .where(Connection.name == bindparam("by_name"), Connection.active)
    .with_for_update(key_share=True)
    .execution_options(populate_existing=True)
)


def _note(work: Work, door: Door, connection: Connection) -> None:
    """Write down that the connection spoke, and how long it had been silent."""
    silences = with_silence(
        silences_of(connection.silences), connection.last_authentic_at, work.now
    )
    values: dict[str, Any] = {} if silences is None else {"silences": silences_stored(silences)}
    work.session.execute(
        update(Connection)
        .where(Connection.id == door.connection_id)
        .values(
            last_authentic_at=work.now,
            first_authentic_at=func.coalesce(Connection.first_authentic_at, work.now),
            refused_since=0,
            **values,
        )
        .execution_options(synchronize_session=False)
    )


def _count_refusal(work: Work, door: Door) -> None:
    work.session.execute(
        update(Connection)
        .where(Connection.id == door.connection_id)
        .values(
            refused_count=Connection.refused_count + 1,
            refused_since=Connection.refused_since + 1,
            last_refused_at=work.now,
        )
        .execution_options(synchronize_session=False)
    )
