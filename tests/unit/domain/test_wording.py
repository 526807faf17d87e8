"""Instants and lateness as a colleague says them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from service.domain.wording import day_words, span_words, when_words

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def test_a_letter_names_the_day_and_the_month() -> None:
    assert day_words(date(2026, 11, 27)) == "Friday 27 November"


@pytest.mark.parametrize(
    ("at", "zone", "expected"),
    [
        ("2026-11-23T17:00", "UTC", "today 17:00"),
        ("2026-11-24T08:05", "UTC", "tomorrow 08:05"),
        ("2026-11-22T23:59", "UTC", "yesterday 23:59"),
        ("2026-11-27T17:00", "UTC", "Fri 17:00"),
        ("2026-11-29T17:00", "UTC", "Sun 17:00"),
        ("2026-11-30T17:00", "UTC", "Mon 30 Nov 17:00"),
        ("2026-11-17T17:00", "UTC", "Tue 17:00"),
        ("2026-11-16T17:00", "UTC", "Mon 16 Nov 17:00"),
        ("2027-01-04T09:00", "UTC", "Mon 4 Jan 2027 09:00"),
        ("2026-11-23T23:30", "Europe/Berlin", "tomorrow 00:30"),
        ("2026-11-23T02:00", "America/New_York", "yesterday 21:00"),
    ],
)
def test_an_instant_is_said_from_where_the_reader_stands(at: str, zone: str, expected: str) -> None:
    instant = datetime.fromisoformat(at).replace(tzinfo=UTC)

    assert when_words(instant, zone, NOW) == expected


@pytest.mark.parametrize(
    ("minutes", "days", "expected"),
    [
        (0, 0, "1 min"),
        (25, 1, "25 min"),
        (59, 1, "59 min"),
        (60, 1, "1 h"),
        (390, 1, "6 h"),
        (480, 2, "2 working days"),
        (1440, 1, "1 working day"),
        (5000, 11, "11 working days"),
    ],
)
def test_a_working_span_is_said_roughly(minutes: int, days: int, expected: str) -> None:
    assert span_words(timedelta(minutes=minutes), days) == expected
