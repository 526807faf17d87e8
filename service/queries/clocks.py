"""What other clocks say: the database server's, and those by which the loops left their marks."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.db import UTCDateTime
from service.models import Heartbeat


def server_time(session: Session) -> datetime | None:
    """Return the instant it is at the database's server; ``None`` where that is this machine."""
    if session.get_bind().dialect.name != "postgresql":
        return None
    return session.scalars(select(func.clock_timestamp(type_=UTCDateTime()))).one()


def latest_mark(session: Session) -> datetime | None:
    """Return the latest instant at which any loop left a mark."""
    return session.scalars(select(func.max(Heartbeat.at))).one()
