"""An application: one person's bid for one job, and the interviews held for it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service.db import Base, new_id
from service.models.candidate import Candidate
from service.models.job import Job

_INTERVIEWED = text("interviewed_at IS NOT NULL AND closed_at IS NULL")
_PENDING = text("closed_at IS NULL")

STANDING_INDEX = "ix_application_standing"
"""Named where the queue reads it: SQLite would take the shorter key and look each row up."""

PENDING_INDEX = "ix_application_pending"

STANDING = (
    "id",
    "candidate_id",
    "job_id",
    "stage",
    "waiting_on_id",
    "interviewed_at",
    "last_contact_at",
    "deleted_at",
)
"""The columns of these indexes, in order: all that the queue asks of an application."""


class Application(Base):
    """Where one candidate stands with one job, and when they last heard from a person or a letter.

    ``stage_at`` is the source's time of the stage: an older event changes nothing. ``ats_stage`` is
    the ATS's own label and ``ats_stage_at`` the source's time of it. ``unmapped`` marks a label
    that maps to none of our stages: a visible to-do.
    """

    __tablename__ = "application"
    __table_args__ = (
        UniqueConstraint("connection_id", "external_id"),
        # Few at any time, and asked for by every page.
        Index(
            "ix_application_unmapped",
            "connection_id",
            "ats_stage",
            sqlite_where=text("unmapped = 1"),
            postgresql_where=text("unmapped"),
        ),
        # Whom the law owes word since an interview.
        Index(
            "ix_application_interviewed",
            "interviewed_at",
            sqlite_where=_INTERVIEWED,
            postgresql_where=_INTERVIEWED,
        ),
        # With all that the queue asks of whom something is owed: ten thousand are counted and put
        # in order without one look at the table.
        Index(STANDING_INDEX, *STANDING),
        # The same of whom nothing is decided yet: there most of the late ones are, close together.
        Index(PENDING_INDEX, *STANDING, postgresql_where=_PENDING).ddl_if(dialect="postgresql"),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("app"))
    candidate_id: Mapped[str] = mapped_column(ForeignKey("candidate.id"), index=True)
    job_id: Mapped[str] = mapped_column(ForeignKey("job.id"), index=True)
    connection_id: Mapped[str | None] = mapped_column(ForeignKey("connection.id"))
    external_id: Mapped[str | None]
    stage: Mapped[str] = mapped_column(default="applied")
    stage_at: Mapped[datetime]
    # The newest open stage that a source reported: where it stands again once it is reopened.
    open_stage: Mapped[str | None]
    open_stage_at: Mapped[datetime | None]
    ats_stage: Mapped[str | None]
    ats_stage_at: Mapped[datetime | None]
    unmapped: Mapped[bool] = mapped_column(default=False)
    owner_id: Mapped[str | None] = mapped_column(ForeignKey("app_user.id"), index=True)
    waiting_on_id: Mapped[str | None] = mapped_column(ForeignKey("app_user.id"))
    applied_at: Mapped[datetime] = mapped_column(index=True)
    # Source time of the job last named, and when another one was taken over from it here.
    job_at: Mapped[datetime | None]
    moved_at: Mapped[datetime | None]
    interviewed_at: Mapped[datetime | None]
    last_contact_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    # It was closed here, and its source has not said so itself: "still open" there is no news.
    closed_here: Mapped[bool] = mapped_column(default=False)
    reopened_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    open_offer: Mapped[str | None]
    # ``{id: {"open", "at"}}``: as they were told last. ``open_offer`` is one that is open.
    offers: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime] = mapped_column(index=True)
    version: Mapped[int] = mapped_column()
    # A write over a version that is no longer current fails instead of losing an update.
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it

    candidate: Mapped[Candidate] = relationship()
    job: Mapped[Job] = relationship()


class GoneApplication(Base):
    """An application that its source deleted before it was known here: nothing makes it later."""

    __tablename__ = "gone_application"

    connection_id: Mapped[str] = mapped_column(ForeignKey("connection.id"), primary_key=True)
    external_id: Mapped[str] = mapped_column(primary_key=True)
    gone_at: Mapped[datetime]


class Interview(Base):
    """One interview: booked, then done or cancelled.

    ``over_at`` is when a booked one is to be looked at, because by then it will have been held
    unless somebody says otherwise; null once there is nothing to wait for. ``assumed`` tells that
    nobody said that it was held.
    """

    __tablename__ = "interview"
    __table_args__ = (
        UniqueConstraint("application_id", "external_id"),
        Index(
            "ix_interview_over",
            "over_at",
            "id",
            sqlite_where=text("over_at IS NOT NULL"),
            postgresql_where=text("over_at IS NOT NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("int"))
    application_id: Mapped[str] = mapped_column(ForeignKey("application.id"))
    external_id: Mapped[str] = mapped_column(index=True)
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    # Source time of the booking or cancelling last taken, so that an older one changes nothing.
    said_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    over_at: Mapped[datetime | None]
    assumed: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
