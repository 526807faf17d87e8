"""How figures are cut into weeks and summed up: Mondays in a zone, medians, percentiles.

A percentile is always a value that was measured (nearest rank), never one between two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from service.domain.zones import resolve_wall

MOST_WEEKS = 53
"""A year and a week: further back the figures say little about how we work today."""


@dataclass(frozen=True)
class Weeks:
    """Whole weeks that follow each other, the last one running at ``now``.

    ``starts`` holds the instant of each Monday's midnight and, at its end, that of the next one,
    so that week ``i`` is ``starts[i] <= at < starts[i + 1]``; ``mondays`` their local dates.
    """

    mondays: tuple[date, ...]
    starts: tuple[datetime, ...]

    @classmethod
    def until(cls, now: datetime, count: int, zone: ZoneInfo) -> Weeks:
        """Return the week that runs at ``now`` and those before it, ``count`` in all.

        Raises ``ValueError`` for fewer than one or more than ``MOST_WEEKS``.
        """
        if not 1 <= count <= MOST_WEEKS:
            raise ValueError(f"a number of weeks lies between 1 and {MOST_WEEKS}")
        today = now.astimezone(zone).date()
        this = today - timedelta(days=today.weekday())
        mondays = tuple(this - timedelta(weeks=back) for back in range(count - 1, -1, -1))
        ends = (*mondays, this + timedelta(weeks=1))
        return cls(mondays, tuple(_midnight(day, zone) for day in ends))

    @property
    def begin(self) -> datetime:
        """The first instant of the first week."""
        return self.starts[0]

    @property
    def end(self) -> datetime:
        """The first instant after the last week."""
        return self.starts[-1]


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return resolve_wall(datetime.combine(day, time()), zone).astimezone(UTC)


def nearest_rank(ordered: Sequence[float], percent: int) -> float | None:
    """Return the smallest value that ``percent`` of 100 do not exceed; ``None`` where none is.

    ``ordered`` ascends. With 50 it is the median; of an even number the lower of the two.
    """
    if not ordered:
        return None
    rank = -(-len(ordered) * percent // 100)
    return ordered[max(rank, 1) - 1]
