"""Where a duration lands on a calendar: one rule a kind of duration.

A landing lies at or after the instant it was counted from; a named day or time that has passed is
an error with its remedy, never an instant in the past.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from service.domain.durations import (
    WEEKDAYS,
    BusinessDays,
    BusinessHours,
    ByTime,
    CalendarDays,
    Duration,
    DurationError,
    EndOfDay,
)
from service.domain.timetable import HORIZON, OutOfReachError, Timetable
from service.domain.wording import told
from service.domain.zones import MINUTE, resolve_wall, to_micros


class Landing(NamedTuple):
    """From where to where, in micros.

    ``start`` is where counting began, after moving to an opening. ``named`` is the wall-clock time
    a person named. ``day`` is the working day that was meant; ``asked`` the closed date that was
    asked for where the landing is the last closing before it; ``closed_at`` the local time of day
    that a business day should have landed on, where the calendar is closed then.
    """

    start: int
    due: int
    is_wall: bool = False
    named: datetime | None = None
    day: date | None = None
    asked: date | None = None
    closed_at: datetime | None = None


def land(timetable: Timetable, begin: int, amount: Duration) -> Landing:
    """Return where ``amount``, promised at ``begin``, is due. Errors as ``Calendar.add``."""
    match amount:
        case BusinessHours(minutes):
            return Landing(*timetable.forward(begin, minutes * MINUTE))
        case BusinessDays(days):
            start = timetable.opening_at_or_after(begin)
            return land_business_days(timetable, start, days)
        case CalendarDays(days):
            return Landing(begin, land_calendar_days(timetable, begin, days))
        case EndOfDay():
            start = timetable.opening_at_or_after(begin)
            day = timetable.day_of(start)
            closing = timetable.closing_of(day)
            return Landing(start, start if closing is None else closing, is_wall=True, day=day)
        case ByTime(_, at):
            if at is None:
                return _by_closing(timetable, begin, amount)
            return _by_time(timetable, begin, amount, at)


def land_business_days(timetable: Timetable, start: int, days: int) -> Landing:
    """Step working days from ``start``, an open instant (or a closing, when stepping back).

    The landing keeps the local time of day, counted from the midnight of the working day, so that
    02:00 of a night shift stays 02:00 of a night shift. Where the calendar is closed then: that
    day's last closing before it, else its first opening. A closing itself still counts as that
    day's.
    """
    closing = not timetable.over(start, start).is_open(start)
    day = timetable.day_of(start - 1 if closing else start)
    if days == 0:
        return Landing(start, start, day=day)
    target = timetable.working_day(day, days)
    local = timetable.local(start).replace(tzinfo=None)
    wanted_local = local + (target - day)
    wanted = to_micros(resolve_wall(wanted_local, timetable.zone))
    shifts = timetable.shifts_on(target)
    openings = timetable.over(min(start, wanted), max(start, wanted))
    if openings.is_open(wanted) or any(wanted == closes for _, closes in shifts):
        due, closed_at = wanted, None
    else:
        closed_at = wanted_local
        before = [closes for _, closes in shifts if closes <= wanted]
        due = max(before) if before else min(opens for opens, _ in shifts)
        # Small hours of a night shift, then a day that is over before them: never back in time.
        due = max(start, due) if days > 0 else min(start, due)
    timetable.refuse_breaks(openings, min(start, due), max(start, due))
    return Landing(start, due, day=target, closed_at=closed_at)


def land_calendar_days(timetable: Timetable, begin: int, days: int) -> int:
    """Return the same local time ``days`` dates later; before when negative."""
    if days == 0:
        return begin
    local = timetable.local(begin).replace(tzinfo=None) + timedelta(days=days)
    due = to_micros(resolve_wall(local, timetable.zone))
    return max(begin, due) if days > 0 else min(begin, due)


def _by_time(timetable: Timetable, begin: int, amount: ByTime, at: time) -> Landing:
    for day in _candidates(timetable, begin, amount.day):
        named = datetime.combine(day, at)
        due = to_micros(resolve_wall(named, timetable.zone))
        if due > begin:
            return Landing(begin, due, is_wall=True, named=named, day=day)
    raise _passed(amount)


def _by_closing(timetable: Timetable, begin: int, amount: ByTime) -> Landing:
    today = timetable.local(begin).date()
    is_weekday = amount.day in WEEKDAYS
    for day in _candidates(timetable, begin, amount.day):
        closing = timetable.closing_of(day)
        if closing is not None and closing > begin:
            return Landing(begin, closing, is_wall=True, day=day)
        if is_weekday and day == today:
            continue
        if day < today or closing is not None:
            raise _passed(amount)
        return _last_closing_before(timetable, begin, day)
    raise _passed(amount)


def _last_closing_before(timetable: Timetable, begin: int, asked: date) -> Landing:
    day = asked
    since = timetable.local(begin).date() - timedelta(days=2)
    while (day := day - timedelta(days=1)) >= since:
        closing = timetable.closing_of(day)
        if closing is not None:
            if closing > begin:
                return Landing(begin, closing, is_wall=True, day=day, asked=asked)
            break
    reason = timetable.plan.holiday(asked)
    named = {"day": asked.isoformat(), "name": timetable.spec.name}
    raise DurationError(
        told(
            "%(day)s is closed (%(holiday)s) in “%(name)s” and nothing closes before it. "
            "Name a working day, or a time such as “by %(day)s 17:00”.",
            holiday=reason,
            **named,
        )
        if reason
        else told(
            "%(day)s is closed in “%(name)s” and nothing closes before it. "
            "Name a working day, or a time such as “by %(day)s 17:00”.",
            **named,
        )
    )


def _candidates(timetable: Timetable, begin: int, named: str | date) -> tuple[date, ...]:
    """Return the dates a day's name may mean, nearest first."""
    today = timetable.local(begin).date()
    if isinstance(named, date):
        if (named - today).days * 24 * 60 * MINUTE > HORIZON:
            raise OutOfReachError(
                told(
                    "%(day)s lies more than 20 years ahead. Name a nearer date.",
                    day=named.isoformat(),
                )
            )
        return (named,)
    if named == "today":
        return (today,)
    if named == "tomorrow":
        return (today + timedelta(days=1),)
    ahead = (WEEKDAYS.index(named) - today.weekday()) % 7
    return today + timedelta(days=ahead), today + timedelta(days=ahead + 7)


def _passed(amount: ByTime) -> DurationError:
    return DurationError(
        told("“%(amount)s” has passed. Name a later day or time.", amount=str(amount))
    )
