"""HMAC-SHA256 signatures over raw bytes, plain and after Standard Webhooks 1.0.

Nothing a sender writes can raise anything but ``SignatureError``; every live secret is always
compared, in constant time, and an empty secret never matches.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets as entropy
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

STANDARD_TOLERANCE = timedelta(minutes=5)
"""How far a Standard Webhooks timestamp may lie from our clock, either way."""

_STANDARD_PREFIX = "whsec_"
_MESSAGE_ID = re.compile(r"[\x21-\x7e]{1,255}")
_TIMESTAMP = re.compile(r"[0-9]{1,11}")
_MOST_SIGNATURES = 16


class SignatureError(Exception):
    """A delivery is not authentic, or not provably so. The message is safe to show and to log."""


def hex_signature(body: bytes, secret: str) -> str:
    """The lower-case hexadecimal HMAC-SHA256 of ``body`` under ``secret`` (as UTF-8)."""
    return _mac(_key(secret), body).hex()


def matches_hex(body: bytes, signature: str, secrets: Sequence[str]) -> bool:
    """Whether ``signature`` is the hex HMAC of ``body`` under any of ``secrets``; any case."""
    given = _comparable(signature).lower()
    return _any_equal([given], [hex_signature(body, secret) for secret in secrets if secret])


def new_standard_secret() -> str:
    """A fresh secret in the form of Standard Webhooks: ``whsec_`` and 32 random bytes in base64."""
    return _STANDARD_PREFIX + base64.b64encode(entropy.token_bytes(32)).decode("ascii")


def is_standard_secret(secret: str) -> bool:
    """Whether a secret can be used: base64, with or without ``whsec_`` before it."""
    return _standard_key(secret) is not None


def sign_standard(body: bytes, secret: str, message_id: str, at: datetime) -> dict[str, str]:
    """The three headers of Standard Webhooks 1.0 for ``body``, sent at ``at``.

    Raises ``SignatureError`` when the secret or the message id cannot be used.
    """
    key = _standard_key(secret)
    if key is None:
        raise SignatureError("the secret is not whsec_ followed by base64")
    if not _MESSAGE_ID.fullmatch(message_id):
        raise SignatureError("a webhook-id is 1 to 255 visible ASCII characters")
    seconds = str(int(at.timestamp()))
    return {
        "webhook-id": message_id,
        "webhook-timestamp": seconds,
        "webhook-signature": "v1," + _standard_mac(key, message_id, seconds, body),
    }


def verify_standard(
    body: bytes,
    headers: Mapping[str, str],
    secrets: Sequence[str],
    now: datetime,
    tolerance: timedelta = STANDARD_TOLERANCE,
) -> None:
    """Return if ``body`` is authentic and fresh after Standard Webhooks 1.0.

    ``headers`` holds ``webhook-id``, ``webhook-timestamp`` and ``webhook-signature``, lower-case.
    The signature header may list several space-separated signatures (the sender rotates its
    secret) and ``secrets`` several secrets (we rotate ours); one match is enough. Signatures of
    other versions than ``v1`` are passed over. Raises ``SignatureError`` otherwise.

    Source: the specification at standardwebhooks.com, "Verifying webhook authenticity".
    """
    message_id = headers.get("webhook-id", "")
    seconds = headers.get("webhook-timestamp", "")
    offered = headers.get("webhook-signature", "").split(" ")
    if not _MESSAGE_ID.fullmatch(message_id):
        raise SignatureError("webhook-id is missing or malformed")
    if not _TIMESTAMP.fullmatch(seconds):
        raise SignatureError("webhook-timestamp is missing or malformed")
    if len(offered) > _MOST_SIGNATURES:
        raise SignatureError("webhook-signature lists too many signatures")
    given = [_comparable(each[3:]) for each in offered if each.startswith("v1,")]
    if not given:
        raise SignatureError("webhook-signature is missing or malformed")
    keys = [key for key in map(_standard_key, secrets) if key is not None]
    if not _any_equal(given, [_standard_mac(key, message_id, seconds, body) for key in keys]):
        raise SignatureError("webhook-signature does not match")
    # After the signature: only an authentic sender learns what our clock says.
    if abs(now.timestamp() - int(seconds)) > tolerance.total_seconds():
        raise SignatureError(f"webhook-timestamp is too far from {now.astimezone(UTC):%H:%M:%SZ}")


def _mac(key: bytes, message: bytes) -> bytes:
    return hmac.new(key, message, hashlib.sha256).digest()


def _standard_mac(key: bytes, message_id: str, seconds: str, body: bytes) -> str:
    signed = f"{message_id}.{seconds}.".encode("ascii") + body
    return base64.b64encode(_mac(key, signed)).decode("ascii")


def _key(secret: str) -> bytes:
    return secret.encode("utf-8", "surrogatepass")


def _standard_key(secret: str) -> bytes | None:
    try:
        key = base64.b64decode(secret.removeprefix(_STANDARD_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return None
    return key or None


def _comparable(text: str) -> bytes:
    # compare_digest refuses non-ASCII text; as bytes it is merely unequal.
    return text.encode("utf-8", "surrogatepass")


def _any_equal(given: Sequence[bytes], expected: Sequence[str]) -> bool:
    """Compare every pair, with no early way out, so that time tells nothing about which matched."""
    found = False
    for signature in expected:
        for candidate in given:
            found |= hmac.compare_digest(signature.encode("ascii"), candidate)
    return found
