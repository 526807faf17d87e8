"""Business days, named days and the end of the day."""

from __future__ import annotations

import pytest

from service.domain.business_time import OutOfReachError, WallTime
from service.domain.durations import DurationError
from tests.doubles.calendars import BERLIN, NIGHTS, ROUND_THE_CLOCK, SPLIT, add, calendar, due

# Business days


def test_two_business_days_are_not_sixteen_hours() -> None:
    assert due(BERLIN, "2026-03-27T16:30", "2 business days") == "2026-03-31T16:30+02:00"
    assert due(BERLIN, "2026-03-27T09:00", "16 business hours") == "2026-03-30T17:00+02:00"


def test_business_days_from_closed_time_count_after_the_day_that_opens_next() -> None:
    assert due(BERLIN, "2026-03-28T11:00", "1 business day") == "2026-03-31T09:00+02:00"
    assert due(BERLIN, "2026-03-27T17:00", "1 business day") == "2026-03-31T09:00+02:00"


def test_a_business_day_skips_holidays() -> None:
    assert due(BERLIN, "2026-04-02T10:00", "1 business day") == "2026-04-07T10:00+02:00"


@pytest.mark.parametrize(
    ("shifts", "lands"),
    [
        ([["09:00", "12:00"]], "12:00"),
        ([["09:00", "12:00"], ["15:00", "17:00"]], "12:00"),
        ([["15:00", "17:00"]], "15:00"),
        ([["09:00", "14:00"]], "14:00"),
        ([["09:00", "14:30"]], "14:00"),
    ],
)
def test_a_business_day_closed_at_that_time_ends_at_its_last_closing_else_first_opening(
    shifts: list[list[str]], lands: str
) -> None:
    on = calendar(days={"2026-12-24": shifts})

    assert due(on, "2026-12-23T14:00", "1 business day") == f"2026-12-24T{lands}+01:00"


def test_a_night_shifts_small_hours_belong_to_the_day_it_began() -> None:
    weekdays = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), NIGHTS["mon"])

    assert due(calendar(weekdays), "2026-03-21T02:00", "1 business day") == "2026-03-24T02:00+01:00"


def test_a_business_day_never_lands_before_it_began() -> None:
    """Saturday closes at 01:30, before 02:00 of the night shift that the promise was made in."""
    on = calendar({"fri": [["22:00", "06:00"]], "sat": [["00:30", "01:30"]]})

    assert due(on, "2026-03-21T02:00", "1 business day") == "2026-03-21T02:00+01:00"


def test_business_days_cross_the_clock_change_at_the_same_local_time() -> None:
    on = calendar(ROUND_THE_CLOCK)

    assert due(on, "2026-03-28T14:00", "1 business day") == "2026-03-29T14:00+02:00"
    assert due(on, "2026-03-28T02:30", "1 business day") == "2026-03-29T03:30+02:00"


# Calendar days


@pytest.mark.parametrize(
    ("start", "amount", "lands"),
    [
        ("2026-01-31T10:00", "28 days", "2026-02-28T10:00+01:00"),
        ("2028-02-28T10:00", "1 day", "2028-02-29T10:00+01:00"),
        ("2027-02-28T10:00", "1 day", "2027-03-01T10:00+01:00"),
        ("2026-03-28T02:30", "1 day", "2026-03-29T03:30+02:00"),
        ("2026-10-24T02:30", "1 day", "2026-10-25T02:30+01:00"),
        ("2026-03-28T10:00", "0 days", "2026-03-28T10:00+01:00"),
        ("2026-03-27T16:00", "45 days", "2026-05-11T16:00+02:00"),
    ],
)
def test_days_keep_the_local_time_and_mind_no_closure(start: str, amount: str, lands: str) -> None:
    assert due(BERLIN, start, amount) == lands


def test_a_month_is_refused_and_a_date_may_be_the_29th_of_february() -> None:
    with pytest.raises(DurationError, match="differ in length"):
        add(BERLIN, "2026-01-31T10:00", "1 month")
    assert due(BERLIN, "2028-01-31T10:00", "by 2028-02-29") == "2028-02-29T17:00+01:00"


# The end of the day


@pytest.mark.parametrize(
    ("start", "lands"),
    [
        ("2026-03-27T16:30", "2026-03-27T17:00+01:00"),
        ("2026-03-27T07:00", "2026-03-27T17:00+01:00"),
        ("2026-03-27T17:00", "2026-03-30T17:00+02:00"),
        ("2026-03-28T11:00", "2026-03-30T17:00+02:00"),
    ],
)
def test_the_end_of_the_day_is_the_closing_of_the_working_day_or_the_next_one(
    start: str, lands: str
) -> None:
    assert due(BERLIN, start, "end of day") == lands


