"""One-time links with which a person chooses a password: first administrator, invitation, reset.

Opening a link uses nothing up (mail scanners open links); choosing the password does, once.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, exists, func, or_, select, update
from sqlalchemy.orm import Session

from service.models import OutsideIdentity, Passkey, Password, SignInLink, User


class Purpose(StrEnum):
    """What a link is for."""

    FIRST = "first-administrator"
    INVITATION = "invitation"
    RESET = "reset"


LASTS: dict[Purpose, timedelta] = {
    Purpose.FIRST: timedelta(hours=24),
    Purpose.INVITATION: timedelta(days=7),
    Purpose.RESET: timedelta(hours=3),
}
"""How long a link can be used. A reset may wait a while where mail is paused."""


def make_link(
    session: Session,
    now: datetime,
    purpose: Purpose,
    user: User | None = None,
    *,
    ends_others: bool = True,
) -> tuple[SignInLink, str]:
    """Make a link; return its row and its token. Earlier ones of the same person end.

    Not with ``ends_others`` false: where anybody may have asked for it, what was sent before stays
    good, or whoever knows an address could keep its owner from ever using a link.
    """
    if ends_others:
        retire_links(session, now, user)
    token = secrets.token_urlsafe(32)
    row = SignInLink(
        digest=_digest(token),
        purpose=purpose,
        user_id=user.id if user else None,
        created_at=now,
        expires_at=now + LASTS[purpose],
        used_at=None,
    )
    session.add(row)
    session.flush()
    return row, token


def link_with(session: Session, now: datetime, token: str) -> SignInLink | None:
    """Return the link of this token where it can still be used."""
    return session.scalars(
        select(SignInLink).where(
            SignInLink.digest == _digest(token),
            SignInLink.used_at.is_(None),
            SignInLink.expires_at > now,
        )
    ).one_or_none()


def use_link(session: Session, now: datetime, link: SignInLink) -> bool:
    """Use a link up; false where somebody was faster."""
    used = session.execute(
        update(SignInLink)
        .where(SignInLink.id == link.id, SignInLink.used_at.is_(None), SignInLink.expires_at > now)
        .values(used_at=now)
        .returning(SignInLink.id)
        .execution_options(synchronize_session=False)
    )
    return used.one_or_none() is not None


def retire_links(session: Session, now: datetime, user: User | None) -> None:
    """End every link of this person that was not used."""
    session.execute(
        update(SignInLink)
        .where(
            SignInLink.user_id == user.id if user else SignInLink.user_id.is_(None),
            SignInLink.used_at.is_(None),
        )
        .values(used_at=now)
        .execution_options(synchronize_session=False)
    )


def open_links(session: Session, now: datetime, user: User, since: datetime) -> int:
    """Return how many links somebody was given since an instant and can still use."""
    query = select(func.count()).where(
        SignInLink.user_id == user.id,
        SignInLink.used_at.is_(None),
        SignInLink.expires_at > now,
        SignInLink.created_at > since,
    )
    return session.scalars(query).one()


def was_let_in(session: Session, user: User) -> bool:
    """Tell whether a person of the employer's has let somebody in: they can sign in, or were sent
    a link. An ATS names colleagues too, and those nobody has let in yet.
    """
    sent = exists().where(SignInLink.user_id == User.id)
    query = select(User.id).where(User.id == user.id, or_(sent, *_ways_in()))
    return session.scalars(query).first() is not None


def an_administrator_can_sign_in(session: Session) -> bool:
    """Tell whether any active administrator has a password, a passkey or an outside identity."""
    query = select(User.id).where(User.active, User.role == "administrator", or_(*_ways_in()))
    return session.scalars(query.limit(1)).first() is not None


def _ways_in() -> list[ColumnElement[bool]]:
    return [
        exists().where(table.user_id == User.id) for table in (Password, Passkey, OutsideIdentity)
    ]


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
