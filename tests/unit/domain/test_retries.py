"""When to try again, and when to stop."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.retries import (
    CAP,
    PATIENCE,
    next_attempt_at,
    out_of_patience,
    rest_until,
)

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_the_next_attempt_lies_ahead_and_within_an_hour(attempt: int, chance: float) -> None:
    wait = next_attempt_at(NOW, attempt, chance) - NOW

    assert timedelta(seconds=1) <= wait <= CAP + timedelta(seconds=1)


@pytest.mark.parametrize(("attempt", "seconds"), [(1, 30), (2, 60), (3, 120), (7, 1920), (8, 3600)])
def test_the_bound_doubles_up_to_its_cap(attempt: int, seconds: int) -> None:
    almost = next_attempt_at(NOW, attempt, 0.999999) - NOW

    assert abs(almost - timedelta(seconds=seconds + 1)) < timedelta(seconds=1)


def test_a_crowd_that_failed_together_is_spread() -> None:
    waits = {next_attempt_at(NOW, 5, share / 100) for share in range(100)}

    assert len(waits) == 100


def test_a_letter_outlasts_a_three_day_outage_and_is_not_tried_for_ever() -> None:
    assert not out_of_patience(NOW, NOW + timedelta(days=3))
    assert not out_of_patience(NOW, NOW + PATIENCE - timedelta(seconds=1))
    assert out_of_patience(NOW, NOW + PATIENCE)


@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_a_rest_is_half_certain_and_never_longer_than_ten_minutes(
    failures: int, chance: float
) -> None:
    rest = rest_until(NOW, failures, chance) - NOW
    certain = rest_until(NOW, failures, 0) - NOW

    assert certain <= rest <= 2 * certain
    assert rest <= timedelta(minutes=10)
