"""The registry of steps: everything that turns by itself, declared once, whoever turns it.

A step is an idempotent pump over rows: run late, twice, by two at once, or not at all for a while,
it does the same work and no more. What a runner is told only says "look now".
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from functools import partial

from sqlalchemy.orm import Session

from service.clock import Clock, JumpGuard
from service.mail.base import Transport
from service.ping import Ping
from service.vendors.base import Vendors
from service.workflows.check import check
from service.workflows.digest import digest
from service.workflows.dispatch import dispatch
from service.workflows.erase_by_rule import erase_when_steady
from service.workflows.fetch import fetch
from service.workflows.fold_events import fold_events
from service.workflows.heartbeat import beat
from service.workflows.ingest import ingest
from service.workflows.interviews_over import assume_held
from service.workflows.morning import morning
from service.workflows.retention import retain
from service.workflows.settle import settle
from service.workflows.sync import sync
from service.workflows.work import Office
from service.workflows.write_back import write_back


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


class Lane(StrEnum):
    """Whose way a step may stand in. Each lane has workers of its own, where there are many."""

    CORE = "core"
    """Short pumps over our own database: nobody may be kept waiting for these."""
    MAIL = "mail"
    """Speaks to the mail provider: more of these send more mail."""
    BULK = "bulk"
    """Asks the ATSs' APIs, which may take minutes and starve whoever shares the way with it."""


SHARE = timedelta(seconds=20)
"""How long a step may go on where many share its lane; the rest is for its next turn."""


@dataclass(frozen=True)
class Step:
    """One piece of periodic work.

    ``late_after`` is when silence about it becomes an alarm. ``woken_by`` says what has it look
    before its period is over; nothing depends on that. ``share`` is the longest one turn lasts
    where it has been given a lane.
    """

    name: str
    period: timedelta
    late_after: timedelta
    run: Callable[[Session, Tools], object]
    lane: Lane = Lane.CORE
    woken_by: tuple[str, ...] = ()
    share: timedelta = SHARE


def _ending(tools: Tools) -> Callable[[], bool]:
    """Return what long work asks before each piece: it may be at it when the clock jumps."""
    return lambda: tools.stopping.is_set() or tools.jump.holding() is not None


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
    if tools.jump.holding() is not None:
        # What is promised by a wrong clock is late, or not due for a year, once it is right.
        return None
    return ingest(session, tools.office, tools.clock, stop=_ending(tools))


def _fetch(session: Session, tools: Tools) -> object:
    if tools.jump.holding() is not None:
        return None
    return fetch(session, tools.office, tools.clock, tools.vendors, stop=_ending(tools))


def _sync(session: Session, tools: Tools) -> object:
    if tools.jump.holding() is not None:
        return None
    return sync(
        session,
        tools.office,
        tools.clock,
        tools.vendors,
        pause=tools.stopping.wait,
        stop=_ending(tools),
    )


def _fold(session: Session, tools: Tools) -> object:
    return fold_events(session, tools.office, tools.clock.now(), stop=tools.stopping.is_set)


def _settle(session: Session, tools: Tools) -> object:
    if tools.jump.holding() is not None:
        # A clock that jumped must not call silence what has not had its time.
        return None
    return settle(session, tools.office, tools.clock, tools.transport, stop=_ending(tools))


def _dispatch(session: Session, tools: Tools) -> object:
    if tools.jump.holding() is not None:
        return None
    return dispatch(
        session,
        tools.office,
        tools.clock,
        tools.transport,
        chance=random.SystemRandom(),
        stop=_ending(tools),
        pause=tools.stopping.wait,
    )


def _write_back(session: Session, tools: Tools) -> object:
    if tools.jump.holding() is not None:
        # What is on its way must not count as lost because a clock jumped.
        return None
    return write_back(session, tools.office, tools.clock, tools.vendors, stop=_ending(tools))


def _retain(session: Session, tools: Tools) -> object:
    if tools.jump.holding() is not None:
        # A clock that jumped a year must not call everything old.
        return None
    stop, office, now = _ending(tools), tools.office, tools.clock.now()
    people = partial(erase_when_steady, session, office, now, stop=stop)
    return retain(session, now, office.raw_days, stop=stop, people=people)


STEPS: tuple[Step, ...] = (
    Step(
        "sync",
        timedelta(seconds=10),
        timedelta(minutes=5),
        _sync,
        Lane.BULK,
        # One cut short begins again where it began: a long first sync must come to its end.
        share=timedelta(days=1),
        woken_by=("a person asked for it",),
    ),
    Step(
        "ingest",
        timedelta(seconds=1),
        timedelta(seconds=60),
        _ingest,
        woken_by=("a delivery was stored", "deliveries are to be replayed"),
    ),
    Step("fetch", timedelta(seconds=1), timedelta(minutes=5), _fetch, Lane.BULK),
    Step(
        "mail-events",
        timedelta(seconds=1),
        timedelta(seconds=60),
        _fold,
        woken_by=("events about mail were stored",),
    ),
    Step("settle", timedelta(seconds=30), timedelta(minutes=5), _settle, Lane.MAIL),
    Step("interviews", timedelta(seconds=30), timedelta(minutes=5), _interviews),
    Step(
        "check",
        timedelta(seconds=2),
        # A page that says who waits is trusted for half a minute without it.
        timedelta(seconds=25),
        _check,
        woken_by=("a promise or its deadline was changed by hand",),
    ),
    Step("digest", timedelta(seconds=30), timedelta(minutes=5), _digest),
    Step(
        "dispatch",
        timedelta(seconds=1),
        timedelta(minutes=3),
        _dispatch,
        Lane.MAIL,
        woken_by=("a letter was written or let go", "mail was let go again"),
    ),
    Step("write-back", timedelta(seconds=2), timedelta(minutes=5), _write_back, Lane.BULK),
    # It works once an hour, and looks oftener: a beat counts its periods from its own start.
    Step("retention", timedelta(minutes=20), timedelta(minutes=50), _retain),
)
"""Everything that turns by itself, in the order one full turn takes it."""


def step_named(name: str) -> Step:
    """Return a step; raise ``KeyError`` for a name that none has."""
    return {step.name: step for step in STEPS}[name]


def turn_all(session: Session, tools: Tools) -> None:
    """Run every step once, in order: for the command line, tests and the demo."""
    for step in STEPS:
        step.run(session, tools)
