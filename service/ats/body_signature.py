"""A vendor's HMAC-SHA256 of the raw body in one header: how it is checked and how it is written.

Where a vendor does not say which writing it uses, taking base64url, base64 and hex is safe: each
stands for the same 32 bytes, and nothing but an exact writing of them is read.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from datetime import datetime

from service import signing
from service.ats.base import AdapterDefaults, Incoming, body_identity

_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{43}=?")
_HEX = re.compile(r"[0-9a-fA-F]{64}")
# The last character of 32 bytes in base64 carries two bits of nothing, which must be zero: else
# four texts would stand for one signature.
_ENDS = re.compile(r"[AEIMQUYcgkosw048]")


class SignsTheBody(AdapterDefaults):
    """An adapter of a vendor that signs the body alone: no time, and no other header."""

    signature_header: str
    """The header that holds the signature, as people write it."""
    before_hex: str | None = None
    """What stands before 64 hex digits; ``None`` where any of the writings is taken."""

    def verify(
        self,
        incoming: Incoming,
        secrets: Sequence[str],
        now: datetime,  # noqa: ARG002 - the protocol's; no time is signed
    ) -> None:
        """Check the header's signature over the raw body."""
        if self.before_hex is None:
            check_body_signature(incoming, self.signature_header, secrets)
        else:
            check_hex_signature(incoming, self.signature_header, secrets, before=self.before_hex)

    def identity(self, incoming: Incoming) -> str:
        """A hash of the body: it alone is signed."""
        return body_identity(incoming.body)


def check_body_signature(incoming: Incoming, header: str, secrets: Sequence[str]) -> None:
    """Return if ``header`` holds the body's signature under any secret, else ``SignatureError``."""
    digits = _as_hex(_given(incoming, header))
    if digits is None:
        raise signing.SignatureError(f"the header {header} is no base64 of 32 bytes")
    _compare(incoming, digits, secrets)


def check_hex_signature(
    incoming: Incoming, header: str, secrets: Sequence[str], *, before: str
) -> None:
    """Like ``check_body_signature``, where the vendor writes ``before`` and then hex digits."""
    given = _given(incoming, header)
    digits = given.removeprefix(before)
    if not given.startswith(before) or not _HEX.fullmatch(digits):
        form = f"'{before}<64 hex digits>'" if before else "64 hex digits"
        raise signing.SignatureError(f"the header {header} is not {form}")
    _compare(incoming, digits, secrets)


def _given(incoming: Incoming, header: str) -> str:
    given = incoming.only(header.lower())
    if given is None:
        raise signing.SignatureError(f"the header {header} is missing")
    return given.strip()


def _compare(incoming: Incoming, digits: str, secrets: Sequence[str]) -> None:
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
