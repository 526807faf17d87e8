"""A candidate: one person with several addresses and, perhaps, several records in several ATSs."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service.db import Base, new_id

_THERE = text("erased_at IS NULL AND merged_into_id IS NULL")
_HELD = text("held_at IS NOT NULL")


class Candidate(Base):
    """A person. After erasure the row stays as an empty tombstone, so no late event revives it.

    From ``held_at`` on the person is on legal hold: ``held_by`` is the actor who said so (as on the
    timeline) and ``held_why`` the reason; nobody erases them. ``erasure_asked_at`` is when an ATS
    first asked for that all the same.
    """

    __tablename__ = "candidate"
    __table_args__ = (
        # Whose time may be over: the oldest first, and no tombstone among them.
        Index(
            "ix_candidate_there", "created_at", "id", sqlite_where=_THERE, postgresql_where=_THERE
        ),
        Index("ix_candidate_held", "held_at", sqlite_where=_HELD, postgresql_where=_HELD),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("cnd"))
    first_name: Mapped[str | None]
    last_name: Mapped[str | None]
    time_zone: Mapped[str | None]
    locale: Mapped[str | None]
    can_email: Mapped[bool] = mapped_column(default=True)
    merged_into_id: Mapped[str | None] = mapped_column(ForeignKey("candidate.id"), index=True)
    erased_at: Mapped[datetime | None]
    held_at: Mapped[datetime | None]
    held_by: Mapped[str | None]
    held_why: Mapped[str | None]
    erasure_asked_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(index=True)
    version: Mapped[int] = mapped_column()
    # A write over a version that is no longer current fails instead of losing an update.
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it

    emails: Mapped[list[CandidateEmail]] = relationship(
        order_by="CandidateEmail.position", cascade="all, delete-orphan"
    )
    phones: Mapped[list[CandidatePhone]] = relationship(
        order_by="CandidatePhone.position", cascade="all, delete-orphan"
    )


class CandidateEmail(Base):
    """One address. ``suppressed_at`` is set once mail to it is known to fail or is unwanted."""

    __tablename__ = "candidate_email"
    __table_args__ = (UniqueConstraint("candidate_id", "address_key"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("eml"))
    candidate_id: Mapped[str] = mapped_column(ForeignKey("candidate.id"))
    address: Mapped[str]
    # The address case-folded: what two spellings of one mailbox have in common.
    address_key: Mapped[str] = mapped_column(index=True)
    position: Mapped[int] = mapped_column(default=0)
    suppressed_at: Mapped[datetime | None]
    suppressed_reason: Mapped[str | None]


class CandidatePhone(Base):
    """One telephone number, as the source wrote it."""

    __tablename__ = "candidate_phone"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("phn"))
    candidate_id: Mapped[str] = mapped_column(ForeignKey("candidate.id"), index=True)
    number: Mapped[str]
    position: Mapped[int] = mapped_column(default=0)


class CandidateSource(Base):
    """The name an ATS knows a candidate by. Several may lead to one person after a merge."""

    __tablename__ = "candidate_source"
    __table_args__ = (UniqueConstraint("connection_id", "external_id"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("src"))
    candidate_id: Mapped[str] = mapped_column(ForeignKey("candidate.id"), index=True)
    connection_id: Mapped[str] = mapped_column(ForeignKey("connection.id"))
    external_id: Mapped[str]
    # Source time of the facts last taken, so that an older event overwrites none.
    facts_at: Mapped[datetime | None]
    # The source merged this record into another: what it does to the empty rest concerns nobody.
    merged_away: Mapped[bool] = mapped_column(default=False)
