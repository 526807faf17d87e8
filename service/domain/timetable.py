"""A calendar that compiles itself as far as it is asked: searches never run off its end.

Threads share it: a search reads one immutable ``Openings``, and growing swaps in a wider one. A
search ends in an answer or in a clear error, never in a wrong instant.
"""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime
from typing import Final

from service.domain.calendars import CalendarSpec, HolidaySource
from service.domain.openings import LONGEST_CLOSURE, DayOpenings, DayPlan, Openings
from service.domain.wording import ToldError, to_say, told
from service.domain.zones import MINUTE, from_micros, to_micros

FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2200
_DAY: Final = 24 * 60 * MINUTE
HORIZON: Final = 20 * 366 * _DAY
"""Twenty years: how far a search may walk. A calendar open an hour a week must not be walked for
ever, and no promise to a candidate lies further away."""


_REACH_FROM: Final = to_micros(datetime(FIRST_YEAR, 1, 1, tzinfo=UTC))
_REACH_TO: Final = to_micros(datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC))


_CLOSED: Final = {
    "after": to_say(
        "The calendar “%(name)s” has no opening within two years after %(at)s. "
        "Add opening hours, or end the closure."
    ),
    "before": to_say(
        "The calendar “%(name)s” has no opening within two years before %(at)s. "
        "Add opening hours, or end the closure."
    ),
    "at": to_say(
        "The calendar “%(name)s” has no opening within two years at %(at)s. "
        "Add opening hours, or end the closure."
    ),
}
"""What is said of a long closure, by the side of the instant on which it lies."""


class NoOpeningError(ToldError):
    """The calendar stays closed for more than two years; the message names the remedy."""


class OutOfReachError(ToldError):
    """An instant outside 1900 to 2200, or a deadline more than twenty years away."""


