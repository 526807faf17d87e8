"""Which teams somebody is in."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.models import TeamMember


def teams_of(session: Session, user_id: str) -> frozenset[str]:
    """Return the ids of somebody's teams."""
    query = select(TeamMember.team_id).where(TeamMember.user_id == user_id)
    return frozenset(session.scalars(query))
