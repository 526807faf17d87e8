"""When a feed is silent for longer than its habit, and what else may be wrong with it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from service.domain.feeds import (
    ENOUGH,
    REMEMBERED,
    SHORTEST,
    UNTAUGHT,
    Fault,
    Feed,
    Light,
    judge,
    quiet_after,
    silences_of,
    silences_stored,
    with_silence,
)

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)

WELL = Feed(
    active=True,
    created_at=NOW - timedelta(days=90),
    last_authentic_at=NOW - timedelta(minutes=3),
    silences=(),
    refused_since=0,
    last_refused_at=None,
    waiting=0,
    oldest_waiting_at=None,
    failed=0,
    api_fault=None,
    sync_every=timedelta(minutes=15),
    last_synced_at=NOW - timedelta(minutes=10),
    next_sync_at=NOW + timedelta(minutes=5),
    sync_fault=None,
    unmapped=0,
    unanswered=False,
)


def by_the_clock(since: datetime, until: datetime) -> timedelta:
    """A calendar that is always open."""
    return until - since


def silences(*hours: float) -> tuple[tuple[datetime, datetime], ...]:
    return tuple((NOW, NOW + HOUR * each) for each in hours)


def faults(feed: Feed) -> tuple[Fault, ...]:
    return judge(feed, NOW, by_the_clock).faults


def test_a_feed_that_speaks_and_is_worked_in_is_well() -> None:
    judged = judge(WELL, NOW, by_the_clock)

    assert (judged.light, judged.faults) == (Light.WELL, ())


def test_until_its_habit_is_known_four_working_days_are_allowed() -> None:
    assert quiet_after(silences(*[90] * (ENOUGH - 1)), by_the_clock) == UNTAUGHT
    assert quiet_after(silences(*[2] * ENOUGH), by_the_clock) == SHORTEST


def test_the_habit_is_what_nine_in_ten_silences_stay_within() -> None:
    usual = silences(*[10] * 18, 200)

    assert quiet_after(usual, by_the_clock) == 4 * 10 * HOUR
    assert quiet_after((*usual, *silences(200, 200)), by_the_clock) == 4 * 200 * HOUR


def test_a_feed_is_silent_only_beyond_its_habit() -> None:
    taught = replace(WELL, silences=silences(*[10] * 10))

    at_the_bound = replace(taught, last_authentic_at=NOW - 40 * HOUR)
    beyond = replace(taught, last_authentic_at=NOW - 40 * HOUR - timedelta(seconds=1))

    assert faults(at_the_bound) == ()
    assert faults(beyond) == (Fault.SILENT,)
    assert judge(beyond, NOW, by_the_clock).light is Light.BROKEN


def test_closed_time_is_no_silence() -> None:
    quiet = replace(WELL, last_authentic_at=NOW - timedelta(days=30))

    assert judge(quiet, NOW, lambda _since, _until: timedelta(0)).faults == ()


def test_what_is_short_of_an_hour_is_no_silence_and_only_the_latest_are_kept() -> None:
    many = silences(*range(1, REMEMBERED + 1))

    assert with_silence(many, NOW, NOW + timedelta(minutes=59)) is None
    assert with_silence(many, None, NOW) is None
    kept = with_silence(many, NOW, NOW + 99 * HOUR)
    assert kept is not None
    assert kept == (*many[1:], (NOW, NOW + 99 * HOUR))


def test_silences_are_stored_and_read_again() -> None:
    known = silences(1, 2.5)

    assert silences_of(silences_stored(known)) == known


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"refused_since": 3, "last_refused_at": NOW - timedelta(minutes=1)}, Fault.REFUSED),
        (
            {
                "refused_since": 1,
                "last_refused_at": NOW,
                "last_authentic_at": None,
            },
            Fault.REFUSED,
        ),
        ({"waiting": 1, "oldest_waiting_at": NOW - timedelta(minutes=11)}, Fault.BACKLOG),
        ({"failed": 1}, Fault.FAILED),
        ({"api_fault": "401"}, Fault.API),
        ({"sync_fault": "500", "last_synced_at": None}, Fault.SYNC_FAILED),
        (
            {"last_synced_at": NOW - timedelta(hours=2), "next_sync_at": NOW - timedelta(hours=1)},
            Fault.SYNC_LATE,
        ),
        ({"unmapped": 2}, Fault.UNMAPPED),
        ({"unanswered": True}, Fault.UNANSWERED),
        ({"missing": ("API key",)}, Fault.INCOMPLETE),
        ({"unwritten": 1}, Fault.UNWRITTEN),
    ],
)
def test_each_fault_is_seen_alone(changed: dict[str, object], fault: Fault) -> None:
    assert faults(replace(WELL, **changed)) == (fault,)


@pytest.mark.parametrize(
    "changed",
    [
        # Somebody knocked once or twice; an authentic one came after; it was long ago.
        {"refused_since": 2, "last_refused_at": NOW},
        {"refused_since": 9, "last_refused_at": NOW - timedelta(minutes=4)},
        {
            "refused_since": 9,
            "last_refused_at": NOW - timedelta(days=4),
            "last_authentic_at": None,
        },
        {"waiting": 5, "oldest_waiting_at": NOW - timedelta(minutes=9)},
        # It waits for its turn, or is not asked at all.
        {"last_synced_at": NOW - timedelta(hours=2)},
        {"sync_every": None, "last_synced_at": None, "next_sync_at": None},
    ],
)
def test_what_is_usual_is_no_fault(changed: dict[str, object]) -> None:
    assert faults(replace(WELL, **changed)) == ()


def test_a_new_connection_waits_for_its_first_delivery() -> None:
    new = replace(
        WELL, last_authentic_at=None, last_synced_at=None, next_sync_at=NOW, created_at=NOW
    )

    assert judge(new, NOW, by_the_clock).light is Light.NEW


def test_a_connection_that_is_switched_off_has_no_faults() -> None:
    off = replace(WELL, active=False, failed=7, last_authentic_at=NOW - timedelta(days=90))

    judged = judge(off, NOW, by_the_clock)

    assert (judged.light, judged.faults) == (Light.OFF, ())
