"""Why a deadline lies where it does: the steps walked, in words a person can read.

A trace is computed with the deadline and stored beside it; no deadline is ever computed from one.
Steps come in the order of time, the landing last.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from service.domain.calendars import DAY_KEYS
from service.domain.durations import (
    BusinessDays,
    BusinessHours,
    ByTime,
    CalendarDays,
    Duration,
    EndOfDay,
)
from service.domain.landings import Landing
from service.domain.timetable import Timetable
from service.domain.zones import (
    MINUTE,
    closing_edge,
    from_micros,
    is_repeated,
    is_skipped,
    next_change,
    opening_edge,
)

LISTED: Final = 10
"""How many openings or working days are listed at each end of a long walk."""

# Not strftime: its names follow the process's locale, and a trace is stored.
_MONTHS: Final = "JanFebMarAprMayJunJulAugSepOctNovDec"


@dataclass(frozen=True, slots=True)
class TraceStep:
    """One step on the way to a deadline.

    ``kind`` is one of ``moved`` (to the next opening), ``counted`` (an opening, or several),
    ``working_day``, ``days``, ``named`` (a day or time that was named), ``holiday``, ``closed`` and
    ``special_hours`` (an own day of the calendar), ``adjusted`` (closed at that time of day),
    ``clock_change`` and ``landed``. ``text`` says it in English; the other fields are for programs,
    minutes of opening time among them.
    """

    kind: str
    text: str
    from_at: datetime | None = None
    to_at: datetime | None = None
    on: date | None = None
    minutes: float | None = None
    remaining: float | None = None
    name: str | None = None

    def to_document(self) -> dict[str, object]:
        """Return the step as JSON holds it, without what is not set; instants end in ``Z``.

        A stretch has ``from`` and ``to``, a moment has ``at``.
        """
        document: dict[str, object] = {"kind": self.kind, "text": self.text}
        until = "at" if self.from_at is None else "to"
        for key, instant in (("from", self.from_at), (until, self.to_at)):
            if instant is not None:
                document[key] = instant.isoformat().replace("+00:00", "Z")
        if self.on is not None:
            document["on"] = self.on.isoformat()
        for key, number in (("minutes", self.minutes), ("remaining", self.remaining)):
            if number is not None:
                document[key] = number
        if self.name is not None:
            document["name"] = self.name
        return document


def explain(
    timetable: Timetable, begin: int, amount: Duration, landing: Landing
) -> tuple[TraceStep, ...]:
    """Return the steps from ``begin`` (micros) to where ``amount`` landed."""
    walk = _Walk(timetable, begin, landing)
    steps = [*walk.clock_changes()]
    if landing.start > begin:
        steps.append(walk.moved())
    match amount:
        case BusinessHours():
            steps += [*walk.counted(), *walk.own_days(landing.due)]
        case BusinessDays(days):
            steps += [*walk.working_days(days), *walk.own_days(landing.due)]
        case CalendarDays(days):
            steps.append(walk.days(days))
        case EndOfDay():
            steps += [walk.closing(), *walk.own_days(landing.due)]
        case ByTime(_, at):
            steps.append(walk.closing() if at is None else walk.named())
    return (*(step for _, step in sorted(steps, key=lambda found: found[0])), walk.landed())


_Dated = tuple[int, TraceStep]


class _Walk:
    """One way from start to due; each method tells one kind of step, with its place in time."""

    def __init__(self, timetable: Timetable, begin: int, landing: Landing) -> None:
        self.timetable = timetable
        self.begin = begin
        self.landing = landing
        self.year = timetable.local(begin).year

    def moved(self) -> _Dated:
        text = f"{self.when(self.begin)}: closed; counting starts {self.when(self.landing.start)}"
        return self.begin, self.step("moved", text, self.begin, self.landing.start)

    def counted(self) -> Iterator[_Dated]:
        start, due = self.landing.start, self.landing.due
        openings = self.timetable.over(start, due)
        first = openings.at_or_after(start)
        last = openings.at_or_before(due)
        begun, total = openings.worked_until(start), openings.worked_until(due)
        index = first
        while index <= last:
            several = index == first + LISTED and last - index >= LISTED
            until = last - LISTED if several else index
            low, high = max(start, openings.starts[index]), min(due, openings.ends[until])
            worked = openings.worked_until(high) - max(begun, openings.worked_until(low))
            left = total - openings.worked_until(high)
            what = f" in {until - index + 1} openings" if several else ""
            text = f"{self.span(low, high)}: {_length(worked)} counted{what}, {_length(left)} left"
            step = self.step("counted", text, low, high, minutes=worked, remaining=left)
            yield low, step
            index = until + 1

    def working_days(self, days: int) -> Iterator[_Dated]:
        if days == 0:
            return
        day = self.timetable.day_of(self.landing.start)
        count = 1
        while count <= days:
            reached = self.timetable.working_day(day, count)
            if count == LISTED + 1 and days - count > LISTED:
                count = days - LISTED
                text = f"… working days {LISTED + 1} to {count}"
            else:
                text = f"{self.day(reached)}: working day {count} of {days}"
            count += 1
            at = self.timetable.shifts_on(reached)[0][0]
            yield at, TraceStep("working_day", text, on=reached)
        if (closed := self.landing.closed_at) is not None:
            wanted = f"{self.day(closed.date())} {_time(closed)}"
            text = f"{wanted}: closed; {self.when(self.landing.due)} counts"
            yield self.landing.due, self.step("adjusted", text, to=self.landing.due)

    def days(self, days: int) -> _Dated:
        local = self.timetable.local(self.begin)
        due = self.timetable.local(self.landing.due)
        unit = "day" if days == 1 else "days"
        text = f"{self.when(self.begin)} and {days} {unit}: {self.day(due.date())}, same time"
        if local.time() != due.time():
            text = f"{text}, which the clock skips"
        return self.landing.due, self.step("days", text, self.begin, self.landing.due)

    def closing(self) -> _Dated:
        landing = self.landing
        day = landing.day or self.timetable.local(landing.due).date()
        text = f"{self.day(day)} closes at {self.closing_time(day)}"
        if (asked := landing.asked) is not None:
            holiday = self.timetable.plan.holiday(asked)
            why = f"closed, {holiday}" if holiday else "closed"
            text = f"{self.day(asked)}: {why}; the last closing before it counts: {text}"
        return landing.due, self.step("named", text, to=landing.due, on=landing.asked or day)

    def named(self) -> _Dated:
        named = self.landing.named or self.timetable.local(self.landing.due).replace(tzinfo=None)
        text = f"{self.day(named.date())} {_time(named)} was named"
        if is_skipped(named, self.timetable.zone):
            text += (
                f"; the clock skips it, so {_time(self.timetable.local(self.landing.due))} counts"
            )
        elif is_repeated(named, self.timetable.zone):
            text += "; it comes twice, and the later one counts"
        return self.landing.due, self.step("named", text, to=self.landing.due, on=named.date())

    def own_days(self, until: int) -> Iterator[_Dated]:
        """Holidays and special days whose change of hours touches the walk."""
        zone, plan = self.timetable.zone, self.timetable.plan
        day = self.timetable.local(self.begin).date() - timedelta(days=1)
        last = self.timetable.local(until).date()
        while day <= last:
            usual, shifts = plan.usual(day), plan.shifts(day)
            if usual != shifts and (either := [*usual, *shifts]):
                opens = opening_edge(day, min(shift[0] for shift in either), zone)
                closes = closing_edge(day, max(shift[1] for shift in either), zone)
                if self.begin < closes and opens < until:
                    yield opens, self.own_day(day)
            day += timedelta(days=1)

    def own_day(self, day: date) -> TraceStep:
        holiday = self.timetable.plan.holiday(day)
        openings = self.timetable.shifts_on(day)
        if openings:
            hours = ", ".join(
                f"{_time(self.timetable.local(opens))}–{self.closing_time(day, closes)}"
                for opens, closes in openings
            )
            text = f"{self.day(day)}: open {hours}, special day"
            text = f"{text} ({holiday})" if holiday else text
            return TraceStep("special_hours", text, on=day, name=holiday)
        if holiday:
            return TraceStep("holiday", f"{self.day(day)}: closed, {holiday}", on=day, name=holiday)
        return TraceStep("closed", f"{self.day(day)}: closed, special day", on=day)

    def clock_changes(self) -> Iterator[_Dated]:
        at, zone = self.begin, self.timetable.zone
        while (change := next_change(at, self.landing.due, zone)) is not None:
            at, shift = change
            way = "forward" if shift > timedelta() else "back"
            length = _length(abs(shift) // timedelta(microseconds=1))
            before = self.timetable.local(at - 1) + timedelta(microseconds=1)
            text = f"{self.day(before.date())} {_time(before)}: clocks go {way} {length}"
            yield at, self.step("clock_change", text, to=at)

    def landed(self) -> TraceStep:
        due = self.landing.due
        local, utc = self.timetable.local(due), from_micros(due)
        zone = self.timetable.zone.key
        also = _time(utc) if local.date() == utc.date() else f"{self.day(utc.date())} {_time(utc)}"
        text = f"Due {self.when(due)} in {zone} ({also} UTC)"
        return self.step("landed", text, to=due)

    def step(
        self,
        kind: str,
        text: str,
        low: int | None = None,
        to: int | None = None,
        *,
        on: date | None = None,
        minutes: int | None = None,
        remaining: int | None = None,
    ) -> TraceStep:
        return TraceStep(
            kind,
            text,
            None if low is None else from_micros(low),
            None if to is None else from_micros(to),
            on,
            None if minutes is None else _minutes(minutes),
            None if remaining is None else _minutes(remaining),
        )

    def day(self, day: date) -> str:
        month = _MONTHS[day.month * 3 - 3 : day.month * 3]
        text = f"{DAY_KEYS[day.weekday()].title()} {day.day} {month}"
        return text if day.year == self.year else f"{text} {day.year}"

    def when(self, at: int) -> str:
        local = self.timetable.local(at)
        return f"{self.day(local.date())} {_time(local)}"

    def span(self, low: int, high: int) -> str:
        begin, end = self.timetable.local(low), self.timetable.local(high)
        same_day = begin.date() == end.date()
        return f"{self.when(low)}–{_time(end) if same_day else self.when(high)}"

    def closing_time(self, day: date, closes: int | None = None) -> str:
        closes = self.landing.due if closes is None else closes
        local = self.timetable.local(closes)
        if local.date() == day:
            return _time(local)
        midnight = local.date() == day + timedelta(days=1) and (local.hour, local.minute) == (0, 0)
        return "24:00" if midnight else self.when(closes)


def _time(at: datetime) -> str:
    return f"{at:%H:%M:%S}" if at.second else f"{at:%H:%M}"


def _minutes(micros: int) -> float:
    whole, rest = divmod(micros, MINUTE)
    return micros / MINUTE if rest else whole


def _length(micros: int) -> str:
    """Return a span in words, to the second: ``1 h 30 min``; nothing is ``0``."""
    minutes, rest = divmod(micros, MINUTE)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{hours} h"] * bool(hours) + [f"{minutes} min"] * bool(minutes)
    parts += [f"{rest // 1_000_000} s"] * (rest >= 1_000_000)
    return " ".join(parts) or "0"
