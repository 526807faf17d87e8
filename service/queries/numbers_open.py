"""How old the open promises are by now, and who waits on whom.

Both speak of the present, whatever weeks are asked for; both read the open promises alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session

from service.domain.business_time import Calendar
from service.domain.changes import CLOSED_STAGES
from service.domain.durations import BusinessDays
from service.domain.promises import State
from service.models import Application, Promise
from service.queries.numbers import Scope
from service.queries.overdue import IN_OPEN_INDEX


class Age(StrEnum):
    """How an open promise stands to its date. Late ones by working days of the company."""

    PAUSED = "paused"
    ON_TIME = "on_time"
    AT_RISK = "at_risk"
    LATE_UNDER_1 = "late_under_1_day"
    LATE_1_TO_2 = "late_1_to_2_days"
    LATE_2_TO_5 = "late_2_to_5_days"
    LATE_5_TO_10 = "late_5_to_10_days"
    LATE_OVER_10 = "late_over_10_days"


_LATE = (
    (1, Age.LATE_UNDER_1),
    (2, Age.LATE_1_TO_2),
    (5, Age.LATE_2_TO_5),
    (10, Age.LATE_5_TO_10),
)


@dataclass(frozen=True)
class Aged:
    """How many open promises are of one age, and of how many applications."""

    age: Age
    promises: int
    applications: int


def ageing(session: Session, scope: Scope, company: Calendar) -> list[Aged]:
    """Return the open promises by age, every age once; ``company`` says what a working day is."""
    steps = [(Promise.state == State.PAUSED, Age.PAUSED.value)]
    steps.append(
        (
            and_(Promise.due_at >= scope.now, Promise.warn_at <= scope.now),
            Age.AT_RISK.value,
        )
    )
    steps.append((Promise.due_at >= scope.now, Age.ON_TIME.value))
    steps += [
        (Promise.due_at > company.subtract(scope.now, BusinessDays(days)), age.value)
        for days, age in _LATE
    ]
    age = case(*steps, else_=Age.LATE_OVER_10.value).label("age")
    found = session.execute(
        select(age, func.count(), func.count(Promise.application_id.distinct()))
        .join(Application, Application.id == Promise.application_id)
        .where(IN_OPEN_INDEX, *scope.narrows())
        .group_by(age)
    )
    counts = {name: (promises, people) for name, promises, people in found}
    return [Aged(each, *counts.get(each.value, (0, 0))) for each in Age]


@dataclass(frozen=True)
class Waits:
    """One who waits for the decision of another: for how many applications, with how many late."""

    owner_id: str | None
    waiting_on_id: str
    applications: int
    promises: int
    overdue: int
    oldest_due_at: datetime


def who_waits(session: Session, scope: Scope, *, most: int = 200) -> list[Waits]:
    """Return who waits on whom to keep an open promise, the most late first."""
    late = func.sum(
        case((and_(Promise.due_at < scope.now, Promise.state == State.OPEN), 1), else_=0)
    )
    found = session.execute(
        select(
            Promise.owner_id,
            Application.waiting_on_id,
            func.count(Application.id.distinct()),
            func.count(),
            late,
            func.min(Promise.due_at),
        )
        .join(Application, Application.id == Promise.application_id)
        .where(
            IN_OPEN_INDEX,
            Application.waiting_on_id.is_not(None),
            # Whoever decided about a closed one keeps nobody waiting.
            Application.stage.not_in(sorted(CLOSED_STAGES)),
            *scope.narrows(),
        )
        .group_by(Promise.owner_id, Application.waiting_on_id)
        .order_by(late.desc(), func.min(Promise.due_at), Promise.owner_id)
        .limit(most)
    )
    return [Waits(*row) for row in found]
