"""How Keepword says instants and lateness to a person, in plain English.

Days are written out with their month, never as numbers that two countries read differently.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_LONG_DAY = timedelta(hours=24)


class Speech:
    """Says sentences in English; a shell that speaks other languages too passes its own.

    Texts are marked by these names, so that the pages' catalogs have words for them.
    """

    def say(self, text: str, **values: object) -> str:
        """Return a sentence, its ``%(name)s`` filled."""
        return text % values if values else text

    def say_many(self, one: str, many: str, number: int, **values: object) -> str:
        """Return the sentence for one or for ``%(num)s`` things."""
        return (one if number == 1 else many) % {"num": number, **values}


ENGLISH = Speech()


def to_say(text: str) -> str:
    """Return a text as it is: this only marks it as one that ``Speech.say`` is given later."""
    return text


class Told(str):
    """A sentence of English that still knows its text and values: a page says it in its own words.

    ``text`` is as translators know it; a value may be such a sentence too.
    """

    __slots__ = ("text", "values")

    text: str
    values: Mapping[str, object]

    def __new__(cls, text: str, values: Mapping[str, object]) -> Told:
        """Make the sentence, its ``%(name)s`` filled."""
        made = super().__new__(cls, text % values if values else text)
        made.text, made.values = text, values
        return made


class ToldTime(str):
    """An instant in English that still knows itself, for what is told."""

    __slots__ = ("at",)

    at: datetime

    def __new__(cls, at: datetime) -> ToldTime:
        """Write a local instant: ``Friday 27 November 2026 17:00``."""
        made = super().__new__(cls, f"{at:%A %d %B %Y %H:%M}")
        made.at = at
        return made


def told(text: str, /, **values: object) -> Told:
    """Return a sentence that can be said again in other words."""
    return Told(text, values)


class ToldError(ValueError):
    """Something is wrong; ``said`` is the sentence that says so."""

    def __init__(self, said: str) -> None:
        self.said = said
        super().__init__(said)


def day_words(day: date) -> str:
    """Return a date as a letter says it: ``Friday 27 November``."""
    return f"{_DAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]}"


def weekday_name(day: date) -> str:
    """Return the name of a date's weekday: ``Friday``."""
    return _DAYS[day.weekday()]


def moment_words(at: datetime, zone: ZoneInfo) -> str:
    """Return an instant that is read later, whenever that is: ``Mon 30 Mar 08:00``."""
    local = at.astimezone(zone)
    day, month = _DAYS[local.weekday()][:3], _MONTHS[local.month - 1][:3]
    return f"{day} {local.day} {month} {local:%H:%M}"


def when_words(at: datetime, zone: str, now: datetime) -> str:
    """Return an instant as a colleague says it: ``today 17:00`` or ``Fri 6 Nov 17:00``.

    The weekday alone serves within six days either way; further off the date is named.
    """
    local, today = at.astimezone(ZoneInfo(zone)), now.astimezone(ZoneInfo(zone)).date()
    clock = f"{local:%H:%M}"
    away = (local.date() - today).days
    near = {0: "today", 1: "tomorrow", -1: "yesterday"}.get(away)
    if near:
        return f"{near} {clock}"
    weekday = _DAYS[local.weekday()][:3]
    if abs(away) < 7:
        return f"{weekday} {clock}"
    month = _MONTHS[local.month - 1][:3]
    year = f" {local.year}" if local.year != today.year else ""
    return f"{weekday} {local.day} {month}{year} {clock}"


def span_words(working: timedelta, working_days: int) -> str:
    """Return a working span: ``25 min``, ``6 h``, ``2 working days``.

    ``working_days`` counts the working days begun since; hours serve within the first two.
    """
    minutes = int(working / timedelta(minutes=1))
    if working_days >= 2 or working >= _LONG_DAY:
        days = max(working_days, 1)
        return f"{days} working day{'s' if days != 1 else ''}"
    if minutes >= 60:
        return f"{minutes // 60} h"
    return f"{max(minutes, 1)} min"
