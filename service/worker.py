"""The registry of steps and the runner that turns them in one process.

A step is an idempotent pump over rows: run late, twice, or not at all for a while, it does the
same work and no more. The runner holds no truth; waking a step only says "look now".
"""

from __future__ import annotations

import logging
import random
import threading
import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy.orm import Session

from service.clock import Clock, JumpGuard, SystemClock
from service.mail.base import Transport
from service.ping import Ping
from service.vendors.base import Vendors
from service.workflows.check import check
from service.workflows.digest import digest
from service.workflows.dispatch import dispatch
from service.workflows.fetch import fetch
from service.workflows.fold_events import fold_events
from service.workflows.heartbeat import beat
from service.workflows.ingest import ingest
from service.workflows.interviews_over import assume_held
from service.workflows.morning import morning
from service.workflows.settle import settle
from service.workflows.sync import sync
from service.workflows.work import Office
from service.workflows.write_back import write_back

log = logging.getLogger("keepword.worker")


@dataclass(frozen=True)
class Tools:
    """What a step is given to work with.

    Once ``stopping`` is set, a step ends the piece of work it is at and begins no other.
    """

    office: Office
    clock: Clock
    transport: Transport
    vendors: Vendors
    jump: JumpGuard
    ping: Ping | None = None
    stopping: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True)
class Step:
    """One piece of periodic work. ``late_after`` is when silence about it becomes an alarm."""

    name: str
    period: timedelta
    late_after: timedelta
    run: Callable[[Session, Tools], object]


def _check(session: Session, tools: Tools) -> object:
    held = tools.jump.holding()
    if held is not None:
        beat(session, "check", tools.clock.now(), {"not_ready": held})
        session.commit()
        return None
    report = check(session, tools.office, tools.clock.now(), stop=tools.stopping.is_set)
    if tools.ping is not None and report.not_ready is None:
        tools.ping.say()
    return report


def _interviews(session: Session, tools: Tools) -> object:
    if tools.jump.holding() is not None:
        # A clock that jumped must not end what is still to come.
        return None
    return assume_held(session, tools.office, tools.clock.now(), stop=tools.stopping.is_set)


def _digest(session: Session, tools: Tools) -> object:
    if tools.jump.holding() is None:
        # A clock that jumped must not make a morning of the night.
        morning(session, tools.office, tools.clock.now())
    return digest(session, tools.office, tools.clock.now())


def _ingest(session: Session, tools: Tools) -> object:
    return ingest(session, tools.office, tools.clock, stop=tools.stopping.is_set)


def _fetch(session: Session, tools: Tools) -> object:
    stop = tools.stopping.is_set
    return fetch(session, tools.office, tools.clock, tools.vendors, stop=stop)


def _sync(session: Session, tools: Tools) -> object:
    return sync(
        session,
        tools.office,
        tools.clock,
        tools.vendors,
        pause=tools.stopping.wait,
        stop=tools.stopping.is_set,
    )


def _fold(session: Session, tools: Tools) -> object:
    return fold_events(session, tools.office, tools.clock.now(), stop=tools.stopping.is_set)


def _settle(session: Session, tools: Tools) -> object:
    if tools.jump.holding() is not None:
        # A clock that jumped must not call silence what has not had its time.
        return None
    return settle(session, tools.office, tools.clock, tools.transport, stop=tools.stopping.is_set)


def _dispatch(session: Session, tools: Tools) -> object:
    if tools.jump.holding() is not None:
        return None
    return dispatch(
        session,
        tools.office,
        tools.clock,
        tools.transport,
        chance=random.SystemRandom(),
        stop=tools.stopping.is_set,
    )


def _write_back(session: Session, tools: Tools) -> object:
    if tools.jump.holding() is not None:
        # What is on its way must not count as lost because a clock jumped.
        return None
    stop = tools.stopping.is_set
    return write_back(session, tools.office, tools.clock, tools.vendors, stop=stop)


STEPS: tuple[Step, ...] = (
    Step("sync", timedelta(seconds=10), timedelta(minutes=5), _sync),
    Step("ingest", timedelta(seconds=1), timedelta(seconds=60), _ingest),
    Step("fetch", timedelta(seconds=1), timedelta(minutes=5), _fetch),
    Step("mail-events", timedelta(seconds=1), timedelta(seconds=60), _fold),
    Step("settle", timedelta(seconds=30), timedelta(minutes=5), _settle),
    Step("interviews", timedelta(seconds=30), timedelta(minutes=5), _interviews),
    Step("check", timedelta(seconds=2), timedelta(seconds=60), _check),
    Step("digest", timedelta(seconds=30), timedelta(minutes=5), _digest),
    Step("dispatch", timedelta(seconds=1), timedelta(minutes=3), _dispatch),
    Step("write-back", timedelta(seconds=2), timedelta(minutes=5), _write_back),
)
"""Everything that turns by itself, in the order one full turn takes it."""

# The scheduler counts real seconds, whatever instant the steps are told.
_SCHEDULER_CLOCK = SystemClock()

PULSE = timedelta(seconds=15)
"""How often each step leaves a heartbeat though it found nothing to do."""


STOP_WITHIN = timedelta(seconds=8)
"""How long a stop waits for a step that hangs; service managers allow ten seconds."""


class Runner:
    """Turns the steps in background threads, one thread a step, until it is stopped."""

    def __init__(
        self, tools: Tools, session: Callable[[], AbstractContextManager[Session]]
    ) -> None:
        self._tools = tools
        self._session = session
        self._scheduler = BackgroundScheduler(
            timezone=UTC, executors={"default": ThreadPoolExecutor(len(STEPS))}
        )
        self._beaten: dict[str, datetime] = {}
        self._turning: set[str] = set()
        self._failing: dict[str, str] = {}
        self._turned = threading.Condition()

    def start(self) -> None:
        """Start turning; the first turn of every step comes at once."""
        for step in STEPS:
            self._scheduler.add_job(
                self._turn_unless_stopping,
                IntervalTrigger(seconds=max(1, int(step.period.total_seconds()))),
                args=[step],
                id=step.name,
                coalesce=True,
                max_instances=1,
                misfire_grace_time=None,
                next_run_time=_SCHEDULER_CLOCK.now(),
            )
        self._scheduler.start()

    def wake(self, name: str) -> None:
        """Look now instead of at the next period; best effort."""
        if self._scheduler.running and not self._tools.stopping.is_set():
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
        try:
            with self._session() as session:
                step.run(session, self._tools)
                self._pulse(session, step)
        except Exception as error:  # noqa: BLE001 - a step that fails comes again
            self._tell(step, error)
        else:
            if self._failing.pop(step.name, None) is not None:
                log.warning("the step %s works again", step.name)

    def _tell(self, step: Step, error: Exception) -> None:
        """Log a fault once, however many turns it lasts."""
        fault = type(error).__name__
        if self._failing.get(step.name) == fault:
            return
        self._failing[step.name] = fault
        # Where it happened, without the error's text: that may quote what a person wrote.
        where = "".join(traceback.format_tb(error.__traceback__))
        log.error("the step %s failed with %s and will come again\n%s", step.name, fault, where)

    def _pulse(self, session: Session, step: Step) -> None:
        now = self._tools.clock.now()
        last = self._beaten.get(step.name)
        if last is not None and abs(now - last) < PULSE:
            return
        self._beaten[step.name] = now
        beat(session, f"loop:{step.name}", now, {})
        session.commit()


def turn_all(session: Session, tools: Tools) -> None:
    """Run every step once, in order: for the command line, tests and the demo."""
    for step in STEPS:
        step.run(session, tools)
