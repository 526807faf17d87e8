"""Reads the timeline's latest: its last entry, and what was noted about somebody since."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.models import TimelineEntry


def last_entry(session: Session) -> int:
    """Return the number of the newest entry of all; 0 where there is none."""
    return session.scalar(select(func.max(TimelineEntry.seq))) or 0


def entries_since(
    session: Session, application_id: str, since: datetime, limit: int
) -> Sequence[TimelineEntry]:
    """Return the newest entries recorded about an application since an instant, the latest last."""
    newest = session.scalars(
        select(TimelineEntry)
        .where(TimelineEntry.application_id == application_id, TimelineEntry.recorded_at >= since)
        .order_by(TimelineEntry.seq.desc())
        .limit(limit)
    ).all()
    return newest[::-1]
