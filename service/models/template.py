"""Versions of the letters: what each kind of mail says, and which wording may be sent."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Base, new_id

_APPROVED = text("state = 'approved'")


class TemplateVersion(Base):
    """One wording of one kind of letter, whole: the layout too, so that it never changes.

    ``digest`` is the version that messages name. ``state`` is ``draft``, ``approved`` (the one
    that is sent, at most one a kind), ``retired`` (a newer one took its place) or ``withdrawn``
    (it is wrong). ``origin`` is ``shipped`` or ``edited``.
    """

    __tablename__ = "template_version"
    __table_args__ = (
        UniqueConstraint("kind", "number"),
        UniqueConstraint("kind", "digest"),
        Index(
            "uq_template_version_approved",
            "kind",
            unique=True,
            sqlite_where=_APPROVED,
            postgresql_where=_APPROVED,
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("tpv"))
    kind: Mapped[str]
    number: Mapped[int]
    digest: Mapped[str] = mapped_column(index=True)
    origin: Mapped[str]
    layout: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    note: Mapped[str | None]
    state: Mapped[str] = mapped_column(default="draft")
    created_at: Mapped[datetime] = mapped_column(index=True)
    created_by_id: Mapped[str | None] = mapped_column(ForeignKey("app_user.id"))
    approved_at: Mapped[datetime | None]
    approved_by_id: Mapped[str | None] = mapped_column(ForeignKey("app_user.id"))
    retired_at: Mapped[datetime | None]
    withdrawn_by_id: Mapped[str | None] = mapped_column(ForeignKey("app_user.id"))
    withdrawn_because: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int] = mapped_column()
    # A write over a version that is no longer current fails instead of losing an update.
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it
