"""Weeks in a zone, and percentiles that are values that were measured."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from service.domain.measures import MOST_WEEKS, Weeks, nearest_rank

BERLIN = ZoneInfo("Europe/Berlin")


def test_weeks_begin_on_monday_at_midnight_there_on_both_sides_of_summer_time() -> None:
    weeks = Weeks.until(datetime(2026, 4, 1, 12, tzinfo=UTC), 2, BERLIN)

    assert weeks.mondays == (date(2026, 3, 23), date(2026, 3, 30))
    assert weeks.starts == (
        datetime(2026, 3, 22, 23, tzinfo=UTC),
        datetime(2026, 3, 29, 22, tzinfo=UTC),
        datetime(2026, 4, 5, 22, tzinfo=UTC),
    )
    assert (weeks.begin, weeks.end) == (weeks.starts[0], weeks.starts[-1])


def test_the_week_that_runs_is_the_readers_own() -> None:
    """Sunday evening in London is Monday in Kolkata."""
    now = datetime(2026, 3, 8, 20, tzinfo=UTC)

    assert Weeks.until(now, 1, ZoneInfo("Europe/London")).mondays == (date(2026, 3, 2),)
    assert Weeks.until(now, 1, ZoneInfo("Asia/Kolkata")).mondays == (date(2026, 3, 9),)


@pytest.mark.parametrize("count", [0, -1, MOST_WEEKS + 1])
def test_a_number_of_weeks_that_says_nothing_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match="number of weeks"):
        Weeks.until(datetime(2026, 3, 2, tzinfo=UTC), count, BERLIN)


@pytest.mark.parametrize(
    ("values", "median", "ninetieth"),
    [
        ([], None, None),
        ([3.0], 3.0, 3.0),
        ([1.0, 2.0], 1.0, 2.0),
        ([1.0, 2.0, 3.0], 2.0, 3.0),
        ([float(n) for n in range(1, 11)], 5.0, 9.0),
        ([float(n) for n in range(1, 12)], 6.0, 10.0),
    ],
)
def test_a_percentile_is_a_value_that_was_measured(
    values: list[float], median: float | None, ninetieth: float | None
) -> None:
    assert nearest_rank(values, 50) == median
    assert nearest_rank(values, 90) == ninetieth
