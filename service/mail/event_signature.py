"""Verifies that a POST of events really comes from SendGrid's Event Webhook.

The signature covers the raw bytes, so verify before anything parses them. Whatever is malformed
is simply not verified: no input makes this raise.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    load_der_public_key,
    load_pem_public_key,
)

SIGNATURE_HEADER = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP_HEADER = "X-Twilio-Email-Event-Webhook-Timestamp"

# The signed bytes are timestamp and body with nothing between them. Digits only keep the border
# where it was: no byte of a JSON array could be moved into the timestamp, nor the other way.
_TIMESTAMP = re.compile(r"[0-9]{1,20}")


class EventVerifier:
    """Checks ECDSA P-256/SHA-256 signatures against one or more public keys.

    Keys are base64 SPKI, as SendGrid's settings page shows them, or PEM. Give the old and the new
    one while a key is rotated. Raises ``ValueError`` for a key that is not a P-256 public key, or
    for no key at all: a verifier that nothing can pass, or everything, is a mistake to report at
    start.

    The timestamp's age is deliberately not judged. SendGrid retries a failed POST for 24 hours and
    does not say whether a retry is stamped anew, so a tight window could refuse a bounce for good.
    A replay is harmless because each event is stored once, by its id.
    """

    def __init__(self, public_keys: Iterable[str]) -> None:
        self._keys = tuple(_public_key(text) for text in public_keys)
        if not self._keys:
            raise ValueError("no public key for SendGrid's signed events was given")

    def verify(self, body: bytes, *, signature: str | None, timestamp: str | None) -> bool:
        """Say whether one of the keys signed exactly this timestamp and these bytes.

        Takes the two headers' values as they came; a header that is missing, or that a server
        joined from two, is not verified.
        """
        if not signature or not timestamp or not _TIMESTAMP.fullmatch(timestamp):
            return False
        try:
            # validate=True: without it stray characters are skipped and a changed header passes.
            decoded = base64.b64decode(signature, validate=True)
        except ValueError:
            return False
        signed = timestamp.encode("ascii") + body
        return any(_signed_by(key, decoded, signed) for key in self._keys)


def _signed_by(key: ec.EllipticCurvePublicKey, signature: bytes, signed: bytes) -> bool:
    try:
        key.verify(signature, signed, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True


def _public_key(text: str) -> ec.EllipticCurvePublicKey:
    stripped = text.strip()
    try:
        if stripped.startswith("-----BEGIN"):
            key = load_pem_public_key(stripped.encode("ascii"))
        else:
            # Keys are pasted by hand, so line wraps are forgiven here, unlike in a signature.
            spki = base64.b64decode("".join(stripped.split()), validate=True)
            key = load_der_public_key(spki)
    except (ValueError, UnsupportedAlgorithm, binascii.Error) as fault:
        raise ValueError(
            "SendGrid's event key must be the base64 public key from its settings, or PEM"
        ) from fault
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ValueError("SendGrid's event key must be an ECDSA P-256 public key")
    return key
