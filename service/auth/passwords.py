"""Passwords: hashed by argon2id, and judged by length and by what anybody would guess first.

Whoever tries an unknown account waits as long as for a known one.
"""

from __future__ import annotations

import unicodedata
from datetime import datetime
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy.orm import Session

from service.domain.wording import ToldError, to_say, told
from service.models import Password, User

SHORTEST = 12
"""Characters. NIST SP 800-63B-4 asks for 15 where a password stands alone and 8 beside another
factor; tries are throttled, so 12 hold off a guesser and can be remembered as a few words."""

LONGEST = 256
"""Characters: room for any sentence, and no way to keep the hash busy."""

# OWASP Password Storage Cheat Sheet: 19 MiB, two passes, one lane.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)

_GUESSED = ("password", "passwort", "keepword", "qwertyuiop", "qwertzuiop", "1234567890", "letmein")


class WeakPasswordError(ToldError):
    """A password that is not taken; the message says why, in a sentence."""


def set_password(session: Session, user: User, secret: str, now: datetime) -> None:
    """Give somebody this password from now on. Raises ``WeakPasswordError``."""
    judge(secret, user)
    row = session.get(Password, user.id)
    if row is None:
        row = Password(user_id=user.id)
        session.add(row)
    row.hash, row.set_at = _HASHER.hash(_prepared(secret)), now
    session.flush()


def is_password(session: Session, user: User | None, secret: str) -> bool:
    """Tell whether this is the person's password; as long in coming where nobody is meant.

    It stays theirs until the transaction ends: whoever sets another one waits, and so ends the
    session that may just begin by this one.
    """
    shared = {"read": True}
    row = session.get(Password, user.id, with_for_update=shared) if user is not None else None
    if len(secret) > LONGEST:
        secret = ""
    try:
        right = _HASHER.verify(row.hash if row else _nobodys(), _prepared(secret))
    except (VerificationError, InvalidHashError):
        return False
    if row is None or not right:
        return False
    if _HASHER.check_needs_rehash(row.hash):
        row.hash = _HASHER.hash(_prepared(secret))
    return True


def judge(secret: str, user: User) -> None:
    """Raise ``WeakPasswordError`` for a password that is too short, too long or easily guessed."""
    if len(secret) < SHORTEST:
        raise WeakPasswordError(
            told(
                "A password has at least %(number)s characters: take a few words.", number=SHORTEST
            )
        )
    if len(secret) > LONGEST:
        raise WeakPasswordError(
            told("A password has at most %(number)s characters.", number=LONGEST)
        )
    bare = _prepared(secret).casefold()
    own = [user.email.casefold(), user.email.partition("@")[0].casefold(), user.name.casefold()]
    for word in (*own, *_GUESSED):
        # What is left beside the word must be a password of its own kind: half of the shortest.
        if len(word) >= 4 and len(bare.replace(word, "")) < SHORTEST // 2:
            raise WeakPasswordError(to_say("This password is easily guessed: take a few words."))
    if len(set(bare)) < 5:
        raise WeakPasswordError(to_say("This password repeats itself: take a few words."))


def _prepared(secret: str) -> str:
    # The same letters typed on another keyboard or system may be other code points (RFC 8265).
    return unicodedata.normalize("NFC", secret).encode("utf-8", "replace").decode()


@cache
def _nobodys() -> str:
    return _HASHER.hash("a password that nobody has, so that the unknown take as long")
