"""When to try again, and when to stop and ask a person."""

from __future__ import annotations

from datetime import datetime, timedelta

BASE = timedelta(seconds=30)
CAP = timedelta(hours=1)
PATIENCE = timedelta(days=5)
"""How long a letter is tried: as long as a provider's worst known outages last, with room."""

DELIVERY_ATTEMPTS = 5
"""How often processing a stored delivery is tried before it is set aside for a person."""


def next_attempt_at(now: datetime, attempt: int, chance: float) -> datetime:
    """Return when to try again after ``attempt`` tries (1 for the first).

    Full jitter: a uniform share (``chance`` in [0, 1)) of the exponential bound, so that a crowd
    that failed together does not return together.
    """
    bound = min(CAP, BASE * (1 << min(attempt - 1, 16)))
    return now + timedelta(seconds=1) + bound * chance


def out_of_patience(first_tried_at: datetime, now: datetime) -> bool:
    """Tell whether a letter has been tried long enough."""
    return now - first_tried_at >= PATIENCE
