"""Contacts: every touch between the employer and a candidate, in or out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Base, new_id


class Contact(Base):
    """One touch. Never deleted: ``taken_back_at`` is set when a bounce shows nobody was reached.

    For an inbound one (an enquiry) ``answers_with_id`` is the promise that will answer it and
    ``after_broken_promise`` tells whether it came after one had passed.
    """

    __tablename__ = "contact"
    __table_args__ = (
        UniqueConstraint("message_id", "application_id"),
        Index("ix_contact_application", "application_id", "at"),
        Index("ix_contact_at", "at", "id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("con"))
    application_id: Mapped[str] = mapped_column(ForeignKey("application.id"))
    direction: Mapped[str]
    channel: Mapped[str]
    outcome: Mapped[str]
    automatic: Mapped[bool] = mapped_column(default=False)
    at: Mapped[datetime]
    by_user_id: Mapped[str | None] = mapped_column(ForeignKey("app_user.id"))
    message_id: Mapped[str | None] = mapped_column(ForeignKey("message.id"))
    note: Mapped[str | None]
    # The promises a person said it answers: what a later bounce elsewhere must not forget.
    meant_for: Mapped[list[Any]] = mapped_column(default=list)
    after_broken_promise: Mapped[bool] = mapped_column(default=False)
    answers_with_id: Mapped[str | None] = mapped_column(
        ForeignKey("promise.id", use_alter=True), index=True
    )
    taken_back_at: Mapped[datetime | None]
    taken_back_reason: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(index=True)
