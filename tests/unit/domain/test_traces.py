"""A deadline explains itself in words, and in fields for programs."""

from __future__ import annotations

import json

import pytest

from service.domain.durations import parse
from tests.doubles.calendars import BERLIN, NIGHTS, ROUND_THE_CLOCK, add, calendar, local


def texts(start: str, amount: str) -> list[str]:
    return [step.text for step in add(BERLIN, start, amount).trace]


def test_working_time_is_told_opening_by_opening_with_the_clock_change() -> None:
    assert texts("2026-03-27T16:00", "2 business hours") == [
        "Fri 27 Mar 16:00–17:00: 1 h counted, 1 h left",
        "Sun 29 Mar 02:00: clocks go forward 1 h",
        "Mon 30 Mar 09:00–10:00: 1 h counted, 0 left",
        "Due Mon 30 Mar 10:00 in Europe/Berlin (08:00 UTC)",
    ]


def test_holidays_are_told_by_name() -> None:
    assert texts("2026-04-02T16:30", "1 business hour") == [
        "Thu 2 Apr 16:30–17:00: 30 min counted, 30 min left",
        "Fri 3 Apr: closed, Good Friday",
        "Mon 6 Apr: closed, Easter Monday",
        "Tue 7 Apr 09:00–09:30: 30 min counted, 0 left",
        "Due Tue 7 Apr 09:30 in Europe/Berlin (07:30 UTC)",
    ]


def test_a_start_in_closed_time_is_told() -> None:
    assert texts("2026-03-14T11:00", "1 business day") == [
        "Sat 14 Mar 11:00: closed; counting starts Mon 16 Mar 09:00",
        "Tue 17 Mar: working day 1 of 1",
        "Due Tue 17 Mar 09:00 in Europe/Berlin (08:00 UTC)",
    ]


def test_special_days_are_told_whether_open_or_closed() -> None:
    on = calendar(days={"2026-12-24": [["09:00", "12:00"]], "2026-12-31": []})

    told = [step.text for step in add(on, "2026-12-23T14:00", "6 business days").trace]
    assert "Thu 24 Dec: open 09:00–12:00, special day" in told
    assert "Thu 31 Dec: closed, special day" in told
    assert told[-1] == "Due Fri 1 Jan 2027 14:00 in Europe/Berlin (13:00 UTC)"


def test_a_business_day_that_lands_in_closed_time_says_where_it_went() -> None:
    on = calendar(days={"2026-12-24": [["09:00", "12:00"]]})

    told = [step.text for step in add(on, "2026-12-23T14:00", "1 business day").trace]
    assert "Thu 24 Dec 14:00: closed; Thu 24 Dec 12:00 counts" in told


def test_a_closed_named_day_says_which_closing_counts() -> None:
    assert texts("2026-03-31T10:00", "by friday") == [
        (
            "Fri 3 Apr: closed, Good Friday; the last closing before it counts: "
            "Thu 2 Apr closes at 17:00"
        ),
        "Due Thu 2 Apr 17:00 in Europe/Berlin (15:00 UTC)",
    ]


@pytest.mark.parametrize(
    ("amount", "says"),
    [
        ("by 2026-03-29 02:30", "Sun 29 Mar 02:30 was named; the clock skips it, so 03:30 counts"),
        (
            "by 2026-10-25 02:30",
            "Sun 25 Oct 02:30 was named; it comes twice, and the later one counts",
        ),
        ("friday 17:00", "Fri 27 Mar 17:00 was named"),
        ("45 days", "Tue 24 Mar 10:00 and 45 days: Fri 8 May, same time"),
        ("5 days", "Tue 24 Mar 10:00 and 5 days: Sun 29 Mar, same time"),
    ],
)
def test_a_named_time_is_told_as_it_was_said(amount: str, says: str) -> None:
    assert says in texts("2026-03-24T10:00", amount)


def test_a_day_the_clock_skips_is_told() -> None:
    assert "Sat 28 Mar 02:30 and 1 day: Sun 29 Mar, same time, which the clock skips" in texts(
        "2026-03-28T02:30", "1 day"
    )


def test_night_shifts_and_midnights_name_both_days() -> None:
    night = add(calendar(NIGHTS), "2026-03-14T23:00", "3 business hours").trace
    day = add(calendar(ROUND_THE_CLOCK), "2026-03-14T23:00", "end of day").trace

    assert night[0].text == "Sat 14 Mar 23:00–Sun 15 Mar 02:00: 3 h counted, 0 left"
    assert day[0].text == "Sat 14 Mar closes at 24:00"


def test_the_utc_date_is_told_where_it_differs() -> None:
    on = calendar(ROUND_THE_CLOCK, "Australia/Lord_Howe")

    told = add(on, "2026-06-02T06:00", "1 business hour").trace[-1].text
    assert told == "Due Tue 2 Jun 07:00 in Australia/Lord_Howe (Mon 1 Jun 20:30 UTC)"


def test_a_long_walk_is_summed_up_in_the_middle_and_adds_up() -> None:
    steps = add(BERLIN, "2026-03-02T09:00", "400 business hours").trace
    counted = [step for step in steps if step.kind == "counted"]

    assert len(counted) == 21
    assert counted[10].text.endswith("240 h counted in 30 openings, 80 h left")
    assert sum(step.minutes or 0 for step in counted) == 400 * 60


def test_many_business_days_are_summed_up_in_the_middle() -> None:
    steps = add(BERLIN, "2026-03-02T09:00", "50 business days").trace
    told = [step.text for step in steps if step.kind == "working_day"]

    assert len(told) == 21
    assert told[10] == "… working days 11 to 40"
    assert told[-1] == "Fri 15 May: working day 50 of 50"


def test_seconds_are_told_and_counted_in_parts_of_a_minute() -> None:
    start = local(BERLIN, "2026-03-30T16:59:30")
    steps = BERLIN.add(start, parse("1 business minute")).trace

    assert steps[0].text == "Mon 30 Mar 16:59:30–17:00: 30 s counted, 30 s left"
    assert (steps[0].minutes, steps[0].remaining) == (0.5, 0.5)


def test_steps_are_json_with_instants_in_utc() -> None:
    steps = add(BERLIN, "2026-04-02T16:30", "1 business hour").trace
    documents = json.loads(json.dumps([step.to_document() for step in steps]))

    assert documents[0] == {
        "kind": "counted",
        "text": "Thu 2 Apr 16:30–17:00: 30 min counted, 30 min left",
        "from": "2026-04-02T14:30:00Z",
        "to": "2026-04-02T15:00:00Z",
        "minutes": 30,
        "remaining": 30,
    }
    assert documents[1] == {
        "kind": "holiday",
        "text": "Fri 3 Apr: closed, Good Friday",
        "on": "2026-04-03",
        "name": "Good Friday",
    }
    assert documents[-1]["at"] == "2026-04-07T07:30:00Z"


def test_no_trace_is_made_where_none_is_wanted() -> None:
    start = local(BERLIN, "2026-03-30T10:00")

    assert BERLIN.add(start, parse("1 business hour"), trace=False).trace == ()
