"""A calendar compiled: sorted, disjoint opening intervals in UTC with their prefix sums.

An ``Openings`` never changes; a wider one replaces it. Within its cover every interval is whole,
so an answer does not depend on how much happens to be compiled.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from service.domain.calendars import CalendarSpec, HolidaySource, Shift
from service.domain.zones import MINUTE, closing_edge, opening_edge, to_micros

LONGEST_CLOSURE: Final = 731 * 24 * 60 * MINUTE
"""Two years, in microseconds: a calendar closed for longer has no opening."""

DayOpenings = tuple[tuple[int, int], ...]
"""The shifts that start on one date, as pairs of micros, sorted by opening."""


class DayPlan:
    """Which shifts start on a date: its own, else none on a holiday, else the weekday's."""

    def __init__(self, spec: CalendarSpec, holidays: HolidaySource | None) -> None:
        self._spec = spec
        self._holidays = holidays
        self._years: dict[int, Mapping[date, str]] = {}

    def shifts(self, day: date) -> tuple[Shift, ...]:
        """Return the shifts that start on a date."""
        own = self._spec.days.get(day)
        if own is not None:
            return own
        return () if self.holiday(day) else self.usual(day)

    def usual(self, day: date) -> tuple[Shift, ...]:
        """Return the weekday's shifts, whatever holiday or special day replaces them."""
        return self._spec.hours[day.weekday()]

    def holiday(self, day: date) -> str | None:
        """Return the name of the public holiday on a date."""
        if self._holidays is None:
            return None
        names = self._years.get(day.year)
        if names is None:
            names = self._years[day.year] = dict(self._holidays(day.year))
        return names.get(day)

    def compiled(self, year: int) -> dict[int, DayOpenings]:
        """Return the year's openings by the ordinal of the local date they start on."""
        zone = self._spec.time_zone
        found: dict[int, DayOpenings] = {}
        day = date(year, 1, 1)
        while day.year == year:
            edges = (
                (opening_edge(day, opens, zone), closing_edge(day, closes, zone))
                for opens, closes in self.shifts(day)
            )
            # A shift that falls into a gap of the clock is nothing, and makes no working day.
            if openings := tuple(sorted((a, b) for a, b in edges if a < b)):
                found[day.toordinal()] = openings
            day += timedelta(days=1)
        return found


@dataclass(frozen=True, slots=True)
class Openings:
    """Opening intervals of whole local years.

    ``worked[i]`` is the working time in micros before interval ``i``, counted from the first one;
    it has one entry more than there are intervals. ``breaks`` are the indices of intervals that
    follow a closure of more than two years.
    """

    first_year: int
    last_year: int
    covers_from: int
    covers_to: int
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    worked: tuple[int, ...]
    breaks: tuple[int, ...]
    days: Mapping[int, DayOpenings]
    working_days: tuple[int, ...]

    @classmethod
    def of(cls, years: Mapping[int, Mapping[int, DayOpenings]]) -> Openings:
        """Merge compiled years, which must follow one another without a hole."""
        first, last = min(years), max(years)
        days = {
            ordinal: shifts for year in sorted(years) for ordinal, shifts in years[year].items()
        }
        starts: list[int] = []
        ends: list[int] = []
        for opens, closes in sorted(shift for shifts in days.values() for shift in shifts):
            if ends and opens <= ends[-1]:
                ends[-1] = max(ends[-1], closes)
            else:
                starts.append(opens)
                ends.append(closes)
        worked = [0]
        for opens, closes in zip(starts, ends, strict=True):
            worked.append(worked[-1] + closes - opens)
        breaks = (i for i in range(1, len(starts)) if starts[i] - ends[i - 1] > LONGEST_CLOSURE)
        return cls(
            first_year=first,
            last_year=last,
            # A neighbouring year's shift reaches in by less than a day, and zones lie within one
            # day of UTC: two days inside the years nothing is missing.
            covers_from=to_micros(datetime(first, 1, 3, tzinfo=UTC)),
            covers_to=to_micros(datetime(last, 12, 30, tzinfo=UTC)),
            starts=tuple(starts),
            ends=tuple(ends),
            worked=tuple(worked),
            breaks=tuple(breaks),
            days=days,
            working_days=tuple(sorted(days)),
        )

    def covers(self, low: int, high: int) -> bool:
        """Whether every interval touching ``[low, high]`` is known whole on the inside."""
        return self.covers_from <= low and high <= self.covers_to

    def at_or_after(self, at: int) -> int:
        """Return the index of the interval open at ``at``, else of the next one (or the count)."""
        return bisect_right(self.ends, at)

    def at_or_before(self, at: int) -> int:
        """Return the index of the last interval that starts before ``at``, or -1."""
        return bisect_left(self.starts, at) - 1

    def is_open(self, at: int) -> bool:
        """Whether ``at`` lies in an interval: an opening does, a closing does not."""
        index = self.at_or_after(at)
        return index < len(self.starts) and self.starts[index] <= at

    def worked_until(self, at: int) -> int:
        """Return the working time before ``at``, in micros, on the scale of ``worked``."""
        index = self.at_or_after(at)
        if index == len(self.starts):
            return self.worked[-1]
        return self.worked[index] + max(0, at - self.starts[index])

    def forward(self, begin: int, amount: int) -> tuple[int, int] | None:
        """Return where counting starts and where ``amount`` micros of working time end.

        An exact fit ends at the closing. ``None`` when the cover ends first.
        """
        index = bisect_right(self.ends, begin)
        if index == len(self.starts):
            return None
        opens = self.starts[index]
        start = max(opens, begin)
        target = self.worked[index] + start - opens + amount
        if target > self.worked[-1]:
            return None
        if amount == 0:
            return (start, start) if start <= self.covers_to else None
        landing = bisect_left(self.worked, target) - 1
        due = self.starts[landing] + target - self.worked[landing]
        return (start, due) if due <= self.covers_to else None

    def backward(self, end: int, amount: int) -> tuple[int, int] | None:
        """Mirror ``forward``: where counting starts, and what lies ``amount`` micros before.

        An exact fit ends at the opening. ``None`` when the cover ends first.
        """
        index = self.at_or_before(end)
        if index < 0:
            return None
        start = min(end, self.ends[index])
        target = self.worked[index] + start - self.starts[index] - amount
        if target < 0:
            return None
        if amount == 0:
            return (start, start) if start >= self.covers_from else None
        landing = bisect_right(self.worked, target) - 1
        found = self.starts[landing] + target - self.worked[landing]
        return (start, found) if found >= self.covers_from else None

    def break_between(self, low: int, high: int) -> int | None:
        """Return when the first closure of over two years between two instants begins."""
        return next(
            (
                self.ends[index - 1]
                for index in self.breaks
                if low <= self.ends[index - 1] and self.starts[index] <= high
            ),
            None,
        )

    def position(self, day: date) -> int:
        """Return the index among ``working_days`` of a date, or of the next one after it."""
        return bisect_left(self.working_days, day.toordinal())
