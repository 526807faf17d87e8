"""Imports of sheets: what each one made, so that it can be told again and taken back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Base, new_id


class Import(Base):
    """One sheet that was imported. ``digest`` is the SHA-256 of its bytes.

    ``story_until`` is the number of its last entry on the timelines: what comes behind it happened
    since. ``options`` tells how the sheet was read.
    """

    __tablename__ = "import_run"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("imp"))
    file_name: Mapped[str]
    digest: Mapped[str] = mapped_column(index=True)
    options: Mapped[dict[str, Any]]
    actor: Mapped[str]
    candidates: Mapped[int] = mapped_column(default=0)
    applications: Mapped[int] = mapped_column(default=0)
    jobs: Mapped[int] = mapped_column(default=0)
    known: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    story_until: Mapped[int] = mapped_column(BigInteger(), default=0)
    created_at: Mapped[datetime] = mapped_column(index=True)
    undone_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column()
    # A write over a version that is no longer current fails instead of losing an update.
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it


class ImportedApplication(Base):
    """One application that an import made, and the ids by which its source knows it."""

    __tablename__ = "imported_application"

    application_id: Mapped[str] = mapped_column(ForeignKey("application.id"), primary_key=True)
    import_id: Mapped[str] = mapped_column(ForeignKey("import_run.id"), index=True)
    candidate_id: Mapped[str] = mapped_column(ForeignKey("candidate.id"), index=True)
    made_candidate: Mapped[bool]
    line: Mapped[int]
    candidate_key: Mapped[str | None] = mapped_column(index=True)
    application_key: Mapped[str | None] = mapped_column(index=True)


class ImportedJob(Base):
    """One job that an import made because no job had its title."""

    __tablename__ = "imported_job"

    job_id: Mapped[str] = mapped_column(ForeignKey("job.id"), primary_key=True)
    import_id: Mapped[str] = mapped_column(ForeignKey("import_run.id"), index=True)


class ErasedAddress(Base):
    """The keyed digest of an address whose person was erased: no sheet brings them back.

    The address itself cannot be told from it without the key.
    """

    __tablename__ = "erased_address"

    digest: Mapped[str] = mapped_column(primary_key=True)
    erased_at: Mapped[datetime]
