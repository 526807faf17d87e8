"""When a letter may arrive where the person lives."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.business_time import Calendar
from service.domain.waking_hours import WakingHours, zone_named
from tests.doubles.calendars import BERLIN, EVERY_DAY, NINE_TO_FIVE, calendar

ONTARIO = calendar(zone="America/Toronto", holidays={"country": "CA", "subdivision": "ON"})
ISRAELI = calendar(
    dict.fromkeys(("sun", "mon", "tue", "wed", "thu"), NINE_TO_FIVE), "Asia/Jerusalem"
)
SHOP = calendar(dict.fromkeys(EVERY_DAY, NINE_TO_FIVE))
SATURDAYS = calendar({"sat": NINE_TO_FIVE})
NEVER = calendar({})


def awake(on: Calendar, at: str, *, final: bool = False, zone: str | None = None) -> str:
    """The next decent minute, both in the person's own time."""
    hours = WakingHours(on, ZoneInfo(zone) if zone else on.time_zone)
    asked = datetime.fromisoformat(at).replace(tzinfo=hours.zone)
    return f"{hours.next_at(asked, final=final).astimezone(hours.zone):%Y-%m-%dT%H:%M}"


def before(on: Calendar, at: str, *, final: bool = False) -> str:
    hours = WakingHours(on, on.time_zone)
    asked = datetime.fromisoformat(at).replace(tzinfo=hours.zone)
    return f"{hours.last_at(asked, final=final).astimezone(hours.zone):%Y-%m-%dT%H:%M}"


def why(on: Calendar, at: str, *, final: bool = False, zone: str | None = None) -> str:
    hours = WakingHours(on, ZoneInfo(zone) if zone else on.time_zone)
    return hours.why(datetime.fromisoformat(at).replace(tzinfo=hours.zone), final=final)


@pytest.mark.parametrize(
    ("asked", "allowed"),
    [
        ("2026-03-02T08:00", "2026-03-02T08:00"),
        ("2026-03-02T07:59", "2026-03-02T08:00"),
        ("2026-03-02T19:59", "2026-03-02T19:59"),
        ("2026-03-02T20:00", "2026-03-03T08:00"),
        ("2026-03-06T19:00", "2026-03-06T19:00"),  # a Friday evening is fine for good news
        ("2026-03-06T20:00", "2026-03-09T08:00"),
        ("2026-03-07T12:00", "2026-03-09T08:00"),
        ("2026-04-03T12:00", "2026-04-07T08:00"),  # Good Friday to Easter Monday
        ("2026-04-02T19:00", "2026-04-02T19:00"),
    ],
)
def test_a_letter_goes_by_day_on_a_working_day(asked: str, allowed: str) -> None:
    assert awake(BERLIN, asked) == allowed


@pytest.mark.parametrize(
    ("asked", "allowed"),
    [
        ("2026-03-05T19:59", "2026-03-05T19:59"),
        ("2026-03-06T14:59", "2026-03-06T14:59"),
        ("2026-03-06T15:00", "2026-03-09T08:00"),
        ("2026-03-07T12:00", "2026-03-09T08:00"),
        ("2026-04-02T09:00", "2026-04-07T08:00"),  # the eve of Good Friday, all day
        ("2026-04-30T09:00", "2026-05-04T08:00"),  # the eve of the first of May, a Friday
        ("2026-12-30T21:00", "2027-01-04T08:00"),  # 31 December is the eve of New Year
    ],
)
def test_bad_news_never_goes_into_a_weekend_or_a_holiday(asked: str, allowed: str) -> None:
    assert awake(BERLIN, asked, final=True) == allowed


def test_a_week_that_rests_on_other_days_has_its_own_weekend() -> None:
    assert awake(ISRAELI, "2026-03-05T14:59", final=True) == "2026-03-05T14:59"
    assert awake(ISRAELI, "2026-03-05T15:00", final=True) == "2026-03-08T08:00"  # a Sunday


