"""Takes in one webhook delivery: verify, store, commit. What it means is worked out later.

A delivery that is not authentic leaves nothing behind but a count.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from service.ats.base import Incoming
from service.ats.registry import adapter_named
from service.models import Connection, Delivery
from service.signing import SignatureError
from service.workflows.connections import is_name, live_secrets
from service.workflows.work import Work


@dataclass(frozen=True)
class Receipt:
    """How to answer the vendor. ``stored`` tells whether this was new."""

    status: int
    stored: bool
    headers: dict[str, str]
    body: bytes = b""


def receive(work: Work, name: str, incoming: Incoming) -> Receipt | None:
    """Store a delivery for the named connection; ``None`` where there is no such connection.

    Raises ``SignatureError`` after counting it. The caller commits in both cases.
    """
    if not is_name(name):
        # Not even asked for: the database would choke on some of what an address may hold.
        return None
    connection = work.session.scalars(
        select(Connection).where(Connection.name == name, Connection.active)
    ).one_or_none()
    if connection is None:
        return None
    adapter = adapter_named(connection.vendor)
    handshake = adapter.handshake(incoming)
    if handshake is not None:
        return Receipt(handshake.status, False, dict(handshake.headers), handshake.body)
    try:
        adapter.verify(incoming, live_secrets(work, connection), work.now)
    except SignatureError:
        _count_refusal(work, connection)
        raise
    identity = adapter.identity(incoming)
    stored = not _seen(work, connection, identity) and _store(
        work,
        Delivery(
            connection_id=connection.id,
            identity=identity,
            headers=adapter.kept_headers(incoming),
            body=incoming.body,
            received_at=work.now,
            state="received",
            next_attempt_at=work.now,
        ),
    )
    if not stored:
        work.session.execute(
            update(Delivery)
            .where(Delivery.connection_id == connection.id, Delivery.identity == identity)
            .values(duplicates=Delivery.duplicates + 1)
            .execution_options(synchronize_session=False)
        )
    work.session.execute(
        update(Connection)
        .where(Connection.id == connection.id)
        .values(
            last_authentic_at=work.now,
            first_authentic_at=connection.first_authentic_at or work.now,
        )
        .execution_options(synchronize_session=False)
    )
    return Receipt(adapter.success_status, stored, {})


def _seen(work: Work, connection: Connection, identity: str) -> bool:
    known = select(Delivery.seq).where(
        Delivery.connection_id == connection.id, Delivery.identity == identity
    )
    return work.session.scalars(known).first() is not None


def _store(work: Work, delivery: Delivery) -> bool:
    """Store a delivery; ``False`` where another copy of it won the race."""
    try:
        with work.session.begin_nested():
            work.session.add(delivery)
    except IntegrityError:
        return False
    return True


def _count_refusal(work: Work, connection: Connection) -> None:
    work.session.execute(
        update(Connection)
        .where(Connection.id == connection.id)
        .values(refused_count=Connection.refused_count + 1, last_refused_at=work.now)
        .execution_options(synchronize_session=False)
    )
