"""Sessions on the server: a browser holds a random token, we hold its digest and can end it.

A session ends after a while without use, after a longer while whatever happens, when it is
revoked, and at once when its person is deactivated.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from service.domain.retention import SESSIONS_IN
from service.models import SignInSession, User

IDLE = timedelta(hours=24)
"""Without use for so long, a session is over: one signs in each morning at the most."""

WHOLE = timedelta(days=14)
"""A session is over after this time whatever happens."""

FRESH = timedelta(minutes=15)
"""Within this time of signing in it is surely the person: later the browser may stand open."""

_SEEN_EVERY = timedelta(minutes=5)
_LONGEST_AGENT = 120


def begin_session(
    session: Session, now: datetime, user: User, *, how: str, user_agent: str
) -> tuple[SignInSession, str]:
    """Sign a browser in; return the session and the token, which can never be read again."""
    token = secrets.token_urlsafe(32)
    row = SignInSession(
        digest=_digest(token),
        user_id=user.id,
        how=how,
        user_agent=_one_line(user_agent),
        created_at=now,
        last_seen_at=now,
        expires_at=now + WHOLE,
        revoked_at=None,
    )
    session.execute(delete(SignInSession).where(SignInSession.expires_at < now - SESSIONS_IN))
    session.add(row)
    session.flush()
    return row, token


def session_with(session: Session, now: datetime, token: str) -> tuple[SignInSession, User] | None:
    """Return the session of this token and its person, or ``None`` where it is over."""
    found = session.execute(
        select(SignInSession, User)
        .join(User, User.id == SignInSession.user_id)
        .where(SignInSession.digest == _digest(token), *_alive(now), User.active)
    ).one_or_none()
    return (found[0], found[1]) if found else None


def is_fresh(session: Session, now: datetime, session_id: str) -> bool:
    """Tell whether somebody signed in a moment ago, so that they may make themselves a way in."""
    row = session.get(SignInSession, session_id)
    return row is not None and row.created_at > now - FRESH


def is_stale(row: SignInSession, now: datetime) -> bool:
    """Tell whether it is time to remember again that a session is in use."""
    return row.last_seen_at <= now - _SEEN_EVERY


def note_seen(session: Session, now: datetime, session_id: str) -> None:
    """Remember that a session is in use; the caller commits."""
    session.execute(
        update(SignInSession)
        .where(SignInSession.id == session_id, SignInSession.last_seen_at <= now - _SEEN_EVERY)
        .values(last_seen_at=now)
        .execution_options(synchronize_session=False)
    )


def open_sessions(session: Session, now: datetime, user_id: str) -> Sequence[SignInSession]:
    """Return where somebody is signed in, the latest used first."""
    return session.scalars(
        select(SignInSession)
        .where(SignInSession.user_id == user_id, *_alive(now))
        .order_by(SignInSession.last_seen_at.desc(), SignInSession.id)
    ).all()


def end_sessions(
    session: Session,
    now: datetime,
    user_id: str,
    *,
    only: str | None = None,
    but: str | None = None,
) -> int:
    """End somebody's sessions: all, ``only`` one, or all ``but`` one. Return how many."""
    where = [SignInSession.user_id == user_id, *_alive(now)]
    if only is not None:
        where.append(SignInSession.id == only)
    if but is not None:
        where.append(SignInSession.id != but)
    ended = session.execute(
        update(SignInSession)
        .where(*where)
        .values(revoked_at=now)
        .returning(SignInSession.id)
        .execution_options(synchronize_session=False)
    )
    return len(ended.all())


def _alive(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        SignInSession.revoked_at.is_(None),
        SignInSession.expires_at > now,
        SignInSession.last_seen_at > now - IDLE,
    )


def _one_line(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text)[:_LONGEST_AGENT]


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