def test_bad_news_waits_out_the_weekend_of_a_shop_that_never_closes() -> None:
    assert awake(SHOP, "2026-03-07T12:00") == "2026-03-07T12:00"
    assert awake(SHOP, "2026-03-07T12:00", final=True) == "2026-03-09T08:00"
    assert awake(SHOP, "2026-03-06T15:00", final=True) == "2026-03-09T08:00"


def test_a_saturday_that_is_worked_for_once_is_no_day_for_bad_news() -> None:
    once = calendar(days={"2026-03-07": NINE_TO_FIVE})

    assert awake(once, "2026-03-07T12:00") == "2026-03-07T12:00"
    assert awake(once, "2026-03-07T12:00", final=True) == "2026-03-09T08:00"


def test_a_weekday_that_the_calendar_closes_counts_as_a_holiday() -> None:
    closed = calendar(days={"2026-03-11": []})

    assert closed.holiday(date(2026, 3, 11)) == "a day off"
    assert closed.holiday(date(2026, 3, 14)) is None
    assert awake(closed, "2026-03-11T12:00") == "2026-03-12T08:00"
    assert awake(closed, "2026-03-10T09:00", final=True) == "2026-03-12T08:00"


def test_a_holiday_that_is_worked_is_a_holiday_for_people() -> None:
    open_on_it = calendar(holidays={"country": "DE"}, days={"2026-05-01": NINE_TO_FIVE})

    assert open_on_it.holiday(date(2026, 5, 1)) == BERLIN.holiday(date(2026, 5, 1)) is not None
    assert awake(open_on_it, "2026-05-01T10:00") == "2026-05-01T10:00"
    assert awake(open_on_it, "2026-05-01T10:00", final=True) == "2026-05-04T08:00"


def test_the_hours_are_those_of_the_persons_zone_not_the_offices() -> None:
    # Monday morning in Tokyo while Toronto still has its Sunday.
    assert awake(ONTARIO, "2026-03-02T08:30", zone="Asia/Tokyo") == "2026-03-02T08:30"
    assert awake(ONTARIO, "2026-03-06T21:00", zone="Asia/Tokyo") == "2026-03-09T08:00"


def test_the_morning_after_the_clocks_change_is_still_eight_o_clock() -> None:
    hours = WakingHours(BERLIN, BERLIN.time_zone)
    friday_evening = datetime(2026, 3, 27, 20, 0, tzinfo=UTC)

    assert hours.next_at(friday_evening) == datetime(2026, 3, 30, 6, 0, tzinfo=UTC)


def test_a_letter_that_must_arrive_by_an_instant_starts_in_the_hours_before() -> None:
    assert before(BERLIN, "2026-03-09T10:00") == "2026-03-09T10:00"
    assert before(BERLIN, "2026-03-09T08:00") == "2026-03-09T08:00"
    assert before(BERLIN, "2026-03-09T07:59") == "2026-03-06T19:30"
    assert before(BERLIN, "2026-03-06T19:45") == "2026-03-06T19:30"
    assert before(BERLIN, "2026-04-07T07:00") == "2026-04-02T19:30"
    assert before(BERLIN, "2026-04-07T07:00", final=True) == "2026-04-01T19:30"


def test_where_no_decent_day_is_near_the_hours_alone_count() -> None:
    assert awake(NEVER, "2026-03-07T12:00", final=True) == "2026-03-07T12:00"
    assert awake(NEVER, "2026-03-07T21:00", final=True) == "2026-03-08T08:00"
    assert before(NEVER, "2026-03-08T07:00") == "2026-03-07T19:30"


def test_where_only_weekends_are_worked_bad_news_goes_at_a_weekend() -> None:
    assert awake(SATURDAYS, "2026-03-02T12:00", final=True) == "2026-03-07T08:00"


def test_a_day_that_the_clock_skips_whole_has_no_hours() -> None:
    hours = WakingHours(calendar(zone="Pacific/Apia"), ZoneInfo("Pacific/Apia"))
    thursday_night = datetime(2011, 12, 29, 21, tzinfo=hours.zone)

    # Samoa had no 30 December 2011, a Friday.
    found = hours.next_at(thursday_night).astimezone(hours.zone)
    assert (found.date(), found.hour) == (date(2012, 1, 2), 8)


