"""Working time against ``businesstimedelta``: adding 80 business hours, and compiling a calendar.

Both add to the same starting hours under the same opening hours and must end at the same instant;
neither explains itself, which ours can and theirs cannot.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from zoneinfo import ZoneInfo

from bench.figure import Figure
from bench.peers.environment import ask_peer
from service.domain.business_time import Calendar
from service.domain.durations import parse
from service.public_holidays import holidays_for

ADD_GOAL = 100.0
ROUNDS = 100
"""How often ours is asked the same: about as long as theirs takes once. A processor that changes
its pace meanwhile does so to both."""

COMPILE_GOAL = 0.05
"""Seconds for ten years."""

_BERLIN = ZoneInfo("Europe/Berlin")
_HOURS = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}


def adding(home: Path, *, additions: int, runs: int) -> Figure:
    """Return how many times faster 80 business hours are added."""
    calendar = Calendar.from_document(
        {"name": "bench", "time_zone": "Europe/Berlin", "hours": _HOURS}, holidays_for
    )
    first = datetime(2026, 3, 2, 10, tzinfo=_BERLIN).astimezone(UTC)
    starts = [first + timedelta(hours=hour) for hour in range(additions)]
    span = parse("80 business hours")
    calendar.add(starts[0], span, trace=False)  # compiles itself, which is measured below
    ours, theirs = [], []
    for _ in range(runs):
        began = time.perf_counter()
        for _ in range(ROUNDS):
            ends = [calendar.add(start, span, trace=False) for start in starts]
        ours.append((time.perf_counter() - began) / additions / ROUNDS)
        told = ask_peer(home, "business_hours", additions)
        theirs.append(told["seconds"])
        if datetime.fromisoformat(told["last"]) != ends[-1].due_at:
            raise RuntimeError("the two do not end at the same instant")
    return Figure.faster(
        "calendar.add-80-business-hours-beside-businesstimedelta",
        median(ours),
        median(theirs),
        unit="s",
        goal=ADD_GOAL,
    )


def compiling(*, runs: int) -> Figure:
    """Return the part of the goal that compiling ten years of a calendar with holidays takes."""
    document = {
        "name": "bench",
        "time_zone": "Europe/Berlin",
        "hours": _HOURS,
        "holidays": {"country": "DE", "subdivision": "BE"},
    }
    start = datetime(2026, 1, 5, 8, tzinfo=UTC)
    took = []
    for _ in range(runs):
        began = time.perf_counter()
        Calendar.from_document(document, holidays_for).working_time(start, start.replace(year=2036))
        took.append(time.perf_counter() - began)
    return Figure.ratio_of(
        "calendar.compile-ten-years", median(took), COMPILE_GOAL, unit="s", goal=1.0
    )
