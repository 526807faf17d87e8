"""``keepword connection sync``: ask an ATS now what changed, and work it in."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import click

from service.cli import connection_answers as answers
from service.cli.running import opened, stoppable, unusable
from service.cli.showing import as_json, local, note
from service.vendors.over_http import HttpVendors
from service.workflows.fetch import fetch
from service.workflows.ingest import ingest
from service.workflows.sync import SyncRefusedError, sync_now

SINCE_HELP = "A date (2026-03-01) or an instant (2026-03-01T09:00:00Z)."


@click.command("sync")
@click.argument("name")
@click.option("--since", metavar="WHEN", help=f"{SINCE_HELP} Else where the last sync ended.")
@answers.as_document
def sync(name: str, since: str | None, *, as_document: bool) -> None:
    """Ask the API of NAME what changed, store it, and work it in; doing it twice does no harm."""
    with opened() as keepword, stoppable() as stop:
        session, core = keepword.session, keepword.core
        answers.named(session, name)
        session.rollback()
        begin = None if since is None else instant_of(since, core.config.time_zone, keepword.now)
        vendors = HttpVendors(core.clock)
        try:
            report = sync_now(
                session,
                core.office,
                core.clock,
                vendors,
                name,
                begin,
                pause=threading.Event().wait,
                stop=stop,
            )
            worked = ingest(session, core.office, core.clock, stop=stop)
            fetched = fetch(session, core.office, core.clock, vendors, stop=stop)
        except SyncRefusedError as error:
            raise click.ClickException(f"{error}.") from None
        finally:
            vendors.close()
    if as_document:
        as_json(
            {
                **vars(report),
                "done": worked.done + fetched.done,
                "failed": worked.failed + fetched.failed,
            }
        )
    else:
        known = f"{report.known} were known already"
        click.echo(f"{report.stored} new records in {report.pages} pages; {known}.")
        note(f"Read from {local(report.since, core.config.time_zone)} on.")
    if report.fault is not None:
        raise click.ClickException(f"Not everything could be read: {report.fault}.")


def instant_of(text: str, zone: str, now: datetime, option: str = "--since") -> datetime:
    """Return the instant that a date or an instant means; a date is local, from its beginning."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        unusable(
            f"{text} is neither a date (2026-03-01) nor an instant (2026-03-01T09:00:00Z).", option
        )
    if found.tzinfo is None:
        found = found.replace(tzinfo=ZoneInfo(zone))
    try:
        found = found.astimezone(UTC)
    except OverflowError:
        unusable("there is no such instant.", option)
    if found > now:
        unusable("that lies in the future.", option)
    return found
