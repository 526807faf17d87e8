"""Keeps what trials came to, one JSON object a line, so that a table can be made of it.

A trial that is made again replaces its own line and no other; each line says by which command,
when and on what machine it came about.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bench.figures import machine

KEPT = Path(__file__).with_name("results.json")
"""What is published."""


@dataclass(frozen=True)
class Line:
    """What one trial came to.

    ``run`` is the module that made it. ``figures`` are numbers by name, and none where it was
    skipped. ``said`` is what was wrong, in words.
    """

    run: str
    what: str
    where: str
    ok: bool
    seed: int | None
    command: str
    date: str
    machine: str
    figures: dict[str, float] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    skipped: str | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        """Which trial it is of."""
        return self.run, self.what, self.where


@dataclass
class Results:
    """Where the trials of one run are written, at once; nowhere where ``path`` is ``None``."""

    path: Path | None
    run: str
    seed: int | None
    command: str
    _found: list[tuple[str, str, str]] = field(default_factory=list)

    def keep(
        self,
        what: str,
        where: str,
        figures: dict[str, float],
        *,
        ok: bool,
        said: Iterable[str] = (),
        skipped: str | None = None,
    ) -> None:
        """Write down a trial in the place of the same one before. One that was skipped leaves
        what it came to when it was last made.
        """
        if self.path is None:
            return
        line = Line(
            self.run,
            what,
            where,
            ok,
            self.seed,
            self.command,
            f"{datetime.now(UTC):%Y-%m-%d}",
            machine(),
            figures,
            list(said),
            skipped,
        )
        self._found.append(line.key)
        kept = {each.key: each for each in read(self.path)}
        if skipped is None or line.key not in kept:
            kept[line.key] = line
        write(self.path, kept.values())

    def was_whole(self, order: Sequence[tuple[str, str]] | None = None) -> None:
        """Put this run's trials in an order, by default that in which they ended, and forget those
        that it did not know: there are none such now.
        """
        if self.path is None:
            return
        keys = self._found if order is None else [(self.run, *each) for each in order]
        kept = {each.key: each for each in read(self.path)}
        others = [each for each in kept.values() if each.run != self.run]
        write(self.path, [*others, *(kept[key] for key in keys)])


def read(path: Path = KEPT) -> list[Line]:
    """Return what is kept in a file; nothing where there is none yet."""
    if not path.exists():
        return []
    return [Line(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def write(path: Path, lines: Iterable[Line]) -> None:
    """Put these into a file, whole or not at all."""
    draft = path.with_name(f"{path.name}.new")
    told = (json.dumps(asdict(line), ensure_ascii=False) for line in lines)
    draft.write_text("".join(f"{each}\n" for each in told), encoding="utf-8")
    draft.replace(path)


def command_of(run: str, arguments: Sequence[str]) -> str:
    """Return how a run was begun; where it wrote its results says nothing about them."""
    words, given = [], iter(arguments)
    for word in given:
        if word == "--results":
            next(given, None)
        elif not word.startswith("--results="):
            words.append(word)
    return " ".join([f"python -m tests.chaos.{run}", *words])
