"""The registry of steps and the runner that turns them in one process.

A step is an idempotent pump over rows: run late, twice, or not at all for a while, it does the
same work and no more. The runner holds no truth; waking a step only says "look now".
"""

from __future__ import annotations

import logging
import random
import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy.orm import Session

from service.clock import Clock, JumpGuard, SystemClock
from service.mail.base import Transport
from service.workflows.check import check
from service.workflows.digest import digest
from service.workflows.dispatch import dispatch
from service.workflows.fold_events import fold_events
from service.workflows.heartbeat import beat
from service.workflows.ingest import ingest
from service.workflows.work import Office

log = logging.getLogger("keepword.worker")


@dataclass(frozen=True)
class Tools:
    """What a step is given to work with."""

    office: Office
    clock: Clock
    transport: Transport
    jump: JumpGuard


@dataclass(frozen=True)
class Step:
    """One piece of periodic work. ``late_after`` is when silence about it becomes an alarm."""

    name: str
    period: timedelta
    late_after: timedelta
    run: Callable[[Session, Tools], object]


def _check(session: Session, tools: Tools) -> object:
    drift = tools.jump.jumped()
    if drift is not None:
        # The clock may be wrong: nobody is flagged or mailed on its word until a turn without one.
        log.warning("the clock jumped by %.0f s; this turn flags nobody", drift.total_seconds())
        return None
    return check(session, tools.office, tools.clock.now())


def _digest(session: Session, tools: Tools) -> object:
    return digest(session, tools.office, tools.clock.now())


def _ingest(session: Session, tools: Tools) -> object:
    return ingest(session, tools.office, tools.clock)


def _fold(session: Session, tools: Tools) -> object:
    return fold_events(session, tools.office, tools.clock.now())


def _dispatch(session: Session, tools: Tools) -> object:
    return dispatch(
        session, tools.office, tools.clock, tools.transport, chance=random.SystemRandom()
    )


STEPS: tuple[Step, ...] = (
    Step("ingest", timedelta(seconds=1), timedelta(seconds=60), _ingest),
    Step("mail-events", timedelta(seconds=1), timedelta(seconds=60), _fold),
    Step("check", timedelta(seconds=2), timedelta(seconds=60), _check),
    Step("digest", timedelta(seconds=30), timedelta(minutes=5), _digest),
    Step("dispatch", timedelta(seconds=1), timedelta(minutes=3), _dispatch),
)
"""Everything that turns by itself, in the order one full turn takes it."""

# The scheduler counts real seconds, whatever instant the steps are told.
_SCHEDULER_CLOCK = SystemClock()

PULSE = timedelta(seconds=15)
"""How often each step leaves a heartbeat though it found nothing to do."""


class Runner:
    """Turns the steps in background threads, one thread a step, until it is stopped."""

    def __init__(
        self, tools: Tools, session: Callable[[], AbstractContextManager[Session]]
    ) -> None:
        self._tools = tools
        self._session = session
        self._scheduler = BackgroundScheduler(timezone=UTC)
        self._beaten: dict[str, datetime] = {}

    def start(self) -> None:
        """Start turning; the first turn of every step comes at once."""
        for step in STEPS:
            self._scheduler.add_job(
                self.turn,
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
        if self._scheduler.running:
            self._scheduler.modify_job(name, next_run_time=_SCHEDULER_CLOCK.now())

    def stop(self) -> None:
        """Let every running step end its turn and start no other."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)

    def turn(self, step: Step) -> None:
        """Run one step once. Its fault is logged and the step comes again."""
        try:
            with self._session() as session:
                step.run(session, self._tools)
                self._pulse(session, step)
        except Exception as error:  # noqa: BLE001 - a step that fails comes again
            # Where it happened, without the error's text: that may quote what a person wrote.
            where = "".join(traceback.format_tb(error.__traceback__))
            log.error(  # noqa: TRY400 - log.exception would print the error's text
                "the step %s failed with %s and will come again\n%s",
                step.name,
                type(error).__name__,
                where,
            )

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
