"""``keepword retention``: what is kept, how long, why, and how much of it has had its time.

It changes nothing and names nobody: what is old goes by itself, where the loops run.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

import click

from service.cli.running import Opened, opened
from service.cli.showing import as_json, note, table
from service.domain.retention import people_before
from service.queries.holds import count_held
from service.workflows.erase_by_rule import count_due, waits_for
from service.workflows.people_due import kept_back
from service.workflows.retention import count_old


@click.command("retention")
@click.option("--json", "as_document", is_flag=True, help="Print JSON for programs.")
def retention(*, as_document: bool) -> None:
    """Tell what is kept and how long, and what the next clearing takes; change nothing.

    People, with their promises, contacts, decisions, letters and timelines, stay until somebody
    erases them, or until the rule does that KEEPWORD_KEEP_PEOPLE_DAYS sets.
    """
    with opened() as keepword:
        office = keepword.core.office
        rows = list(count_old(keepword.session, keepword.now, office.raw_days))
        people = _people(keepword)
    if as_document:
        as_json(
            {
                "people": asdict(people),
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
                ],
            }
        )
        return
    table(
        ["what", "is kept", "then", "due now", "why"],
        [(kept.name, kept.how_long, kept.fate, number, kept.reason) for kept, number in rows],
    )
    if people.kept_days is None:
        note(
            "People, promises, contacts, decisions, letters and timelines never go by their age. "
            "KEEPWORD_KEEP_PEOPLE_DAYS would set how long after the end people are kept."
        )
    else:
        note(
            f"People are erased {people.kept_days} days after the end of all that concerns them "
            f"(KEEPWORD_KEEP_PEOPLE_DAYS). Due now: {people.due}; more within 30 days if nothing "
            f"is heard of them: {people.due_within_30_days}."
        )
    if people.waits_for is not None:
        note(f"Nobody is erased now: {people.waits_for}.")
    for why, number in Counter(why for each in people.kept_back for why in each["why"]).items():
        note(f"Kept back by {why}: {number} (--json has their ids).")
    if people.on_legal_hold:
        note(f"On legal hold, and not erased while it stands: {people.on_legal_hold}.")


@dataclass(frozen=True)
class _People:
    """How many the rule erases now and soon; ``kept_days`` is ``None`` where there is none.

    ``kept_back`` are those, by id, who have long been done with and are kept by what a person has
    to see to. ``waits_for`` says which news nobody is erased before.
    """

    kept_days: int | None
    due: int
    due_within_30_days: int
    on_legal_hold: int
    kept_back: list[dict[str, Any]]
    waits_for: str | None = None


def _people(keepword: Opened) -> _People:
    session, now, days = keepword.session, keepword.now, keepword.core.office.people_days
    held = count_held(session)
    before, soon = people_before(days, now), people_before(days, now + timedelta(days=30))
    if before is None or soon is None:
        return _People(days or None, 0, 0, held, [])
    due = count_due(session, before)
    back = [{"candidate_id": id_, "why": list(why)} for id_, why in kept_back(session, before)]
    more = count_due(session, soon) - due
    return _People(days, due, more, held, back, waits_for(session, now))
