"""``keepword ingest``: work in the deliveries and mail events that wait, once.

Each is one transaction, so an interruption loses nothing; a broken one is kept and shown.
"""

from __future__ import annotations

import click

from service.cli.running import opened, stoppable
from service.cli.showing import as_json, table
from service.models import Delivery
from service.queries.traffic import count_deliveries, count_unfolded
from service.workflows.fetch import fetch
from service.workflows.fold_events import fold_events
from service.workflows.ingest import ingest as run_ingest


@click.command("ingest")
@click.option("--dry-run", is_flag=True, help="Count what waits, and work in nothing.")
@click.option("--json", "as_document", is_flag=True, help="Print JSON for programs.")
def ingest(*, dry_run: bool, as_document: bool) -> None:
    """Work in what the ATSs and the mail provider have sent."""
    with opened() as keepword, stoppable() as stop:
        session, core = keepword.session, keepword.core
        if dry_run:
            found = {
                "deliveries_waiting": count_deliveries(session, Delivery.state == "received"),
                "mail_events_waiting": count_unfolded(session),
            }
        else:
            report = run_ingest(session, core.office, core.clock, stop=stop)
            fetched = fetch(session, core.office, core.clock, core.vendors, stop=stop)
            folded = fold_events(session, core.office, core.clock.now(), stop=stop)
            found = {
                "done": report.done + fetched.done,
                "ignored": report.ignored + fetched.ignored,
                "failed": report.failed + fetched.failed,
                "retried": report.retried + fetched.retried,
                "waiting_for_a_vendor": fetched.waiting,
                "mail_events": folded,
            }
    if as_document:
        as_json({"dry_run": dry_run, **found})
    else:
        table(["what", "count"], [(k.replace("_", " "), v) for k, v in found.items()])