@pytest.mark.parametrize(
    ("asked", "final", "words"),
    [
        ("2026-03-27T21:00", False, "waits for the person's morning: Mon 30 Mar 08:00"),
        (
            "2026-03-27T16:00",
            True,
            (
                "no rejection goes out on a Friday after 15:00; "
                "waits for the person's morning: Mon 30 Mar 08:00"
            ),
        ),
        (
            "2026-04-01T21:00",
            True,
            (
                "no rejection goes out on the eve of Good Friday; "
                "waits for the person's morning: Tue 7 Apr 08:00"
            ),
        ),
        (
            "2026-04-02T21:00",
            False,
            "no letter goes out on Good Friday; waits for the person's morning: Tue 7 Apr 08:00",
        ),
    ],
)
def test_the_wait_is_said_in_words(asked: str, final: bool, words: str) -> None:
    london = calendar(zone="Europe/London", holidays={"country": "GB", "subdivision": "ENG"})

    assert why(london, asked, final=final) == words


def test_another_zone_is_named() -> None:
    said = why(ONTARIO, "2026-03-02T21:00", zone="Asia/Tokyo")

    assert said == "waits for the person's morning: Tue 3 Mar 08:00 in Asia/Tokyo"


@pytest.mark.parametrize("name", [None, "", "Mars/Olympus", "../etc/passwd", "America", "\x00"])
def test_what_is_no_zone_is_none(name: str | None) -> None:
    assert zone_named(name) is None


CALENDARS = (BERLIN, ONTARIO, ISRAELI, SHOP, SATURDAYS, NEVER)
ZONES = (
    "Europe/Berlin",
    "America/Toronto",
    "Asia/Tokyo",
    "Australia/Lord_Howe",
    "America/St_Johns",
    "Pacific/Apia",
    "Africa/Cairo",
)


@st.composite
def somebody(draw: st.DrawFn) -> WakingHours:
    return WakingHours(draw(st.sampled_from(CALENDARS)), ZoneInfo(draw(st.sampled_from(ZONES))))


INSTANTS = st.datetimes(
    datetime.fromisoformat("2010-01-01"),
    datetime.fromisoformat("2030-01-01"),
    timezones=st.just(UTC),
)


@given(somebody(), INSTANTS, st.booleans())
def test_the_next_decent_instant_is_not_earlier_decent_and_found_again(
    hours: WakingHours, at: datetime, final: bool
) -> None:
    found = hours.next_at(at, final=final)

    assert at <= found <= at + timedelta(days=64)
    assert hours.next_at(found, final=final) == found
    assert time_is_decent(hours, found)


@given(somebody(), INSTANTS, st.booleans())
def test_the_last_decent_instant_is_not_later_decent_and_found_again(
    hours: WakingHours, at: datetime, final: bool
) -> None:
    found = hours.last_at(at, final=final)

    assert at - timedelta(days=64) <= found <= at
    assert hours.last_at(found, final=final) == found
    assert hours.next_at(found, final=final) == found
    assert time_is_decent(hours, found)


@given(somebody(), INSTANTS)
def test_bad_news_never_goes_earlier_than_any_other_letter(
    hours: WakingHours, at: datetime
) -> None:
    assert hours.next_at(at, final=True) >= hours.next_at(at)


@given(somebody(), INSTANTS, INSTANTS, st.booleans())
def test_who_asks_later_is_not_answered_earlier(
    hours: WakingHours, one: datetime, other: datetime, final: bool
) -> None:
    first, second = sorted((one, other))

    assert hours.next_at(first, final=final) <= hours.next_at(second, final=final)
    assert hours.last_at(first, final=final) <= hours.last_at(second, final=final)


def time_is_decent(hours: WakingHours, at: datetime) -> bool:
    return 8 <= at.astimezone(hours.zone).hour < 20
