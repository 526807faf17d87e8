"""Reads the dates a letter is to state: days in, words out, and the day it gives its word for.

A date in a letter is a real one that lies ahead, so that the promise it makes can be kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from service.domain.promises import PromiseError
from service.domain.wording import day_words, told
from service.mail.variables import DATED
from service.models import Application
from service.workflows.waking import waking_hours
from service.workflows.work import Work

PROMISE_VARIABLE = "next_word_by"
"""The one date that is a promise of ours: by then the person hears again."""

LONGEST_AHEAD = timedelta(days=366)
"""No letter gives a word for a day further away: it would be a slip of the hand."""

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True)
class Dated:
    """The values of a letter with its dates in words, the day it promises the next word by, and
    the first of all days that it names.
    """

    values: dict[str, str]
    promises_on: date | None
    good_until_on: date | None


def dated(work: Work, application: Application, values: dict[str, str]) -> Dated:
    """Write out the dates among a letter's values, each given as ``2026-03-13``.

    Raises ``PromiseError`` naming the value where one is no date, has passed or is too far ahead.
    """
    days = {
        name: _day_ahead(work, application, name, values[name])
        for name in sorted(DATED & values.keys())
    }
    words = {name: day_words(day) for name, day in days.items()}
    first = min(days.values(), default=None)
    return Dated({**values, **words}, days.get(PROMISE_VARIABLE), first)


def latest_today(work: Work, application: Application) -> date:
    """Return the later of the dates here and where the person is: it has passed for neither."""
    hours = waking_hours(work, application)
    zones = (hours.zone, hours.calendar.time_zone)
    return max(work.now.astimezone(zone).date() for zone in zones)


def _day_ahead(work: Work, application: Application, name: str, value: str) -> date:
    pointer = f"/values/{name}"
    day = _read(value.strip())
    if day is None:
        raise PromiseError(
            "letter-date-not-understood",
            told(
                "%(name)s is no date: write year-month-day, such as 2026-03-13; the "
                "letter will say “Friday 13 March”",
                name=name,
            ),
            pointer,
        )
    today = latest_today(work, application)
    if day < today:
        raise PromiseError(
            "letter-date-in-the-past",
            told(
                "%(name)s is %(day)s, which has passed: name a day from %(today)s on",
                name=name,
                day=day.isoformat(),
                today=today.isoformat(),
            ),
            pointer,
        )
    if day > today + LONGEST_AHEAD:
        raise PromiseError(
            "letter-date-too-far",
            told(
                "%(name)s is %(day)s, more than a year ahead: name an earlier day",
                name=name,
                day=day.isoformat(),
            ),
            pointer,
        )
    return day


def _read(value: str) -> date | None:
    if not _DATE.fullmatch(value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None
