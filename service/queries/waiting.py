"""The people who wait for a word and what is due next, as the first page shows them.

One row a person and application, however many promises to them have passed; the longest wait
first. Every deadline comes with the stored reason why it lies where it does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from service.domain.contacts import Direction
from service.domain.promises import Origin, Standing, State, standing
from service.domain.wording import span_words
from service.models import (
    Application,
    Candidate,
    CandidatePhone,
    Contact,
    Job,
    Promise,
    User,
)
from service.queries.overdue import IN_OPEN_INDEX, Calendars, lateness_words
from service.queries.reach import unreachable

Place = tuple[datetime, str]
"""Where a page of rows ends: the oldest due instant of its last row, and that application's id."""


@dataclass(frozen=True)
class Owed:
    """One promise. ``late`` is a working span in words, "" where it is not late.

    ``promised_by`` names who gave the word, ``None`` for a rule. ``first_due_at`` is set only
    where the date was moved. ``zone`` is that of the promise's calendar; ``why`` the stored trace.
    """

    promise_id: str
    wording: str
    spoken: bool
    promised_by: str | None
    owner: str | None
    due_at: datetime
    first_due_at: datetime | None
    zone: str
    standing: Standing
    late: str
    why: tuple[str, ...]


@dataclass(frozen=True)
class Waiting:
    """One person and application. ``owed`` is never empty, the oldest due first.

    ``asked`` and ``asked_after`` count what the person asked, in all and after the oldest promise
    here had passed; ``first_asked_after_at`` is the first of the latter. ``unreachable`` says why
    mail reaches the person at no address, where it does not; ``phone`` is the first number known.
    """

    application_id: str
    name: str
    job_title: str
    stage: str
    owed: tuple[Owed, ...]
    last_contact_at: datetime | None
    asked: int
    asked_after: int
    first_asked_after_at: datetime | None
    unreachable: str | None
    phone: str | None

    @property
    def place(self) -> Place:
        """Return where the next page continues behind this row."""
        return self.owed[0].due_at, self.application_id


@dataclass(frozen=True)
class Totals:
    """How many people wait, in how many rows, for how many promises: the whole, not one page."""

    people: int
    rows: int
    promises: int


def totals(session: Session, now: datetime) -> Totals:
    """Count everybody who waits."""
    people, rows, promises = session.execute(
        select(
            func.count(Application.candidate_id.distinct()),
            func.count(Promise.application_id.distinct()),
            func.count(),
        )
        .select_from(Promise)
        .join(Application, Application.id == Promise.application_id)
        .where(IN_OPEN_INDEX, Promise.state == State.OPEN, Promise.due_at < now)
    ).one()
    return Totals(people, rows, promises)


def waiting_people(
    session: Session,
    now: datetime,
    calendar_for: Calendars,
    *,
    limit: int,
    after: Place | None = None,
) -> tuple[list[Waiting], bool]:
    """Return up to ``limit`` rows behind ``after``, and whether more follow."""
    # Materialised, or SQLite would walk every promise in the order of the grouping.
    late = (
        select(Promise.application_id, Promise.due_at)
        .where(IN_OPEN_INDEX, Promise.state == State.OPEN, Promise.due_at < now)
        .cte("late")
        .prefix_with("MATERIALIZED")
    )
    oldest = func.min(late.c.due_at)
    query = (
        select(late.c.application_id)
        .group_by(late.c.application_id)
        .order_by(oldest, late.c.application_id)
        .limit(limit + 1)
    )
    if after is not None:
        due_at, application_id = after
        query = query.having(
            or_(oldest > due_at, and_(oldest == due_at, late.c.application_id > application_id))
        )
    ids = session.scalars(query).all()
    owed = _owed(
        session,
        now,
        calendar_for,
        select(Promise.id).where(
            Promise.application_id.in_(ids[:limit]),
            Promise.state == State.OPEN,
            Promise.due_at < now,
        ),
    )
    return _rows(session, owed), len(ids) > limit


def next_due(
    session: Session, now: datetime, calendar_for: Calendars, *, limit: int
) -> list[Waiting]:
    """Return whom the next ``limit`` promises are owed to, the nearest first."""
    ids = (
        select(Promise.id)
        .where(IN_OPEN_INDEX, Promise.state == State.OPEN, Promise.due_at >= now)
        .order_by(Promise.due_at, Promise.id)
        .limit(limit)
    )
    return _rows(session, _owed(session, now, calendar_for, ids))


