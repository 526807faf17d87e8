"""Reads what an API's answer means for whoever asked, and when it wants to be asked again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

_TRANSIENT = frozenset({408, 425})
_SECONDS = re.compile(r"\d{1,10}(\.\d+)?")
_EPOCH = 1_000_000_000
"""Larger numbers are instants and not spans: nobody asks for a wait of thirty years."""

_RESETS = ("x-ratelimit-reset", "x-rate-limit-reset", "ratelimit-reset")


def is_busy(status: int) -> bool:
    """Tell whether the API had no room: surely nothing was done."""
    return status == 429


def is_unusable(status: int) -> bool:
    """Tell whether an answer says nothing about what was asked: a server's fault, a redirect."""
    return status >= 500 or status < 200 or 300 <= status < 400 or status in _TRANSIENT


def wait_asked_for(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """Return how long the API asks to be left alone, where it says so.

    ``Retry-After`` (RFC 9110, 10.2.3) is seconds or a date. The reset headers are nobody's
    standard: vendors send seconds to go or the epoch second.
    """
    said = headers.get("retry-after", "").strip()
    if said and not _SECONDS.fullmatch(said):
        try:
            return _ahead(parsedate_to_datetime(said), now)
        except (ValueError, TypeError, OverflowError):
            return None
    for text in (said, *(headers.get(name, "").strip() for name in _RESETS)):
        if _SECONDS.fullmatch(text):
            number = float(text)
            ahead = number - now.timestamp() if number >= _EPOCH else number
            return max(timedelta(0), timedelta(seconds=ahead))
    return None


def _ahead(at: datetime, now: datetime) -> timedelta:
    if at.tzinfo is None:
        at = at.replace(tzinfo=now.tzinfo)
    return max(timedelta(0), at - now)
