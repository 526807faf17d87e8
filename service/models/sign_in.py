"""How people sign in: what proves who they are, where they are signed in, and who tried.

Nothing here can be used by whoever reads it: passwords are hashed, tokens stored as digests.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Base, new_id


class Password(Base):
    """A colleague's password, hashed by argon2 with its own salt."""

    __tablename__ = "password"

    user_id: Mapped[str] = mapped_column(ForeignKey("app_user.id"), primary_key=True)
    hash: Mapped[str]
    set_at: Mapped[datetime]


class Passkey(Base):
    """A WebAuthn credential. Ids and keys are base64url, as the browser writes them."""

    __tablename__ = "passkey"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("pky"))
    user_id: Mapped[str] = mapped_column(ForeignKey("app_user.id"), index=True)
    credential_id: Mapped[str] = mapped_column(unique=True)
    public_key: Mapped[str]
    sign_count: Mapped[int]
    name: Mapped[str]
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]


class PasskeyChallenge(Base):
    """What a browser was asked to sign, once. ``bound_to`` is the visit it was asked in."""

    __tablename__ = "passkey_challenge"

    digest: Mapped[str] = mapped_column(primary_key=True)
    bound_to: Mapped[str]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class SignInSession(Base):
    """A browser that is signed in. ``expires_at`` is the end whatever happens."""

    __tablename__ = "sign_in_session"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("ses"))
    digest: Mapped[str] = mapped_column(unique=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("app_user.id"), index=True)
    how: Mapped[str]
    user_agent: Mapped[str]
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    revoked_at: Mapped[datetime | None]


class SignInLink(Base):
    """A link that lets one person choose a password, once.

    ``user_id`` is empty for the first administrator, whom the link makes.
    """

    __tablename__ = "sign_in_link"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("lnk"))
    digest: Mapped[str] = mapped_column(unique=True)
    purpose: Mapped[str]
    user_id: Mapped[str | None] = mapped_column(ForeignKey("app_user.id"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class SignInAttempt(Base):
    """One try to sign in. Account and address are digests: a list of who works here is no gain.

    Only those with ``counts`` weigh: one that was right does not. A try that was refused for being
    one too many leaves no row, or whoever goes on trying would keep the owner out for ever.
    """

    __tablename__ = "sign_in_attempt"
    __table_args__ = (
        Index("ix_sign_in_attempt_account_at", "account", "at"),
        Index("ix_sign_in_attempt_address_at", "address", "at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("try"))
    account: Mapped[str | None]
    address: Mapped[str]
    at: Mapped[datetime] = mapped_column(index=True)
    counts: Mapped[bool] = mapped_column(default=True)


class OutsideIdentity(Base):
    """Who a colleague is to the employer's OpenID provider: its own unchanging name for them."""

    __tablename__ = "outside_identity"

    issuer: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("app_user.id"), index=True)
    created_at: Mapped[datetime]
