"""Closings of jobs: who was told what when an opening was filled, closed or cancelled."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Base, new_id


class JobClosing(Base):
    """One closing of one job, undoable while its letters are held.

    ``job_status_before`` is what undoing puts back.
    """

    __tablename__ = "job_closing"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("clo"))
    job_id: Mapped[str] = mapped_column(ForeignKey("job.id"), index=True)
    outcome: Mapped[str]
    by_user_id: Mapped[str | None] = mapped_column(ForeignKey("app_user.id"))
    job_status_before: Mapped[str]
    second_choice_until_on: Mapped[date | None]
    created_at: Mapped[datetime] = mapped_column(index=True)
    undone_at: Mapped[datetime | None]
    undone_by_id: Mapped[str | None] = mapped_column(ForeignKey("app_user.id"))
    version: Mapped[int] = mapped_column()
    # A write over a version that is no longer current fails instead of losing an update.
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it


class ClosingEntry(Base):
    """What one closing does about one application: which part it fell into, and why.

    ``part`` is ``mail``, ``call_first``, ``second_choice``, ``told_already`` or ``left_out``.
    """

    __tablename__ = "closing_entry"
    __table_args__ = (UniqueConstraint("closing_id", "application_id"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("cle"))
    closing_id: Mapped[str] = mapped_column(ForeignKey("job_closing.id"))
    application_id: Mapped[str] = mapped_column(ForeignKey("application.id"), index=True)
    part: Mapped[str]
    reason: Mapped[str | None]
    stage_before: Mapped[str]
    message_id: Mapped[str | None] = mapped_column(ForeignKey("message.id", use_alter=True))
    decision_id: Mapped[str | None] = mapped_column(ForeignKey("decision.id"))
    promise_id: Mapped[str | None] = mapped_column(ForeignKey("promise.id"))
