"""The employer's people and the keys that programs use in their name."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, func
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Base, new_id


class User(Base):
    """A recruiter, hiring manager, administrator or viewer; the manager hears of a breach."""

    __tablename__ = "app_user"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("usr"))
    email: Mapped[str]
    name: Mapped[str]
    role: Mapped[str] = mapped_column(default="recruiter")
    manager_id: Mapped[str | None] = mapped_column(ForeignKey("app_user.id"))
    time_zone: Mapped[str | None]
    locale: Mapped[str | None]
    preferences: Mapped[dict[str, Any] | None]
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]


# One person, one row, however an ATS spells the address.
Index("uq_app_user_email_lower", func.lower(User.email), unique=True)


class ApiKey(Base):
    """A bearer key. Only its SHA-256 is kept: the key has 160 random bits, so no salt is needed."""

    __tablename__ = "api_key"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("key"))
    name: Mapped[str]
    start: Mapped[str]
    digest: Mapped[str] = mapped_column(unique=True)
    scopes: Mapped[list[Any]]
    user_id: Mapped[str | None] = mapped_column(ForeignKey("app_user.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
