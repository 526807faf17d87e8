"""Deadlines around summer time: the hard cases, each with its literal instants."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from service.domain.business_time import WallTime, resolve_wall
from tests.doubles.calendars import BERLIN, NIGHTS, ROUND_THE_CLOCK, add, calendar, due, hours_open


def test_working_hours_over_the_spring_weekend_end_on_monday_in_summer_time() -> None:
    deadline = add(BERLIN, "2026-03-27T16:00", "2 business hours")

    assert datetime(2026, 3, 30, 8, tzinfo=UTC) == deadline.due_at
    assert deadline.due_local.isoformat() == "2026-03-30T10:00:00+02:00"
    assert deadline.due_at.tzinfo is UTC


def test_ten_hours_round_the_clock_skip_the_hour_that_spring_takes() -> None:
    on = calendar(ROUND_THE_CLOCK)

    assert due(on, "2026-03-28T20:00", "10 business hours") == "2026-03-29T07:00+02:00"


def test_ten_hours_round_the_clock_count_the_hour_that_autumn_gives() -> None:
    on = calendar(ROUND_THE_CLOCK)

    assert due(on, "2026-10-24T20:00", "10 business hours") == "2026-10-25T05:00+01:00"


def test_a_time_that_comes_twice_means_the_later() -> None:
    deadline = add(BERLIN, "2026-10-20T10:00", "by 2026-10-25 02:30")

    assert datetime(2026, 10, 25, 1, 30, tzinfo=UTC) == deadline.due_at


def test_a_time_that_does_not_exist_moves_forward_and_keeps_its_wording() -> None:
    deadline = add(BERLIN, "2026-03-27T10:00", "by 2026-03-29 02:30")

    assert datetime(2026, 3, 29, 1, 30, tzinfo=UTC) == deadline.due_at
    assert deadline.due_local.isoformat() == "2026-03-29T03:30:00+02:00"
    assert WallTime("2026-03-29T02:30", "Europe/Berlin") == deadline.wall


@pytest.mark.parametrize(
    ("evening", "morning", "hours"),
    [
        ("2026-03-27T22:00", "2026-03-28T06:00", 8),
        ("2026-03-28T22:00", "2026-03-29T06:00", 7),
        ("2026-10-24T22:00", "2026-10-25T06:00", 9),
    ],
)
def test_a_night_shift_has_the_hours_the_clock_gives_it(
    evening: str, morning: str, hours: int
) -> None:
    assert hours_open(calendar(NIGHTS), evening, morning) == hours


def test_three_hours_into_a_night_shift_end_after_midnight() -> None:
    assert due(calendar(NIGHTS), "2026-03-27T23:00", "3 business hours") == "2026-03-28T02:00+01:00"


def test_a_saturday_closure_does_not_cut_the_night_that_began_on_friday() -> None:
    on = calendar(NIGHTS, days={"2026-03-28": []})

    assert due(on, "2026-03-27T23:00", "3 business hours") == "2026-03-28T02:00+01:00"
    assert due(on, "2026-03-28T05:00", "2 business hours") == "2026-03-29T23:00+02:00"


def test_a_shift_that_opens_in_the_gap_opens_after_it() -> None:
    on = calendar({"sun": [["02:30", "03:30"]]})

    assert hours_open(on, "2026-03-29T00:00", "2026-03-29T12:00") == 0.5
    assert due(on, "2026-03-29T00:00", "0 business hours") == "2026-03-29T03:00+02:00"


def test_a_shift_inside_the_gap_is_nothing_and_makes_no_working_day() -> None:
    on = calendar({"sun": [["02:00", "02:45"]]})

    assert hours_open(on, "2026-03-29T00:00", "2026-03-29T12:00") == 0
    assert not on.is_working_day(date(2026, 3, 29))
    assert on.is_working_day(date(2026, 4, 5))


def test_a_shift_between_repeated_times_opens_at_the_first_and_closes_at_the_last() -> None:
    on = calendar({"sun": [["02:00", "02:30"]]})

    assert hours_open(on, "2026-10-25T00:00", "2026-10-25T12:00") == 1.5


@pytest.mark.parametrize(
    ("zone", "day", "hours", "opens"),
    [
        ("America/Santiago", "2026-09-06", 23, "2026-09-06T01:00-03:00"),
        ("Africa/Cairo", "2026-04-24", 23, "2026-04-24T01:00+03:00"),
        ("Australia/Lord_Howe", "2026-10-04", 23.5, "2026-10-04T00:00+10:30"),
        ("Australia/Lord_Howe", "2026-04-05", 24.5, "2026-04-05T00:00+11:00"),
    ],
)
def test_a_day_without_its_midnight_is_as_long_as_the_clock_makes_it(
    zone: str, day: str, hours: float, opens: str
) -> None:
    on = calendar({}, zone, days={day: [["00:00", "24:00"]]})
    before = datetime.combine(date.fromisoformat(day), datetime.min.time(), on.time_zone)
    around = (before - timedelta(days=1), before + timedelta(days=2))

    assert timedelta(hours=hours) == on.working_time(*around)
    opening = on.next_opening(around[0]).astimezone(on.time_zone)
    assert opening.isoformat(timespec="minutes") == opens


def test_business_days_step_dates_over_a_missing_midnight() -> None:
    on = calendar(ROUND_THE_CLOCK, "America/Santiago")

    assert due(on, "2026-09-05T00:30", "1 business day") == "2026-09-06T01:30-03:00"
    assert due(on, "2026-09-05T00:30", "2 business days") == "2026-09-07T00:30-03:00"


def test_friday_five_is_the_calendars_five_while_zones_are_out_of_step() -> None:
    new_york = calendar(zone="America/New_York")
    said = "2026-03-09T10:00+00:00"

    assert add(new_york, said, "friday 17:00").due_at == datetime(2026, 3, 13, 21, tzinfo=UTC)
    assert add(BERLIN, said, "friday 17:00").due_at == datetime(2026, 3, 13, 16, tzinfo=UTC)


def test_a_wall_clock_promise_keeps_its_local_time_and_zone() -> None:
    wall = add(BERLIN, "2026-03-24T10:00", "friday 17:00").wall

    assert WallTime("2026-03-27T17:00", "Europe/Berlin") == wall
    again = resolve_wall(datetime.fromisoformat(wall.local), ZoneInfo(wall.zone))
    assert datetime(2026, 3, 27, 16, tzinfo=UTC) == again


@pytest.mark.parametrize("amount", ["2 business hours", "2 business days", "2 days"])
def test_a_duration_promise_keeps_its_instant_only(amount: str) -> None:
    assert add(BERLIN, "2026-03-24T10:00", amount).wall is None
