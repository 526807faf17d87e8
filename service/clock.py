"""The only place that asks the time, so that everything else can be told what time it is.

Instants are aware and in UTC; a naive one is refused here rather than misread elsewhere.
"""

from __future__ import annotations

import threading
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


STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""The clock that goes on while the machine sleeps, where there is one (Linux): a laptop that was
closed over night has truly grown older, and that is no jump."""


class SystemClock:
    """The machine's own clocks."""

    def now(self) -> datetime:
        """Return the machine's wall clock in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return the machine's steady clock in seconds, its sleep counted."""
        return time.clock_gettime(STEADY)


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


HOLD_AFTER_JUMP = timedelta(minutes=5)
"""How long nothing is flagged or sent after the wall clock jumped: time to set it right again,
and not so long that a virtual machine that was merely halted keeps anybody waiting."""


class JumpGuard:
    """Notices when the wall clock and the monotonic clock disagree about how long it has been.

    After a jump the clock may be wrong, and neither a crowd of flags nor a crowd of letters may
    follow from that: for ``HOLD_AFTER_JUMP`` of steady time the guard asks everybody to hold.
    Safe to share between threads.
    """

    def __init__(self, clock: Clock, tolerance: timedelta = timedelta(seconds=60)) -> None:
        self._clock = clock
        self._tolerance = tolerance
        self._wall = clock.now()
        self._steady = clock.monotonic()
        self._held_until = 0.0
        self._reason: str | None = None
        self._lock = threading.Lock()

    def holding(self) -> str | None:
        """Return why nothing may be flagged or sent now, in words, or ``None``."""
        with self._lock:
            wall, steady = self._clock.now(), self._clock.monotonic()
            drift = (wall - self._wall) - timedelta(seconds=steady - self._steady)
            self._wall, self._steady = wall, steady
            if abs(drift) > self._tolerance:
                self._held_until = steady + HOLD_AFTER_JUMP.total_seconds()
                self._reason = (
                    f"the machine's clock jumped by {int(drift.total_seconds())} s: nobody is "
                    "flagged and nothing is sent for five minutes; set the clock right"
                )
            elif self._reason is not None and steady >= self._held_until:
                self._reason = None
            return self._reason


def require_aware(at: datetime) -> datetime:
    """Return the instant in UTC; raise ``ValueError`` where it has no offset."""
    if at.tzinfo is None or at.utcoffset() is None:
        raise ValueError("an instant needs an offset, such as 2026-03-27T16:00:00Z")
    return at.astimezone(UTC)


def instant_text(at: datetime) -> str:
    """Write an instant as every interface of Keepword does: UTC, seconds, ``Z``."""
    return require_aware(at).replace(microsecond=0).isoformat().replace("+00:00", "Z")
