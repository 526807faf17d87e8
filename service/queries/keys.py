"""Reads the API keys for whoever makes and revokes them; what is stored cannot be used as one."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from service.models import ApiKey, User


def keys(session: Session, limit: int | None = None) -> list[tuple[ApiKey, User | None]]:
    """Return the keys, the newest first, each with the colleague in whose name it acts."""
    found = session.execute(
        select(ApiKey, User)
        .outerjoin(User, User.id == ApiKey.user_id)
        .order_by(ApiKey.created_at.desc(), ApiKey.id)
        .limit(limit)
    )
    return [(key, user) for key, user in found]


def keys_called(session: Session, which: str) -> Sequence[ApiKey]:
    """Return the keys that have this id or name, or begin so."""
    named = or_(ApiKey.id == which, ApiKey.name == which, ApiKey.start == which.rstrip("…"))
    return session.scalars(select(ApiKey).where(named)).all()
