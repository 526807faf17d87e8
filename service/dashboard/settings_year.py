"""A calendar's year, month by month: which days are worked, and why the others are not.

Every day that differs from its weekday is named beneath its month, so that no meaning hangs on a
colour or on a cell that is too small to touch.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date

from flask_babel import format_date
from flask_babel import gettext as _

from service.dashboard.settings_calendar_form import shifts_text
from service.domain.business_time import Calendar
from service.domain.calendars import Shift


@dataclass(frozen=True)
class DayCell:
    """One day: ``style`` is ``open``, ``rest``, ``holiday``, ``own`` or ``off``."""

    number: int
    style: str
    note: str


@dataclass(frozen=True)
class MonthTable:
    """One month in whole weeks, Monday first; ``None`` is a day of another month."""

    name: str
    weeks: tuple[tuple[DayCell | None, ...], ...]
    notes: tuple[tuple[str, str, str], ...]
    """Style, date and words of every day that is not as usual."""
    worked: int


def year_of(compiled: Calendar, year: int) -> list[MonthTable]:
    """Return the twelve months of a year."""
    return [_month(compiled, year, month) for month in range(1, 13)]


def weekday_heads() -> list[tuple[str, str]]:
    """Return the weekdays, Monday first: short for the head of a column, and in full."""
    monday = date(2026, 3, 2)
    days = [monday.replace(day=monday.day + each) for each in range(7)]
    return [(format_date(day, "EEEEEE"), format_date(day, "EEEE")) for day in days]


def _month(compiled: Calendar, year: int, month: int) -> MonthTable:
    weeks: list[tuple[DayCell | None, ...]] = []
    notes: list[tuple[str, str, str]] = []
    worked = 0
    for week in calendar.Calendar().monthdatescalendar(year, month):
        cells: list[DayCell | None] = []
        for day in week:
            if day.month != month:
                cells.append(None)
                continue
            cell = _cell(compiled, day)
            cells.append(cell)
            worked += cell.style in ("open", "own")
            if cell.note:
                notes.append((cell.style, format_date(day, "EEE d"), cell.note))
        weeks.append(tuple(cells))
    return MonthTable(format_date(date(year, month, 1), "LLLL"), tuple(weeks), tuple(notes), worked)


def _cell(compiled: Calendar, day: date) -> DayCell:
    own, name = compiled.spec.days.get(day), compiled.holiday(day)
    usual = compiled.spec.hours[day.weekday()]
    if own:
        return DayCell(day.day, "own", _("open %(hours)s", hours=_hours(own)))
    if own is not None:
        said = _("closed by the company") if name in (None, "a day off") else name
        return DayCell(day.day, "off" if usual else "rest", said if usual and said else "")
    if name is not None:
        return DayCell(day.day, "holiday", name)
    return DayCell(day.day, "open" if usual else "rest", "")


def _hours(shifts: tuple[Shift, ...]) -> str:
    return shifts_text([[_clock(opens), _clock(closes)] for opens, closes in shifts])


def _clock(minute: int) -> str:
    minute = minute if minute <= 1440 else minute - 1440
    return f"{minute // 60:02d}:{minute % 60:02d}"
