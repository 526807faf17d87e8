"""Plain lists of what came in and went out: messages, connections, deliveries."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, defer

from service.models import Connection, Delivery, MailEvent, Message
from service.queries.keyset import Key, Page, page


def messages(session: Session, *, after: Key | None, limit: int, **equal: str) -> Page[Message]:
    """Return messages without their bodies, the newest first."""
    query = select(Message).options(defer(Message.own_text), defer(Message.own_html))
    for name, value in equal.items():
        query = query.where(getattr(Message, name) == value)
    by = (Message.created_at, Message.id)
    return page(session, query, by, after=after, limit=limit, newest_first=True)


def connections(session: Session, *, after: Key | None, limit: int) -> Page[Connection]:
    """Return connections by name."""
    return page(session, select(Connection), (Connection.name,), after=after, limit=limit)


def connection_named(session: Session, name: str, *, lock: bool = False) -> Connection | None:
    """Return the connection of this name, if there is one; ``lock`` keeps it as it is."""
    query = select(Connection).where(Connection.name == name)
    if lock:
        query = query.with_for_update(key_share=True)
    return session.scalars(query).one_or_none()


def delivery_of(
    session: Session, connection_id: str, delivery_id: str, *, lock: bool = False
) -> Delivery | None:
    """Return one delivery of a connection, with its body."""
    query = select(Delivery).where(
        Delivery.id == delivery_id, Delivery.connection_id == connection_id
    )
    if lock:
        query = query.with_for_update()
    return session.scalars(query).one_or_none()


def deliveries(session: Session, *, after: Key | None, limit: int, **equal: str) -> Page[Delivery]:
    """Return deliveries without their bodies, the newest first."""
    query = select(Delivery).options(defer(Delivery.body))
    for name, value in equal.items():
        query = query.where(getattr(Delivery, name) == value)
    by = (Delivery.received_at, Delivery.id)
    return page(session, query, by, after=after, limit=limit, newest_first=True)


def all_connections(session: Session) -> Sequence[Connection]:
    """Return every connection by name, those that take nothing any more too."""
    return session.scalars(select(Connection).order_by(Connection.name)).all()


def count_deliveries(session: Session, *where: ColumnElement[bool]) -> int:
    """Return how many deliveries are so."""
    return session.scalars(select(func.count()).select_from(Delivery).where(*where)).one()


def known_deliveries(session: Session, ids: Collection[str]) -> set[str]:
    """Return which of these ids are deliveries'."""
    return set(session.scalars(select(Delivery.id).where(Delivery.id.in_(ids))))


def count_unfolded(session: Session) -> int:
    """Return how many mail events wait to be worked in."""
    query = select(func.count()).select_from(MailEvent).where(MailEvent.folded_at.is_(None))
    return session.scalars(query).one()
