"""``keepword dispatch``: send the letters that are ready, once.

An interruption ends after the letter that is on its way; the others stay ready.
"""

from __future__ import annotations

from typing import Any

import click

from service.cli.running import opened, stoppable
from service.cli.showing import as_json, note, table
from service.queries.figures import mail_pause
from service.queries.outbox import ready_by_kind
from service.workflows.dispatch import dispatch as run_dispatch


@click.command("dispatch")
@click.option("--dry-run", is_flag=True, help="Count what is ready by kind, and send nothing.")
@click.option("--json", "as_document", is_flag=True, help="Print JSON for programs.")
def dispatch(*, dry_run: bool, as_document: bool) -> None:
    """Send the letters that are ready."""
    with opened() as keepword, stoppable() as stop:
        session, core = keepword.session, keepword.core
        found: dict[str, Any]
        if dry_run:
            pause = mail_pause(session)
            paused = (pause.reason or "paused by a person") if pause else None
            found = {"ready": ready_by_kind(session, keepword.now), "paused": paused}
            rows = list(found["ready"].items())
        else:
            report = run_dispatch(session, core.office, core.clock, core.transport, stop=stop)
            found = dict(vars(report))
            paused = report.paused
            rows = [(k, v) for k, v in found.items() if k != "paused"]
    if as_document:
        as_json({"dry_run": dry_run, **found})
    else:
        table(["letter" if dry_run else "what", "count"], rows)
    if paused is not None:
        note(f"Mail is paused: {paused}.")
