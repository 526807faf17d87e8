"""Ends what somebody can open: their sessions, links, keys and calendar, at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import delete, text, update
from sqlalchemy.orm import Session

from service.auth.calendar_feeds import end_feed
from service.auth.links import an_administrator_can_sign_in, retire_links
from service.auth.sessions import end_sessions
from service.domain.wording import ToldError, to_say
from service.models import ApiKey, OutsideIdentity, User

_ONE_AT_A_TIME = 7_310_588_437
"""An arbitrary number: the advisory lock under which one transaction at a time takes it away from
somebody to be an administrator."""


class LastAdministratorError(ToldError):
    """Nobody would be left who can let others in."""


@contextmanager
def an_administrator_stays(session: Session) -> Iterator[None]:
    """Let somebody lose what they may, unless nobody could sign in as administrator any more.

    Raises ``LastAdministratorError`` then. One at a time until the transaction ends: two
    administrators who took it from each other at once would both see the other still there.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:id)"), {"id": _ONE_AT_A_TIME})
    could = an_administrator_can_sign_in(session)
    yield
    session.flush()
    if could and not an_administrator_can_sign_in(session):
        raise LastAdministratorError(
            to_say("nobody else can sign in as administrator: make one first")
        )


def deactivate(session: Session, now: datetime, user: User) -> None:
    """Let somebody in no more; their promises stay and show up as nobody's.

    Raises ``LastAdministratorError`` where nobody else could sign in as administrator.
    """
    with an_administrator_stays(session):
        user.active = False
    end_sessions(session, now, user.id)
    retire_links(session, now, user)
    end_feed(session, user.id)
    # Their address at the provider may be another's by the time it is seen here again.
    session.execute(
        delete(OutsideIdentity)
        .where(OutsideIdentity.user_id == user.id)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(ApiKey)
        .where(ApiKey.user_id == user.id, ApiKey.revoked_at.is_(None))
        .values(revoked_at=now)
        .execution_options(synchronize_session=False)
    )
