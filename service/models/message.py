"""The outbox, the provider's events about it, and the state of the channel."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Base, new_id

_SENDABLE = text("state IN ('held', 'ready', 'retry', 'claimed', 'sending')")
_UNFOLDED = text("folded_at IS NULL")


class Message(Base):
    """One email, rendered when it was written: what is shown is what is sent.

    ``dedupe_key`` is what makes a letter go once, whoever asks again. ``due_at`` is when the row
    next wants attention: the end of its hold, of its wait, or of its lease.
    """

    __tablename__ = "message"
    __table_args__ = (
        Index("ix_message_due", "due_at", "id", sqlite_where=_SENDABLE, postgresql_where=_SENDABLE),
        Index("ix_message_application", "application_id", "created_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("msg"))
    kind: Mapped[str]
    application_id: Mapped[str | None] = mapped_column(ForeignKey("application.id"))
    user_id: Mapped[str | None] = mapped_column(ForeignKey("app_user.id"))
    promise_id: Mapped[str | None] = mapped_column(ForeignKey("promise.id", use_alter=True))
    decision_id: Mapped[str | None] = mapped_column(ForeignKey("decision.id"))
    by_user_id: Mapped[str | None] = mapped_column(ForeignKey("app_user.id"))
    automatic: Mapped[bool]
    dedupe_key: Mapped[str] = mapped_column(unique=True)
    expected_stage: Mapped[str | None]

    to_address: Mapped[str]
    to_name: Mapped[str]
    from_address: Mapped[str]
    from_name: Mapped[str]
    reply_to_address: Mapped[str | None]
    reply_to_name: Mapped[str | None]
    template_version: Mapped[str]
    values: Mapped[dict[str, Any]]
    subject: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)

    state: Mapped[str] = mapped_column(index=True)
    reason: Mapped[str | None]
    hold_until: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    # Patience counts from here: a letter that waited out a pause has not been tried.
    first_tried_at: Mapped[datetime | None]
    lease_token: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    provider: Mapped[str | None]
    provider_id: Mapped[str | None] = mapped_column(index=True)
    created_at: Mapped[datetime] = mapped_column(index=True)
    accepted_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    bounced_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column()
    # A write over a version that is no longer current fails instead of losing an update.
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it


class MailEvent(Base):
    """One event of the provider about one email, stored before it is folded in."""

    __tablename__ = "mail_event"
    __table_args__ = (
        Index(
            "ix_mail_event_unfolded",
            "received_at",
            "id",
            sqlite_where=_UNFOLDED,
            postgresql_where=_UNFOLDED,
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("evt"))
    provider_event_id: Mapped[str] = mapped_column(unique=True)
    # No foreign key: an event may come before the row it speaks of is committed elsewhere, or
    # long after it was purged, and must be kept all the same.
    message_id: Mapped[str | None] = mapped_column(index=True)
    provider_id: Mapped[str | None]
    kind: Mapped[str]
    at: Mapped[datetime]
    reason: Mapped[str | None]
    raw: Mapped[dict[str, Any]]
    received_at: Mapped[datetime]
    folded_at: Mapped[datetime | None]
    outcome: Mapped[str | None]


class MailChannel(Base):
    """Whether mail goes out at all: paused by a person, or by an answer only a person can mend."""

    __tablename__ = "mail_channel"

    name: Mapped[str] = mapped_column(primary_key=True)
    paused_at: Mapped[datetime | None]
    paused_reason: Mapped[str | None]
    paused_by_provider: Mapped[bool] = mapped_column(default=False)
