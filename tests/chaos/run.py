"""``make chaos``: kills or halts workers at every boundary, and at random ones, on both databases.

Prints what was counted and ends with 1 where a letter was lost, went twice, or is uncertain
though nothing was cut off.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import create_engine

from service.db import prepare_engine
from service.workflows import migrate
from tests.chaos.results import Results, command_of
from tests.chaos.stores import KINDS
from tests.chaos.trial import Tally, Trial, all_of, trial
from tests.chaos.victim import EDGES
from tests.doubles.sendgrid_behaviours import (
    ACCEPT,
    Behaviour,
    answer,
    hang_up,
    rate_limited,
    reset,
)
from tests.postgres import postgres_server

WEATHER: tuple[Behaviour, ...] = (
    ACCEPT,
    ACCEPT,
    hang_up(accepted=True),
    hang_up(accepted=False),
    reset(accepted=True),
    reset(accepted=False),
    answer(503),
    rate_limited(),
)
"""How the provider treats a request while workers die around it."""


def every_boundary(each: Trial) -> Tally:
    """Kill one life at every commit, before and after it, and at every edge of both requests."""
    whole, told = each.run()
    tallies = [whole]
    tallies += [each.run(die_at=at)[0] for at in range(1, told.boundaries + 1)]
    tallies += [each.run(edge=edge, edge_of=of)[0] for edge in EDGES for of in (0, 1)]
    return all_of(tallies)


def stalled_anywhere(each: Trial) -> Tally:
    """Halt one life after every commit, let others do its work, and wake it."""
    _, told = each.run()
    return all_of([each.run(stall_at=at)[0] for at in range(2, told.boundaries + 1, 2)])


def settled_anywhere(each: Trial) -> Tally:
    """Lose both answers, one of a request that was taken; kill a life that settles them."""
    lost = (hang_up(accepted=True), hang_up(accepted=False))
    whole, told = each.run(*lost, settling=True)
    return all_of(
        [
            whole,
            *(each.run(*lost, settling=True, die_at=at)[0] for at in range(1, told.boundaries + 1)),
        ]
    )


def at_random(each: Trial, seed: int) -> Tally:
    """Kill one life somewhere, with so many letters and such weather as the seed says."""
    chance = random.Random(seed)  # noqa: S311 - the same run again from its seed
    where: dict[str, object] = (
        {"edge": chance.choice(EDGES), "edge_of": chance.randrange(2)}
        if chance.random() < 0.5
        else {"die_at": chance.randint(1, 40)}
    )
    weather = [chance.choice(WEATHER) for _ in range(chance.randrange(3))]
    letters = {
        "rejections": chance.randint(1, 8),
        "notes": chance.randint(1, 4),
        "closing": chance.random() < 0.5,
    }
    return each.run(*weather, **where, **letters)[0]


def closed_anywhere(each: Trial) -> Tally:
    """Close a job, and kill one life at every commit from there to the delivery."""
    whole, told = each.run(closing=True)
    return all_of(
        [
            whole,
            *(each.run(closing=True, die_at=at)[0] for at in range(1, told.boundaries + 1)),
        ]
    )


def main() -> int:
    """Run on SQLite, then on PostgreSQL; print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1350, help="random lives; 7 in 10 are killed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=KINDS, action="append", help="only this kind")
    parser.add_argument("--results", type=Path, help="keep JSON lines in this file")
    asked = parser.parse_args()
    results = Results(asked.results, "run", asked.seed, command_of("run", sys.argv[1:]))
    failed = False
    print("database    lives killed letters delivered uncertain lost twice wrongly-uncertain  s")
    for kind in asked.database or KINDS:
        start = time.monotonic()
        tally = _on(kind, asked.runs, asked.seed)
        print(
            f"{kind:11} {tally.lives:5} {tally.killed:6} {tally.letters:7} {tally.delivered:9} "
            f"{tally.uncertain:9} {tally.lost:4} {tally.doubled:5} "
            f"{tally.wrongly_uncertain:17} {time.monotonic() - start:3.0f}"
        )
        for fault in tally.faults:
            print(f"  {fault}")
        failed |= bool(tally.faults)
        results.keep(
            "seeded-kills", kind, figures_of(tally), ok=not tally.faults, said=tally.faults
        )
    if not asked.database:
        results.was_whole()
    return int(failed)


def figures_of(tally: Tally) -> dict[str, float]:
    """Return what is published of all lives on one database."""
    return {
        "lives": tally.lives,
        "killed": tally.killed,
        "letters": tally.letters,
        "lost": tally.lost,
        "doubled": tally.doubled,
        "uncertain": tally.uncertain,
        "wrongly": tally.wrongly_uncertain,
    }


def _on(kind: str, runs: int, seed: int) -> Tally:
    memory = Path("/dev/shm")  # noqa: S108 - a folder of our own is made below it
    with TemporaryDirectory(dir=memory if memory.is_dir() else None) as name:
        folder = Path(name)
        if kind == "sqlite":
            return _under(f"sqlite:///{folder}/chaos.db", folder, runs, seed)
        with postgres_server() as address:
            return _under(f"{address}/postgres", folder, runs, seed)


def _under(url: str, folder: Path, runs: int, seed: int) -> Tally:
    engine = create_engine(url)
    prepare_engine(engine)
    migrate.upgrade(engine)
    engine.dispose()
    with trial(url, folder) as each:
        # First, since it looks for all that is uncertain, and leaves nothing so.
        tallies = [settled_anywhere(each), every_boundary(each), stalled_anywhere(each)]
        tallies.append(closed_anywhere(each))
        tallies += [at_random(each, seed * 100_000 + number) for number in range(runs)]
        return all_of(tallies)


if __name__ == "__main__":
    sys.exit(main())
