"""Adding and measuring working time: shifts, starts, exact fits, pauses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from service.domain.durations import BusinessDays, BusinessHours, CalendarDays
from tests.doubles.calendars import (
    BERLIN,
    ROUND_THE_CLOCK,
    SPLIT,
    add,
    calendar,
    due,
    hours_open,
    local,
)

# Shifts


def test_overlapping_and_touching_shifts_count_once() -> None:
    on = calendar({"mon": [["09:00", "12:00"], ["11:00", "13:00"], ["13:00", "14:00"]]})

    assert hours_open(on, "2026-03-30T00:00", "2026-03-31T00:00") == 5


def test_an_hour_goes_round_the_lunch_break() -> None:
    assert due(calendar(SPLIT), "2026-03-30T11:30", "1 business hour") == "2026-03-30T13:30+02:00"


def test_a_warning_an_hour_before_goes_back_over_the_night() -> None:
    on = calendar(SPLIT)

    warn_at = on.subtract(local(on, "2026-03-31T08:30"), BusinessHours(60))
    assert local(on, "2026-03-30T16:30") == warn_at


def test_a_warning_that_fits_exactly_is_the_opening() -> None:
    warn_at = BERLIN.subtract(local(BERLIN, "2026-03-30T17:00"), BusinessHours(480))

    assert local(BERLIN, "2026-03-30T09:00") == warn_at


def test_a_warning_before_an_end_in_closed_time_counts_from_the_last_closing() -> None:
    warn_at = BERLIN.subtract(local(BERLIN, "2026-03-29T12:00"), BusinessHours(60))

    assert local(BERLIN, "2026-03-27T16:00") == warn_at


def test_warnings_in_days_step_back_over_the_weekend() -> None:
    end = local(BERLIN, "2026-03-30T10:00")

    assert local(BERLIN, "2026-03-26T10:00") == BERLIN.subtract(end, BusinessDays(2))
    assert local(BERLIN, "2026-03-28T10:00") == BERLIN.subtract(end, CalendarDays(2))


def test_round_the_clock_loses_no_minute_at_midnight() -> None:
    on = calendar(ROUND_THE_CLOCK)

    assert hours_open(on, "2026-06-01T00:00", "2026-07-01T00:00") == 30 * 24


# Starts and exact fits


def test_a_start_on_saturday_counts_from_monday() -> None:
    assert due(BERLIN, "2026-03-28T11:00", "4 business hours") == "2026-03-30T13:00+02:00"


def test_a_start_at_closing_counts_from_the_next_day() -> None:
    assert due(BERLIN, "2026-03-30T17:00", "1 business hour") == "2026-03-31T10:00+02:00"


def test_an_exact_fit_ends_today() -> None:
    assert due(BERLIN, "2026-03-30T09:00", "8 business hours") == "2026-03-30T17:00+02:00"


@pytest.mark.parametrize("amount", ["0 business hours", "0 business days"])
def test_nothing_is_due_at_once_in_open_time_and_at_the_next_opening_in_closed(amount: str) -> None:
    assert due(BERLIN, "2026-03-30T11:00", amount) == "2026-03-30T11:00+02:00"
    assert due(BERLIN, "2026-03-28T11:00", amount) == "2026-03-30T09:00+02:00"


def test_seconds_are_kept() -> None:
    start = datetime(2026, 3, 30, 14, 59, 59, 250_000, tzinfo=UTC)

    deadline = BERLIN.add(start, BusinessHours(1))
    assert datetime(2026, 3, 31, 7, 0, 59, 250_000, tzinfo=UTC) == deadline.due_at


def test_opening_is_open_and_closing_is_closed() -> None:
    assert BERLIN.is_open(local(BERLIN, "2026-03-30T09:00"))
    assert not BERLIN.is_open(local(BERLIN, "2026-03-30T17:00"))
    assert local(BERLIN, "2026-03-31T09:00") == BERLIN.next_opening(
        local(BERLIN, "2026-03-30T17:00")
    )


def test_a_naive_start_is_refused() -> None:
    with pytest.raises(ValueError, match="has no time zone"):
        BERLIN.add(datetime(2026, 3, 30, 9), BusinessHours(60))  # noqa: DTZ001 -- that is the fault


# Pauses: the working time left


def test_a_pause_over_the_weekend_credits_only_working_time() -> None:
    assert hours_open(BERLIN, "2026-03-27T16:30", "2026-03-30T09:30") == 1


def test_a_promise_resumed_after_a_pause_has_the_working_time_it_had_left() -> None:
    due_at = add(BERLIN, "2026-03-27T15:00", "4 business hours").due_at
    left = BERLIN.working_time(local(BERLIN, "2026-03-27T16:30"), due_at)

    assert timedelta(hours=2, minutes=30) == left
    resumed = BERLIN.add(local(BERLIN, "2026-03-30T09:30"), BusinessHours(150))
    assert resumed.due_local.isoformat() == "2026-03-30T12:00:00+02:00"


def test_two_pauses_in_one_minute_credit_no_more_than_one() -> None:
    assert hours_open(BERLIN, "2026-03-30T10:00", "2026-03-30T10:00") == 0


def test_time_does_not_run_backwards() -> None:
    with pytest.raises(ValueError, match="Swap start and end"):
        hours_open(BERLIN, "2026-03-30T10:00", "2026-03-30T09:59")
