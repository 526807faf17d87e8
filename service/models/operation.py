"""What Keepword keeps about itself: heartbeats and answered requests."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Base, new_id


class Heartbeat(Base):
    """When a step last ran and what it found. ``data`` holds counts and spans in seconds."""

    __tablename__ = "heartbeat"

    name: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    data: Mapped[dict[str, Any]]


class IdempotentRequest(Base):
    """An answered POST, kept a day so that the same key gets the same answer and no second act."""

    __tablename__ = "idempotent_request"
    __table_args__ = (UniqueConstraint("owner", "key"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("idm"))
    owner: Mapped[str]
    key: Mapped[str]
    fingerprint: Mapped[str]
    status: Mapped[int] = mapped_column(default=0)
    headers: Mapped[dict[str, Any]]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(index=True)
