"""Reading durations as people write them."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.domain.durations import (
    LONGEST_DAYS,
    LONGEST_MINUTES,
    WEEKDAYS,
    BusinessDays,
    BusinessHours,
    ByTime,
    CalendarDays,
    Duration,
    DurationError,
    EndOfDay,
    parse,
)


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("4 business hours", BusinessHours(240)),
        ("1 business hour", BusinessHours(60)),
        ("1.5 business hours", BusinessHours(90)),
        ("90 business minutes", BusinessHours(90)),
        ("2 working days", BusinessDays(2)),
        ("In 2 Business  Days", BusinessDays(2)),
        ("within 1 business day", BusinessDays(1)),
        ("0 business days", BusinessDays(0)),
        ("45 days", CalendarDays(45)),
        ("1 day", CalendarDays(1)),
        ("2 weeks", CalendarDays(14)),
        ("end of day", EndOfDay()),
        ("by end of the day", EndOfDay()),
        ("EOD", EndOfDay()),
        ("today", EndOfDay()),
        ("by today", EndOfDay()),
        ("by Friday", ByTime("friday")),
        ("fri", ByTime("friday")),
        ("by friday 17:00", ByTime("friday", time(17))),
        ("friday at 9:05", ByTime("friday", time(9, 5))),
        ("tomorrow 10:00", ByTime("tomorrow", time(10))),
        ("by tomorrow", ByTime("tomorrow")),
        ("by 17:00", ByTime("today", time(17))),
        ("by 2026-03-29", ByTime(date(2026, 3, 29))),
        ("by 2026-03-29 02:30", ByTime(date(2026, 3, 29), time(2, 30))),
        ("2026-03-29T02:30", ByTime(date(2026, 3, 29), time(2, 30))),
    ],
)
def test_a_duration_is_read_as_people_write_it(text: str, means: Duration) -> None:
    assert means == parse(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is no duration. Write it as in"),
        ("by", "is no duration. Write it as in"),
        ("soon", "is no duration. Write it as in"),
        ("by someday", "is no duration. Write it as in"),
        ("next friday", "is no duration. Write it as in"),
        ("٤ business hours", "is no duration. Write it as in"),
        ("4 hours", "does not say which hours count. Say “4 business hours”"),
        ("30 minutes", "does not say which hours count"),
        ("-2 business days", "is negative"),
        ("- 2 days", "is negative"),
        ("1 month", "differ in length. Say how many days"),
        ("2 years", "differ in length"),
        ("2 business months", "differ in length"),
        ("1 business week", "say how many business days"),
        ("1.5 business days", "no whole number of days"),
        ("0.01 business hours", "no whole number of minutes"),
        ("3661 days", "more than ten years"),
        ("999999999 business hours", "more than ten years"),
        ("by friday 25:00", "“25:00” is no time. Use 00:00 to 23:59"),
        ("by friday 24:00", "is no time"),
        ("by 2026-02-29", "is no date of the calendar"),
        ("by 2026-13-01 10:00", "is no date of the calendar"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_remedy(text: str, says: str) -> None:
    with pytest.raises(DurationError) as refused:
        parse(text)

    assert says in str(refused.value)


def test_a_refusal_quotes_a_long_text_shortly() -> None:
    with pytest.raises(DurationError) as refused:
        parse("x" * 100_000)

    assert len(str(refused.value)) < 400


def test_amounts_are_never_negative_however_they_are_made() -> None:
    for kind in (BusinessHours, BusinessDays, CalendarDays):
        with pytest.raises(DurationError, match="negative"):
            kind(-1)


def test_today_without_a_time_has_one_spelling() -> None:
    with pytest.raises(DurationError, match="Use EndOfDay"):
        ByTime("today")


def test_a_time_with_seconds_or_a_zone_is_refused() -> None:
    with pytest.raises(DurationError, match="Give hours and minutes"):
        ByTime("friday", time(17, 0, 1))


def test_a_day_is_a_date_not_an_instant() -> None:
    with pytest.raises(DurationError, match="is no day"):
        ByTime(datetime(2026, 3, 29, 10))  # noqa: DTZ001 -- that is the fault


TIMES = st.none() | st.times().map(lambda at: at.replace(second=0, microsecond=0))
DURATIONS: st.SearchStrategy[Duration] = st.one_of(
    st.builds(BusinessHours, st.integers(0, LONGEST_MINUTES)),
    st.builds(BusinessDays, st.integers(0, LONGEST_DAYS)),
    st.builds(CalendarDays, st.integers(0, LONGEST_DAYS)),
    st.just(EndOfDay()),
    st.builds(ByTime, st.sampled_from([*WEEKDAYS, "tomorrow"]) | st.dates(), TIMES),
    st.builds(ByTime, st.just("today"), TIMES.filter(bool)),
)


@settings(derandomize=True, deadline=None, max_examples=150)
@given(DURATIONS)
def test_a_duration_written_and_read_is_the_same(duration: Duration) -> None:
    assert duration == parse(str(duration))
    assert duration == parse(str(duration).upper())


@settings(derandomize=True, deadline=None, max_examples=150)
@given(st.text(max_size=40) | st.from_regex(r"(in |by )?-?[0-9.]{1,12} ?(business )?[a-z]{1,7}"))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        read = parse(text)
    except DurationError:
        return

    assert read == parse(str(read))