def _owed(
    session: Session, now: datetime, calendar_for: Calendars, ids: Select[str]
) -> dict[str, list[Owed]]:
    """Return these promises by application, each the oldest due first."""
    owner, speaker = aliased(User), aliased(User)
    found = session.execute(
        select(Promise, owner.name, speaker.name)
        .outerjoin(owner, owner.id == Promise.owner_id)
        .outerjoin(speaker, speaker.id == Promise.promised_by_id)
        .where(Promise.id.in_(ids))
        .order_by(Promise.due_at, Promise.id)
    )
    owed: dict[str, list[Owed]] = defaultdict(list)
    for promise, owner_name, spoken_by in found:
        owed[promise.application_id].append(_one(promise, owner_name, spoken_by, now, calendar_for))
    return owed


def _one(
    promise: Promise,
    owner: str | None,
    promised_by: str | None,
    now: datetime,
    calendar_for: Calendars,
) -> Owed:
    stands = standing(promise.state, promise.due_at, promise.warn_at, now)
    if promise.calendar_id is None or promise.calendar_version is None:
        zone, gone = "UTC", now - promise.due_at
        late = span_words(gone, gone.days) if stands is Standing.OVERDUE else ""
    else:
        calendar = calendar_for(promise.calendar_id, promise.calendar_version)
        zone = calendar.time_zone.key
        late = lateness_words(calendar, promise.due_at, now) if stands is Standing.OVERDUE else ""
    return Owed(
        promise_id=promise.id,
        wording=promise.wording,
        spoken=promise.origin == Origin.SPOKEN,
        promised_by=promised_by,
        owner=owner,
        due_at=promise.due_at,
        first_due_at=promise.first_due_at if promise.first_due_at != promise.due_at else None,
        zone=zone,
        standing=stands,
        late=late,
        why=tuple(str(step.get("text", "")) for step in promise.trace),
    )


def _rows(session: Session, owed: dict[str, list[Owed]]) -> list[Waiting]:
    found = session.execute(
        select(Application, Candidate.first_name, Candidate.last_name, Job.title)
        .join(Candidate, Candidate.id == Application.candidate_id)
        .join(Job, Job.id == Application.job_id)
        .where(Application.id.in_(list(owed)))
    ).all()
    asked = _asked(session, {id_: promises[0].due_at for id_, promises in owed.items()})
    people = [application.candidate_id for application, *_ in found]
    cut_off, phones = unreachable(session, people), _phones(session, people)
    rows = [
        Waiting(
            application_id=application.id,
            name=" ".join(part for part in (first, last) if part) or "(no name)",
            job_title=title,
            stage=application.stage,
            owed=tuple(owed[application.id]),
            last_contact_at=application.last_contact_at,
            asked=asked[application.id].times,
            asked_after=asked[application.id].after,
            first_asked_after_at=asked[application.id].first_after_at,
            unreachable=cut_off.get(application.candidate_id),
            phone=phones.get(application.candidate_id),
        )
        for application, first, last, title in found
    ]
    return sorted(rows, key=lambda row: row.place)


@dataclass
class _Asked:
    times: int = 0
    after: int = 0
    first_after_at: datetime | None = None


def _asked(session: Session, oldest_due: dict[str, datetime]) -> dict[str, _Asked]:
    asked: dict[str, _Asked] = defaultdict(_Asked)
    for application_id, at in session.execute(
        select(Contact.application_id, Contact.at)
        .where(Contact.application_id.in_(list(oldest_due)), Contact.direction == Direction.IN)
        .order_by(Contact.at)
    ):
        mine = asked[application_id]
        mine.times += 1
        if at > oldest_due[application_id]:
            mine.after += 1
            mine.first_after_at = mine.first_after_at or at
    return asked


def _phones(session: Session, people: Sequence[str]) -> dict[str, str]:
    found = session.execute(
        select(CandidatePhone.candidate_id, CandidatePhone.number)
        .where(CandidatePhone.candidate_id.in_(people))
        .order_by(CandidatePhone.position.desc())
    )
    # The last one written wins: the number in the first place.
    return {candidate_id: number for candidate_id, number in found}  # noqa: C416 - Row, not tuple
