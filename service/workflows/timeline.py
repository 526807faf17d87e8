"""Writes the timeline: every change leaves one entry in its own transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from service.models import Message, MessageAlso, TimelineEntry
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


def record_letters(
    session: Session, now: datetime, message_ids: Sequence[str], state: str, *, source: str
) -> None:
    """Tell on the timeline of every application that these letters speak of what they are now."""
    own = select(Message.id, Message.application_id).where(
        Message.id.in_(message_ids), Message.application_id.is_not(None)
    )
    also = select(MessageAlso.message_id, MessageAlso.application_id).where(
        MessageAlso.message_id.in_(message_ids)
    )
    entries = [
        {
            "application_id": application_id,
            "at": now,
            "recorded_at": now,
            "kind": f"letter_{state}",
            "actor": "keepword",
            "source": source,
            "data": {"message": message_id},
        }
        for message_id, application_id in session.execute(own.union_all(also))
    ]
    if entries:
        session.execute(insert(TimelineEntry), entries)
