"""``keepword dispatch``: send the letters that are ready, once.

An interruption ends after the letter that is on its way; the others stay ready.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.cli.running import opened, stoppable
from service.cli.showing import as_json, note, table
from service.domain.delivery import MailState
from service.models import Message
from service.queries.figures import mail_pause
from service.workflows.dispatch import dispatch as run_dispatch

_TO_SEND = (MailState.HELD, MailState.READY, MailState.RETRY, MailState.CLAIMED)


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
            found = {"ready": _ready(session, keepword.now), "paused": paused}
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


def _ready(session: Session, now: datetime) -> dict[str, int]:
    kinds = session.scalars(
        select(Message.kind).where(Message.state.in_(_TO_SEND), Message.due_at <= now)
    )
    return dict(sorted(Counter(kinds).items()))
