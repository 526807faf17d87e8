"""``keepword retention``: what is kept, how long, why, and how much of it has had its time.

It changes nothing: what is old goes by itself, where the loops run.
"""

from __future__ import annotations

import click

from service.cli.running import opened
from service.cli.showing import as_json, note, table
from service.workflows.retention import count_old


@click.command("retention")
@click.option("--json", "as_document", is_flag=True, help="Print JSON for programs.")
def retention(*, as_document: bool) -> None:
    """Tell what Keepword keeps of its own working, and how many rows the next clearing takes.

    Whom it concerns is never among it: people, promises, contacts, decisions, letters and
    timelines stay until somebody erases a person.
    """
    with opened() as keepword:
        rows = list(count_old(keepword.session, keepword.now, keepword.core.office.raw_days))
    if as_document:
        as_json(
            {
                "kinds": [
                    {
                        "name": kept.name,
                        "kept_seconds": (
                            None if kept.kept_in is None else int(kept.kept_in.total_seconds())
                        ),
                        "since": kept.since,
                        "then": str(kept.fate),
                        "reason": kept.reason,
                        "due": number,
                    }
                    for kept, number in rows
                ]
            }
        )
        return
    table(
        ["what", "is kept", "then", "due now", "why"],
        [(kept.name, kept.how_long, kept.fate, number, kept.reason) for kept, number in rows],
    )
    note("People, promises, contacts, decisions, letters and timelines never go by their age.")
