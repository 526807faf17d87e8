"""``keepword connection entries``: what is written into candidates' profiles, and what hangs."""

from __future__ import annotations

from collections.abc import Callable

import click

from service.cli import connection_answers as answers
from service.cli.running import Opened, opened, unusable
from service.cli.showing import as_json, local, note, table
from service.domain.promises import PromiseError
from service.models import Connection, ProfileEntry
from service.queries.profile_entries import FOR_A_PERSON, entry_rows
from service.workflows.profile_entries import locked_entry, retry_entry, settle_entry
from service.workflows.work import Work

_SHOWN = 200


@click.command("entries")
@click.argument("name")
@click.option("--all", "every", is_flag=True, help="Show what is written or cancelled, too.")
@click.option("--retry", "retried", metavar="ID", multiple=True, help="Write this one (again).")
@click.option(
    "--written", "settled", metavar="ID", multiple=True, help="It is in the profile: I looked."
)
@answers.as_document
def entries(
    name: str,
    retried: tuple[str, ...],
    settled: tuple[str, ...],
    *,
    every: bool,
    as_document: bool,
) -> None:
    """Show what waits to be written into the profiles of NAME, failed, or was perhaps written.

    An entry whose answer was lost is never written again by itself: look into the profile, where
    each ends with its id, and say which it was.
    """
    with opened() as keepword:
        row = answers.named(keepword.session, name)
        _settle(keepword, row, retried, retry_entry, "--retry")
        _settle(keepword, row, settled, settle_entry, "--written")
        keepword.session.commit()
        found = entry_rows(keepword.session, row.id, every=every, limit=_SHOWN)
        zone = keepword.core.config.time_zone
    if as_document:
        as_json({"name": name, "entries": [vars(each) for each in found]})
        return
    table(
        ["id", "about", "application", "state", "tries", "made", "next try", "why"],
        [
            (
                each.id,
                "a letter" if each.about == "letter" else "a word kept",
                each.application_id,
                each.state,
                each.attempts,
                local(each.created_at, zone),
                local(each.next_attempt_at, zone),
                each.error,
            )
            for each in found
        ],
    )
    hang = [each for each in found if each.state in FOR_A_PERSON]
    if hang:
        note(f"To do: {len(hang)} need somebody, such as --retry {hang[0].id}.")


def _settle(
    keepword: Opened,
    row: Connection,
    ids: tuple[str, ...],
    change: Callable[[Work, ProfileEntry], ProfileEntry],
    option: str,
) -> None:
    work = keepword.work()
    for entry_id in ids:
        entry = locked_entry(work, row, entry_id)
        if entry is None:
            unusable(f"{row.name} has no entry {entry_id}.", option)
        try:
            change(work, entry)
        except PromiseError as error:
            unusable(f"{error}.", option)
