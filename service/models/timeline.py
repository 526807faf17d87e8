"""The append-only story of one application."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Base


class TimelineEntry(Base):
    """One thing that happened. ``at`` is when it happened, ``recorded_at`` when it was written.

    ``data`` holds ids, kinds and instants, never a name, an address or free text.
    """

    __tablename__ = "timeline"
    __table_args__ = (Index("ix_timeline_application", "application_id", "at", "seq"),)

    seq: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    )
    application_id: Mapped[str] = mapped_column(ForeignKey("application.id"))
    at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    kind: Mapped[str]
    actor: Mapped[str]
    source: Mapped[str]
    data: Mapped[dict[str, Any]]
