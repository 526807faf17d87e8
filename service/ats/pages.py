"""Reads a page of a vendor's list: its records, and where the list goes on.

What cannot be read is a ``PayloadError`` and never an end: an end that is none would move the
watermark over what nobody has read.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from service.ats.asking import Ask, Found
from service.ats.base import body_identity
from service.ats.json_list import as_record
from service.ats.payload import JsonObject, PayloadError

_LONGEST_CURSOR = 1_500


def records_in(page: JsonObject, key: str) -> tuple[JsonObject, ...]:
    """The objects that a page lists."""
    listed = page.members.get(key)
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        raise PayloadError(page.at(key), "expected a list of objects")
    return page.children(key) or ()


def found_in(kind: str, records: Iterable[JsonObject]) -> tuple[Found, ...]:
    """These records as found; one that changed has another identity."""
    stored = [(each, as_record(each)) for each in records]
    return tuple(
        Found(kind, f"{kind}:{each.required_id('id')}:{body_identity(record)}", record)
        for each, record in stored
    )


def cursor_in(page: JsonObject, key: str) -> str | None:
    """What names the next page, exactly as it came; ``None`` where it is absent, null or empty."""
    cursor = page.members.get(key)
    if cursor is None or cursor == "":
        return None
    if not isinstance(cursor, str) or len(cursor) > _LONGEST_CURSOR or not cursor.isprintable():
        raise PayloadError(page.at(key), "expected a text that leads to the next page")
    return cursor


def goes_on(page: JsonObject, key: str) -> bool:
    """Whether a page says that there are more; ``False`` where it says nothing."""
    said = page.members.get(key)
    if said is None or isinstance(said, bool):
        return bool(said)
    raise PayloadError(page.at(key), "expected true or false")


def next_by(ask: Ask, parameter: str, cursor: str) -> Ask:
    """The same question with another cursor among its parameters."""
    kept = tuple(pair for pair in ask.query if pair[0] != parameter)
    following = Ask(ask.path, (*kept, (parameter, cursor)))
    if following == ask:
        raise PayloadError("", "the next page is the page it stands on")
    return following


def instant_text(at: datetime) -> str:
    """An instant as APIs take it: ISO 8601 in UTC, with milliseconds and ``Z``."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
