"""Who is on legal hold, since when, by whom and why; and what an ATS asked for meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.models import ApiKey, Candidate, User


@dataclass(frozen=True)
class Hold:
    """A hold that stands. ``actor`` said so, as on the timeline; ``name`` is how the colleague or
    key behind it is called, "" where it was neither.
    """

    at: datetime
    actor: str
    name: str
    why: str


def hold_of(session: Session, candidate_id: str) -> Hold | None:
    """Return the hold of one person, or ``None`` where none stands."""
    row = session.execute(
        select(Candidate.held_at, Candidate.held_by, Candidate.held_why).where(
            Candidate.id == candidate_id
        )
    ).one_or_none()
    if row is None or row.held_at is None:
        return None
    kind, _colon, id_ = (row.held_by or "").partition(":")
    known: User | ApiKey | None = None
    if kind == "user":
        known = session.get(User, id_)
    elif kind == "key":
        known = session.get(ApiKey, id_)
    return Hold(row.held_at, row.held_by or "", known.name if known else "", row.held_why or "")


def erasure_asked_at(session: Session, candidate_id: str) -> datetime | None:
    """Return when an ATS asked for the erasure of somebody who was on hold, if one did."""
    return session.scalars(
        select(Candidate.erasure_asked_at).where(Candidate.id == candidate_id)
    ).one_or_none()


def count_held(session: Session) -> int:
    """Count the people on legal hold."""
    return session.scalars(
        select(func.count()).select_from(Candidate).where(Candidate.held_at.is_not(None))
    ).one()
