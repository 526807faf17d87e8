"""Turns one step once, for whichever runner: its fault ends nothing, its pulse tells it lives.

An error's text never reaches the log: it may quote what a person wrote.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from service.steps import Step, Tools
from service.telemetry import Fact, span
from service.workflows.heartbeat import beat

log = logging.getLogger("keepword.worker")

PULSE = timedelta(seconds=15)
"""How often each step leaves a heartbeat though it found nothing to do."""

Sessions = Callable[[], AbstractContextManager[Session]]
"""Opens a session for one turn."""


class Turner:
    """Turns steps, each in a session of its own. Safe to share, one step at a time."""

    def __init__(self, session: Sessions) -> None:
        self._session = session
        self._beaten: dict[str, datetime] = {}
        self._failing: dict[str, str] = {}

    def turn(
        self, step: Step, tools: Tools, may_begin: Callable[[Session], bool] | None = None
    ) -> None:
        """Run one step once, unless it may not begin. Its fault is logged and it comes again."""
        with span(f"step {step.name}", facts={Fact.STEP: step.name, Fact.LANE: step.lane}) as told:
            # Most turns find nothing, every second: those nobody wants to read.
            told.idle()
            try:
                with self._session() as session:
                    if may_begin is not None and not may_begin(session):
                        return
                    told.did(step.run(session, tools))
                    self._pulse(session, step, tools)
            except Exception as error:  # noqa: BLE001 - a step that fails comes again
                told.failed(type(error).__name__)
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

    def _pulse(self, session: Session, step: Step, tools: Tools) -> None:
        now = tools.clock.now()
        last = self._beaten.get(step.name)
        if last is not None and abs(now - last) < PULSE:
            return
        self._beaten[step.name] = now
        beat(session, f"loop:{step.name}", now, {})
        session.commit()
