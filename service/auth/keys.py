"""API keys: shown once, stored as a digest, scoped, revocable.

A key is 160 random bits behind a fixed prefix, so that leaked ones can be found by scanners; with
that much randomness a plain SHA-256 is as good as a slow hash.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from service.models import ApiKey, User

PREFIX = "kw_"
SCOPES = ("read", "write", "admin")
"""``read`` sees, ``write`` acts on candidates and promises, ``admin`` changes rules and keys."""

_USED_EVERY = timedelta(hours=1)


class BadScopeError(ValueError):
    """A scope that does not exist, or none at all."""


@dataclass(frozen=True)
class Caller:
    """Who a request comes from."""

    key_id: str
    user_id: str | None
    scopes: frozenset[str]

    @property
    def actor(self) -> str:
        """Return how the timeline names the caller."""
        return f"user:{self.user_id}" if self.user_id else f"key:{self.key_id}"

    def may(self, scope: str) -> bool:
        """Tell whether the caller has a scope; each higher one includes those below."""
        return any(SCOPES.index(own) >= SCOPES.index(scope) for own in self.scopes)


def make_key(
    session: Session,
    now: datetime,
    name: str,
    scopes: Sequence[str],
    *,
    user_id: str | None = None,
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """Add a key; return its row and the key itself, which can never be read again."""
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown or not scopes:
        raise BadScopeError(f"scopes are one or more of {', '.join(SCOPES)}")
    secret = PREFIX + secrets.token_hex(20)
    key = ApiKey(
        name=name,
        start=secret[: len(PREFIX) + 6],
        digest=_digest(secret),
        scopes=sorted(set(scopes), key=SCOPES.index),
        user_id=user_id,
        created_at=now,
        expires_at=expires_at,
    )
    session.add(key)
    session.flush()
    return key, secret


def caller_with(session: Session, now: datetime, secret: str) -> Caller | None:
    """Return who holds this key, or ``None`` where it is unknown, expired or revoked, or in the
    name of somebody who has left.
    """
    if not secret.startswith(PREFIX):
        return None
    found = session.execute(
        select(ApiKey, User.active)
        .outerjoin(User, User.id == ApiKey.user_id)
        .where(ApiKey.digest == _digest(secret))
    ).one_or_none()
    if found is None or found[0].revoked_at is not None:
        return None
    key, active = found
    # Whoever leaves has their keys revoked; one made in that very moment opens nothing either.
    if key.user_id is not None and not active:
        return None
    if key.expires_at is not None and key.expires_at <= now:
        return None
    return Caller(key.id, key.user_id, frozenset(key.scopes))


def note_use(session: Session, now: datetime, caller: Caller) -> None:
    """Remember that a key is in use, at most once an hour; the caller commits."""
    session.execute(
        update(ApiKey)
        .where(
            ApiKey.id == caller.key_id,
            ApiKey.last_used_at.is_(None) | (ApiKey.last_used_at < now - _USED_EVERY),
        )
        .values(last_used_at=now)
        .execution_options(synchronize_session=False)
    )


def revoke_key(key: ApiKey, now: datetime) -> ApiKey:
    """End a key at once."""
    key.revoked_at = key.revoked_at or now
    return key


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
