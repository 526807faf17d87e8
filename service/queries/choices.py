"""The colleagues and teams that somebody can be chosen from."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from service.models import Team, User

Choice = tuple[str, str]
"""An id and a name."""


def active_colleagues(session: Session, *, besides: Collection[str] = ()) -> list[Choice]:
    """Return who can be chosen, by name; ``besides`` are ids that are shown though they left."""
    query = (
        select(User.id, User.name)
        .where(or_(User.active, User.id.in_(sorted(besides))))
        .order_by(User.name, User.id)
    )
    return [(id_, name) for id_, name in session.execute(query)]


def teams(session: Session, ids: Collection[str] | None = None) -> list[Choice]:
    """Return these teams, or all, by name."""
    query = select(Team.id, Team.name).order_by(Team.name)
    if ids is not None:
        query = query.where(Team.id.in_(sorted(ids)))
    return [(id_, name) for id_, name in session.execute(query)]