def test_the_end_of_the_day_in_the_lunch_break_is_the_evening() -> None:
    assert due(calendar(SPLIT), "2026-03-30T12:30", "today") == "2026-03-30T17:00+02:00"


def test_the_end_of_a_day_round_the_clock_is_midnight() -> None:
    deadline = add(calendar(ROUND_THE_CLOCK), "2026-03-27T12:00", "end of day")

    assert WallTime("2026-03-28T00:00", "Europe/Berlin") == deadline.wall


# Named days


@pytest.mark.parametrize(
    ("start", "amount", "lands"),
    [
        ("2026-03-27T16:30", "by friday", "2026-03-27T17:00+01:00"),
        ("2026-03-27T07:30", "by friday", "2026-03-27T17:00+01:00"),
        ("2026-03-13T17:00", "by friday", "2026-03-20T17:00+01:00"),
        ("2026-03-27T16:30", "friday 17:00", "2026-03-27T17:00+01:00"),
        ("2026-03-13T17:00", "friday 17:00", "2026-03-20T17:00+01:00"),
        ("2026-03-27T16:30", "by monday", "2026-03-30T17:00+02:00"),
        ("2026-03-27T16:30", "by tomorrow 10:00", "2026-03-28T10:00+01:00"),
        ("2026-03-26T16:30", "by tomorrow", "2026-03-27T17:00+01:00"),
        ("2026-03-27T16:30", "today 20:00", "2026-03-27T20:00+01:00"),
        ("2026-03-27T16:30", "by 2026-04-01", "2026-04-01T17:00+02:00"),
        ("2026-03-27T16:30", "by 2026-04-03 11:00", "2026-04-03T11:00+02:00"),
    ],
)
def test_a_named_day_is_its_closing_and_a_named_time_is_that_time(
    start: str, amount: str, lands: str
) -> None:
    assert due(BERLIN, start, amount) == lands


@pytest.mark.parametrize(
    ("start", "amount", "lands"),
    [
        ("2026-03-31T10:00", "by friday", "2026-04-02T17:00+02:00"),
        ("2026-03-27T16:30", "by sunday", "2026-03-27T17:00+01:00"),
        ("2026-03-27T16:30", "by tomorrow", "2026-03-27T17:00+01:00"),
        ("2026-03-31T10:00", "by 2026-04-06", "2026-04-02T17:00+02:00"),
    ],
)
def test_a_closed_day_means_the_last_closing_before_it(start: str, amount: str, lands: str) -> None:
    assert due(BERLIN, start, amount) == lands


def test_by_the_closed_day_it_is_means_the_next_such_day() -> None:
    """Said on Good Friday, "by Friday" is not today."""
    assert due(BERLIN, "2026-04-03T10:00", "by friday") == "2026-04-10T17:00+02:00"


@pytest.mark.parametrize(
    ("start", "amount"),
    [
        ("2026-04-02T18:00", "by friday"),
        ("2026-03-27T18:00", "by tomorrow"),
        ("2026-03-28T10:00", "by 2026-03-29"),
    ],
)
def test_a_closed_day_with_no_closing_before_it_is_refused_with_a_remedy(
    start: str, amount: str
) -> None:
    with pytest.raises(DurationError, match=r"is closed.*Name a working day, or a time"):
        add(BERLIN, start, amount)


def test_the_refusal_names_the_holiday() -> None:
    with pytest.raises(DurationError, match=r"2026-04-03 is closed \(Good Friday\)"):
        add(BERLIN, "2026-04-02T18:00", "by friday")


@pytest.mark.parametrize(
    "amount", ["today 16:30", "by 09:00", "by 2026-03-26", "by 2026-03-27 16:30", "by 2020-01-01"]
)
def test_a_named_time_that_has_passed_is_refused(amount: str) -> None:
    with pytest.raises(DurationError, match=r"has passed\. Name a later day or time"):
        add(BERLIN, "2026-03-27T16:30", amount)


@pytest.mark.parametrize("amount", ["by 2126-03-26", "by 9999-12-31 23:59", "by 2199-01-01"])
def test_a_date_beyond_twenty_years_is_refused(amount: str) -> None:
    with pytest.raises(OutOfReachError, match="more than 20 years ahead"):
        add(BERLIN, "2026-03-27T16:30", amount)
