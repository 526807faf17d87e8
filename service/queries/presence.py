"""Reads which colleagues look at a person now, as far as their browsers have said so lately."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from service.domain.rights import Extent, Reach
from service.models import Application, Candidate, Presence, User
from service.queries.extent import applications_within

WORTH = timedelta(seconds=60)
"""How long a sign of somebody counts: three times as long as browsers take to repeat it."""


def who_looks(
    session: Session, now: datetime, candidate_ids: Collection[str], *, but: str | None
) -> Mapping[str, Sequence[str]]:
    """Return the names of colleagues who look at each of these people, but one of them."""
    if not candidate_ids:
        return {}
    rows = session.execute(
        select(Presence.candidate_id, User.name)
        .join(User, User.id == Presence.user_id)
        .where(
            Presence.candidate_id.in_(candidate_ids),
            Presence.seen_at > now - WORTH,
            Presence.user_id != (but or ""),
        )
        .order_by(User.name, User.id)
    )
    found: dict[str, list[str]] = defaultdict(list)
    for candidate_id, name in rows:
        found[candidate_id].append(name)
    return found


def may_know_of(session: Session, reach: Reach, candidate_id: str) -> bool:
    """Tell whether somebody of this reach may know of a person at all."""
    query = select(Candidate.id).where(Candidate.id == candidate_id)
    if reach.extent is not Extent.ALL:
        query = query.where(
            exists().where(Application.candidate_id == candidate_id, applications_within(reach))
        )
    return session.scalars(query).first() is not None
