"""Turns the steps in one of several processes, as asked: once at a time, for a share of time.

It knows no broker. Whatever asks may ask twice, late or not at all.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

from service.clock import Clock
from service.steps import STEPS, Tools, step_named
from service.turning import Sessions, Turner
from service.workflows.step_turns import begin_turn


class Turns:
    """Turns steps as messages ask for it, in one process of several."""

    def __init__(self, tools: Tools, session: Sessions) -> None:
        self._tools = tools
        self._turner = Turner(session)
        self._busy: dict[str, threading.Lock] = {step.name: threading.Lock() for step in STEPS}

    def turn(self, name: str, *, woken: bool = False) -> None:
        """Turn a step, unless this process is at it already or its turn was begun just now.

        A turn ends when nothing is left or its share of time is over, so whoever asks meanwhile
        is served by the one under way or by the next period.
        """
        try:
            step = step_named(name)
        except KeyError:
            # Of another version of Keepword: its own workers do it.
            return
        if self._tools.stopping.is_set() or not self._busy[name].acquire(blocking=False):
            return
        try:
            clock = self._tools.clock
            tools = replace(self._tools, stopping=Share(self._tools.stopping, clock, step.share))
            if woken:
                self._turner.turn(step, tools)
            else:
                self._turner.turn(
                    step, tools, lambda here: begin_turn(here, name, step.period, clock.now())
                )
        finally:
            self._busy[name].release()

    def ask_to_stop(self) -> None:
        """Let every step end the piece of work it is at."""
        self._tools.stopping.set()


class Share(threading.Event):
    """Set once a turn's time is over or the process is to stop."""

    def __init__(self, stopping: threading.Event, clock: Clock, lasts: timedelta) -> None:
        super().__init__()
        self._stopping = stopping
        self._clock = clock
        self._ends = clock.monotonic() + lasts.total_seconds()

    def is_set(self) -> bool:
        """Tell whether the turn is to end."""
        return self._stopping.is_set() or self._left() <= 0

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the turn is to end, at most for ``timeout`` seconds."""
        left = max(0.0, self._left())
        self._stopping.wait(left if timeout is None else min(timeout, left))
        return self.is_set()

    def _left(self) -> float:
        return self._ends - self._clock.monotonic()
