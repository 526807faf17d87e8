"""Clocks: aware instants only, and jumps noticed."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from service.clock import (
    HOLD_AFTER_JUMP,
    STEADY,
    FakeClock,
    JumpGuard,
    SystemClock,
    instant_text,
    require_aware,
)

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_the_machines_clock_is_aware_and_its_monotonic_reading_never_falls() -> None:
    clock = SystemClock()

    assert clock.now().tzinfo is UTC
    assert clock.monotonic() <= clock.monotonic()


@pytest.mark.skipif(not hasattr(time, "CLOCK_BOOTTIME"), reason="no clock here counts sleep")
def test_a_machine_that_slept_has_not_jumped() -> None:
    assert STEADY == time.CLOCK_BOOTTIME


def test_a_naive_instant_is_refused() -> None:
    naive = datetime(2026, 3, 2)  # noqa: DTZ001
    with pytest.raises(ValueError, match="needs an offset"):
        require_aware(naive)
    with pytest.raises(ValueError, match="needs an offset"):
        FakeClock(naive)


def test_an_instant_is_written_in_utc_and_seconds() -> None:
    assert instant_text(datetime.fromisoformat("2026-03-27T17:00:00.9+01:00")) == (
        "2026-03-27T16:00:00Z"
    )


def test_time_passes_on_both_clocks_and_a_jump_on_one() -> None:
    clock = FakeClock(NOON)
    assert clock.advance(MINUTE) == NOON + MINUTE
    assert clock.move_to(NOON + 3 * MINUTE) == NOON + 3 * MINUTE
    assert clock.monotonic() == 180

    clock.jump_to(NOON)
    assert (clock.now(), clock.monotonic()) == (NOON, 180)


@pytest.mark.parametrize(
    "by", [timedelta(hours=1), -timedelta(hours=1), timedelta(days=365), -timedelta(days=365)]
)
def test_a_jump_holds_everybody_for_five_minutes(by: timedelta) -> None:
    clock = FakeClock(NOON)
    guard = JumpGuard(clock)
    clock.jump_to(NOON + by)

    first = guard.holding()
    assert first is not None
    assert f"jumped by {int(by.total_seconds())} s" in first
    clock.advance(HOLD_AFTER_JUMP - MINUTE)
    assert guard.holding() == first
    clock.advance(MINUTE)
    assert guard.holding() is None


def test_a_clock_that_is_set_right_again_holds_from_then() -> None:
    clock = FakeClock(NOON)
    guard = JumpGuard(clock)
    clock.jump_to(NOON + timedelta(hours=1))
    assert guard.holding() is not None
    clock.advance(4 * MINUTE)
    clock.jump_to(NOON + 4 * MINUTE)
    assert guard.holding() is not None
    clock.advance(4 * MINUTE)
    assert guard.holding() is not None
    clock.advance(MINUTE)

    assert guard.holding() is None


@pytest.mark.parametrize("passed", [timedelta(0), timedelta(seconds=2), timedelta(days=3)])
def test_time_that_really_passed_is_no_jump(passed: timedelta) -> None:
    clock = FakeClock(NOON)
    guard = JumpGuard(clock)
    clock.advance(passed)

    assert guard.holding() is None


def test_a_correction_within_the_tolerance_is_no_jump() -> None:
    clock = FakeClock(NOON)
    guard = JumpGuard(clock, timedelta(seconds=60))
    clock.jump_to(NOON + timedelta(seconds=60))

    assert guard.holding() is None
