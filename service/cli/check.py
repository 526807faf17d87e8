"""``keepword check``: judge every promise whose time has come, once, and say what was found.

``--dry-run`` writes nothing: what it reports is what a run at that instant would do.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import click

from service.cli.running import opened, stoppable, unusable
from service.cli.showing import as_json, note, table
from service.clock import instant_text, require_aware
from service.domain.business_time import resolve_wall
from service.workflows.check import CheckReport
from service.workflows.check import check as run_check

FIRST_YEAR, LAST_YEAR = 2000, 2100
"""The years in which promises may fall due, as the API takes them."""


@click.command("check")
@click.option(
    "--at",
    "at_text",
    metavar="INSTANT",
    help="Judge as of this instant instead of now: 2026-03-27T16:00, local to KEEPWORD_TIME_ZONE "
    "unless it has an offset.",
)
@click.option("--dry-run", is_flag=True, help="Say what a run would do, and write nothing.")
@click.option("--json", "as_document", is_flag=True, help="Print JSON for programs.")
def check(at_text: str | None, *, dry_run: bool, as_document: bool) -> None:
    """Judge every promise whose time has come: remind, flag, escalate."""
    with opened() as keepword, stoppable() as stop:
        now = keepword.now
        at = now if at_text is None else _instant(at_text, keepword.core.office.time_zone)
        if at > now and not dry_run:
            note("This instant is yet to come: who is flagged by it stays flagged.")
        report = run_check(keepword.session, keepword.core.office, at, dry_run=dry_run, stop=stop)
    if as_document:
        as_json(report.to_document())
    else:
        _show(report)
    if report.not_ready is not None:
        note(f"{report.not_ready[0].upper()}{report.not_ready[1:]}.")


def _instant(text: str, zone: str) -> datetime:
    try:
        at = datetime.fromisoformat(text.strip())
        at = require_aware(resolve_wall(at, ZoneInfo(zone)) if at.tzinfo is None else at)
    except (ValueError, OverflowError):
        unusable(
            f"“{text[:60]}” is no instant. Write it as in 2026-03-27T16:00 or 2026-03-27T15:00Z.",
            "--at",
        )
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        unusable(f"{at.date()} lies outside {FIRST_YEAR} to {LAST_YEAR}. Check the date.", "--at")
    return at


def _show(report: CheckReport) -> None:
    click.echo(f"Checked at {instant_text(report.at)}" + (" (dry run)" if report.dry_run else ""))
    rows = [
        ("looked at", report.looked_at),
        ("flagged overdue", report.flagged),
        ("owners to be reminded", report.reminded),
        ("escalated", report.escalated),
        ("letters written", report.letters),
        ("pauses ended", report.resumed),
        ("set aside as unreadable", report.set_aside),
        ("left to another checker", report.raced),
        ("latest flag, seconds after due", round(report.lateness_in)),
    ]
    table(["what", "count"], rows)
