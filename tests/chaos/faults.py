"""``make chaos``: what can befall the processes, the database, the provider, the broker, the clock.

``python -m tests.chaos.faults`` tries each on a Keepword of its own under a steady load and prints
a table; ``--results`` also keeps one JSON object a line, each as soon as its trial ends. It ends
with 1 where anything was lost, doubled or stuck, was uncertain for no reason, or did not come back
to its rate.
"""

from __future__ import annotations

import argparse
import math
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from tests.chaos import clocks, hangs, harms
from tests.chaos.proxy import Weather
from tests.chaos.published import FAULTS
from tests.chaos.results import KEPT, Results, command_of
from tests.chaos.site import Pace, Shape
from tests.chaos.stores import KINDS
from tests.chaos.trials import Fault, Outcome, suffer, suffer_killed_imports, watch_syncs

SHORT = Pace(before=4.0, after=10.0, halt=8.0, provider=6.0, fault=3.0)
"""Nearly the same in a few minutes: nothing stands still for longer than a lease."""

BRIEFLY = 15.0
UNTIL_NOTICED = harms.NOTICED_AFTER + 10
"""Seconds for what holds no lease, and for what is only to be seen from outside."""

TRIES = 3
"""How often a fault is tried whose rate did not come back."""

PEOPLE = 10_000
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
        lasts = math.inf if role is harms.workers else BRIEFLY
        yield Fault(f"{name}-halted", harms.halted(role), MANY, postgresql, lasts=lasts)
        yield Fault(f"{name}-ended", harms.ended(role), MANY, postgresql, recovers=True)
    all_halted = harms.halted(harms.workers, everyone=True)
    yield Fault("all-workers-halted", all_halted, MANY, postgresql, lasts=UNTIL_NOTICED)
    yield Fault("restarted", harms.database_restarted, MANY, postgresql, recovers=True)
    yield Fault("backends-killed", harms.backends_killed, MANY, postgresql, recovers=True)
    yield Fault("restarted", harms.database_restarted, ONE, postgresql, recovers=True)
    yield Fault("database-held", hangs.database_held, ONE, sqlite)
    yield Fault("database-held", hangs.database_held, MANY, postgresql)
    yield Fault("disk-full", harms.disk_full, ONE, sqlite, small="data")
    yield Fault("disk-full", harms.disk_full, MANY, postgresql, small="data")
    yield Fault("log-disk-full", hangs.log_full, MANY, postgresql, small="log")
    for name, weather in WEATHERS.items():
        # These alone keep Keepword waiting for an answer until it gives up.
        lasts = math.inf if weather.swallow or weather.drip else BRIEFLY
        yield Fault(f"provider-{name}", harms.provider(weather), ONE, sqlite, lasts=lasts)
    yield Fault("provider-storms", harms.stormy, MANY, postgresql, lasts=4 * BRIEFLY)
    yield Fault("clock-jumped", clocks.jumping(*clocks.JUMPS), ONE, sqlite, more=clocks.environment)
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
            lasts=UNTIL_NOTICED if "beats" in name else math.inf,
        )


