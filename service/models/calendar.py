"""Calendars of working time, kept in versions so that a stored deadline can name its own."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Base, new_id


class Calendar(Base):
    """A named calendar; ``is_default`` marks the company's own."""

    __tablename__ = "calendar"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("cal"))
    name: Mapped[str] = mapped_column(unique=True)
    is_default: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)


class CalendarVersion(Base):
    """What a calendar said in one version: the document as the API takes it."""

    __tablename__ = "calendar_version"
    __table_args__ = (UniqueConstraint("calendar_id", "version"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("clv"))
    calendar_id: Mapped[str] = mapped_column(ForeignKey("calendar.id"))
    version: Mapped[int] = mapped_column()
    document: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
