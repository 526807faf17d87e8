"""Tells an outside watcher that the checker ran, so that its silence is noticed elsewhere.

A dead man's switch (Healthchecks and its like) expects a request now and then and raises the alarm
when none comes: a machine that is down cannot report itself. A ping that fails never stops the
checker.
"""

from __future__ import annotations

import logging
from datetime import timedelta

import urllib3

from service.clock import Clock

EVERY = timedelta(minutes=1)
TIMEOUT = urllib3.Timeout(connect=3, read=5)

log = logging.getLogger("keepword.ping")


class Ping:
    """Asks for one address, at most once a minute. The address may hold a secret: never logged."""

    def __init__(self, url: str, clock: Clock) -> None:
        self._url = url
        self._clock = clock
        self._pool = urllib3.PoolManager(retries=False, timeout=TIMEOUT)
        self._last: float | None = None
        self._failing = False

    def say(self) -> bool:
        """Ping if a minute has passed since the last time; tell whether the watcher was told."""
        steady = self._clock.monotonic()
        if self._last is not None and steady - self._last < EVERY.total_seconds():
            return False
        self._last = steady
        try:
            status = self._pool.request("GET", self._url, redirect=False).status
            fault = None if status < 400 else f"it answered {status}"
        except urllib3.exceptions.HTTPError as error:
            fault = type(error).__name__
        if fault is not None and not self._failing:
            log.warning("the outside watcher was not reached (%s): check KEEPWORD_PING_URL", fault)
        self._failing = fault is not None
        return fault is None
