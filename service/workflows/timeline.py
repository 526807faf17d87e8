"""Writes the timeline: every change leaves one entry in its own transaction."""

from __future__ import annotations

from datetime import datetime

from service.models import TimelineEntry
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
