"""How late flags were raised, in few enough classes to keep for ever and compare.

Counts only ever grow, so that a watcher who looks now and then misses nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

BOUNDS = (1, 2, 5, 10, 30, 60, 300, 900, 3600, 14_400, 86_400)
"""Seconds. Five is what is promised of a running service; the rest tell an outage's length."""

BEYOND = "+Inf"


def bound_of(seconds: float) -> str:
    """Return the least bound that a lateness does not exceed."""
    return next((str(bound) for bound in BOUNDS if seconds <= bound), BEYOND)


def added(before: Mapping[str, Any], late: Mapping[str, int], total: float) -> dict[str, Any]:
    """Return what is kept after flags of these classes and this total lateness were raised."""
    kept = dict(before.get("flags", {}))
    for bound, flags in late.items():
        kept[bound] = kept.get(bound, 0) + flags
    return {"flags": kept, "total": before.get("total", 0.0) + total}


def cumulative(kept: Mapping[str, Any]) -> list[tuple[str, float]]:
    """Return for each bound how many flags were no later, the last being all of them."""
    flags: Mapping[str, int] = kept.get("flags", {})
    running, found = 0.0, []
    for bound in (*map(str, BOUNDS), BEYOND):
        running += flags.get(bound, 0)
        found.append((bound, running))
    return found
