"""Plays the diary through the running service: webhooks, acts, mail events, a turn at each hour.

The clock stands still while something happens and moves only between: what is answered is what
the service would have answered at that instant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from random import Random

from flask import Flask

from service.app import session_of
from service.clock import FakeClock
from service.demo.desk import Desk
from service.demo.diary import Act
from service.demo.mail import DemoMail
from service.parts import parts
from service.steps import STEPS, turn_all

EVENTS_AFTER = timedelta(minutes=12)
"""Into each hour: by then SendGrid has told of most of what left at its beginning."""

HOUR = timedelta(hours=1)


class Replay:
    """One run. ``progress`` hears the share done after each simulated hour."""

    def __init__(
        self,
        app: Flask,
        clock: FakeClock,
        mail: DemoMail,
        desk: Desk,
        chance: Random,
        progress: Callable[[float], None],
    ) -> None:
        self._app = app
        self._clock = clock
        self._mail = mail
        self._desk = desk
        self._chance = chance
        self._progress = progress
        self._last_batch: tuple[bytes, dict[str, str]] | None = None

    def play(self, acts: Iterable[Act], hours: int) -> None:
        """Play everything, hour by hour."""
        waiting = sorted(acts, reverse=True)
        start_at = self._clock.now()
        for hour in range(hours):
            begin = start_at + hour * HOUR
            told = False
            while waiting and waiting[-1].at < begin + HOUR:
                act = waiting.pop()
                if not told and act.at >= begin + EVENTS_AFTER:
                    told = self._tell_by(begin + EVENTS_AFTER)
                self._clock.move_to(max(act.at, self._clock.now()))
                if act.office:
                    self._pump()
                act.do(self._desk)
            if not told:
                self._tell_by(begin + EVENTS_AFTER)
            self._turn(begin + HOUR)
            self._progress((hour + 1) / hours)

    def _tell_by(self, at: datetime) -> bool:
        self._clock.move_to(max(at, self._clock.now()))
        self._tell_events()
        self._pump()
        return True

    def _turn(self, at: datetime) -> None:
        self._clock.move_to(at)
        self._tell_events()
        with session_of(self._app) as session:
            turn_all(session, parts(self._app).tools)
        self._desk.unread.clear()

    def _tell_events(self) -> None:
        """Post what SendGrid has to tell: in no order, and now and then a batch twice."""
        events = self._mail.events_until(self._clock.now())
        if not events:
            return
        self._chance.shuffle(events)
        batch = self._mail.signed(events, self._clock.now())
        self._desk.tell_events(*batch)
        if self._last_batch is not None and self._chance.random() < 0.05:
            self._desk.tell_events(*self._last_batch)
        self._last_batch = batch

    def _pump(self) -> None:
        """Do what the service's own loops do a second after a delivery: work it in."""
        if not self._desk.unread:
            return
        with session_of(self._app) as session:
            for step in STEPS:
                if step.name in self._desk.unread:
                    step.run(session, parts(self._app).tools)
        self._desk.unread.clear()
