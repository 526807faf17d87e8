"""Decisions: who decided about an application, when and why."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Base, new_id

_STANDING = text("withdrawn_at IS NULL")


class Decision(Base):
    """A person's decision, made here or in the ATS. No standing decision, no rejection email."""

    __tablename__ = "decision"
    __table_args__ = (
        Index("ix_decision_decided_at", "decided_at", "id"),
        Index(
            "uq_decision_standing",
            "application_id",
            unique=True,
            sqlite_where=_STANDING,
            postgresql_where=_STANDING,
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("dec"))
    application_id: Mapped[str] = mapped_column(ForeignKey("application.id"), index=True)
    outcome: Mapped[str]
    reason: Mapped[str | None]
    source: Mapped[str]
    decided_by_id: Mapped[str | None] = mapped_column(ForeignKey("app_user.id"))
    decided_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    # Where the source has a rule about when the person may be told: from when, or, where it has
    # not said so, that a person must look there first.
    tell_not_before_at: Mapped[datetime | None]
    tell_unclear: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column()
    # A write over a version that is no longer current fails instead of losing an update.
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it
