"""Lets the writers of one process begin in the order they came.

SQLite has no queue of its own: whoever waits sleeps and looks again, so that a loop that writes
without a pause keeps others out until their patience ends. A turn is a courtesy, never a lock:
when it does not come in time its writer asks the database all the same, and the database decides.
"""

from __future__ import annotations

import threading
from collections import deque


class Turns:
    """A queue of writers; the first one has the turn, the others wait behind it."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._queue: deque[threading.Event] = deque()

    @property
    def waiting(self) -> int:
        """How many stand behind the one that has the turn."""
        with self._guard:
            return max(0, len(self._queue) - 1)

    def take(self, patience: float) -> threading.Event:
        """Wait for the turn, at most ``patience`` seconds; return what gives it back."""
        turn = threading.Event()
        with self._guard:
            self._queue.append(turn)
            if self._queue[0] is turn:
                turn.set()
        turn.wait(patience)
        return turn

    def give(self, turn: threading.Event) -> None:
        """End a turn, begun or not, and let the next one begin."""
        with self._guard:
            self._queue.remove(turn)
            if self._queue:
                self._queue[0].set()
