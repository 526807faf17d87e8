"""Writes what the trials came to into ``docs/figures.md``: ``python -m tests.chaos.published``.

What stands between the two marks of that page follows from ``results.json`` alone and is never
written by hand; everything outside of them is left as it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from pathlib import Path

from bench.figures import PAGE, put_between
from service.cli.showing import note
from tests.chaos.results import KEPT, Line, read

BEGIN, END = "<!-- chaos: begin -->", "<!-- chaos: end -->"
FAULTS = "faults"

Column = tuple[str, Callable[[Line], str]]


def _number(name: str, form: str = ",.0f") -> Callable[[Line], str]:
    return lambda line: format(line.figures[name], form) if name in line.figures else ""


def _uncertain(line: Line) -> str:
    if "injected" not in line.figures:
        return _number("uncertain")(line)
    return f"{line.figures['uncertain']:,.0f} of {line.figures['injected']:,.0f}"


def _ok(line: Line) -> str:
    return "yes" if line.ok else "**no**"


_COUNTED: tuple[Column, ...] = (
    ("taken", _number("taken")),
    ("letters", _number("letters")),
    ("lost", _number("lost")),
    ("doubled", _number("doubled")),
    ("stuck", _number("stuck")),
)
KILLS: tuple[Column, ...] = (
    ("lives", _number("lives")),
    ("killed", _number("killed")),
    *_COUNTED,
    ("uncertain", _number("uncertain")),
    ("for no reason", _number("wrongly")),
    ("ok", _ok),
)
TRIALS: tuple[Column, ...] = (
    *_COUNTED,
    ("uncertain of injected", _uncertain),
    ("rate after", _number("ratio", ".0%")),
    ("again after", _number("first", ".1f")),
    ("ok", _ok),
)


def told(lines: Sequence[Line]) -> str:
    """Return everything that stands between the marks."""
    if not lines:
        return "Nothing was kept yet.\n"
    tables = [
        _table("process", [line for line in lines if line.run != FAULTS], KILLS),
        _table("fault", [line for line in lines if line.run == FAULTS], TRIALS),
        _skipped(lines),
    ]
    return "\n".join([_begun(lines), *(each for each in tables if each)])


def _begun(lines: Sequence[Line]) -> str:
    """Say what was done when, where, by which command and seed, and how it ended."""
    made = [line for line in lines if line.skipped is None]
    wrong = sum(not line.ok for line in made)
    begun = Counter((line.date, line.command, line.seed, line.machine) for line in made)
    rows = [
        f"- {date}, `{command}`{'' if seed is None else f', seed {seed}'}, on {machine}: "
        f"{number} {'line' if number == 1 else 'lines'}\n"
        for (date, command, seed, machine), number in begun.items()
    ]
    return f"{len(made)} trials were made, {wrong} of them went wrong.\n\n{''.join(rows)}"


def _table(first: str, lines: Iterable[Line], columns: Sequence[Column]) -> str:
    made = [line for line in lines if line.skipped is None]
    if not made:
        return ""
    rows = [
        [f"`{line.what}`", f"`{line.where}`", *(cell(line) for _, cell in columns)] for line in made
    ]
    heads = [first, "on", *(head for head, _ in columns)]
    rule = ["---", "---", *("---:" for _ in columns)]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in chain([heads, rule], rows))


def _skipped(lines: Iterable[Line]) -> str:
    rows = [
        f"- `{each.what}` on `{each.where}`: {each.skipped}\n" for each in lines if each.skipped
    ]
    return f"Not tried:\n\n{''.join(rows)}" if rows else ""


def publish(page: Path = PAGE, results: Path = KEPT) -> None:
    """Put what is kept between the marks; raise ``ValueError`` where the page has none."""
    put_between(page, (BEGIN, END), told(read(results)))


if __name__ == "__main__":
    publish()
    note(f"{PAGE.name} says what {KEPT.name} holds.")
