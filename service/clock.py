"""The only place that asks the time, so that everything else can be told what time it is.

Instants are aware and in UTC; a naive one is refused here rather than misread elsewhere.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the present instant (aware, UTC) and a monotonic reading in seconds."""

    def now(self) -> datetime:
        """Return the present instant."""
        ...

    def monotonic(self) -> float:
        """Return seconds from a clock that nobody can set."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def now(self) -> datetime:
        """Return the machine's wall clock in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return the machine's monotonic clock in seconds."""
        return time.monotonic()


class FakeClock:
    """A clock that stands still until it is moved: for tests, the demo and ``check --at``."""

    def __init__(self, at: datetime) -> None:
        self._now = require_aware(at)
        self._elapsed = 0.0

    def now(self) -> datetime:
        """Return the instant it was last moved to."""
        return self._now

    def monotonic(self) -> float:
        """Return the seconds it was advanced by; setting the wall time does not count."""
        return self._elapsed

    def advance(self, by: timedelta) -> datetime:
        """Let time pass: both clocks move."""
        self._now += by
        self._elapsed += by.total_seconds()
        return self._now

    def move_to(self, at: datetime) -> datetime:
        """Let time pass until an instant: both clocks move."""
        return self.advance(require_aware(at) - self._now)

    def jump_to(self, at: datetime) -> datetime:
        """Set the wall clock alone, as a wrong NTP answer or a resumed machine would."""
        self._now = require_aware(at)
        return self._now


class JumpGuard:
    """Notices when the wall clock and the monotonic clock disagree about how long it has been.

    A jump must neither flag nor mail a crowd (the clock may be wrong), so whoever is told of one
    skips a turn; the next turn measures from here.
    """

    def __init__(self, clock: Clock, tolerance: timedelta = timedelta(seconds=60)) -> None:
        self._clock = clock
        self._tolerance = tolerance
        self._wall = clock.now()
        self._steady = clock.monotonic()

    def jumped(self) -> timedelta | None:
        """Return by how much the wall clock jumped since the last call, or ``None``."""
        wall, steady = self._clock.now(), self._clock.monotonic()
        drift = (wall - self._wall) - timedelta(seconds=steady - self._steady)
        self._wall, self._steady = wall, steady
        return drift if abs(drift) > self._tolerance else None


def require_aware(at: datetime) -> datetime:
    """Return the instant in UTC; raise ``ValueError`` where it has no offset."""
    if at.tzinfo is None or at.utcoffset() is None:
        raise ValueError("an instant needs an offset, such as 2026-03-27T16:00:00Z")
    return at.astimezone(UTC)


def instant_text(at: datetime) -> str:
    """Write an instant as every interface of Keepword does: UTC, seconds, ``Z``."""
    return require_aware(at).replace(microsecond=0).isoformat().replace("+00:00", "Z")
