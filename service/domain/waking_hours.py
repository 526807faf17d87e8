"""When a letter may reach a person: by day, on a working day, and bad news never into a weekend.

Every local date has one span of decent hours or none, whoever asks and whenever; so an instant
found here is one that will be found decent again, and no wait lasts for ever.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import count
from typing import Final
from zoneinfo import ZoneInfo

from service.domain.business_time import Calendar
from service.domain.wording import moment_words, weekday_name
from service.domain.zones import MINUTE, closing_edge, from_micros, opening_edge, to_micros

ANY_HOUR: Final = frozenset({"acknowledgement"})
"""Letters that go at once: a receipt answers what the person has just done themselves."""

_OPENS: Final = 8 * 60
_CLOSES: Final = 20 * 60
_LAST_BAD_NEWS: Final = 15 * 60
"""Minutes of the local day. After 15:00 before a weekend nobody is there to answer a question."""

_PATIENCE: Final = 31
"""Within how many days a decent one must lie; else the hours alone count."""

_LEAVING: Final = 30 * MINUTE
"""How long before the evening a letter starts that has to arrive by then: the checker, the worker
and the provider each take their minutes."""

_FRIDAY: Final = 4
_WEEKEND: Final = frozenset({5, 6})

_Span = tuple[int, int]


def zone_named(name: str | None) -> ZoneInfo | None:
    """Return a time zone by its IANA name, or ``None`` where there is no such zone."""
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


class WakingHours:
    """The decent hours of one person: their zone, and the working days of the job's calendar.

    ``final`` asks for those of a letter that ends an application. Days are local dates in the
    person's zone; the calendar says which of them are worked and which are holidays.
    """

    def __init__(self, calendar: Calendar, zone: ZoneInfo) -> None:
        self.calendar = calendar
        self.zone = zone
        self._known: dict[tuple[date, bool], _Span | None] = {}

    def next_at(self, at: datetime, *, final: bool = False) -> datetime:
        """Return the first decent instant at or after ``at``, in UTC.

        Raises:
            OutOfReachError: the search leaves the years in which calendars are known.
        """
        micros = to_micros(at)
        return next(
            from_micros(max(micros, span[0]))
            for span in self._spans(at, 1, final=final)
            if micros < span[1]
        )

    def last_at(self, at: datetime, *, final: bool = False) -> datetime:
        """Return the last decent instant at or before ``at`` from which a letter still arrives.

        Half an hour before the evening where it lies at a day's end. Errors as ``next_at``.
        """
        micros = to_micros(at)
        return next(
            from_micros(min(micros, max(span[0], span[1] - _LEAVING)))
            for span in self._spans(at, -1, final=final)
            if micros >= span[0]
        )

    def why(self, at: datetime, *, final: bool = False) -> str:
        """Return in words why a letter waits from ``at`` on, and until when, in the person's time.

        ``waits for the person's morning: Mon 30 Mar 08:00``
        """
        until = self.next_at(at, final=final)
        cause = self._cause(at, until, final=final)
        where = "" if self.zone.key == self.calendar.time_zone.key else f" in {self.zone.key}"
        what = "waits for the person's morning: "
        return f"{cause}{what}{moment_words(until, self.zone)}{where}"

    def _cause(self, at: datetime, until: datetime, *, final: bool) -> str:
        """Name what is more than a night: the first holiday on the way, or the eve of one."""
        today, awake = self._day(at), self._day(until)
        for day in _days(today, awake):
            if self._span(day, final=final) is not None:
                continue
            if (name := self.calendar.holiday(day)) is not None:
                return f"no {'rejection' if final else 'letter'} goes out on {name}; "
            if final and (name := self.calendar.holiday(day + timedelta(days=1))) is not None:
                return f"no rejection goes out on the eve of {name}; "
        span = self._decent(today, final=True) if final else None
        if span and to_micros(at) >= span[1] and self._rests(today + timedelta(days=1)):
            return f"no rejection goes out on a {weekday_name(today)} after 15:00; "
        return ""

    def _day(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()

    def _spans(self, at: datetime, step: int, *, final: bool) -> Iterator[_Span]:
        """Walk local dates, never 24 hours: a day may have 23 of them."""
        today = self._day(at)
        for days in count():
            span = self._span(today + timedelta(days=step * days), final=final)
            if span is not None:
                yield span

    def _span(self, day: date, *, final: bool) -> _Span | None:
        key = (day, final)
        if key not in self._known:
            self._known[key] = self._decent(day, final=final) or self._fallback(day, final=final)
        return self._known[key]

    def _fallback(self, day: date, *, final: bool) -> _Span | None:
        """Return a day's hours where no decent day is near: nobody waits for ever.

        A final letter then goes by the rules of every other one, and any letter by its hours.
        """
        ahead = (day + timedelta(days=days) for days in range(1, _PATIENCE))
        if any(self._decent(each, final=final) for each in ahead):
            return None
        return self._span(day, final=False) if final else self._hours(day, _CLOSES)

    def _decent(self, day: date, *, final: bool) -> _Span | None:
        if not self.calendar.is_working_day(day):
            return None
        if not final:
            return self._hours(day, _CLOSES)
        tomorrow = day + timedelta(days=1)
        if self._rests(day) or self.calendar.holiday(day) or self.calendar.holiday(tomorrow):
            return None
        return self._hours(day, _LAST_BAD_NEWS if self._rests(tomorrow) else _CLOSES)

    def _hours(self, day: date, closes: int) -> _Span | None:
        span = opening_edge(day, _OPENS, self.zone), closing_edge(day, closes, self.zone)
        return span if span[0] < span[1] else None  # a whole day may be skipped by the clock

    def _rests(self, day: date) -> bool:
        """Tell whether the week rests on this day.

        Saturday and Sunday are the weekend though somebody works then, unless the week is another
        one: its Friday is free.
        """
        week = self.calendar.spec.hours
        weekend = _WEEKEND if week[_FRIDAY] else frozenset()
        return not week[day.weekday()] or day.weekday() in weekend


def _days(first: date, last: date) -> Iterator[date]:
    """Yield the dates from ``first`` up to the day before ``last``."""
    for days in range((last - first).days):
        yield first + timedelta(days=days)
