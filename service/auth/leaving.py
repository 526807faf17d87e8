"""Ends what somebody can open: their sessions, links, keys and calendar, at once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from service.auth.calendar_feeds import end_feed
from service.auth.links import an_administrator_can_sign_in, retire_links
from service.auth.sessions import end_sessions
from service.models import ApiKey, User


class LastAdministratorError(ValueError):
    """Nobody would be left who can let others in."""


def deactivate(session: Session, now: datetime, user: User) -> None:
    """Let somebody in no more; their promises stay and show up as nobody's.

    Raises ``LastAdministratorError`` where nobody else could sign in as administrator.
    """
    could = an_administrator_can_sign_in(session)
    user.active = False
    session.flush()
    if could and not an_administrator_can_sign_in(session):
        raise LastAdministratorError("nobody else can sign in as administrator: make one first")
    end_sessions(session, now, user.id)
    retire_links(session, now, user)
    end_feed(session, user.id)
    session.execute(
        update(ApiKey)
        .where(ApiKey.user_id == user.id, ApiKey.revoked_at.is_(None))
        .values(revoked_at=now)
        .execution_options(synchronize_session=False)
    )
