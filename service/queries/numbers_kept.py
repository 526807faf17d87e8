"""How many words were kept, each judged by the first date that was given for it.

One promise counts once, in the week of its first date, however often its date was moved: the
promise that a new date replaced is not counted beside its successor. Where a rule moved the date
by itself (a pause while the candidate was awaited, a holiday announced late) the moved date counts:
nobody asked for more time. A promise released by its date was owed no more and counts for neither
side; one released later was broken first, unless it turned out never to have been owed. What is not
yet due counts for nothing yet.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, fields
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Row, and_, case, func, not_, or_, select
from sqlalchemy.orm import Session

from service.domain.promises import KEPT_STATES, NeverOwed, Origin, State
from service.models import Application, Promise
from service.queries.numbers import Scope, week_of


@dataclass(frozen=True)
class Kept:
    """How many promises there were whose first date has come, and what became of them.

    ``in_time`` were kept by the first date, ``late`` after it, ``broken`` not at all so far. Apart
    from these: ``moved`` had their date moved and the candidate was told, ``moved_kept`` of these
    were kept by the moved date, ``released`` were let go by the first date or were never owed,
    and ``moved_silently`` counts every move without a word to the candidate, though another with
    one came after it.
    """

    in_time: int = 0
    late: int = 0
    broken: int = 0
    moved: int = 0
    moved_kept: int = 0
    moved_silently: int = 0
    released: int = 0

    @property
    def n(self) -> int:
        """How many are judged."""
        return self.in_time + self.late + self.broken

    @property
    def rate(self) -> float | None:
        """The share kept by the first date, 0 to 1; ``None`` where none is judged."""
        return self.in_time / self.n if self.n else None

    def __add__(self, other: Kept) -> Kept:
        """Add two counts up."""
        return Kept(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(Kept)))


Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class KeptRow:
    """The count of one week, job and kind."""

    week: int
    job_id: str
    kind: str
    kept: Kept


def kept_rows(session: Session, scope: Scope) -> list[KeptRow]:
    """Return the counts by week, job and kind, in one statement."""
    week = week_of(scope, Promise.first_due_at).label("week")
    found = session.execute(
        select(week, Application.job_id, Promise.kind, *_sums(scope))
        .join(Application, Application.id == Promise.application_id)
        .where(*_counted(scope))
        .group_by(week, Application.job_id, Promise.kind)
        .order_by(week, Application.job_id, Promise.kind)
    )
    return [KeptRow(row[0], row[1], row[2], _kept(row, 3)) for row in found]


def kept_by_owner(session: Session, scope: Scope) -> dict[str | None, Kept]:
    """Return the counts by owner; ``None`` for what nobody owns."""
    found = session.execute(
        select(Promise.owner_id, *_sums(scope))
        .join(Application, Application.id == Promise.application_id)
        .where(*_counted(scope))
        .group_by(Promise.owner_id)
    )
    return {row[0]: _kept(row, 1) for row in found}


def added_up(rows: list[KeptRow], by: Callable[[KeptRow], Key]) -> dict[Key, Kept]:
    """Add the counts up by what is asked for."""
    sums: dict[Key, Kept] = {}
    for row in rows:
        key = by(row)
        sums[key] = sums.get(key, Kept()) + row.kept
    return sums


def _counted(scope: Scope) -> list[ColumnElement[bool]]:
    return [
        scope.within(Promise.first_due_at),
        # One that was replaced is here for its own move alone: its successor is what counts.
        or_(Promise.state != State.REPLACED, Promise.candidate_told.is_(False)),
        *scope.narrows(),
    ]


def _sums(scope: Scope) -> list[ColumnElement[int]]:
    moved_by_us = Promise.candidate_told.is_not(None)
    date = case((moved_by_us, Promise.first_due_at), else_=Promise.due_at)
    passed = date < scope.now
    kept = Promise.state.in_(sorted(KEPT_STATES))
    waits = or_(Promise.state == State.OPEN, and_(Promise.state == State.PAUSED, moved_by_us))
    in_time = and_(kept, Promise.kept_at <= date)
    released = Promise.state == State.RELEASED
    never_owed = and_(
        Promise.origin == Origin.POLICY,
        func.coalesce(Promise.close_reason, "").in_(sorted(NeverOwed)),
    )
    in_good_time = or_(Promise.closed_at <= date, never_owed)
    released_late = and_(released, not_(in_good_time))
    told = Promise.candidate_told.is_(True)
    conditions = (
        in_time,
        and_(kept, Promise.kept_at > date),
        or_(released_late, and_(waits, passed)),
        told,
        and_(told, Promise.state == State.KEPT),
        Promise.candidate_told.is_(False),
        and_(released, in_good_time),
    )
    return [func.sum(case((condition, 1), else_=0)) for condition in conditions]


def _kept(row: Row[*tuple[Any, ...]], start: int) -> Kept:
    return Kept(*(int(value or 0) for value in row[start:]))
