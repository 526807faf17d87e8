"""Holidays, special days and calendars that stay closed."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from service.domain.business_time import NoOpeningError, OutOfReachError
from service.domain.durations import BusinessDays, BusinessHours, parse
from tests.doubles.calendars import BERLIN, NINE_TO_FIVE, add, calendar, due, local


def test_easter_is_skipped() -> None:
    assert due(BERLIN, "2026-04-02T16:30", "1 business hour") == "2026-04-07T09:30+02:00"


def test_an_observed_holiday_in_england_is_skipped() -> None:
    on = calendar(zone="Europe/London", holidays={"country": "GB", "subdivision": "ENG"})

    assert due(on, "2026-12-24T16:00", "2 business hours") == "2026-12-29T10:00+00:00"


def test_a_regional_holiday_closes_its_region_only() -> None:
    bavaria = calendar(holidays={"country": "DE", "subdivision": "BY"})

    assert not bavaria.is_working_day(date(2026, 6, 4))
    assert BERLIN.is_working_day(date(2026, 6, 4))


def test_a_half_day_counts_its_half() -> None:
    on = calendar(days={"2026-12-24": [["09:00", "12:00"]]})

    assert due(on, "2026-12-23T16:00", "4 business hours") == "2026-12-24T12:00+01:00"
    assert due(on, "2026-12-23T16:00", "5 business hours") == "2026-12-25T10:00+01:00"


def test_a_special_day_opens_a_holiday() -> None:
    on = calendar(
        holidays={"country": "DE", "subdivision": "BE"}, days={"2026-04-03": [["10:00", "11:00"]]}
    )

    assert due(on, "2026-04-02T16:30", "1 business hour") == "2026-04-03T10:30+02:00"


def test_a_holiday_on_a_weekend_takes_nothing() -> None:
    """3 October 2026, German Unity Day, is a Saturday."""
    assert due(BERLIN, "2026-10-02T16:00", "2 business hours") == "2026-10-05T10:00+02:00"


def test_a_long_closure_leads_to_the_opening_after_it() -> None:
    july = {f"2026-07-{day:02d}": [] for day in range(1, 32)}
    on = calendar(days=july)

    assert due(on, "2026-06-30T16:00", "2 business hours") == "2026-08-03T10:00+02:00"
    assert due(on, "2026-06-30T16:00", "1 business day") == "2026-08-03T16:00+02:00"


@pytest.mark.parametrize("amount", ["1 business hour", "1 business day", "end of day"])
@pytest.mark.parametrize("hours", [{}, {"mon": []}, {"mon": [["09:00", "09:00"]]}])
def test_a_calendar_that_never_opens_says_so(
    hours: dict[str, list[list[str]]], amount: str
) -> None:
    with pytest.raises(NoOpeningError, match="“test” has no opening within two years after 2026"):
        add(calendar(hours), "2026-03-27T16:00", amount)


def test_a_calendar_that_closes_for_good_says_so() -> None:
    on = calendar({}, days={"2026-03-27": NINE_TO_FIVE})

    assert due(on, "2026-03-27T09:00", "8 business hours") == "2026-03-27T17:00+01:00"
    with pytest.raises(NoOpeningError, match="after 2026-03-27 17:00"):
        add(on, "2026-03-27T09:00", "9 business hours")
    with pytest.raises(NoOpeningError, match="after 2026-03-27 17:00"):
        add(on, "2026-03-27T09:00", "1 business day")


@pytest.mark.parametrize("compiled_first", ["2020-01-07T09:00", "2026-03-27T09:00"])
def test_a_closure_of_over_two_years_is_no_opening_however_much_is_known(
    compiled_first: str,
) -> None:
    on = calendar({}, days={"2026-03-27": NINE_TO_FIVE, "2029-03-27": NINE_TO_FIVE})
    known = (local(on, compiled_first), local(on, "2030-01-07T09:00"))

    assert timedelta(hours=16) == on.working_time(*known)
    for amount in ("9 business hours", "1 business day"):
        with pytest.raises(NoOpeningError):
            add(on, "2026-03-27T09:00", amount)
    with pytest.raises(NoOpeningError):
        on.subtract(local(on, "2029-03-27T10:00"), BusinessHours(120))
    with pytest.raises(NoOpeningError):
        on.subtract(local(on, "2029-03-27T10:00"), BusinessDays(1))


@pytest.mark.parametrize("amount", ["500 business days", "4000 business hours"])
@pytest.mark.parametrize("asked_before", ["1950-03-06T09:00", "2090-03-06T09:00"])
def test_an_answer_does_not_depend_on_what_was_asked_before(amount: str, asked_before: str) -> None:
    fresh, used = calendar(), calendar()
    add(used, asked_before, "1 business hour")

    expected = add(fresh, "2026-03-27T09:00", amount)
    assert expected == add(used, "2026-03-27T09:00", amount)
    back = fresh.subtract(expected.due_at, parse(amount))
    assert back == used.subtract(expected.due_at, parse(amount))


def test_an_opening_just_within_two_years_is_found() -> None:
    on = calendar({}, days={"2026-03-27": NINE_TO_FIVE, "2028-03-26": NINE_TO_FIVE})

    assert due(on, "2026-03-27T16:00", "2 business hours") == "2028-03-26T10:00+02:00"


@pytest.mark.parametrize("amount", ["87000 business hours", "3660 business days"])
def test_a_calendar_open_an_hour_a_week_is_not_walked_for_ever(amount: str) -> None:
    with pytest.raises(OutOfReachError, match="more than 20 years"):
        add(calendar({"mon": [["09:00", "10:00"]]}), "2026-03-27T16:00", amount)


@pytest.mark.parametrize("start", ["1899-12-31T12:00", "2201-01-02T12:00"])
@pytest.mark.parametrize("amount", ["1 business hour", "1 day", "friday 17:00", "by friday"])
def test_a_start_outside_the_known_years_is_refused(start: str, amount: str) -> None:
    with pytest.raises(OutOfReachError, match="1900 to 2200"):
        add(calendar(zone="UTC"), start, amount)
