"""``make chaos``: what can befall the processes, the database, the provider, the broker, the clock.

``python -m tests.chaos.faults`` tries each on a Keepword of its own under a steady load and prints
a table; ``--results`` also writes one JSON object a line. It ends with 1 where anything was lost,
doubled or stuck, was uncertain for no reason, or did not come back to its rate.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from tests.chaos import clocks, harms
from tests.chaos.proxy import Weather
from tests.chaos.site import Pace, Shape
from tests.chaos.stores import KINDS
from tests.chaos.trials import BACK, Fault, Outcome, suffer, suffer_killed_imports, watch_syncs

SHORT = Pace(before=4.0, after=10.0, halt=8.0, provider=6.0, fault=3.0)
"""Nearly the same in a few minutes: nothing stands still for longer than a lease."""

PEOPLE = 20_000
"""How many people are on the sheet whose import is killed."""

ONE, MANY, CLUSTER = Shape.ONE, Shape.MANY, Shape.CLUSTER
WEATHERS = {
    "slow": Weather(latency=0.25),
    "drips": Weather(drip=2.0),
    "swallows": Weather(swallow=True),
    "resets": Weather(cut_request_after=0),
    "cuts-requests": Weather(cut_request_after=200),
    "cuts-answers": Weather(cut_answer_after=0),
    "tears-answers": Weather(cut_answer_after=20),
}


def _faults() -> Iterator[Fault]:
    """Everything that is tried, in its order."""
    sqlite, postgresql = KINDS
    yield Fault("process-killed", harms.killed(harms.web), ONE, sqlite, recovers=True)
    yield Fault("child-killed", harms.children_killed, ONE, sqlite, recovers=True)
    yield Fault("process-halted", harms.halted(harms.web), ONE, sqlite)
    yield Fault("process-ended", harms.ended(harms.web), ONE, sqlite, recovers=True)
    for role in (harms.workers, harms.web):
        name = "worker" if role is harms.workers else "web"
        yield Fault(f"{name}-killed", harms.killed(role), MANY, postgresql, recovers=True)
        yield Fault(f"{name}-halted", harms.halted(role), MANY, postgresql)
        yield Fault(f"{name}-ended", harms.ended(role), MANY, postgresql, recovers=True)
    all_halted = harms.halted(harms.workers, everyone=True)
    yield Fault("all-workers-halted", all_halted, MANY, postgresql)
    yield Fault("restarted", harms.database_restarted, MANY, postgresql, recovers=True)
    yield Fault("backends-killed", harms.backends_killed, MANY, postgresql, recovers=True)
    yield Fault("restarted", harms.database_restarted, ONE, postgresql, recovers=True)
    yield Fault("disk-full", harms.disk_full, ONE, sqlite, small=True)
    yield Fault("disk-full", harms.disk_full, MANY, postgresql, small=True)
    for name, weather in WEATHERS.items():
        yield Fault(f"provider-{name}", harms.provider(weather), ONE, sqlite)
    yield Fault("provider-storms", harms.stormy, MANY, postgresql)
    yield Fault("clock-jumped", clocks.jumped, ONE, sqlite, more=clocks.environment)
    for broker in ("rabbitmq", "redis"):
        yield from _cluster_faults(broker)


def _cluster_faults(broker: str) -> Iterator[Fault]:
    for name, harm, remembering in (
        ("worker-killed", harms.killed(harms.workers), False),
        ("worker-halted", harms.halted(harms.workers), False),
        ("worker-ended", harms.ended(harms.workers), False),
        ("beat-killed", harms.killed(harms.beats), False),
        ("beats-halted", harms.halted(harms.beats, everyone=True), False),
        ("beats-ended", harms.ended(harms.beats), False),
        ("broker-restarted", harms.broker_restarted, True),
        ("broker-lost", harms.broker_restarted, False),
        ("broker-swallows", harms.broker_swallows, False),
        ("database-restarted", harms.database_restarted, False),
    ):
        yield Fault(
            name,
            harm,
            CLUSTER,
            KINDS[1],
            recovers="halted" not in name,
            broker=broker,
            remembering=remembering,
        )


Trial = Callable[[], Outcome]


def _trials(pace: Pace, seed: int, *, patient: bool) -> Iterator[tuple[str, Trial]]:
    for fault in _faults():
        label = f"{fault.name}.{fault.where}"
        yield label, partial(suffer, fault, pace, f"{seed}:{label}", patient=patient)
    for kind in KINDS:
        label = f"import-killed.{kind}"
        yield label, partial(suffer_killed_imports, kind, pace, f"{seed}:{label}", PEOPLE)
    yield f"synced-first.sqlite-{ONE}", partial(watch_syncs, pace)


def lines(outcome: Outcome, command: str) -> Iterator[dict[str, object]]:
    """Return an outcome as figures, one object each."""
    name = f"chaos.{outcome.name}.{outcome.where}"
    if outcome.counts is None:
        why = {"skipped": outcome.skipped, "said": outcome.complaints}
        yield {"name": name, "ok": outcome.ok, "command": command} | why
        return
    for what in ("lost", "doubled", "stuck"):
        value = getattr(outcome.counts, what)
        yield _line(f"{name}.{what}", value, 0, ok=value == 0, command=command)
    uncertain, injected = outcome.counts.uncertain, outcome.counts.injected
    yield _line(f"{name}.uncertain", uncertain, injected, ok=uncertain <= injected, command=command)
    if outcome.rates is not None and outcome.recovers:
        ratio = round(outcome.rates.ratio, 3)
        yield _line(f"{name}.rate-after", ratio, BACK, ok=outcome.back, command=command)
    wrong = outcome.complaints
    yield _line(f"{name}.complaints", len(wrong), 0, ok=not wrong, command=command) | {
        "said": wrong
    }


def _line(name: str, value: float, goal: float, *, ok: bool, command: str) -> dict[str, object]:
    return {"name": name, "value": value, "goal": goal, "ok": ok, "command": command}


HEADING = (
    f"{'fault':20} {'on':26} {'taken':>6} {'letters':>7} {'lost':>4} {'twice':>5} {'stuck':>5} "
    f"{'uncertain':>9} {'rate/s':>13} {'after':>6} {'first':>6} {'s':>4}"
)


def row(outcome: Outcome) -> str:
    """Return an outcome as one row of the table, with whatever was wrong below it."""
    begin = f"{outcome.name:20} {outcome.where:26} "
    counts = outcome.counts
    if counts is None:
        said = "".join(f"\n    {each}" for each in outcome.complaints)
        return begin + (f"skipped: {outcome.skipped}" if outcome.ok else f"WRONG{said}")
    text = (
        f"{begin}{counts.acknowledged:6} {counts.letters:7} {counts.lost:4} {counts.doubled:5} "
        f"{counts.stuck:5} {f'{counts.uncertain} of {counts.injected}':>9} "
    )
    if outcome.rates is None:
        text += " " * 28
    else:
        moved = f"{outcome.rates.before:.0f} to {outcome.rates.after:.0f}"
        text += f"{moved:>13} {outcome.rates.ratio:6.0%} {outcome.rates.first:6.1f}"
    text += f" {outcome.seconds:4.0f}" + ("" if outcome.ok else "  WRONG")
    return "\n".join([text, *(f"    {each}" for each in outcome.complaints)])


def main() -> int:
    """Try what was asked for; return the exit code."""
    asked = argparse.ArgumentParser(prog="python -m tests.chaos.faults", description=__doc__)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--only", action="append", help="part of a name, such as “disk-full”")
    asked.add_argument("--short", action="store_true", help="nothing is halted beyond a lease")
    asked.add_argument("--results", type=Path, help="write JSON lines to this file")
    asked.add_argument("--list", action="store_true", help="only say what there is")
    asked.add_argument("--pace", type=int, help="deliveries, and letters, a second")
    options = asked.parse_args()
    pace = SHORT if options.short else Pace()
    pace = replace(pace, a_second=options.pace or pace.a_second)
    chosen = [
        (label, trial)
        for label, trial in _trials(pace, options.seed, patient=not options.short)
        if options.only is None or any(part in label for part in options.only)
    ]
    if options.list:
        print("\n".join(label for label, _ in chosen))
        return 0
    command = " ".join(["python -m tests.chaos.faults", *sys.argv[1:]])
    print(f"seed {options.seed}, {pace.a_second} deliveries and {pace.a_second} letters a second")
    print(HEADING, flush=True)
    outcomes = []
    for label, trial in chosen:
        try:
            outcomes.append(trial())
        except (AssertionError, OSError, SQLAlchemyError) as error:
            # The others are tried all the same.
            name, _, where = label.partition(".")
            outcomes.append(Outcome(name, where, complaints=[f"{type(error).__name__}: {error}"]))
        print(row(outcomes[-1]), flush=True)
    if options.results is not None:
        told = [json.dumps(line) for each in outcomes for line in lines(each, command)]
        options.results.write_text("".join(f"{line}\n" for line in told), encoding="utf-8")
    return int(not all(each.ok for each in outcomes))


if __name__ == "__main__":
    sys.exit(main())
