"""How long people wait in working time: for the first word of a person, for a decision to be told.

Who still waits is counted apart and not in the median, which speaks of those who were told. Spans
are measured in the calendar of the job, in its present version.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from service.domain.business_time import Calendar
from service.domain.contacts import DECISION_LETTERS, Direction, Outcome
from service.domain.measures import nearest_rank
from service.domain.policies import Kind
from service.models import Application, Contact, Decision, Job, Message, Promise
from service.queries.numbers import Scope, week_of

CalendarOf = Callable[[str | None], Calendar]
"""Gives the calendar of an id in its present version; the company's for ``None``."""

_HOUR = 3600.0


@dataclass(frozen=True)
class Waited:
    """How long those waited who were told, in working hours, and how many were not told.

    ``waiting`` are not told so far; ``never`` can be told no more, because it ended without a word.
    """

    told: int
    median: float | None
    ninetieth: float | None
    waiting: int
    never: int


def first_word(session: Session, scope: Scope, calendar_of: CalendarOf) -> list[Waited]:
    """Return, by the week of the application, the time to the first word of a person.

    That is the first call or meeting that reached the candidate, or mail by a person that arrived:
    what Keepword sent by itself is no person's word, and a voicemail reached nobody.
    """
    heard = func.min(Contact.at)
    query = (
        select(
            week_of(scope, Application.applied_at),
            Job.calendar_id,
            Application.applied_at,
            heard,
            Application.closed_at,
        )
        .join(Job, Job.id == Application.job_id)
        .outerjoin(
            Contact,
            and_(
                Contact.application_id == Application.id,
                _reached(),
                Contact.automatic.is_(False),
                Contact.at >= Application.applied_at,
            ),
        )
        .where(
            scope.within(Application.applied_at),
            Application.deleted_at.is_(None),
            *scope.narrows(),
        )
        .group_by(Application.id, Job.calendar_id)
    )
    return _measured(scope, _rows(session, query), calendar_of)


def decision_told(session: Session, scope: Scope, calendar_of: CalendarOf) -> list[Waited]:
    """Return, by the week of the decision, the time until the candidate was told it.

    It is told by a letter of decision that arrived, or by a contact that kept the promise to tell
    it. A decision that was taken back counts for nothing; one that may not be told yet counts from
    the instant it may.
    """
    tells = or_(
        Message.kind.in_(sorted(DECISION_LETTERS)),
        exists().where(
            Promise.kept_by_contact_id == Contact.id,
            Promise.kind.in_((Kind.DECISION, Kind.CLOSURE)),
        ),
    )
    may = func.coalesce(Decision.tell_not_before_at, Decision.decided_at)
    told = (
        select(func.min(Contact.at))
        .outerjoin(Message, Message.id == Contact.message_id)
        .where(
            Contact.application_id == Decision.application_id,
            _reached(),
            Contact.at >= Decision.decided_at,
            tells,
        )
        .correlate(Decision)
        .scalar_subquery()
    )
    query = (
        select(
            week_of(scope, Decision.decided_at), Job.calendar_id, may, told, Application.deleted_at
        )
        .join(Application, Application.id == Decision.application_id)
        .join(Job, Job.id == Application.job_id)
        .where(
            scope.within(Decision.decided_at),
            Decision.withdrawn_at.is_(None),
            *scope.narrows(),
        )
    )
    return _measured(scope, _rows(session, query), calendar_of)


def _reached() -> ColumnElement[bool]:
    return and_(
        Contact.direction == Direction.OUT,
        Contact.outcome.in_((Outcome.REACHED, Outcome.DELIVERED)),
        Contact.taken_back_at.is_(None),
    )


AT_ONCE = 2000
"""How many rows are held in memory at a time."""


def _rows(session: Session, query: Select[*tuple[Any, ...]]) -> Iterable[Row[*tuple[Any, ...]]]:
    return session.execute(query.execution_options(yield_per=AT_ONCE))


def _measured(
    scope: Scope, rows: Iterable[Row[*tuple[Any, ...]]], calendar_of: CalendarOf
) -> list[Waited]:
    weeks = range(len(scope.weeks.mondays))
    hours: list[list[float]] = [[] for _ in weeks]
    waiting, never = [0 for _ in weeks], [0 for _ in weeks]
    calendars: dict[str | None, Calendar] = {}
    for week, calendar_id, since, until, ended in rows:
        if until is not None:
            calendar = calendars.get(calendar_id)
            if calendar is None:
                calendar = calendars[calendar_id] = calendar_of(calendar_id)
            hours[week].append(_hours(calendar, since, until))
        elif ended is not None:
            never[week] += 1
        else:
            waiting[week] += 1
    return [
        *(_waited(hours[week], waiting[week], never[week]) for week in weeks),
        _waited([each for week in hours for each in week], sum(waiting), sum(never)),
    ]


def _hours(calendar: Calendar, since: datetime, until: datetime) -> float:
    # Told by somebody before the source's own time of it: it took no time at all.
    return calendar.working_time(since, max(since, until)).total_seconds() / _HOUR


def _waited(hours: list[float], waiting: int, never: int) -> Waited:
    hours.sort()
    return Waited(len(hours), nearest_rank(hours, 50), nearest_rank(hours, 90), waiting, never)
