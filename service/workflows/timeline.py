"""Writes the timeline: every change leaves one entry in its own transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, insert, literal, select
from sqlalchemy.orm import Session

from service.db import UTCDateTime
from service.models import Message, MessageAlso, TimelineEntry
from service.rows import insert_rows
from service.workflows.work import Work


def record(
    work: Work,
    application_id: str,
    kind: str,
    *,
    at: datetime | None = None,
    **data: str | int | bool | None,
) -> TimelineEntry:
    """Add one entry. ``data`` holds ids, kinds and instants; never a name or an address."""
    entry = TimelineEntry(
        application_id=application_id,
        at=at or work.now,
        recorded_at=work.now,
        kind=kind,
        actor=work.actor,
        source=work.source,
        data={name: value for name, value in data.items() if value is not None},
    )
    work.session.add(entry)
    return entry


def record_many(
    work: Work, kind: str, told: Sequence[tuple[str, dict[str, str | int | bool]]]
) -> None:
    """Add one entry of a kind for each application and its data, in a few statements."""
    insert_rows(
        work.session,
        TimelineEntry,
        [
            {
                "application_id": application_id,
                "at": work.now,
                "recorded_at": work.now,
                "kind": kind,
                "actor": work.actor,
                "source": work.source,
                "data": data,
            }
            for application_id, data in told
        ],
    )


def record_letters(
    session: Session,
    now: datetime,
    message_ids: Sequence[str],
    state: str,
    *,
    source: str,
    actor: str = "keepword",
) -> None:
    """Tell on the timeline of every application that these letters speak of what they are now.

    One statement, however many they are; the caller keeps to what one may name.
    """
    own = select(Message.application_id, Message.id, Message.kind).where(
        Message.id.in_(message_ids), Message.application_id.is_not(None)
    )
    also = (
        select(MessageAlso.application_id, Message.id, Message.kind)
        .join(Message, Message.id == MessageAlso.message_id)
        .where(MessageAlso.message_id.in_(message_ids))
    )
    told = own.union_all(also).subquery()
    at = literal(now, UTCDateTime())
    found = select(
        told.c.application_id,
        at,
        at,
        literal(f"letter_{state}"),
        literal(actor),
        literal(source),
        _object(session, "message", told.c.id, "letter", told.c.kind),
    )
    columns = ["application_id", "at", "recorded_at", "kind", "actor", "source", "data"]
    session.execute(
        insert(TimelineEntry).from_select(columns, found, include_defaults=False),
        execution_options={"synchronize_session": False},
    )


def _object(session: Session, *pairs: object) -> ColumnElement[Any]:
    """Return a JSON object of names and values in the database's own words."""
    if session.get_bind().dialect.name == "postgresql":
        return func.jsonb_build_object(*pairs)
    return func.json_object(*pairs)
