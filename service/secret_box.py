"""Keeps other people's secrets (the ATSs' webhook and API keys) encrypted at rest.

New ones are sealed under ``SECRET_KEY``; what was sealed under ``SECRET_KEY_PREVIOUS`` still opens.
What was sealed under any other key cannot be opened and says so.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken


class SealedSecretError(RuntimeError):
    """A stored secret cannot be opened: it was sealed under neither of the keys."""


class SecretBox:
    """Seals and opens short texts with authenticated encryption, under the newest key first."""

    def __init__(self, secret_key: str, *previous_keys: str) -> None:
        self._newest = _fernet(secret_key)
        self._older = tuple(_fernet(key) for key in previous_keys if key)
        self._marks = tuple(_mark(key) for key in (secret_key, *previous_keys) if key)

    def seal(self, secret: str) -> str:
        """Return the secret as it may be stored, under the newest key."""
        return self._newest.encrypt(secret.encode()).decode()

    def open(self, sealed: str) -> str:
        """Return what was sealed; ``SealedSecretError`` where no key of ours opens it."""
        for fernet in (self._newest, *self._older):
            opened = _opened(fernet, sealed)
            if opened is not None:
                return opened
        raise SealedSecretError(
            "a connection's secret cannot be read: restore the SECRET_KEY it was entered "
            "under (as SECRET_KEY_PREVIOUS, if there is a new one), or enter the secret again"
        )

    def is_newest(self, sealed: str) -> bool:
        """Tell whether the newest key alone opens this."""
        return _opened(self._newest, sealed) is not None

    def digests(self, text: str) -> tuple[str, ...]:
        """Return keyed digests by which a text is known again and not read, the newest key's first.

        A digest stored under a key that was replaced since is the one of a later place.
        """
        data = text.encode("utf-8", "surrogatepass")
        return tuple(hmac.new(mark, data, hashlib.sha256).hexdigest() for mark in self._marks)


def _mark(key: str) -> bytes:
    return hashlib.sha256(b"keepword digests" + key.encode()).digest()


def _fernet(key: str) -> Fernet:
    digest = hashlib.sha256(b"keepword connection secrets" + key.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(digest))


def _opened(fernet: Fernet, sealed: str) -> str | None:
    try:
        return fernet.decrypt(sealed.encode()).decode()
    except InvalidToken:
        return None
