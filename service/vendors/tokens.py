"""Gets an access token and keeps it until shortly before its end, in memory alone.

A token goes into a header and nowhere else; neither it nor the secret it is made from is ever
logged or part of an error.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from datetime import timedelta

from service.clock import Clock

_MARGIN = timedelta(seconds=60)
"""A token this close to its end is not begun with: the request may take a while."""

_UNSAID = timedelta(minutes=5)
"""How long a token counts whose end was not told."""

_LONGEST = timedelta(hours=12)


class NoTokenError(Exception):
    """What came from the token's address holds no token."""


@dataclass
class Token:
    """An access token. ``good_until`` is a reading of the steady clock."""

    text: str = field(repr=False)
    good_until: float

    def good(self, clock: Clock) -> bool:
        """Tell whether it may still be used."""
        return clock.monotonic() < self.good_until


def read_token(body: bytes, clock: Clock) -> Token:
    """Read an OAuth token answer (RFC 6749, 5.1). Raises ``NoTokenError``."""
    try:
        said = json.loads(body)
        text, ends_in = said["access_token"], said.get("expires_in")
        span = _UNSAID if ends_in is None else _span(float(ends_in))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
        raise NoTokenError from None
    if not isinstance(text, str) or not text or not text.isascii() or not text.isprintable():
        raise NoTokenError
    margin = min(_MARGIN, span / 2)
    return Token(text, clock.monotonic() + (span - margin).total_seconds())


def _span(seconds: float) -> timedelta:
    if not math.isfinite(seconds):
        raise ValueError("no span")
    return min(_LONGEST, timedelta(seconds=max(0.0, seconds)))
