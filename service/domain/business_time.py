"""Working time on a calendar: adding it, measuring it, and saying how a deadline came about.

A deadline is computed once and stored; adding and measuring are binary searches over compiled UTC
intervals, so no answer depends on the time of asking or on summer time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from service.domain.calendars import (
    CalendarDocumentError,
    CalendarSpec,
    HolidaySource,
)
from service.domain.durations import BusinessDays, BusinessHours, CalendarDays, Duration
from service.domain.landings import land, land_business_days, land_calendar_days
from service.domain.timetable import HORIZON, NoOpeningError, OutOfReachError, Timetable
from service.domain.traces import TraceStep, explain
from service.domain.wording import told
from service.domain.zones import MINUTE, from_micros, resolve_wall, to_micros

__all__ = [
    "Calendar",
    "Deadline",
    "NoOpeningError",
    "OutOfReachError",
    "TraceStep",
    "WallTime",
    "resolve_wall",
]


@dataclass(frozen=True, slots=True)
class WallTime:
    """What the clock on the wall will show: it outlives a change of the zone's rules.

    ``local`` is naive ISO to the minute (``2026-03-27T17:00``), as it was named; ``zone`` an IANA
    name. ``resolve_wall`` makes the instant again.
    """

    local: str
    zone: str


class Deadline(NamedTuple):
    """When something is due, and why.

    ``wall`` is set only where a wall-clock time was promised; every other deadline is its instant.
    """

    due_at: datetime
    due_local: datetime
    trace: tuple[TraceStep, ...]
    wall: WallTime | None


class Calendar:
    """Opening hours that can be counted in. Safe to share between threads."""

    def __init__(self, spec: CalendarSpec, holidays: HolidaySource | None = None) -> None:
        self.spec = spec
        self._timetable = Timetable(spec, holidays)
        self._zone = spec.time_zone

    @classmethod
    def from_document(
        cls,
        document: Mapping[str, object],
        holidays_for: Callable[[str, str | None], HolidaySource],
    ) -> Calendar:
        """Read a calendar as the API takes it.

        ``holidays_for`` answers a country and subdivision with a source; for an unknown one it
        raises a ``ValueError`` whose ``field`` says which of the two is at fault.

        Raises:
            CalendarDocumentError: with every fault at once, an unknown region's too.
        """
        faults: list[tuple[str, str]] = []
        source: HolidaySource | None = None
        country, subdivision = CalendarSpec.region_in(document)
        if country is not None:
            try:
                source = holidays_for(country, subdivision)
            except ValueError as unknown:
                field = getattr(unknown, "field", "country")
                faults.append((f"/holidays/{field}", str(unknown)))
        try:
            spec = CalendarSpec.from_document(document)
        except CalendarDocumentError as wrong:
            raise CalendarDocumentError([*wrong.faults, *faults]) from None
        if faults:
            raise CalendarDocumentError(faults)
        return cls(spec, source)

    @property
    def name(self) -> str:
        """The calendar's name."""
        return self.spec.name

    @property
    def time_zone(self) -> ZoneInfo:
        """The zone the opening hours are written in."""
        return self.spec.time_zone

    def add(self, start: datetime, amount: Duration, *, trace: bool = True) -> Deadline:
        """Return when something promised at ``start`` for ``amount`` is due.

        A start in closed time first moves to the next opening (not for ``CalendarDays`` and
        ``ByTime``, which are wall-clock), so zero business hours from a Saturday is Monday's
        opening. ``trace=False`` leaves the trace empty and takes microseconds.

        A bare ``by <weekday>`` is today while today's closing lies ahead, else the next such day;
        where the day is closed, the last closing before it and after ``start``.

        Raises:
            NoOpeningError: the calendar stays closed for more than two years.
            DurationError: the named day or time has passed, or nothing closes before a closed one.
            OutOfReachError: the instants leave 1900 to 2200, or lie 20 years apart.
            ValueError: ``start`` is naive.
        """
        begin = to_micros(start)
        if not trace and isinstance(amount, BusinessHours):
            # What is asked most often, without what only an explanation needs.
            due = self._timetable.forward(begin, amount.minutes * MINUTE)[1]
            if due - begin > HORIZON:
                raise self._too_far(amount)
            due_at = from_micros(due)
            return Deadline(due_at, due_at.astimezone(self._zone), (), None)
        self._timetable.refuse_out_of_reach(begin)
        landing = land(self._timetable, begin, amount)
        if landing.due - begin > HORIZON:
            raise self._too_far(amount)
        due_at = from_micros(landing.due)
        due_local = due_at.astimezone(self._zone)
        wall = None
        if landing.is_wall:
            local = landing.named or due_local.replace(tzinfo=None)
            wall = WallTime(local.isoformat(timespec="minutes"), self.time_zone.key)
        steps = explain(self._timetable, begin, amount, landing) if trace else ()
        return Deadline(due_at, due_local, steps, wall)

    def _too_far(self, amount: Duration) -> OutOfReachError:
        return OutOfReachError(
            told(
                "%(amount)s in “%(name)s” would be due more than 20 years ahead. Shorten it.",
                amount=str(amount),
                name=self.name,
            )
        )

    def subtract(
        self, end: datetime, amount: BusinessHours | BusinessDays | CalendarDays
    ) -> datetime:
        """Return the UTC instant that lies ``amount`` before ``end``, for a warning.

        An end in closed time first moves back to the last closing; an exact fit is the opening, so
        that subtracting what was added gives the (open) start back. Business days land like added
        ones: same local time, else that day's last closing before it, else its first opening.

        Raises:
            NoOpeningError, OutOfReachError, ValueError: as ``add``.
        """
        at = to_micros(end)
        timetable = self._timetable
        timetable.refuse_out_of_reach(at)
        match amount:
            case BusinessHours(minutes):
                return from_micros(timetable.backward(at, minutes * MINUTE)[1])
            case BusinessDays(days):
                if not timetable.over(at, at).is_open(at):
                    at = timetable.backward(at, 0)[0]
                return from_micros(land_business_days(timetable, at, -days).due)
            case CalendarDays(days):
                return from_micros(land_calendar_days(timetable, at, -days))

    def working_time(self, start: datetime, end: datetime) -> timedelta:
        """Return the opening time between two instants.

        Raises:
            ValueError: ``end`` lies before ``start``, or one is naive.
        """
        low, high = to_micros(start), to_micros(end)
        if high < low:
            msg = f"{end.isoformat()} lies before {start.isoformat()}. Swap start and end."
            raise ValueError(msg)
        openings = self._timetable.over(low, high)
        worked = openings.worked_until(high) - openings.worked_until(low)
        return timedelta(microseconds=worked)

    def is_open(self, at: datetime) -> bool:
        """Whether the calendar is open: at an opening it is, at a closing no more."""
        micros = to_micros(at)
        return self._timetable.over(micros, micros).is_open(micros)

    def next_opening(self, at: datetime) -> datetime:
        """Return ``at`` in UTC where the calendar is open, else its next opening."""
        return from_micros(self._timetable.opening_at_or_after(to_micros(at)))

    def is_working_day(self, day: date) -> bool:
        """Whether a shift starts on this local date."""
        return bool(self._timetable.shifts_on(day))

    def holiday(self, day: date) -> str | None:
        """Return what a date is a holiday for, or ``None``: it has to do with people, not shifts.

        A public holiday by its name, though somebody works on it; "a day off" where a day of the
        calendar's own closes a weekday that is usually open.
        """
        name = self._timetable.plan.holiday(day)
        if name is None and self.spec.days.get(day) == () and self._timetable.plan.usual(day):
            return "a day off"
        return name
