"""A vendor's HMAC-SHA256 of the raw body in one header, written in base64url, base64 or hex.

Where a vendor does not say which it writes, taking all three is safe: each stands for the same 32
bytes, and nothing but an exact writing of them is read.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence

from service import signing
from service.ats.base import Incoming

_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{43}=?")
_HEX = re.compile(r"[0-9a-fA-F]{64}")
# The last character of 32 bytes in base64 carries two bits of nothing, which must be zero: else
# four texts would stand for one signature.
_ENDS = re.compile(r"[AEIMQUYcgkosw048]")


def check_body_signature(incoming: Incoming, header: str, secrets: Sequence[str]) -> None:
    """Return if ``header`` holds the body's signature under any secret, else ``SignatureError``."""
    given = incoming.only(header.lower())
    if given is None:
        raise signing.SignatureError(f"the header {header} is missing")
    digits = _as_hex(given.strip())
    if digits is None:
        raise signing.SignatureError(f"the header {header} is no base64 of 32 bytes")
    if not signing.matches_hex(incoming.body, digits, secrets):
        raise signing.SignatureError("the signature does not match")


def _as_hex(written: str) -> str | None:
    if _HEX.fullmatch(written):
        return written
    if not _BASE64.fullmatch(written) or not _ENDS.fullmatch(written[42]):
        return None
    plain = written[:43].replace("-", "+").replace("_", "/")
    return base64.b64decode(plain + "=").hex()


def base64url_signature(body: bytes, secret: str) -> str:
    """The signature as a vendor writes it, with its padding."""
    return base64.urlsafe_b64encode(bytes.fromhex(signing.hex_signature(body, secret))).decode()
