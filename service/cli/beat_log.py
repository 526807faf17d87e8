"""Keeps a beat whose broker is away from filling the disk: it says so once a minute, in a line.

Left to itself it writes some three kilobytes for every turn that it cannot call, a megabyte a
minute, and says no more by it.
"""

from __future__ import annotations

import logging

from celery.beat import SchedulingError

EVERY = 60.0
"""Seconds between two lines."""


class BrokerAway(logging.Filter):
    """Lets one complaint a minute through, without its stack, and counts what it kept back."""

    def __init__(self) -> None:
        super().__init__()
        self._told_at: float | None = None
        self._uncalled = 0

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite a complaint about a turn that could not be called; leave everything else."""
        error = record.exc_info[1] if record.exc_info else None
        if not isinstance(error, SchedulingError):
            return True
        self._uncalled += 1
        # A clock that was put back must not make it silent for longer.
        if self._told_at is not None and 0 <= record.created - self._told_at < EVERY:
            return False
        record.msg = (
            "the broker takes no message, %d turns were not called since the last of these lines; "
            "what is due stays in the database and is done once it answers: %s"
        )
        record.args = (self._uncalled, str(error))
        record.exc_info = None
        self._told_at, self._uncalled = record.created, 0
        return True
