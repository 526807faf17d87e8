"""Secret addresses for calendar programs: made, exchanged for another, ended.

Whoever knows the address reads: only its digest is kept, and a new one ends the old at once.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from service.models import CalendarFeed, User


def feed_of(session: Session, user_id: str) -> CalendarFeed | None:
    """Return somebody's address, where they have one; its secret is not known any more."""
    return session.get(CalendarFeed, user_id)


def make_feed(session: Session, now: datetime, user: User, *, names_people: bool) -> str:
    """Give somebody a new address and return its secret, which is shown this once."""
    secret = secrets.token_urlsafe(32)
    row = session.get(CalendarFeed, user.id)
    if row is None:
        row = CalendarFeed(user_id=user.id)
        session.add(row)
    row.digest, row.names_people, row.created_at = _digest(secret), names_people, now
    session.flush()
    return secret


def end_feed(session: Session, user_id: str) -> bool:
    """End somebody's address; false where there was none."""
    ended = session.execute(
        delete(CalendarFeed)
        .where(CalendarFeed.user_id == user_id)
        .returning(CalendarFeed.user_id)
        .execution_options(synchronize_session=False)
    )
    return ended.one_or_none() is not None


def feed_with(session: Session, secret: str) -> tuple[CalendarFeed, User] | None:
    """Return the feed with this secret and whose it is; ``None`` for one who has left."""
    found = session.execute(
        select(CalendarFeed, User)
        .join(User, User.id == CalendarFeed.user_id)
        .where(CalendarFeed.digest == _digest(secret), User.active)
    ).one_or_none()
    return None if found is None else (found[0], found[1])


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
