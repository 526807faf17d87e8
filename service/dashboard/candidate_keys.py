"""Writes the key of a page's last row into a link and reads it back; nothing else is taken."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from service.queries.keyset import Key

_KEY = re.compile(r"([0-9]{1,18})-([0-9A-Za-z_]{1,64})")
_WHOLE = re.compile(r"[0-9]{1,18}")


def key_text(key: Key | None) -> str | None:
    """Return an (instant, id) as a link carries it."""
    if key is None:
        return None
    at, id_ = key
    return f"{int(at.timestamp()) * 1_000_000 + at.microsecond}-{id_}"


def key_of(text: str, *, numbered: bool = False) -> Key | None:
    """Return the key that a link carries, or ``None`` where it carries none.

    ``numbered`` says that the id is a whole number.
    """
    found = _KEY.fullmatch(text)
    if found is None or (numbered and not _WHOLE.fullmatch(found[2])):
        return None
    seconds, micros = divmod(int(found[1]), 1_000_000)
    try:
        at = datetime.fromtimestamp(seconds, UTC).replace(microsecond=micros)
    except (ValueError, OverflowError, OSError):
        return None
    return at, int(found[2]) if numbered else found[2]
