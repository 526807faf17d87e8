"""Runs every bench, prints a table and writes ``bench/results.json``, one JSON object a line.

What was not asked for keeps its lines, and ``docs/figures.md`` says the same. A quick run leaves
both as they are and writes ``bench/quick.json``.
Each figure is a ratio of two measurements of this very run: seconds alone say more about the
machine than about Keepword. Exits 1 where a goal is missed.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from rich.console import Console
from rich.table import Table

from bench.accepting import accepting
from bench.calendars import adding, compiling
from bench.checker import Store, beside_helpdesk, flagging, idling
from bench.closing import closing
from bench.figure import Figure
from bench.figures import RESULTS, publish
from bench.importing import import_memory, importing
from bench.queue import queue_page
from bench.scale import ten_times
from bench.service import due_to_flagged
from bench.workers import by_two
from bench.writing import writing
from tests.postgres import postgres_server

KINDS = ("sqlite", "postgresql")


def _flagging(store: Store, home: Path, *, quick: bool) -> Figure:
    open_, due, runs = (20_000, 2_000, 3) if quick else (100_000, 10_000, 7)
    return flagging(store, home, open_=open_, due=due, runs=runs)


def _nothing_due(store: Store, home: Path, *, quick: bool) -> Figure:
    few, many, runs = (2_000, 50_000, 20) if quick else (10_000, 1_000_000, 200)
    return idling(store, home, few=few, many=many, runs=runs)


def _writing(store: Store, home: Path, *, quick: bool) -> Figure:
    return writing(store, home, letters=1_000 if quick else 10_000, runs=3 if quick else 7)


def _closing(store: Store, home: Path, *, quick: bool) -> Figure:
    loop, runs = (10, 1) if quick else (500, 3)
    return closing(store, home, applicants=500, loop=loop, runs=runs)


def _accepting(store: Store, home: Path, *, quick: bool) -> tuple[Figure, ...]:
    return accepting(store, home, slice_=100 if quick else 1_000, slices=2 if quick else 11)


def _importing(store: Store, home: Path, *, quick: bool) -> Figure:
    return importing(store, home, people=1_000 if quick else 100_000, runs=1 if quick else 3)


def _import_memory(store: Store, home: Path, *, quick: bool) -> Figure:
    few, many = (500, 2_000) if quick else (10_000, 100_000)
    return import_memory(store, home, few=few, many=many)


def _queue(store: Store, home: Path, *, quick: bool) -> Figure:
    many, due, runs = (10_000, 1_000, 10) if quick else (100_000, 10_000, 60)
    return queue_page(store, home, few=100, many=many, due=due, runs=runs)


def _beside_helpdesk(store: Store, home: Path, *, quick: bool) -> tuple[Figure, ...]:
    if store.kind != "sqlite":  # where the peer runs as it comes
        return ()
    open_, due = (2_000, 200) if quick else (100_000, 10_000)
    return (beside_helpdesk(store, home, open_=open_, due=due, runs=3),)


def _calendars(store: Store, home: Path, *, quick: bool) -> tuple[Figure, ...]:
    if store.kind != KINDS[0]:  # no database has a part in it
        return ()
    runs = 1 if quick else 7
    return adding(home, additions=1_000, runs=runs), compiling(runs=runs)


def _service(store: Store, home: Path, *, quick: bool) -> Figure:
    open_, due, seconds = (5_000, 50, 3) if quick else (100_000, 1_000, 60)
    return due_to_flagged(store, home, open_=open_, due=due, seconds=seconds)


def _workers(store: Store, home: Path, *, quick: bool) -> tuple[Figure, ...]:
    if store.kind != "postgresql":  # SQLite has one process
        return ()
    if quick:
        return by_two(home, deliveries=240, letters=2_000, runs=1)
    return by_two(home, deliveries=2_000, letters=20_000, runs=3)


def _scale(store: Store, home: Path, *, quick: bool) -> tuple[Figure, ...]:
    if store.kind != "postgresql":  # SQLite is for one machine's worth of people
        return ()
    if quick:
        return ten_times(home, people=5_000, runs=5, due=20, deliveries=5)
    return ten_times(home, people=1_000_000, runs=60, due=1_000, deliveries=300)


class Bench(Protocol):
    """Measures one figure, or some of the same run, on one kind of database."""

    def __call__(self, store: Store, home: Path, *, quick: bool) -> Figure | tuple[Figure, ...]:
        """Measure."""
        ...


BENCHES: dict[str, Bench] = {
    "flagging": _flagging,
    "nothing-due": _nothing_due,
    "writing": _writing,
    "closing": _closing,
    "accepting": _accepting,
    "importing": _importing,
    "import-memory": _import_memory,
    "queue": _queue,
    "calendars": _calendars,
    "beside-helpdesk": _beside_helpdesk,
    "service": _service,
    "workers": _workers,
    "scale": _scale,
}


TOO_SMALL = frozenset({"workers", "scale"})
"""What a quick run leaves out: on so little, starting processes is all there would be to see."""

QUICK_RESULTS = RESULTS.with_name("quick.json")
"""Where a quick run writes: what is published stays as it was measured."""


def main() -> int:
    """Run what was asked for; return the exit code."""
    asked = argparse.ArgumentParser(prog="python -m bench.run", description=__doc__)
    asked.add_argument("--quick", action="store_true", help="smaller sizes, under two minutes")
    asked.add_argument("--database", choices=KINDS, action="append", help="only this kind")
    asked.add_argument("--only", choices=tuple(BENCHES), help="only this bench")
    options = asked.parse_args()
    command = " ".join(["python -m bench.run", *sys.argv[1:]])
    console = Console(stderr=True)
    left_out = TOO_SMALL if options.quick else frozenset()
    figures = []
    with TemporaryDirectory(prefix="keepword-bench-") as name:
        folder = Path(name)
        for kind in options.database or KINDS:
            with _store(kind, folder) as store:
                for name, measure in BENCHES.items():
                    if options.only == name or (options.only is None and name not in left_out):
                        began = time.monotonic()
                        measured = measure(store, folder, quick=options.quick)
                        for figure in measured if isinstance(measured, tuple) else (measured,):
                            console.print(f"{figure.name}: {figure.ratio}", style="dim")
                            figures.append(figure.by(command))
                        took = time.monotonic() - began
                        console.print(f"{name} on {kind}: {took:.0f} s", style="dim")
    results = QUICK_RESULTS if options.quick else RESULTS
    kept = _others(figures, results) if options.only or options.database else []
    lines = [*kept, *(figure.to_line() for figure in figures)]
    results.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    if not options.quick:
        publish()
    _print(figures)
    return 0 if all(figure.ok for figure in figures) else 1


@contextmanager
def _store(kind: str, folder: Path) -> Iterator[Store]:
    if kind == "sqlite":
        yield Store(kind, folder, None)
        return
    with postgres_server() as address:
        yield Store(kind, folder, address)


def _others(figures: list[Figure], results: Path) -> list[str]:
    """Return the lines of the last run about what was not measured this time."""
    measured = {figure.name for figure in figures}
    lines = results.read_text(encoding="utf-8").splitlines() if results.exists() else []
    return [line for line in lines if json.loads(line)["name"] not in measured]


def _print(figures: list[Figure]) -> None:
    table = Table("figure", "measured", "baseline", "ratio", "goal", "")
    for each in figures:
        table.add_row(
            each.name,
            f"{each.value:.4f} {each.unit}",
            f"{each.baseline:.4f} {each.unit}",
            f"{each.ratio:.2f}",
            f"{each.bound} {each.goal:g}",
            "ok" if each.ok else "MISSED",
        )
    Console().print(table)


if __name__ == "__main__":
    sys.exit(main())
