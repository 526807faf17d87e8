"""Prints for people and for programs: tables, JSON, and notes beside the output.

What people wrote is shown as text: it carries no markup and no terminal control codes.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

WIDE = 200
"""Columns of a table that no terminal limits, as when it is piped into a file."""


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows to standard output, one line of headings above them."""
    console = Console(
        file=sys.stdout,
        width=None if sys.stdout.isatty() else WIDE,
        markup=False,
        emoji=False,
        highlight=False,
    )
    drawn = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in columns:
        drawn.add_column(column, overflow="fold")
    for row in rows:
        drawn.add_row(*("" if cell is None else clean(str(cell)) for cell in row))
    console.print(drawn)


def clean(written: str) -> str:
    """Return text without control characters, which could rewrite somebody's terminal."""
    return "".join(c if c.isprintable() else " " for c in written)


def as_json(document: object) -> None:
    """Print one JSON document to standard output."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=2, default=_plain))


def note(message: str) -> None:
    """Say something beside the output, on standard error."""
    click.echo(message, err=True)


def local(at: datetime | None, zone: str) -> str | None:
    """Return an instant as a person in this zone reads it, to the minute."""
    if at is None:
        return None
    return at.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M %Z")


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    raise TypeError(f"{type(value).__name__} has no JSON form")
