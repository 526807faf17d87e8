"""Promises, and the notices the ladder has given for each."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Base, new_id

_OPEN = text("state IN ('open', 'paused')")
_UNBROKEN = text("state IN ('open', 'paused') AND breached_at IS NULL")
_REPLACED = text("replaced_by_id IS NOT NULL")
_FAILED = text("check_failures > 0")
_WATCHED = text("next_check_at IS NOT NULL")


class Promise(Base):
    """One thing owed to one application by an instant, with the terms it was made under.

    ``ladder`` holds the rungs as instants (``[{"at", "action", "template"}]``, ascending), so the
    checker compares instants and calculates nothing; ``rung`` counts those passed.
    ``due_version`` rises with every new deadline. ``next_check_at`` is null when nothing is left
    to watch. ``breached_at`` is the due instant, never the moment we noticed.
    """

    __tablename__ = "promise"
    __table_args__ = (
        # One standing promise per rule: five webhooks about one fact make one promise.
        Index(
            "uq_promise_open_policy",
            "application_id",
            "policy_id",
            unique=True,
            sqlite_where=text("origin = 'policy' AND state IN ('open', 'paused')"),
            postgresql_where=text("origin = 'policy' AND state IN ('open', 'paused')"),
        ),
        # One promise per cause, ever: a replayed delivery makes no second one.
        UniqueConstraint("application_id", "cause"),
        Index(
            "ix_promise_next_check",
            "next_check_at",
            "id",
            sqlite_where=_WATCHED,
            postgresql_where=_WATCHED,
        ),
        # With all that the queue asks of each: of ten thousand late ones none is looked up.
        Index(
            "ix_promise_open_due",
            "due_at",
            "id",
            "application_id",
            "owner_id",
            "kind",
            "state",
            "warn_at",
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
        # Who is at risk though nothing is due today.
        Index(
            "ix_promise_open_warn",
            "warn_at",
            "due_at",
            "application_id",
            "owner_id",
            "kind",
            "state",
            sqlite_where=_UNBROKEN,
            postgresql_where=_UNBROKEN,
        ),
        # Those that could not be judged: of ten thousand that are due none is looked up.
        Index(
            "ix_promise_failed",
            "next_check_at",
            "state",
            "application_id",
            sqlite_where=_FAILED,
            postgresql_where=_FAILED,
        ),
        Index("ix_promise_application", "application_id", "made_at"),
        Index("ix_promise_due_at", "due_at", "id"),
        # The figures count a word in the week of its first date.
        Index("ix_promise_first_due_at", "first_due_at"),
        # Few have one; without it each promise that is removed would be looked for in all others.
        Index(
            "ix_promise_replaced_by",
            "replaced_by_id",
            sqlite_where=_REPLACED,
            postgresql_where=_REPLACED,
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("prm"))
    application_id: Mapped[str] = mapped_column(ForeignKey("application.id"))
    kind: Mapped[str]
    origin: Mapped[str]
    wording: Mapped[str]
    owner_id: Mapped[str | None] = mapped_column(ForeignKey("app_user.id"), index=True)
    promised_by_id: Mapped[str | None] = mapped_column(ForeignKey("app_user.id"))
    policy_id: Mapped[str | None] = mapped_column(ForeignKey("policy.id"))
    policy_version: Mapped[int | None]
    calendar_id: Mapped[str | None] = mapped_column(ForeignKey("calendar.id"), index=True)
    calendar_version: Mapped[int | None]
    terms: Mapped[dict[str, Any]]
    cause: Mapped[str | None]
    caused_by_contact_id: Mapped[str | None] = mapped_column(
        ForeignKey("contact.id", use_alter=True), index=True
    )

    made_at: Mapped[datetime]
    start_at: Mapped[datetime]
    first_due_at: Mapped[datetime]
    due_at: Mapped[datetime]
    due_version: Mapped[int] = mapped_column(default=1)
    wall_local: Mapped[str | None]
    wall_zone: Mapped[str | None]
    warn_at: Mapped[datetime | None]
    trace: Mapped[list[Any]]

    state: Mapped[str] = mapped_column(default="open")
    ladder: Mapped[list[Any]]
    rung: Mapped[int] = mapped_column(default=0)
    next_check_at: Mapped[datetime | None]
    breached_at: Mapped[datetime | None]
    kept_at: Mapped[datetime | None]
    kept_by_contact_id: Mapped[str | None] = mapped_column(
        ForeignKey("contact.id", use_alter=True), index=True
    )
    closed_at: Mapped[datetime | None]
    close_reason: Mapped[str | None]
    replaced_by_id: Mapped[str | None] = mapped_column(ForeignKey("promise.id"))
    candidate_told: Mapped[bool | None]
    reopened_count: Mapped[int] = mapped_column(default=0)

    paused_at: Mapped[datetime | None]
    paused_left_minutes: Mapped[int | None]
    pause_ends_at: Mapped[datetime | None]

    check_failures: Mapped[int] = mapped_column(default=0)
    check_error: Mapped[str | None]
    version: Mapped[int] = mapped_column()
    # A write over a version that is no longer current fails instead of losing an update.
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it


class Notice(Base):
    """One rung of one promise's ladder, passed once. The unique key is what stops double flags.

    ``message_id`` names the digest that told its person; null means it is still to be told.
    """

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("promise_id", "rung", "due_version"),
        Index(
            "ix_notice_untold",
            "created_at",
            sqlite_where=text("told_at IS NULL"),
            postgresql_where=text("told_at IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("ntc"))
    promise_id: Mapped[str] = mapped_column(ForeignKey("promise.id"))
    rung: Mapped[int]
    due_version: Mapped[int]
    action: Mapped[str]
    created_at: Mapped[datetime]
    told_at: Mapped[datetime | None]
    message_id: Mapped[str | None] = mapped_column(ForeignKey("message.id"))
