"""When to try again, how long mail rests, and when to stop and ask a person."""

from __future__ import annotations

from datetime import datetime, timedelta

BASE = timedelta(seconds=30)
CAP = timedelta(hours=1)
REST_BASE = timedelta(seconds=5)
REST_CAP = timedelta(minutes=10)
"""How long all mail rests after failures in a row: short at first, never so long that a person
notices the end of an outage before Keepword does."""

PATIENCE = timedelta(days=5)
"""How long a letter is tried: as long as a provider's worst known outages last, with room."""

VENDOR_BASE = timedelta(seconds=30)
"""How long a hint waits at least that a vendor's API would not tell about."""

DELIVERY_ATTEMPTS = 5
"""How often processing a stored delivery is tried before it is set aside for a person."""


def next_attempt_at(now: datetime, attempt: int, chance: float) -> datetime:
    """Return when to try a delivery again after ``attempt`` tries (1 for the first).

    Full jitter: a uniform share (``chance`` in [0, 1)) of the exponential bound, so that a crowd
    that failed together does not return together.
    """
    bound = min(CAP, BASE * (1 << min(attempt - 1, 16)))
    return now + timedelta(seconds=1) + bound * chance


def rest_until(now: datetime, failures: int, chance: float) -> datetime:
    """Return until when all mail rests after ``failures`` in a row (1 for the first).

    Half of the exponential bound is certain, so that a provider in trouble is left alone, and the
    other half is chance, so that several workers do not come back together.
    """
    bound = min(REST_CAP, REST_BASE * (1 << min(failures - 1, 16)))
    return now + bound / 2 + bound / 2 * chance


def out_of_patience(first_tried_at: datetime, now: datetime) -> bool:
    """Tell whether a letter has been tried long enough."""
    return now - first_tried_at >= PATIENCE


def wait_for_vendor(waited: timedelta, chance: float) -> timedelta:
    """Return how long a hint waits before its vendor is asked again.

    It grows with how long it has waited already, from seconds to an hour; between half and all of
    that, by chance.
    """
    bound = min(CAP, max(VENDOR_BASE, waited))
    return bound / 2 + bound / 2 * chance


def sync_again_in(failures: int, usual: timedelta) -> timedelta:
    """Return when to sync again after ``failures`` in a row (1 for the first).

    Soon at first, and never later than as usual: that is no burden to any vendor.
    """
    return min(usual, timedelta(minutes=1) * (1 << min(failures - 1, 16)))