@dataclass(frozen=True)
class Trial:
    """One trial by its name. ``alone`` is made while no other is: its rate is measured."""

    what: str
    where: str
    make: Callable[[], Outcome]
    alone: bool = False

    @property
    def label(self) -> str:
        """What ``--only`` is compared with."""
        return f"{self.what}.{self.where}"

    def outcome(self) -> Outcome:
        """Make it. Ten seconds hold some two hundred letters, and a few of them fall before or
        behind by chance: where nothing but the rate is amiss, the middle of three counts.
        """
        made = [self._made()]
        while len(made) < TRIES and not made[0].back and made[-1].else_sound:
            made.append(self._made())
        wrong = [each for each in made if not each.else_sound]
        if wrong or len(made) < TRIES:
            return wrong[0] if wrong else made[0]
        return sorted(made, key=lambda each: each.rates.ratio if each.rates else 0.0)[TRIES // 2]

    def _made(self) -> Outcome:
        """Make it once; what it fails of is its outcome, and the others are tried all the same."""
        try:
            return self.make()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told and the others go on
            told = [f"{type(error).__name__}: {error}"]
            return Outcome(self.what, self.where, complaints=told)


def _trials(pace: Pace, seed: int, *, patient: bool) -> Iterator[Trial]:
    for fault in _faults():
        label = f"{fault.name}.{fault.where}"
        # Who stands still keeps a lease; those of the dead are ended by hand, to save two minutes.
        waits = patient and "halted" in fault.name
        make = partial(suffer, fault, pace, f"{seed}:{label}", patient=waits)
        yield Trial(fault.name, fault.where, make, alone=fault.recovers)
    for kind in KINDS:
        make = partial(suffer_killed_imports, kind, pace, f"{seed}:import-killed.{kind}", PEOPLE)
        yield Trial("import-killed", kind, make)
    for kind in KINDS:
        yield Trial("synced-first", f"{kind}-{ONE}", partial(watch_syncs, kind, pace))


def outcomes(trials: Sequence[Trial], at_once: int) -> Iterator[Outcome]:
    """Make those that are made alone, then the others, so many at once."""
    yield from (each.outcome() for each in trials if each.alone)
    with ThreadPoolExecutor(at_once) as pool:
        others = [pool.submit(each.outcome) for each in trials if not each.alone]
        yield from (each.result() for each in as_completed(others))


def figures_of(outcome: Outcome) -> dict[str, float]:
    """Return what is published of an outcome; nothing where the trial was not made."""
    counts, rates = outcome.counts, outcome.rates
    if counts is None:
        return {}
    figures: dict[str, float] = {
        "taken": counts.acknowledged,
        "letters": counts.letters,
        "lost": counts.lost,
        "doubled": counts.doubled,
        "stuck": counts.stuck,
        "uncertain": counts.uncertain,
        "injected": counts.injected,
        "seconds": round(outcome.seconds, 1),
    }
    if rates is not None and outcome.recovers:
        moved = {"before": rates.before, "after": rates.after, "ratio": rates.ratio}
        figures |= {name: round(value, 3) for name, value in moved.items()}
        figures["first"] = round(rates.first, 2)
    return figures


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
    asked.add_argument("--results", type=Path, help="keep JSON lines in this file")
    asked.add_argument("--list", action="store_true", help="only say what there is")
    asked.add_argument("--pace", type=int, help="deliveries, and letters, a second")
    asked.add_argument("--at-once", type=int, default=3, help="how many whose rate is not measured")
    options = asked.parse_args()
    pace = SHORT if options.short else Pace()
    pace = replace(pace, a_second=options.pace or pace.a_second)
    chosen = [
        each
        for each in _trials(pace, options.seed, patient=not options.short)
        if options.only is None or any(part in each.label for part in options.only)
    ]
    if options.list:
        print("\n".join(each.label for each in chosen))
        return 0
    if options.short and options.results is not None and options.results.resolve() == KEPT:
        asked.error("--short shows less than is published: keep it in a file of its own")
    results = Results(options.results, FAULTS, options.seed, command_of(FAULTS, sys.argv[1:]))
    print(f"seed {options.seed}, {pace.a_second} deliveries and {pace.a_second} letters a second")
    print(HEADING, flush=True)
    # Asked to end, it ends what it started.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sound = True
    for made in outcomes(chosen, options.at_once):
        print(row(made), flush=True)
        sound &= made.ok
        results.keep(
            made.name,
            made.where,
            figures_of(made),
            ok=made.ok,
            said=made.complaints,
            skipped=made.skipped,
        )
    if options.only is None:
        results.was_whole([(each.what, each.where) for each in chosen])
    return int(not sound)


if __name__ == "__main__":
    sys.exit(main())
