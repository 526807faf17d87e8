"""Tries a length of time on a calendar: when it would be due from some start, and why.

It computes with the very code that dates promises, and keeps nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from flask_babel import gettext as _

from service.dashboard.saying import cause
from service.dashboard.wording import moment_words
from service.domain.business_time import Calendar, NoOpeningError, OutOfReachError, resolve_wall
from service.domain.durations import WEEKDAYS, ByTime, Duration, DurationError, EndOfDay, parse

_NOW: Final = frozenset({"", "now"})
_YEARS: Final = (2000, 2100)
"""Within which calendars are worth asking."""
_T: Final = re.compile(r"(\d{4}-\d{2}-\d{2})[tT](\d{2}:\d{2})")


@dataclass
class DueTest:
    """What was asked, and the answer: ``due`` and ``trace`` in words, or faults by field."""

    within: str = ""
    start: str = ""
    due: str = ""
    start_words: str = ""
    trace: tuple[str, ...] = ()
    faults: dict[str, str] = field(default_factory=dict)


def due_test(compiled: Calendar, asked: Mapping[str, str], now: datetime) -> DueTest:
    """Return what ``within`` and ``from`` amount to in this calendar; empty where none is asked."""
    test = DueTest(asked.get("within", "").strip()[:200], asked.get("from", "").strip()[:200])
    if not test.within:
        return test
    try:
        amount = parse(test.within)
    except DurationError as error:
        test.faults["within"] = cause(error)
        return test
    try:
        start = _start(compiled, test.start, now)
    except DurationError as error:
        test.faults["from"] = cause(error)
        return test
    try:
        deadline = compiled.add(start, amount)
    except (DurationError, NoOpeningError, OutOfReachError) as error:
        test.faults["within"] = cause(error)
        return test
    test.due = moment_words(deadline.due_at, compiled.time_zone)
    test.start_words = moment_words(start, compiled.time_zone)
    test.trace = tuple(step.text for step in deadline.trace)
    return test


def _start(compiled: Calendar, said: str, now: datetime) -> datetime:
    if said.lower() in _NOW:
        return now
    try:
        named: Duration = parse(_T.sub(r"\1 \2", said))
    except DurationError:
        named = EndOfDay()
    if not isinstance(named, ByTime) or named.at is None:
        raise _unclear()
    today = now.astimezone(compiled.time_zone).date()
    if not isinstance(named.day, str):
        day = named.day
    elif named.day in WEEKDAYS:
        day = today + timedelta(days=(WEEKDAYS.index(named.day) - today.weekday()) % 7)
    else:
        day = today + timedelta(days=named.day == "tomorrow")
    if not _YEARS[0] <= day.year <= _YEARS[1]:
        raise _unclear()
    return resolve_wall(datetime.combine(day, named.at), compiled.time_zone)


def _unclear() -> DurationError:
    return DurationError(_("Name a day and a time, such as “Friday 16:30” or “2026-03-27 16:30”."))
