"""What ``keepword doctor`` says of whatever turns by itself: the broker, the lanes, the loops.

Heartbeats in the database are what counts: which processes run, nobody is asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

from sqlalchemy.orm import Session

from service.calling import broker_fault
from service.cli.findings import Finding, Verdict
from service.cli.running import Core
from service.config import Config
from service.queries.loops import LoopState, loop_states, start_loops
from service.steps import STEPS, Lane, Step
from service.workflows.check import backlog

_SINCE_EVER = timedelta(days=36_500)

_ONE_ALONE: Mapping[Lane, str] = {
    Lane.BULK: ", one of it: the rates of the ATSs are kept to within a process"
}


def broker(config: Config) -> Iterator[Finding]:
    """Say whether the broker answers, where one is named."""
    if not config.broker_url:
        return
    fault = broker_fault(config.broker_url)
    if fault is None:
        yield Finding(Verdict.OK, "broker", "It answers.")
    else:
        yield Finding(
            Verdict.FAIL,
            "broker",
            f"{fault}. Nothing is lost, but no step turns on the workers behind it.",
            "Start it, set KEEPWORD_BROKER_URL to where it is, or leave that unset and run: "
            "keepword worker",
        )


def loops(session: Session, here: Core) -> Iterator[Finding]:
    """Say which lanes nobody serves, where a broker is named, and which loops stand still."""
    bounds = {step.name: step.late_after for step in STEPS}
    states = loop_states(session, here.clock.now(), bounds, _SINCE_EVER)
    silent = _silent_lanes(states) if here.config.broker_url else []
    yield from _unserved(silent, states)
    told = {step.name for lane in silent for step in _of(lane)}
    remedy = start_loops(here.config.broker_url)
    late = [each for each in states if each.late and each.name not in told]
    for each in late:
        if each.age_in is None:
            yield Finding(Verdict.WARN, "loops", f"{each.title} never ran yet.", remedy)
        else:
            text = f"{each.title} ran {each.age_in:.0f} s ago. {each.consequence}"
            yield Finding(Verdict.FAIL, "loops", text, remedy)
    if not late and not silent:
        yield Finding(Verdict.OK, "loops", "All loops run.")
    waiting = backlog(session, here.clock.now())
    if waiting is not None:
        yield Finding(
            Verdict.FAIL, "loops", f"{waiting[0].upper()}{waiting[1:]}.", "Run: keepword ingest"
        )


def _of(lane: Lane) -> list[Step]:
    return [step for step in STEPS if step.lane is lane]


def _silent_lanes(states: list[LoopState]) -> list[Lane]:
    """Return the lanes of which no step has turned for as long as its liveliest may be silent."""
    ages = {state.name: state.age_in for state in states}
    silent = []
    for lane in Lane:
        bound = min(step.late_after for step in _of(lane)).total_seconds()
        known = [age for step in _of(lane) if (age := ages[step.name]) is not None]
        if not known or min(known) > bound:
            silent.append(lane)
    return silent


def _unserved(silent: list[Lane], states: list[LoopState]) -> Iterator[Finding]:
    ever = any(state.age_in is not None for state in states)
    if len(silent) == len(Lane):
        # Without it no worker is told anything, so it is the first to look for.
        yield Finding(
            Verdict.FAIL if ever else Verdict.WARN,
            "beat",
            "No step is turned in any lane." if ever else "No step was ever turned.",
            "Run: keepword cluster beat",
        )
    for lane in silent:
        names = ", ".join(step.name for step in _of(lane))
        yield Finding(
            Verdict.FAIL if ever else Verdict.WARN,
            "lanes",
            f"No worker serves the lane {lane}: {names}.",
            f"Run: keepword cluster worker --queues {lane}{_ONE_ALONE.get(lane, '')}",
        )
