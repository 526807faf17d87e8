"""Policies: the rules that make promises, kept in versions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Base, new_id


class Policy(Base):
    """A named rule. A promise copies the terms of the version it was made under."""

    __tablename__ = "policy"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("pol"))
    name: Mapped[str] = mapped_column(unique=True)
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)


class PolicyVersion(Base):
    """The terms of a policy in one version."""

    __tablename__ = "policy_version"
    __table_args__ = (UniqueConstraint("policy_id", "version"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("plv"))
    policy_id: Mapped[str] = mapped_column(ForeignKey("policy.id"))
    version: Mapped[int] = mapped_column()
    terms: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
