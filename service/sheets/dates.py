"""Reads dates and instants as sheets hold them: ISO, a month by its name, or as the reader is told.

An order of day and month is never guessed: 03/04/2026 is a fault until somebody says which it is.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from service.domain.wording import ToldError, told

EARLIEST, LATEST = 2000, 2100
"""Years of what a sheet may tell; before the first, after the second there are slips alone."""

_TIME = (
    r"(?:[T ,]+(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,]\d{1,9})?)?\s*([AaPp]\.?[Mm]\.?)?"
    r"\s*(Z|UTC|GMT|[+-]\d\d:?\d\d)?)?"
)
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})" + _TIME, re.ASCII)
_NUMBERS = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})" + _TIME, re.ASCII)
_DAY_FIRST = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[-. ]+([A-Za-z]{3,9})[-., ]+(\d{4})" + _TIME)
_MONTH_FIRST = re.compile(r"([A-Za-z]{3,9})[-. ]+(\d{1,2})(?:st|nd|rd|th)?[-., ]+(\d{4})" + _TIME)
_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september",
           "october", "november", "december")  # fmt: skip


class Order(StrEnum):
    """What comes first where a date is three numbers."""

    DMY = "dmy"
    MDY = "mdy"


class DateError(ToldError):
    """A cell that is no date, or that could be two; the text says what to write instead."""


class AmbiguousDateError(DateError):
    """A date of three numbers, and nobody said whether the day or the month comes first."""


@lru_cache(maxsize=2000)
def instant(text: str, zone: ZoneInfo, order: Order | None) -> datetime:
    """Return the instant a cell names, in UTC.

    A date alone is its first moment in ``zone``; a time without an offset is a time there.
    Raises ``DateError``.
    """
    year, month, day, rest = _parts(text.strip(), order)
    if not EARLIEST <= year < LATEST:
        raise DateError(
            told(
                "the year must lie between %(first)s and %(last)s", first=EARLIEST, last=LATEST - 1
            )
        )
    try:
        on, at = date(year, month, day), _time(rest)
        local = datetime.combine(on, at)
        return (local if local.tzinfo else local.replace(tzinfo=zone)).astimezone(UTC)
    except ValueError:
        raise DateError(told("there is no such date")) from None


def _parts(text: str, order: Order | None) -> tuple[int, int, int, tuple[str | None, ...]]:
    if found := _ISO.fullmatch(text):
        return int(found[1]), int(found[2]), int(found[3]), found.groups()[3:]
    if found := _DAY_FIRST.fullmatch(text):
        return int(found[3]), _month(found[2]), int(found[1]), found.groups()[3:]
    if found := _MONTH_FIRST.fullmatch(text):
        return int(found[3]), _month(found[1]), int(found[2]), found.groups()[3:]
    if found := _NUMBERS.fullmatch(text):
        if order is None:
            raise AmbiguousDateError(
                told(
                    "day and month cannot be told apart for certain: say --dates dmy (day first) "
                    "or --dates mdy (month first), or write 2026-03-02"
                )
            )
        first, second = int(found[1]), int(found[2])
        day, month = (first, second) if order is Order.DMY else (second, first)
        return int(found[3]), month, day, found.groups()[3:]
    raise DateError(told("this is no date: write it as 2026-03-02 or 2026-03-02 14:30"))


def _month(name: str) -> int:
    for number, month in enumerate(_MONTHS, start=1):
        if month.startswith(name.lower()[:3]) and month.startswith(name.lower().rstrip("t")):
            return number
    raise DateError(told("this is no month in English: write the date as 2026-03-02"))


def _time(parts: tuple[str | None, ...]) -> time:
    hour, minute, second, half, offset = parts
    if hour is None:
        return time()
    hours = int(hour)
    if half:
        if not 1 <= hours <= 12:
            raise ValueError("no hour of half a day")
        hours = hours % 12 + (12 if half.lower().startswith("p") else 0)
    written = f"{hours:02}:{minute}:{second or '00'}"
    if offset:
        written += "+00:00" if offset in ("Z", "UTC", "GMT") else offset
    return time.fromisoformat(written)
