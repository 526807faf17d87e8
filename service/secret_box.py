"""Keeps other people's secrets (the ATSs' webhook keys) encrypted at rest.

The key comes from ``SECRET_KEY``; what was sealed under another one cannot be opened and says so.
"""

from __future__ import annotations

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken


class SealedSecretError(RuntimeError):
    """A stored secret cannot be opened: ``SECRET_KEY`` is not the one it was sealed under."""


class SecretBox:
    """Seals and opens short texts with authenticated encryption."""

    def __init__(self, secret_key: str) -> None:
        digest = hashlib.sha256(b"keepword connection secrets" + secret_key.encode()).digest()
        self._fernet = Fernet(base64.urlsafe_b64encode(digest))

    def seal(self, secret: str) -> str:
        """Return the secret as it may be stored."""
        return self._fernet.encrypt(secret.encode()).decode()

    def open(self, sealed: str) -> str:
        """Return what was sealed; ``SealedSecretError`` where the key has changed."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken as error:
            raise SealedSecretError(
                "a connection's secret cannot be read: restore the SECRET_KEY it was entered "
                "under, or enter the secret again"
            ) from error
