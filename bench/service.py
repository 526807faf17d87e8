"""From due to flagged in a running service: promises come due one after another, as they do.

Each is timed from the instant it is due until somebody who looks can read that it is overdue: what
is written and not yet committed does not count.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from math import ceil
from pathlib import Path

from sqlalchemy import Engine, select

from bench.checker import Store
from bench.data import come_due, fill
from bench.figure import Figure
from bench.processes import serving
from service.db import reading_only
from service.models import TimelineEntry

GOAL = 5.0
"""Seconds."""

LOOK_EVERY = 0.05
FIRST_IN = timedelta(seconds=3)
"""When the first comes due: by then all of them have been written."""

PATIENCE = timedelta(seconds=60)


def due_to_flagged(store: Store, home: Path, *, open_: int, due: int, seconds: int) -> Figure:
    """Return the 99th of a hundred waits, among so many open promises; ``due`` of them come due
    evenly spread over so many seconds.
    """
    with store.empty() as name, store.opened(name) as engine:
        fill(engine, applications=open_, each=1, due=0, now=datetime.now(UTC))
        serve = [sys.executable, "-m", "service", "serve", "--port"]
        with serving(serve, store.url(name), home):
            first = datetime.now(UTC) + FIRST_IN
            instants = [first + timedelta(seconds=seconds) * n / due for n in range(due)]
            come_due(engine, instants)
            waits = sorted(_waits(engine, instants))
    return Figure.ratio_of(
        f"service.due-to-flagged.{store.kind}.{open_}-open.slowest-hundredth",
        waits[ceil(len(waits) * 0.99) - 1],
        GOAL,
        unit="s",
        goal=1.0,
    )


def _waits(engine: Engine, instants: Sequence[datetime]) -> Iterator[float]:
    """Watch from outside until all are flagged; yield how long after its instant each was seen."""
    end, seen, last = instants[-1] + PATIENCE, 0, 0
    while seen < len(instants):
        time.sleep(LOOK_EVERY)
        with reading_only(), engine.connect() as connection:
            rows = connection.execute(
                select(TimelineEntry.seq, TimelineEntry.at)
                .where(TimelineEntry.seq > last, TimelineEntry.kind == "promise_overdue")
                .order_by(TimelineEntry.seq)
            ).all()
        now = datetime.now(UTC)
        if now > end:
            raise RuntimeError(f"{seen} of {len(instants)} were flagged")
        for seq, at in rows:
            last, seen = seq, seen + 1
            yield (now - at).total_seconds()
