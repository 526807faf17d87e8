"""Writes down what the checker found of promises: a flag, a reminder, or that it cannot tell.

Every write is a compare-and-set on the very deadline that was read, so two checkers, or a crash
anywhere, never flag twice.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, literal, null, update

from service.db import new_id
from service.domain.policies import Action, RungAt
from service.domain.promises import OPEN_STATES, Judgement, State, Watch, judge
from service.models import Notice, Promise, TimelineEntry
from service.rows import insert_rows, update_rows
from service.workflows.work import Work

SET_ASIDE = timedelta(hours=1)
"""How long a row that cannot be judged stays out of the way before it is tried again."""


class DueRow(NamedTuple):
    """A promise as the checker reads it. ``ladder`` is the JSON text of what is stored."""

    id: str
    application_id: str
    due_at: datetime
    due_version: int
    breached_at: datetime | None
    ladder: str
    rung: int
    state: str
    next_check_at: datetime


class Judged(NamedTuple):
    """Promises that stand alike to the instant, their ladder, and what is to become of each."""

    rows: list[DueRow]
    ladder: list[RungAt]
    told: Judgement

    @property
    def breaks(self) -> bool:
        """Tell whether it is now that these count as broken."""
        return self.told.breached_at is not None and self.rows[0].breached_at is None

    @property
    def changes(self) -> bool:
        """Tell whether there is anything to write."""
        told, row = self.told, self.rows[0]
        return (told.rung, told.breached_at, told.next_check_at) != (
            row.rung,
            row.breached_at,
            row.next_check_at,
        )


def alike(rows: Iterable[DueRow]) -> list[list[DueRow]]:
    """Put together those of which the same is to be said: many a promise ends with the day."""
    found: dict[tuple[Any, ...], list[DueRow]] = {}
    for row in rows:
        key = (row.ladder, row.due_at, row.next_check_at, row.rung, row.breached_at)
        found.setdefault(key, []).append(row)
    return list(found.values())


def judged_at(rows: list[DueRow], now: datetime) -> Judged:
    """Judge promises that stand alike by what was read of them; raise where nobody could."""
    row = rows[0]
    ladder = [RungAt.from_document(rung) for rung in json.loads(row.ladder)]
    return Judged(rows, ladder, judge(Watch(row.due_at, row.breached_at, ladder, row.rung), now))


_FOUND = {
    "id": "id",
    "due_at": "due_at",
    "next_check_at": "next_check_at",
    "state": "state",
}
_TO = {"rung": "to_rung", "breached_at": "to_breached_at", "next_check_at": "to_next_check_at"}
_ALSO: dict[str, ColumnElement[Any]] = {
    # Judged and written: whatever set it aside before is over.
    "check_failures": literal(0),
    "check_error": null(),
    "version": Promise.__table__.c.version + 1,
}
_KINDS = {
    Action.REMIND: "promise_at_risk",
    Action.FLAG: "promise_overdue",
    Action.ESCALATE: "promise_escalated",
}


def write_judged(work: Work, judged: Sequence[Judged]) -> bool:
    """Write what was found of these; ``False`` where another checker was at one of its rows."""
    changed = [each for each in judged if each.changes]
    if not changed:
        return True
    updates = [
        {
            "id": row.id,
            "due_at": row.due_at,
            "next_check_at": row.next_check_at,
            "state": State.OPEN.value,
            "to_rung": told.rung,
            "to_breached_at": told.breached_at,
            "to_next_check_at": told.next_check_at,
        }
        for rows, _, told in changed
        for row in rows
    ]
    written = update_rows(work.session, Promise, updates, found=_FOUND, to=_TO, also=_ALSO)
    if written != len(updates):
        return False
    notices: list[dict[str, Any]] = []
    entries: list[dict[str, Any]] = []
    for each in changed:
        if each.told.notice is not None:
            action = each.ladder[each.told.notice].action
            notices += _notices(work, each.rows, each.told.notice, action)
            at = each.rows[0].due_at if each.breaks else work.now
            entries += _entries(work, each.rows, _KINDS[action], at)
    insert_rows(work.session, Notice, notices)
    insert_rows(work.session, TimelineEntry, entries)
    return True


def _notices(
    work: Work, rows: Sequence[DueRow], rung: int, action: Action
) -> Iterable[dict[str, Any]]:
    return (
        {
            "id": new_id("ntc"),
            "promise_id": row.id,
            "rung": rung,
            "due_version": row.due_version,
            "action": action.value,
            "created_at": work.now,
        }
        for row in rows
    )


def _entries(
    work: Work, rows: Sequence[DueRow], kind: str, at: datetime
) -> Iterable[dict[str, Any]]:
    return (
        {
            "application_id": row.application_id,
            "at": at,
            "recorded_at": work.now,
            "kind": kind,
            "actor": work.actor,
            "source": work.source,
            "data": {"promise": row.id},
        }
        for row in rows
    )


def set_aside(work: Work, row: DueRow, error: Exception) -> None:
    """Keep a row that cannot be judged out of the way for a while, with the error's type."""
    work.session.execute(
        update(Promise)
        .where(
            Promise.id == row.id,
            Promise.next_check_at == row.next_check_at,
            Promise.state.in_(OPEN_STATES),
        )
        .values(
            next_check_at=work.now + SET_ASIDE,
            check_failures=Promise.check_failures + 1,
            # The type alone: an error's text may quote what a person wrote.
            check_error=type(error).__name__,
            version=Promise.version + 1,
        )
        .execution_options(synchronize_session=False)
    )
