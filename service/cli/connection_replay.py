"""``keepword connection replay``: stored deliveries once more, one by one or all that failed."""

from __future__ import annotations

import click
from sqlalchemy import ColumnElement

from service.cli import connection_answers as answers
from service.cli.connection_sync import SINCE_HELP, instant_of
from service.cli.running import Opened, opened, unusable
from service.cli.showing import as_json, note
from service.models import Delivery
from service.queries.traffic import known_deliveries
from service.workflows.replay_many import count_to_replay, failed_deliveries, replay_all


@click.command("replay")
@click.argument("delivery_ids", nargs=-1, metavar="[DELIVERY]…")
@click.option("--failed", "of", metavar="NAME", help="All failed deliveries of this connection.")
@click.option("--since", metavar="WHEN", help=f"All failed ones that came since. {SINCE_HELP}")
@click.option("--afresh", is_flag=True, help="Ask the ATS anew instead of reading its old answers.")
@click.option("--dry-run", is_flag=True, help="Say how many would be replayed, and change nothing.")
@answers.as_document
def replay(
    delivery_ids: tuple[str, ...],
    of: str | None,
    since: str | None,
    *,
    afresh: bool,
    dry_run: bool,
    as_document: bool,
) -> None:
    """Put stored deliveries back in line; working one in twice does no harm."""
    if bool(delivery_ids) == bool(of or since):
        raise click.UsageError("Name deliveries by their ids, or --failed NAME, --since WHEN.")
    with opened() as keepword:
        work = keepword.work()
        picked = _by_id(keepword, delivery_ids) if delivery_ids else _failed(keepword, of, since)
        if dry_run:
            found = count_to_replay(work, picked)
        else:
            found = replay_all(work, picked, afresh=afresh)
            keepword.session.commit()
    if as_document:
        as_json({"dry_run": dry_run, **vars(found)})
        return
    click.echo(f"{found.replayed} {'would be' if dry_run else 'are'} back in line.")
    if found.erased:
        note(f"{found.erased} were erased with their person and cannot be replayed.")
    if found.emptied:
        note(
            f"{found.emptied} had their time: their content is gone and cannot be replayed. "
            "What changes at the ATS is read as ever."
        )


def _by_id(keepword: Opened, ids: tuple[str, ...]) -> tuple[ColumnElement[bool], ...]:
    known = known_deliveries(keepword.session, ids)
    unknown = sorted(set(ids) - known)
    if unknown:
        unusable(f"there is no delivery {', '.join(unknown)}.", "DELIVERY")
    return (Delivery.id.in_(ids),)


def _failed(keepword: Opened, of: str | None, since: str | None) -> tuple[ColumnElement[bool], ...]:
    connection_id = None if of is None else answers.named(keepword.session, of).id
    zone = keepword.core.config.time_zone
    begin = None if since is None else instant_of(since, zone, keepword.now)
    return failed_deliveries(connection_id, begin)
