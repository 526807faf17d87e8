"""Keeps one connection within its vendor's rate, and lets it rest when the vendor is in trouble.

Everything is measured on the steady clock, so that a clock set back makes nobody wait for hours.
"""

from __future__ import annotations

import threading
from datetime import timedelta

from service.ats.asking import Rate
from service.clock import Clock
from service.domain.retries import REST_BASE, REST_CAP

LONGEST_REST = timedelta(hours=6)
"""However long a vendor says to wait, it is asked again after this."""


class Pace:
    """One connection's allowance: a bucket of requests that fills steadily. Safe to share."""

    def __init__(self, rate: Rate, clock: Clock) -> None:
        self._clock = clock
        self._most = float(max(1, rate.requests))
        self._per_second = self._most / max(rate.within.total_seconds(), 0.001)
        self._left = self._most
        self._filled = clock.monotonic()
        self._rests_until = 0.0
        self._rests_because: str | None = None
        self._failures = 0
        self._lock = threading.Lock()

    def resting(self) -> tuple[timedelta, str] | None:
        """Return for how much longer nothing may be asked, and why; else ``None``."""
        with self._lock:
            left = self._rests_until - self._clock.monotonic()
            if self._rests_because is None or left <= 0:
                return None
            return timedelta(seconds=left), self._rests_because

    def take(self) -> timedelta | None:
        """Take one request out of the bucket; where it is empty, return how long to wait."""
        with self._lock:
            now = self._clock.monotonic()
            self._left = min(self._most, self._left + (now - self._filled) * self._per_second)
            self._filled = now
            if self._left < 1:
                # A little more than exact: a clock of floats must not come back just too early.
                return timedelta(seconds=(1 - self._left) / self._per_second + 0.001)
            self._left -= 1
            return None

    def failed(self, why: str, chance: float, at_least: timedelta | None = None) -> timedelta:
        """Let it rest after a failure; return for how long.

        Half of an exponential bound is certain and half is chance (``chance`` in [0, 1)).
        ``at_least`` is what the vendor itself asked for.
        """
        with self._lock:
            bound = min(REST_CAP, REST_BASE * (1 << min(self._failures, 16)))
            self._failures += 1
            rest = max(bound / 2 + bound / 2 * chance, at_least or timedelta(0))
            rest = min(rest, LONGEST_REST)
            self._rests_until = self._clock.monotonic() + rest.total_seconds()
            self._rests_because = why
            return rest

    def answered(self) -> None:
        """Note that the vendor answers: whatever failed before is over.

        Not so while it rests: then the answer is to a question from before the rest began.
        """
        with self._lock:
            if self._clock.monotonic() >= self._rests_until:
                self._failures = 0
                self._rests_because = None