class Timetable:
    """The openings of one calendar, compiled year by year on demand. All instants are micros."""

    def __init__(self, spec: CalendarSpec, holidays: HolidaySource | None) -> None:
        self.spec = spec
        self.zone = spec.time_zone
        self.plan = DayPlan(spec, holidays)
        self._growing = threading.Lock()
        self._years: dict[int, dict[int, DayOpenings]] = {}
        self._openings: Openings | None = None

    def over(self, low: int, high: int) -> Openings:
        """Return openings that cover ``[low, high]``."""
        openings = self._openings
        if openings is not None and openings.covers(low, high):
            return openings
        return self._grown(_year(low - 3 * _DAY), _year(high + 3 * _DAY))

    def refuse_out_of_reach(self, at: int) -> None:
        """Raise ``OutOfReachError`` for an instant outside the years a calendar is known for."""
        if not _REACH_FROM <= at < _REACH_TO:
            _year(at)  # where nothing could say it, that is the fault
            raise _out_of_reach(from_micros(at).date().isoformat())

    def opening_at_or_after(self, at: int) -> int:
        """Return ``at`` where the calendar is open, else the next opening."""
        return self.forward(at, 0)[0]

    def forward(self, begin: int, amount: int) -> tuple[int, int]:
        """Return where counting starts and where ``amount`` of working time ends."""
        openings = self._openings
        if openings is None or not openings.covers_from <= begin <= openings.covers_to:
            # What is compiled is within reach.
            self.refuse_out_of_reach(begin)
            openings = self.over(begin, begin)
        while (found := openings.forward(begin, amount)) is None:
            since = max(begin, openings.ends[-1]) if openings.ends else begin
            if openings.covers_to - since > LONGEST_CLOSURE:
                raise self._closed(since, "after")
            openings = self._wider(openings, begin, openings.covers_to)
        start, due = found
        if start - begin > LONGEST_CLOSURE:
            raise self._closed(begin, "after")
        if openings.breaks:
            self.refuse_breaks(openings, start, due)
        return found

    def backward(self, end: int, amount: int) -> tuple[int, int]:
        """Mirror ``forward``: where counting starts, and what lies ``amount`` before."""
        openings = self.over(end, end)
        while (found := openings.backward(end, amount)) is None:
            since = min(end, openings.starts[0]) if openings.starts else end
            if since - openings.covers_from > LONGEST_CLOSURE:
                raise self._closed(since, "before")
            openings = self._wider(openings, openings.covers_from, end)
        start, due = found
        if end - start > LONGEST_CLOSURE:
            raise self._closed(end, "before")
        self.refuse_breaks(openings, due, start)
        return found

    def refuse_breaks(self, openings: Openings, low: int, high: int) -> None:
        """Raise ``NoOpeningError`` when a closure of over two years lies between open instants."""
        if openings.breaks and (since := openings.break_between(low, high)) is not None:
            raise self._closed(since, "after")

    def day_of(self, at: int) -> date:
        """Return the working day an open instant belongs to: where the shift that holds it starts.

        Where shifts of several dates overlap, the latest date counts.
        """
        days = self.over(at, at).days
        today = self.local(at).toordinal()
        for ordinal in (today + 1, today, today - 1, today - 2):
            if any(opens <= at < closes for opens, closes in days.get(ordinal, ())):
                return date.fromordinal(ordinal)
        raise self._closed(at, "at")

    def working_day(self, day: date, count: int) -> date:
        """Return the ``count``-th working day after a working day; before it when negative."""
        openings = self._grown(day.year, day.year)
        while not 0 <= (index := openings.position(day) + count) < len(openings.working_days):
            edge = date.fromordinal(openings.working_days[-1 if count > 0 else 0])
            first = openings.first_year - (count < 0)
            last = openings.last_year + (count > 0)
            # Only the side that is walked counts, however far the other one is compiled.
            if (last - edge.year if count > 0 else edge.year - first) > 3:
                raise self._closed(openings.days[edge.toordinal()][-1][1], _side(count))
            if (last - day.year if count > 0 else day.year - first) > 21:
                raise self._too_far()
            openings = self._grown(first, last)
        return date.fromordinal(openings.working_days[index])

    def shifts_on(self, day: date) -> DayOpenings:
        """Return the openings that start on a local date."""
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise _out_of_reach(day.isoformat())
        return self._grown(day.year, day.year).days.get(day.toordinal(), ())

    def closing_of(self, day: date) -> int | None:
        """Return the last closing of the shifts that start on a date; ``None`` where none do."""
        return max((closes for _, closes in self.shifts_on(day)), default=None)

    def local(self, at: int) -> datetime:
        """Return the instant in the calendar's zone."""
        return from_micros(at).astimezone(self.zone)

    def _wider(self, openings: Openings, low: int, high: int) -> Openings:
        """One year more on the side where ``[low, high]`` touches the cover's end."""
        if high - low > HORIZON:
            raise self._too_far()
        first = openings.first_year - (low <= openings.covers_from)
        last = openings.last_year + (high >= openings.covers_to)
        return self._grown(first, last)

    def _grown(self, first: int, last: int) -> Openings:
        """Compile so that the years ``first`` to ``last`` are known."""
        openings = self._openings
        if openings and openings.first_year <= first and last <= openings.last_year:
            return openings
        if first < FIRST_YEAR or last > LAST_YEAR:
            raise _out_of_reach(str(first if first < FIRST_YEAR else last))
        with self._growing:
            if (openings := self._openings) is not None:
                first = min(first, openings.first_year)
                last = max(last, openings.last_year)
            for year in range(first, last + 1):
                if year not in self._years:
                    self._years[year] = self.plan.compiled(year)
            self._openings = openings = Openings.of(self._years)
        return openings

    def _too_far(self) -> OutOfReachError:
        return OutOfReachError(
            told(
                "“%(name)s” opens so little that this lies more than 20 years away. "
                "Shorten the time, or add opening hours.",
                name=self.spec.name,
            )
        )

    def _closed(self, since: int, side: str) -> NoOpeningError:
        at = f"{self.local(since):%Y-%m-%d %H:%M}"
        return NoOpeningError(told(_CLOSED[side], name=self.spec.name, at=at))


def _side(count: int) -> str:
    return "after" if count > 0 else "before"


def _year(micros: int) -> int:
    try:
        return from_micros(micros).year
    except OverflowError:
        raise _out_of_reach(told("This instant")) from None


def _out_of_reach(what: str) -> OutOfReachError:
    return OutOfReachError(
        told(
            "%(what)s lies outside %(first)s to %(last)s, where calendars are "
            "known. Check the date.",
            what=what,
            first=FIRST_YEAR,
            last=LAST_YEAR,
        )
    )
