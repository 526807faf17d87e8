"""The outbox, what goes in one request, the provider's events, and the state of the channel."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service.db import Base, new_id
from service.domain.letter_forms import filled_html, filled_text

_WATCHED = text("due_at IS NOT NULL")
_UNFOLDED = text("folded_at IS NULL")
FOLDED_WHOLE = text("folded_at IS NOT NULL AND emptied_at IS NULL")
"""What was folded in and still has its content."""


class Message(Base):
    """One email, fixed when it was written: what is shown is what is sent.

    ``dedupe_key`` is what makes a letter go once, whoever asks again. ``due_at`` is when the row
    next wants attention: the end of its hold, of its wait, of its lease, of the time an event may
    take; null where nothing is left to watch. ``values`` holds everything the template was given:
    with the ``form`` that all alike share they are the letter. One that shares nothing (a list
    differs in more than values) has parts of its own.
    """

    __tablename__ = "message"
    __table_args__ = (
        # None ends in the id: it would scatter what is written together over the whole index.
        Index("ix_message_due", "due_at", sqlite_where=_WATCHED, postgresql_where=_WATCHED),
        Index("ix_message_application", "application_id", "created_at"),
        Index("ix_message_state", "state", "created_at"),
        # Unset while a letter waits: most rows never enter these while they are written.
        *(
            Index(
                f"ix_message_{column}",
                column,
                sqlite_where=text(f"{column} IS NOT NULL"),
                postgresql_where=text(f"{column} IS NOT NULL"),
            )
            for column in ("batch_id", "closing_id", "provider_id")
        ),
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
    # The rules of the last look that a person has read and set aside for this letter.
    overruled: Mapped[list[Any]] = mapped_column(default=list)
    # A person asked for it to go at any hour of the day.
    urgent: Mapped[bool] = mapped_column(default=False)
    # The day by which it says that the next word will come: delivered, it makes that promise.
    promises_on: Mapped[date | None]
    # The first of the days it names: after that it says what is no longer true.
    good_until_on: Mapped[date | None]
    closing_id: Mapped[str | None] = mapped_column(ForeignKey("job_closing.id"))

    to_address: Mapped[str]
    to_name: Mapped[str]
    from_address: Mapped[str]
    from_name: Mapped[str]
    reply_to_address: Mapped[str | None]
    reply_to_name: Mapped[str | None]
    template_version: Mapped[str]
    values: Mapped[dict[str, Any]]
    subject: Mapped[str] = mapped_column(Text)
    # No foreign key: each letter of each worker would lock its form's one row. A form is stored
    # before its first letter, in the same transaction, and never removed.
    form_id: Mapped[str | None]
    own_text: Mapped[str] = mapped_column("text", Text, default="")
    own_html: Mapped[str] = mapped_column("html", Text, default="")

    state: Mapped[str]
    reason: Mapped[str | None]
    hold_until: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    # Patience counts from here: a letter that waited out a pause has not been tried.
    first_tried_at: Mapped[datetime | None]
    lease_token: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    batch_id: Mapped[str | None] = mapped_column(ForeignKey("send_batch.id"))
    # How often the provider's log was asked about a letter whose answer was lost.
    lookups: Mapped[int] = mapped_column(default=0)
    provider: Mapped[str | None]
    provider_id: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(index=True)
    accepted_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    bounced_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column()
    # A write over a version that is no longer current fails instead of losing an update.
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it

    form: Mapped[LetterForm | None] = relationship(
        primaryjoin="foreign(Message.form_id) == LetterForm.id", viewonly=True
    )

    @property
    def text(self) -> str:
        """The text part."""
        return self.own_text if self.form is None else filled_text(self.form.text, self.values)

    @property
    def html(self) -> str:
        """The HTML part."""
        return self.own_html if self.form is None else filled_html(self.form.html, self.values)


class LetterForm(Base):
    """The text and HTML parts of many letters, a place in them for each value. It never changes.

    ``id`` is a hash of both parts (see ``letter_forms``), so that equal forms are one row.
    """

    __tablename__ = "letter_form"

    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]


class MessageAlso(Base):
    """Another application that a letter speaks of: one person gets one letter for several."""

    __tablename__ = "message_also"

    message_id: Mapped[str] = mapped_column(ForeignKey("message.id"), primary_key=True)
    application_id: Mapped[str] = mapped_column(
        ForeignKey("application.id"), primary_key=True, index=True
    )
    decision_id: Mapped[str | None] = mapped_column(ForeignKey("decision.id"))


class SendBatch(Base):
    """One request to the provider, stored before its first byte leaves.

    A request is judged whole, so proof about one of its letters is proof about all of them.
    ``outcome`` is what its answer said, null while none has come.
    """

    __tablename__ = "send_batch"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("bat"))
    provider: Mapped[str]
    size: Mapped[int]
    outcome: Mapped[str | None]
    provider_id: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(index=True)
    answered_at: Mapped[datetime | None]


class MailEvent(Base):
    """One event of the provider about one email, stored before it is folded in.

    From ``emptied_at`` on what the provider wrote is gone because its time was over.
    """

    __tablename__ = "mail_event"
    __table_args__ = (
        Index(
            "ix_mail_event_unfolded",
            "received_at",
            "id",
            sqlite_where=_UNFOLDED,
            postgresql_where=_UNFOLDED,
        ),
        Index(
            "ix_mail_event_whole",
            "folded_at",
            sqlite_where=FOLDED_WHOLE,
            postgresql_where=FOLDED_WHOLE,
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("evt"))
    provider_event_id: Mapped[str] = mapped_column(unique=True)
    # No foreign key: an event may come before the row it speaks of is committed elsewhere, or
    # long after it was purged, and must be kept all the same.
    message_id: Mapped[str | None] = mapped_column(index=True)
    batch_id: Mapped[str | None] = mapped_column(index=True)
    provider_id: Mapped[str | None]
    # Kept only while nothing else tells whose it is.
    address: Mapped[str | None]
    kind: Mapped[str]
    at: Mapped[datetime]
    reason: Mapped[str | None]
    raw: Mapped[dict[str, Any]]
    received_at: Mapped[datetime] = mapped_column(index=True)
    folded_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    emptied_at: Mapped[datetime | None]


class MailChannel(Base):
    """Whether mail goes out at all: paused by a person, by an answer only a person can mend, or
    resting after failures that pass by themselves.

    ``retry_at`` is when the provider is tried again after ``failures`` in a row; ``window`` is how
    many letters one request may carry while trust grows back (null: as many as fit).
    """

    __tablename__ = "mail_channel"

    name: Mapped[str] = mapped_column(primary_key=True)
    paused_at: Mapped[datetime | None]
    paused_reason: Mapped[str | None]
    paused_by_provider: Mapped[bool] = mapped_column(default=False)
    # The actor of a person's pause, as on the timeline: `user:…`, `key:…`, `page`, `keepword`.
    paused_by: Mapped[str | None]
    failures: Mapped[int] = mapped_column(default=0)
    retry_at: Mapped[datetime | None]
    window: Mapped[int | None]
