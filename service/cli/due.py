"""``keepword due``: when a promise made at some instant is due on a calendar, and why.

It needs no database and no configuration: a calendar file in, a deadline out. Bad input is told
with its remedy and exit code 2; a calendar that never opens is exit code 1.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from service.domain.business_time import (
    Calendar,
    Deadline,
    NoOpeningError,
    OutOfReachError,
    resolve_wall,
)
from service.domain.calendars import CalendarDocumentError
from service.domain.durations import Duration, DurationError, parse
from service.public_holidays import holidays_for

LARGEST_FILE = 1_000_000
"""Bytes. A calendar is a few kilobytes; something larger is another file."""


@click.command("due")
@click.option(
    "--calendar",
    "path",
    required=True,
    metavar="FILE.json",
    type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path, allow_dash=True),
    help="A calendar as the API takes it; “-” reads standard input.",
)
@click.option(
    "--from",
    "start_text",
    required=True,
    metavar="INSTANT",
    help="When it is promised: 2026-03-27T16:00, local to the calendar unless it has an offset.",
)
@click.option(
    "--in",
    "--by",
    "amount_text",
    required=True,
    metavar="DURATION",
    help="“2 business hours”, “3 business days”, “45 days”, “end of day”, “friday 17:00”.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
def due(path: Path, start_text: str, amount_text: str, *, as_json: bool) -> None:
    """Say when something is due on a calendar, and why.

    Example: keepword due --calendar berlin.json --from 2026-03-27T16:00 --in "2 business hours"
    """
    calendar = _calendar(path)
    start = _start(start_text, calendar.time_zone)
    amount = _duration(amount_text)
    try:
        deadline = calendar.add(start, amount)
    except DurationError as wrong:
        raise click.BadParameter(str(wrong), param_hint="--in") from None
    except OutOfReachError as wrong:
        raise click.UsageError(str(wrong)) from None
    except NoOpeningError as closed:
        raise click.ClickException(str(closed)) from None
    click.echo(_as_json(deadline) if as_json else _as_text(deadline, amount))


def _calendar(path: Path) -> Calendar:
    try:
        with click.open_file(str(path), "rb") as file:
            raw = file.read(LARGEST_FILE + 1)
    except OSError as wrong:
        raise _bad_calendar(path, f"cannot be read: {wrong.strerror}.") from None
    if len(raw) > LARGEST_FILE:
        raise _bad_calendar(path, "is larger than 1 MB. Name a calendar's file.")
    try:
        document = json.loads(raw)
    except json.JSONDecodeError as wrong:
        where = f"line {wrong.lineno}, column {wrong.colno}"
        raise _bad_calendar(path, f"is no JSON: {wrong.msg} at {where}. Mend it there.") from None
    except (ValueError, RecursionError):
        raise _bad_calendar(path, "is no JSON text. Save it as UTF-8 JSON.") from None
    try:
        return Calendar.from_document(document, holidays_for)
    except CalendarDocumentError as wrong:
        listed = [f"  {pointer or '/'}: {message}" for pointer, message in wrong.faults]
        raise _bad_calendar(path, "\n".join(["is no valid calendar:", *listed])) from None


def _bad_calendar(path: Path, fault: str) -> click.BadParameter:
    return click.BadParameter(f"{path} {fault}", param_hint="--calendar")


def _start(text: str, zone: ZoneInfo) -> datetime:
    try:
        start = datetime.fromisoformat(text.strip())
    except ValueError:
        msg = f"“{text[:60]}” is no instant. Write it as in 2026-03-27T16:00 or 2026-03-27T15:00Z."
        raise click.BadParameter(msg, param_hint="--from") from None
    try:
        return resolve_wall(start, zone) if start.tzinfo is None else start
    except OverflowError:
        msg = f"“{text[:60]}” lies at the end of time. Check the date."
        raise click.BadParameter(msg, param_hint="--from") from None


def _duration(text: str) -> Duration:
    try:
        return parse(text)
    except DurationError as wrong:
        raise click.BadParameter(str(wrong), param_hint="--in") from None


def _as_json(deadline: Deadline) -> str:
    document = {
        "due_at": deadline.due_at.isoformat().replace("+00:00", "Z"),
        "due_local": deadline.due_local.isoformat(),
        "trace": [step.to_document() for step in deadline.trace],
    }
    return json.dumps(document, ensure_ascii=False, indent=2)


def _as_text(deadline: Deadline, amount: Duration) -> str:
    *steps, landed = deadline.trace
    return "\n".join([f"{landed.text}: {amount}", *(f"  {step.text}" for step in steps)])
