"""How the pages say counts, spans and what somebody asked, in plain English."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from service.domain.wording import day_words, when_words

_DIALLED = re.compile(r"[^0-9+]")


def counted(number: int, one: str, many: str) -> str:
    """Return ``1 letter`` or ``3 letters``."""
    return f"{number} {one if number == 1 else many}"


def times(number: int) -> str:
    """Return ``once``, ``twice``, ``3 times``."""
    return {1: "once", 2: "twice"}.get(number, f"{number} times")


def ago(seconds: float) -> str:
    """Return a span since then, in the largest unit that says enough: ``4 s ago``."""
    for length, unit in ((86400, "day"), (3600, "h"), (60, "min")):
        if seconds >= length * (2 if unit == "day" else 1):
            number = int(seconds // length)
            return f"{number} {unit}{'s' if unit == 'day' else ''} ago"
    return f"{max(0, int(seconds))} s ago"


def time_left(seconds: float) -> str:
    """Return a span until then, never longer than it is: ``59 min left``."""
    for length, unit in ((86400, "day"), (3600, "h"), (60, "min")):
        if seconds >= length * (2 if unit == "day" else 1):
            number = int(seconds // length)
            return f"{number} {unit}{'s' if unit == 'day' else ''} left"
    return "less than a minute left"


def asked_words(
    asked: int,
    after: int,
    first_after_at: datetime | None,
    due_at: datetime,
    zone: str,
    now: datetime,
) -> str:
    """Say how often somebody asked, and how often after their date had passed; "" for never.

    ``has asked 3 times, twice after Friday had passed``: the day alone serves when they first
    asked on a later one; on the same day the time is named.
    """
    if not asked:
        return ""
    said = f"has asked {times(asked)}"
    if not after or first_after_at is None:
        return said
    passed = f"after {_mark(due_at, first_after_at, zone, now)} had passed"
    if asked == after:
        how = {1: "", 2: "both times "}.get(asked, "each time ")
        return f"{said}, {how}{passed}"
    return f"{said}, {times(after)} {passed}"


def _mark(due_at: datetime, first_after_at: datetime, zone: str, now: datetime) -> str:
    local = ZoneInfo(zone)
    due_on, today = due_at.astimezone(local).date(), now.astimezone(local).date()
    if first_after_at.astimezone(local).date() == due_on:
        return (
            f"{due_at.astimezone(local):%H:%M}"
            if due_on == today
            else when_words(due_at, zone, now)
        )
    day = day_words(due_on)
    return day.split(" ", 1)[0] if (today - due_on).days < 7 else day.split(" ", 1)[1]


def at_words(at: datetime, zone: str, now: datetime) -> str:
    """Return an instant inside a sentence: ``today at 15:00``, ``Fri 6 Nov at 15:00``."""
    day, _, clock = when_words(at, zone, now).rpartition(" ")
    return f"{day} at {clock}"


def dialled(number: str) -> str | None:
    """Return a number as ``tel:`` takes it, or ``None`` where it is no number to dial."""
    digits = _DIALLED.sub("", number.split("ext", 1)[0].split("x", 1)[0])
    digits = digits[:1] + digits[1:].replace("+", "")
    return f"tel:{digits}" if len(digits) >= 5 else None


def inside(wording: str) -> str:
    """Return a promise's wording within a sentence: its first letter small, unless it is a name.

    A word with further capitals ("HR", "CV") is left as it is.
    """
    first = wording.split(" ", 1)[0]
    plain = first[:1].isupper() and (first[1:].islower() or len(first) == 1)
    return wording[:1].lower() + wording[1:] if plain and first != "I" else wording
