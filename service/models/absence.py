"""Absences: from which day to which somebody is away, and who stands in for them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Base, new_id


class UserAbsence(Base):
    """One colleague away from ``from_on`` to ``until_on``, both days included."""

    __tablename__ = "user_absence"
    __table_args__ = (Index("ix_user_absence_user_id", "user_id", "until_on"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("abs"))
    user_id: Mapped[str] = mapped_column(ForeignKey("app_user.id"))
    from_on: Mapped[date]
    until_on: Mapped[date]
    substitute_id: Mapped[str | None] = mapped_column(ForeignKey("app_user.id"))
    created_at: Mapped[datetime]
