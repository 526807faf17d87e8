"""A job: one opening people apply for."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Base, new_id


class Job(Base):
    """An opening, with the calendar its promises are measured in (the company's where none)."""

    __tablename__ = "job"
    __table_args__ = (
        UniqueConstraint("connection_id", "external_id"),
        # The first of thousands to choose from, without putting all in order.
        Index(
            "ix_job_open_title",
            text("lower(title)"),
            "id",
            sqlite_where=text("status = 'open'"),
            postgresql_where=text("status = 'open'"),
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("job"))
    title: Mapped[str]
    # Source time of the title, so that an older event does not bring a former one back.
    title_at: Mapped[datetime | None]
    status: Mapped[str] = mapped_column(default="open")
    status_at: Mapped[datetime | None]
    connection_id: Mapped[str | None] = mapped_column(ForeignKey("connection.id"))
    external_id: Mapped[str | None]
    owner_id: Mapped[str | None] = mapped_column(ForeignKey("app_user.id"))
    hiring_manager_id: Mapped[str | None] = mapped_column(ForeignKey("app_user.id"))
    team_id: Mapped[str | None] = mapped_column(ForeignKey("team.id"), index=True)
    calendar_id: Mapped[str | None] = mapped_column(ForeignKey("calendar.id"))
    created_at: Mapped[datetime] = mapped_column(index=True)
    version: Mapped[int] = mapped_column()
    # A write over a version that is no longer current fails instead of losing an update.
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it
