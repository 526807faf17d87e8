"""The runner that turns the steps in one process: a thread each, until it is stopped.

It holds no truth: what a stop, a crash or a missed turn leaves undone waits in the database.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

from service.clock import SystemClock
from service.steps import STEPS, Step, Tools
from service.turning import Sessions, Turner

# The scheduler counts real seconds, whatever instant the steps are told.
_SCHEDULER_CLOCK = SystemClock()

LOOKS_AT_CLOCK = timedelta(seconds=2)
"""How often it is asked whether the machine's clock was set back: the scheduler knows wall time
alone, and would wait until that has come to where it was."""

STOP_WITHIN = timedelta(seconds=8)
"""How long a stop waits for a step that hangs; service managers allow ten seconds."""


class Every(BaseTrigger):  # type: ignore[misc]  # the scheduler ships no types
    """Comes a period after it last came. Those it missed while the machine slept or its clock was
    wrong are not counted, let alone run: of a second's there are thirty million in a year.
    """

    def __init__(self, period: timedelta) -> None:
        self.period = max(period, timedelta(seconds=1))

    def get_next_fire_time(self, _previous: datetime | None, now: datetime) -> datetime:
        """Return when to come next."""
        return now + self.period


class Runner:
    """Turns the steps in background threads, one thread a step, until it is stopped."""

    def __init__(
        self, tools: Tools, session: Sessions, elsewhere: Callable[[str], None] | None = None
    ) -> None:
        """Make it ready. ``elsewhere`` wakes a step in another process, while none turns here."""
        self._tools = tools
        self._turner = Turner(session)
        self._elsewhere = elsewhere
        self._scheduler = BackgroundScheduler(
            timezone=UTC, executors={"default": ThreadPoolExecutor(len(STEPS))}
        )
        self._turning: set[str] = set()
        self._turned = threading.Condition()

    def start(self) -> None:
        """Start turning; the first turn of every step comes at once."""
        for step in STEPS:
            self._scheduler.add_job(
                self._turn_unless_stopping,
                Every(step.period),
                args=[step],
                id=step.name,
                coalesce=True,
                max_instances=1,
                misfire_grace_time=None,
                next_run_time=_SCHEDULER_CLOCK.now(),
            )
        self._scheduler.start()
        threading.Thread(target=self._watch_clock, name="watch-clock", daemon=True).start()

    def _watch_clock(self) -> None:
        while not self._tools.stopping.wait(LOOKS_AT_CLOCK.total_seconds()):
            self.wake_far_off(_SCHEDULER_CLOCK.now())

    def wake_far_off(self, now: datetime) -> list[str]:
        """Wake the steps that would come later than their periods say, and return their names: the
        clock was set back.
        """
        latest = now + LOOKS_AT_CLOCK
        jobs = self._scheduler.get_jobs()
        late = [job.id for job in jobs if job.next_run_time > latest + job.trigger.period]
        for name in late:
            self.wake(name)
        return late

    def wake(self, name: str) -> None:
        """Look now instead of at the next period; best effort, and at once whatever happens."""
        if not self._scheduler.running:
            if self._elsewhere is not None:
                self._elsewhere(name)
        elif not self._tools.stopping.is_set():
            # A stop may win the race for the step; then there is nothing to wake.
            with suppress(JobLookupError):
                self._scheduler.modify_job(name, next_run_time=_SCHEDULER_CLOCK.now())

    def ask_to_stop(self) -> None:
        """Let every step end the piece of work it is at; return at once (signal handlers may)."""
        # Asked first: a signal handler must not wait for a lock that it interrupted.
        if not self._tools.stopping.is_set():
            self._tools.stopping.set()

    def stop(self, within: timedelta = STOP_WITHIN) -> list[str]:
        """Stop for good; return the steps that still hang after ``within``, which is none."""
        self.ask_to_stop()
        with self._turned:
            self._turned.wait_for(lambda: not self._turning, timeout=within.total_seconds())
            hanging = sorted(self._turning)
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        return hanging

    def _turn_unless_stopping(self, step: Step) -> None:
        with self._turned:
            if self._tools.stopping.is_set():
                return
            self._turning.add(step.name)
        try:
            self.turn(step)
        finally:
            with self._turned:
                self._turning.discard(step.name)
                self._turned.notify_all()

    def turn(self, step: Step) -> None:
        """Run one step once. Its fault is logged and the step comes again."""
        self._turner.turn(step, self._tools)
