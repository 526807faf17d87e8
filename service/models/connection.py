"""Connections to ATSs, every delivery each has posted, and what is written back to them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Base, new_id

_WAITING = text("state = 'received'")
_WAITING_ENTRY = text("state IN ('waiting', 'sending')")
SETTLED_WHOLE = text("state IN ('done', 'ignored') AND emptied_at IS NULL")
"""What was worked in and still has its content."""


class Connection(Base):
    """A configured ATS. ``secrets`` are encrypted; several may be live while one is rotated."""

    __tablename__ = "connection"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("cnn"))
    name: Mapped[str] = mapped_column(unique=True)
    vendor: Mapped[str]
    secrets: Mapped[list[Any]]
    stage_map: Mapped[dict[str, Any]]
    # Who sends rejections: "keepword" or "ats", never both. Null where nobody has answered yet,
    # and then Keepword sends none.
    rejections_by: Mapped[str | None]
    # How the vendor's API is reached: plain answers as text, sealed ones under "credentials".
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    credentials: Mapped[dict[str, Any]] = mapped_column(default=dict)
    api_fault: Mapped[str | None]
    api_fault_at: Mapped[datetime | None]
    write_back: Mapped[bool] = mapped_column(default=False)
    # Reconciliation: null minutes never poll; everything up to the watermark has been read.
    sync_every_minutes: Mapped[int | None]
    next_sync_at: Mapped[datetime | None] = mapped_column(index=True)
    watermark_at: Mapped[datetime | None]
    # The vendor's own words for how far everything was read, by name; they end by themselves.
    sync_marks: Mapped[dict[str, Any]] = mapped_column(default=dict)
    last_synced_at: Mapped[datetime | None]
    sync_fault: Mapped[str | None]
    sync_failures: Mapped[int] = mapped_column(default=0)
    lease_token: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    first_authentic_at: Mapped[datetime | None]
    last_authentic_at: Mapped[datetime | None]
    refused_count: Mapped[int] = mapped_column(default=0)
    last_refused_at: Mapped[datetime | None]
    # What was refused since the last authentic delivery, and how it usually speaks: the latest
    # silences between its webhooks, each as the instants of both.
    refused_since: Mapped[int] = mapped_column(default=0)
    silences: Mapped[list[Any]] = mapped_column(default=list)
    version: Mapped[int] = mapped_column()
    # A write over a version that is no longer current fails instead of losing an update.
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it


class Delivery(Base):
    """One authentic webhook POST or one record found by asking, kept as it came, replayable.

    ``found`` is the kind of record for what was found by asking, and null for a webhook. From
    ``emptied_at`` on the content is gone because its time was over, and the row is what is left to
    know the same delivery by.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("connection_id", "identity"),
        Index(
            "ix_delivery_waiting",
            "next_attempt_at",
            "seq",
            sqlite_where=_WAITING,
            postgresql_where=_WAITING,
        ),
        Index("ix_delivery_received", "received_at", "id"),
        Index(
            "ix_delivery_whole",
            "done_at",
            sqlite_where=SETTLED_WHOLE,
            postgresql_where=SETTLED_WHOLE,
        ),
    )

    # The order of receipt: several may arrive within one tick of the clock.
    seq: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    )
    id: Mapped[str] = mapped_column(unique=True, default=lambda: new_id("dlv"))
    connection_id: Mapped[str] = mapped_column(ForeignKey("connection.id"))
    identity: Mapped[str]
    found: Mapped[str | None]
    headers: Mapped[dict[str, Any]]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    received_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(default="received", index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime]
    lease_token: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    # Since when the vendor's API owes what this delivery is only a hint of.
    asked_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    error: Mapped[str | None]
    candidate_id: Mapped[str | None] = mapped_column(ForeignKey("candidate.id"), index=True)
    done_at: Mapped[datetime | None]
    duplicates: Mapped[int] = mapped_column(default=0)
    emptied_at: Mapped[datetime | None]


class DeliveryAnswer(Base):
    """What the vendor's API said when a delivery was only a hint, stored beside it."""

    __tablename__ = "delivery_answer"
    __table_args__ = (UniqueConstraint("delivery_id", "ask"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("ans"))
    delivery_id: Mapped[str] = mapped_column(ForeignKey("delivery.id"))
    ask: Mapped[str]
    status: Mapped[int]
    headers: Mapped[dict[str, Any]]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    fetched_at: Mapped[datetime]


class ProfileEntry(Base):
    """Something to write into a candidate's profile at the vendor: an outbox of its own.

    ``state`` is ``waiting``, ``sending``, ``done``, ``failed``, ``uncertain`` or ``cancelled``.
    """

    __tablename__ = "profile_entry"
    __table_args__ = (
        Index(
            "ix_profile_entry_waiting",
            "next_attempt_at",
            "id",
            sqlite_where=_WAITING_ENTRY,
            postgresql_where=_WAITING_ENTRY,
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("pfe"))
    connection_id: Mapped[str] = mapped_column(ForeignKey("connection.id"), index=True)
    application_id: Mapped[str] = mapped_column(ForeignKey("application.id"), index=True)
    message_id: Mapped[str | None] = mapped_column(ForeignKey("message.id"), index=True)
    promise_id: Mapped[str | None] = mapped_column(ForeignKey("promise.id"), index=True)
    dedupe_key: Mapped[str] = mapped_column(unique=True)
    state: Mapped[str] = mapped_column(default="waiting", index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    # Patience counts from here: what waited for good credentials has not been tried.
    first_tried_at: Mapped[datetime | None]
    next_attempt_at: Mapped[datetime]
    lease_token: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    error: Mapped[str | None]
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
