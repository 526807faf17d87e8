"""Opaque cursors: where the last page ended, sealed against being made up.

A cursor belongs to one list under one set of filters; a changed or foreign one is refused, never
guessed at.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from datetime import datetime
from typing import Any

from service.api.problems import ProblemError
from service.queries.keyset import Key

LARGEST_PAGE = 200
USUAL_PAGE = 50
_SEAL = 8


def write_cursor(name: str, key: Key | None) -> str | None:
    """Return the cursor behind a key of the list called ``name``; ``None`` at the end."""
    if key is None:
        return None
    payload = json.dumps([_plain(value) for value in key], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_seal(name, payload) + payload).decode().rstrip("=")


def read_cursor(name: str, cursor: str | None) -> Key | None:
    """Return the key a cursor stands for; ``ProblemError`` where it is none of this list."""
    if cursor is None:
        return None
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        seal, payload = raw[:_SEAL], raw[_SEAL:]
        if seal != _seal(name, payload):
            raise ValueError
        return tuple(_read(value) for value in json.loads(payload))
    except (ValueError, TypeError, binascii.Error):
        text = (
            "This is no cursor of this list: send the “next” of a page as it came, and every "
            "other parameter but limit as on that page."
        )
        raise ProblemError(422, "cursor-not-valid", text, [("?cursor", text)]) from None


def _seal(name: str, payload: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + payload).digest()[:_SEAL]


def _plain(value: Any) -> Any:
    return {"at": value.isoformat()} if isinstance(value, datetime) else value


def _read(value: Any) -> Any:
    return datetime.fromisoformat(value["at"]) if isinstance(value, dict) else value
