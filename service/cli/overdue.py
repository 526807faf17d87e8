"""``keepword overdue``: whom we owe word, the longest owed first.

``--exit-code`` ends with 3 when there is somebody, so that a scheduler can raise the alarm.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from itertools import islice

import click

from service.cli.running import Opened, opened, user_by_email
from service.cli.showing import as_json, note, table
from service.clock import instant_text
from service.db import reading_only
from service.queries.overdue import OverduePerson, overdue_people

SOMEBODY_IS_OVERDUE = 3
PAGE = 500


@click.command("overdue")
@click.option("--owner", metavar="EMAIL", help="Only what this colleague owes.")
@click.option("--limit", type=click.IntRange(min=1), help="Show the first so many; default all.")
@click.option("--exit-code", is_flag=True, help="End with exit code 3 when somebody is overdue.")
@click.option("--json", "as_document", is_flag=True, help="Print JSON for programs.")
def overdue(owner: str | None, limit: int | None, *, exit_code: bool, as_document: bool) -> None:
    """List whom we owe word, the longest owed first."""
    with opened() as keepword, reading_only():
        owner_id = user_by_email(keepword.session, owner, "--owner").id if owner else None
        at = keepword.now
        people = list(islice(_everybody(keepword, owner_id), limit))
    if as_document:
        as_json({"at": instant_text(at), "count": len(people), "overdue": _documents(people)})
    elif people:
        table(
            ["candidate", "job", "owed", "owner", "late", "call"],
            [(p.name, p.job_title, p.sentence, p.owner_name, p.late, p.call) for p in people],
        )
        note(f"{len(people)} {'promise is' if len(people) == 1 else 'promises are'} overdue.")
    else:
        click.echo("Nobody is overdue: every promise is kept or still in time.")
    if exit_code and people:
        click.get_current_context().exit(SOMEBODY_IS_OVERDUE)


def _everybody(keepword: Opened, owner_id: str | None) -> Iterator[OverduePerson]:
    work, after = keepword.work(), None
    while True:
        page = overdue_people(
            keepword.session, work.now, work.calendar, owner_id=owner_id, limit=PAGE, after=after
        )
        yield from page
        if len(page) < PAGE:
            return
        after = (page[-1].due_at, page[-1].promise_id)


def _documents(people: list[OverduePerson]) -> list[dict[str, object]]:
    return [asdict(person) for person in people]
