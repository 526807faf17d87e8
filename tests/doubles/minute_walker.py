"""A naive calendar that walks every minute: slow, plain, and the judge of the fast one.

It shares no code with the product: whether a minute is open is read off the wall clock alone, by
looking whether the clock has shown the opening yet and whether it will still show the closing.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)


class WallClock:
    """What a wall clock shows at each minute of a window, in minutes since the window's start."""

    def __init__(self, zone: str, first: datetime, minutes: int) -> None:
        naive = first.replace(tzinfo=None)
        shown = [
            (first + index * MINUTE).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
            for index in range(minutes)
        ]
        wall = [int((at - naive) / MINUTE) for at in shown]
        self.shown_so_far = list(accumulate(wall, max))
        self.still_to_come = list(accumulate(reversed(wall), min))[::-1]
        self.last_shown = {at: index for index, at in enumerate(wall)}


wall_clock = lru_cache(maxsize=64)(WallClock)


class MinuteWalker:
    """Openings of a window, one flag a minute.

    ``shifts_by_day`` holds openings and closings in minutes from the day's midnight.
    """

    def __init__(
        self,
        zone: str,
        first: datetime,
        minutes: int,
        shifts_by_day: Mapping[date, list[list[int]]],
    ) -> None:
        self.first = first
        self.open = [False] * minutes
        clock = wall_clock(zone, first, minutes)
        for day, shifts in shifts_by_day.items():
            midnight = int((datetime(day.year, day.month, day.day, tzinfo=UTC) - first) / MINUTE)
            for opens, closes in shifts:
                # Open from when the clock first shows the opening, or something later …
                begin = bisect_left(clock.shown_so_far, midnight + opens)
                # … until it has shown the closing for the last time, or will only show later.
                closing = midnight + closes
                end = bisect_left(clock.still_to_come, closing)
                end = max(end, clock.last_shown.get(closing, 0))
                for index in range(begin, end):
                    self.open[index] = True

    def at(self, index: int) -> datetime:
        """Return the instant of a minute."""
        return self.first + index * MINUTE

    def add(self, start: datetime, minutes: int) -> datetime | None:
        """Walk until ``minutes`` open minutes have passed; ``None`` when the window ends first."""
        index = int((start - self.first) / MINUTE)
        while index < len(self.open) and not self.open[index]:
            index += 1
        while minutes and index < len(self.open):
            minutes -= self.open[index]
            index += 1
        return self.at(index) if not minutes and index < len(self.open) else None

    def subtract(self, end: datetime, minutes: int) -> datetime | None:
        """Walk back likewise."""
        index = int((end - self.first) / MINUTE)
        while index > 0 and not self.open[index - 1]:
            index -= 1
        while minutes and index > 0:
            index -= 1
            minutes -= self.open[index]
        return self.at(index) if not minutes and index > 0 else None

    def open_minutes(self, start: datetime, end: datetime) -> int:
        """Count the open minutes between two instants."""
        low, high = (int((at - self.first) / MINUTE) for at in (start, end))
        return sum(self.open[low:high])
