"""Who was promised word and has not had it: the longest owed first, in words to act on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, func, or_, select, text
from sqlalchemy.orm import Session, aliased

from service.domain.business_time import Calendar
from service.domain.promises import Origin, State
from service.domain.wording import span_words, when_words
from service.models import (
    Application,
    Candidate,
    CandidatePhone,
    Contact,
    Job,
    Promise,
    User,
)
from service.queries.reach import unreachable

Calendars = Callable[[str, int], Calendar]
"""Gives the compiled calendar of an id and version; ``Work.calendar`` is one."""

IN_OPEN_INDEX = text("promise.state IN ('open', 'paused')")
"""The condition of ``ix_promise_open_due``, word for word: SQLite uses a partial index only then,
and no database may read a million kept promises to find the ten that are late."""

UNBROKEN_INDEX = text("promise.state IN ('open', 'paused') AND promise.breached_at IS NULL")
"""The condition of ``ix_promise_open_warn``, word for word: those that nobody has flagged yet."""

DAY_STEP_LIMIT = 60
"""Working days are counted up to here; beyond it the exact number helps nobody."""


@dataclass(frozen=True)
class OverduePerson:
    """One broken promise, with what somebody needs to mend it.

    ``late`` is a working span in words (``2 working days``); ``lateness_in`` the plain seconds.
    ``sentence`` says the whole of it. ``asked`` counts enquiries, ``asked_after`` those that came
    after a promise had passed. ``unreachable`` says why mail cannot reach the person, where it
    cannot; ``call`` is a number, given then.
    """

    promise_id: str
    application_id: str
    candidate_id: str
    name: str
    job_title: str
    stage: str
    kind: str
    origin: str
    wording: str
    owner_id: str | None
    owner_name: str | None
    due_at: datetime
    first_due_at: datetime
    due_words: str
    late: str
    lateness_in: int
    last_contact_at: datetime | None
    asked: int
    asked_after: int
    unreachable: str | None
    call: str | None
    sentence: str


def overdue_count(session: Session, now: datetime) -> int:
    """Return how many promises are overdue."""
    return session.scalars(
        select(func.count())
        .select_from(Promise)
        .where(IN_OPEN_INDEX, Promise.state == State.OPEN, Promise.due_at < now)
    ).one()


def overdue_people(
    session: Session,
    now: datetime,
    calendar_for: Calendars,
    *,
    owner_id: str | None = None,
    limit: int = 100,
    after: tuple[datetime, str] | None = None,
) -> list[OverduePerson]:
    """Return overdue promises, the oldest due first; ``after`` continues behind a (due, id)."""
    query = _query(now).order_by(Promise.due_at, Promise.id).limit(limit)
    if owner_id is not None:
        query = query.where(Promise.owner_id == owner_id)
    if after is not None:
        due_at, promise_id = after
        query = query.where(
            or_(
                Promise.due_at > due_at,
                and_(Promise.due_at == due_at, Promise.id > promise_id),
            )
        )
    rows = session.execute(query).all()
    asked = _enquiries(session, [row.Application.id for row in rows])
    cut_off = unreachable(session, [row.Candidate.id for row in rows])
    numbers = _numbers(session, list(cut_off))
    return [
        _person(
            row.Promise,
            row.Application,
            row.Candidate,
            row.title,
            row.owner_name,
            calendar_for(row.Promise.calendar_id, row.Promise.calendar_version),
            now,
            asked.get(row.Application.id, (0, 0)),
            cut_off.get(row.Candidate.id),
            numbers.get(row.Candidate.id),
        )
        for row in rows
    ]


def _query(now: datetime) -> Select[*tuple[Any, ...]]:
    owner = aliased(User)
    return (
        select(Promise, Application, Candidate, Job.title, owner.name.label("owner_name"))
        .join(Application, Application.id == Promise.application_id)
        .join(Candidate, Candidate.id == Application.candidate_id)
        .join(Job, Job.id == Application.job_id)
        .outerjoin(owner, owner.id == Promise.owner_id)
        .where(IN_OPEN_INDEX, Promise.state == State.OPEN, Promise.due_at < now)
    )


def _enquiries(session: Session, application_ids: list[str]) -> dict[str, tuple[int, int]]:
    found = session.execute(
        select(
            Contact.application_id,
            func.count(),
            func.count().filter(Contact.after_broken_promise),
        )
        .where(Contact.application_id.in_(application_ids), Contact.direction == "in")
        .group_by(Contact.application_id)
    )
    return {application_id: (asked, after) for application_id, asked, after in found}


def _numbers(session: Session, candidate_ids: list[str]) -> dict[str, str]:
    """Return a number to call for each of these people who has one."""
    found = session.execute(
        select(CandidatePhone.candidate_id, CandidatePhone.number)
        .where(CandidatePhone.candidate_id.in_(candidate_ids))
        .order_by(CandidatePhone.position.desc())
    )
    return {candidate_id: number for candidate_id, number in found}  # noqa: C416 - Row, not tuple


def _person(
    promise: Promise,
    application: Application,
    candidate: Candidate,
    job_title: str,
    owner_name: str | None,
    calendar: Calendar,
    now: datetime,
    asked: tuple[int, int],
    cut_off: str | None,
    call: str | None,
) -> OverduePerson:
    zone = calendar.time_zone.key
    due_words = when_words(promise.due_at, zone, now)
    late = lateness_words(lateness(calendar, promise.due_at, now))
    name = " ".join(part for part in (candidate.first_name, candidate.last_name) if part)
    return OverduePerson(
        promise_id=promise.id,
        application_id=application.id,
        candidate_id=candidate.id,
        name=name or "(no name)",
        job_title=job_title,
        stage=application.stage,
        kind=promise.kind,
        origin=promise.origin,
        wording=promise.wording,
        owner_id=promise.owner_id,
        owner_name=owner_name,
        due_at=promise.due_at,
        first_due_at=promise.first_due_at,
        due_words=due_words,
        late=late,
        lateness_in=int((now - promise.due_at).total_seconds()),
        last_contact_at=application.last_contact_at,
        asked=asked[0],
        asked_after=asked[1],
        unreachable=cut_off,
        call=call,
        sentence=_sentence(promise, owner_name, due_words, late),
    )


def _sentence(promise: Promise, owner_name: str | None, due_words: str, late: str) -> str:
    if promise.origin == Origin.SPOKEN:
        by = f"promised by {owner_name}" if owner_name else "promised"
        return f"{promise.wording}, {by} for {due_words}. {late} late."
    of = f"{owner_name} owes it" if owner_name else "nobody owns it"
    return f"{promise.wording}, due by rule {due_words}; {of}. {late} late."


@dataclass(frozen=True, slots=True)
class Lateness:
    """How late something is, in working time.

    ``working_days`` counts those begun since; ``beyond`` tells that there are more, uncounted.
    """

    working: timedelta
    working_days: int
    beyond: bool = False


def lateness(calendar: Calendar, due_at: datetime, now: datetime) -> Lateness:
    """Return how late something due at an instant is now."""
    working = calendar.working_time(due_at, now)
    zone = calendar.time_zone
    first, last = due_at.astimezone(zone).date(), now.astimezone(zone).date()
    days = 0
    for step in range(1, (last - first).days + 1):
        days += calendar.is_working_day(first + timedelta(days=step))
        if days >= DAY_STEP_LIMIT:
            return Lateness(working, days, beyond=True)
    return Lateness(working, days)


def lateness_words(late: Lateness) -> str:
    """Return what a colleague would say of it."""
    if late.beyond:
        return f"more than {late.working_days} working days"
    return span_words(late.working, late.working_days)
