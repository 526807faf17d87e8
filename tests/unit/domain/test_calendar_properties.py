"""Whatever the calendar, the zone and the start: laws of working time, and a naive judge."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from service.domain.business_time import Calendar
from service.domain.calendars import CalendarSpec, Shift
from service.domain.durations import BusinessDays, BusinessHours
from tests.doubles.minute_walker import MINUTE, MinuteWalker

JUDGED = settings(derandomize=True, deadline=None, max_examples=120)
STABLE = settings(derandomize=True, deadline=None, max_examples=60)

WINDOW_DAYS = 12
CHANGES = {
    "Europe/Berlin": ("2026-03-29", "2026-10-25"),
    "America/New_York": ("2026-03-08", "2026-11-01"),
    "America/Santiago": ("2026-04-05", "2026-09-06"),
    "Africa/Cairo": ("2026-04-24", "2026-10-30"),
    "Australia/Lord_Howe": ("2026-04-05", "2026-10-04"),
    "Asia/Kolkata": ("2026-01-01",),
    "UTC": ("2026-12-31",),
}
PLACES = [(zone, date.fromisoformat(day)) for zone, days in CHANGES.items() for day in days]


@dataclass(frozen=True)
class Case:
    """A calendar, and a start within three days of a clock change, to the minute."""

    spec: CalendarSpec
    holidays: frozenset[date]
    first: datetime
    start: datetime

    def calendar(self) -> Calendar:
        return Calendar(self.spec, lambda _: dict.fromkeys(self.holidays, "a holiday"))

    def walker(self) -> MinuteWalker:
        days = {}
        for offset in range(-2, WINDOW_DAYS + 2):
            day = self.first.date() + timedelta(days=offset)
            usual = () if day in self.holidays else self.spec.hours[day.weekday()]
            days[day] = [list(shift) for shift in self.spec.days.get(day, usual)]
        zone = self.spec.time_zone.key
        return MinuteWalker(zone, self.first, WINDOW_DAYS * 1440, days)


def shift(opens: int, length: int) -> Shift:
    return opens * 30, (opens + length) * 30


NIGHT_OR_DAY = st.builds(shift, st.integers(0, 47), st.integers(1, 47))
BY_DAY = st.builds(shift, st.integers(14, 24), st.integers(1, 20))
SMALL_HOURS = st.builds(shift, st.integers(0, 6), st.integers(1, 4))
ANY_TIME = st.one_of(BY_DAY, NIGHT_OR_DAY, SMALL_HOURS, st.just((0, 1440)))


@st.composite
def cases(draw: st.DrawFn, kinds: st.SearchStrategy[Shift] = ANY_TIME) -> Case:
    zone, change = draw(st.sampled_from(PLACES))
    shifts = st.lists(kinds, max_size=3, unique=True).map(lambda found: tuple(sorted(found)))
    hours = draw(st.tuples(*[shifts] * 7))
    near = st.integers(-3, 6).map(lambda days: change + timedelta(days=days))
    spec = CalendarSpec(
        "drawn", ZoneInfo(zone), hours, days=draw(st.dictionaries(near, shifts, max_size=3))
    )
    first = datetime(change.year, change.month, change.day, tzinfo=UTC) - timedelta(days=5)
    start = first + timedelta(minutes=draw(st.integers(2 * 1440, 8 * 1440)))
    return Case(spec, draw(st.frozensets(near, max_size=2)), first, start)


AMOUNTS = st.integers(0, 4 * 1440)


@JUDGED
@given(cases(), AMOUNTS)
def test_the_calendar_agrees_with_walking_every_minute(case: Case, minutes: int) -> None:
    calendar, walker = case.calendar(), case.walker()

    walked = walker.add(case.start, minutes)
    if walked is not None:
        assert walked == calendar.add(case.start, BusinessHours(minutes)).due_at
        assert timedelta(minutes=minutes) == calendar.working_time(case.start, walked)
    later = case.start + timedelta(minutes=min(minutes, 1440))
    assert walker.open_minutes(case.start, later) * MINUTE == calendar.working_time(
        case.start, later
    )
    index = int((case.start - case.first) / MINUTE)
    assert walker.open[index] == calendar.is_open(case.start)


@JUDGED
@given(cases(), AMOUNTS)
def test_stepping_back_agrees_with_walking_every_minute(case: Case, minutes: int) -> None:
    walked = case.walker().subtract(case.start, minutes)
    assume(walked is not None)

    assert walked == case.calendar().subtract(case.start, BusinessHours(minutes))


def never_shut(case: Case) -> Calendar:
    """The drawn calendar, open at least an hour a week so that every walk ends."""
    hours = (*case.spec.hours[:2], (*case.spec.hours[2], (600, 660)), *case.spec.hours[3:])
    spec = CalendarSpec("drawn", case.spec.time_zone, hours, days=case.spec.days)
    return Calendar(spec, lambda _: dict.fromkeys(case.holidays, "a holiday"))


@STABLE
@given(cases(), st.integers(1, 6_000), st.integers(0, 59_999_999))
def test_adding_then_measuring_gives_the_amount_back(case: Case, minutes: int, micros: int) -> None:
    calendar, start = never_shut(case), case.start + timedelta(microseconds=micros)

    due_at = calendar.add(start, BusinessHours(minutes), trace=False).due_at
    assert timedelta(minutes=minutes) == calendar.working_time(start, due_at)


@STABLE
@given(cases(), st.integers(1, 6_000))
def test_subtracting_takes_back_what_was_added(case: Case, minutes: int) -> None:
    calendar = never_shut(case)

    due_at = calendar.add(case.start, BusinessHours(minutes), trace=False).due_at
    assert calendar.next_opening(case.start) == calendar.subtract(due_at, BusinessHours(minutes))


@STABLE
@given(cases(), st.integers(0, 6_000), st.integers(0, 5000), st.integers(0, 5000))
def test_later_starts_and_larger_amounts_are_never_due_earlier(
    case: Case, minutes: int, more: int, later: int
) -> None:
    calendar = never_shut(case)

    def due_at(start: datetime, amount: int) -> datetime:
        return calendar.add(start, BusinessHours(amount), trace=False).due_at

    assert due_at(case.start, minutes) <= due_at(case.start, minutes + more)
    assert due_at(case.start, minutes) <= due_at(case.start + later * MINUTE, minutes)
    assert case.start <= due_at(case.start, minutes)


@STABLE
@given(cases(BY_DAY), st.integers(0, 12), st.integers(0, 12))
def test_more_business_days_are_never_due_earlier(case: Case, days: int, more: int) -> None:
    calendar = never_shut(case)

    few = calendar.add(case.start, BusinessDays(days), trace=False).due_at
    many = calendar.add(case.start, BusinessDays(days + more), trace=False).due_at
    assert case.start <= few <= many


@STABLE
@given(cases(BY_DAY), st.integers(1, 12))
def test_business_days_land_on_the_nth_working_day_and_go_back_to_the_first(
    case: Case, days: int
) -> None:
    calendar, zone = never_shut(case), case.spec.time_zone
    begun = calendar.next_opening(case.start).astimezone(zone).date()

    due_at = calendar.add(case.start, BusinessDays(days)).due_at
    landed = due_at.astimezone(zone).date()
    between = [begun + timedelta(days=count) for count in range(1, (landed - begun).days + 1)]
    assert days == sum(calendar.is_working_day(day) for day in between)
    back = calendar.subtract(due_at, BusinessDays(days)).astimezone(zone).date()
    assert begun == back


@STABLE
@given(cases(), st.integers(0, 3000))
def test_a_trace_adds_up_and_changes_no_deadline(case: Case, minutes: int) -> None:
    calendar = never_shut(case)

    deadline = calendar.add(case.start, BusinessHours(minutes))
    plain = never_shut(case).add(case.start, BusinessHours(minutes), trace=False)
    counted = [step.minutes for step in deadline.trace if step.kind == "counted"]
    assert minutes == sum(counted)
    assert deadline.trace[-1].to_at == deadline.due_at == plain.due_at
