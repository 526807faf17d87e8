"""Connections to ATSs, and every delivery each has posted."""

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
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    first_authentic_at: Mapped[datetime | None]
    last_authentic_at: Mapped[datetime | None]
    refused_count: Mapped[int] = mapped_column(default=0)
    last_refused_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column()
    # A write over a version that is no longer current fails instead of losing an update.
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it


class Delivery(Base):
    """One authentic webhook POST, kept as it came, replayable."""

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
    )

    # The order of receipt: several may arrive within one tick of the clock.
    seq: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    )
    id: Mapped[str] = mapped_column(unique=True, default=lambda: new_id("dlv"))
    connection_id: Mapped[str] = mapped_column(ForeignKey("connection.id"))
    identity: Mapped[str]
    headers: Mapped[dict[str, Any]]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    received_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(default="received", index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime]
    lease_token: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    outcome: Mapped[str | None]
    error: Mapped[str | None]
    candidate_id: Mapped[str | None] = mapped_column(ForeignKey("candidate.id"), index=True)
    done_at: Mapped[datetime | None]
    duplicates: Mapped[int] = mapped_column(default=0)
