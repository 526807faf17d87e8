"""How closings of jobs stand: who was told how, what became of each letter, who is left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from service.domain.changes import CLOSED_STAGES, JobStatus, Stage
from service.domain.closing_terms import Part
from service.domain.delivery import LEFT, MailState
from service.domain.policies import Kind
from service.domain.promises import OPEN_STATES
from service.domain.rights import EVERYWHERE, Reach
from service.models import (
    Application,
    Candidate,
    ClosingEntry,
    Connection,
    Decision,
    Job,
    JobClosing,
    Message,
    Promise,
)
from service.queries.extent import applications_within
from service.queries.keyset import Key, Page, page

WAITING = frozenset({MailState.HELD, MailState.READY, MailState.RETRY, MailState.CLAIMED})
"""States of a letter that will go by itself and can still be taken back."""

_STEPS: tuple[tuple[str, frozenset[MailState]], ...] = (
    ("waiting", WAITING),
    ("delivered", frozenset({MailState.DELIVERED, MailState.COMPLAINED})),
    ("sent", LEFT - {MailState.DELIVERED, MailState.COMPLAINED, MailState.UNCERTAIN}),
    ("uncertain", frozenset({MailState.UNCERTAIN})),
    ("bounced", frozenset({MailState.BOUNCED, MailState.DROPPED, MailState.FAILED})),
    ("blocked", frozenset({MailState.BLOCKED})),
    ("captured", frozenset({MailState.CAPTURED})),
    ("cancelled", frozenset({MailState.CANCELLED})),
)
LETTER_STEPS = tuple(name for name, _ in _STEPS)


@dataclass(frozen=True)
class Progress:
    """How far a closing has come.

    ``parts`` counts applications, ``letters`` letters by step, ``written`` all of them.
    ``goes_from`` and ``goes_until`` are when the first and the last of those that wait go;
    ``calls_open`` counts the calls that nobody has made yet.
    """

    closing: JobClosing
    parts: dict[str, int]
    written: int
    letters: dict[str, int]
    goes_from: datetime | None
    goes_until: datetime | None
    calls_open: int


@dataclass(frozen=True)
class ClosingPerson:
    """One application in a closing: how it is told, and how far that has come."""

    entry: ClosingEntry
    candidate_id: str
    name: str
    job_title: str
    stage: str
    phone: str | None
    message: Message | None
    promise: Promise | None


@dataclass(frozen=True)
class JobToClose:
    """A job that takes nobody any more, and how many people have not been told."""

    job_id: str
    title: str
    status: str
    untold: int


def closing_progress(session: Session, closing: JobClosing) -> Progress:
    """Return how far a closing has come."""
    parts: Counter[str] = Counter()
    for part, number in session.execute(
        select(ClosingEntry.part, func.count())
        .where(ClosingEntry.closing_id == closing.id)
        .group_by(ClosingEntry.part)
    ):
        parts[part] = number
    letters: Counter[str] = Counter()
    first: datetime | None = None
    last: datetime | None = None
    for state, number, goes_from, goes_until in session.execute(
        select(Message.state, func.count(), func.min(Message.due_at), func.max(Message.due_at))
        .where(Message.closing_id == closing.id)
        .group_by(Message.state)
    ):
        letters[letter_step(state)] += number
        if MailState(state) in WAITING:
            first = min(filter(None, (first, goes_from)), default=None)
            last = max(filter(None, (last, goes_until)), default=None)
    calls_open = session.scalars(
        select(func.count())
        .select_from(ClosingEntry)
        .join(Promise, Promise.id == ClosingEntry.promise_id)
        .where(ClosingEntry.closing_id == closing.id, Promise.state.in_(OPEN_STATES))
    ).one()
    return Progress(
        closing,
        {part.value: parts[part] for part in Part},
        letters.total(),
        {step: letters[step] for step in LETTER_STEPS},
        first,
        last,
        calls_open,
    )


def letter_step(state: str) -> str:
    """Return the state of a letter in the few words that progress is told in."""
    return next(name for name, states in _STEPS if MailState(state) in states)


def closings(
    session: Session, *, after: Key | None, limit: int, job_id: str | None = None
) -> Page[JobClosing]:
    """Return closings, the newest first."""
    query = select(JobClosing)
    if job_id is not None:
        query = query.where(JobClosing.job_id == job_id)
    by = (JobClosing.created_at, JobClosing.id)
    return page(session, query, by, after=after, limit=limit, newest_first=True)


def closing_people(
    session: Session,
    closing_id: str,
    *,
    after: Key | None,
    limit: int,
    part: str | None = None,
) -> Page[ClosingPerson]:
    """Return whom a closing is about, part by part."""
    query = select(ClosingEntry).where(ClosingEntry.closing_id == closing_id)
    if part is not None:
        query = query.where(ClosingEntry.part == part)
    by = (ClosingEntry.part, ClosingEntry.id)
    found = page(session, query, by, after=after, limit=limit)
    return Page(_people(session, found.rows), found.next)


def _people(session: Session, entries: Sequence[ClosingEntry]) -> list[ClosingPerson]:
    applications = {
        row.id: row
        for row in session.scalars(
            select(Application)
            .where(Application.id.in_([entry.application_id for entry in entries]))
            .options(
                joinedload(Application.job),
                joinedload(Application.candidate).options(selectinload(Candidate.phones)),
            )
        )
    }
    messages = {
        row.id: row
        for row in session.scalars(
            select(Message).where(Message.id.in_([e.message_id for e in entries if e.message_id]))
        )
    }
    promises = {
        row.id: row
        for row in session.scalars(
            select(Promise).where(Promise.id.in_([e.promise_id for e in entries if e.promise_id]))
        )
    }
    people = []
    for entry in entries:
        row = applications[entry.application_id]
        candidate = row.candidate
        name = " ".join(part for part in (candidate.first_name, candidate.last_name) if part)
        people.append(
            ClosingPerson(
                entry,
                candidate.id,
                name or "(no name)",
                row.job.title,
                row.stage,
                candidate.phones[0].number if candidate.phones else None,
                messages.get(entry.message_id or ""),
                promises.get(entry.promise_id or ""),
            )
        )
    return people


def jobs_to_close(
    session: Session, today: date, ids: Sequence[str] | None = None, reach: Reach = EVERYWHERE
) -> list[JobToClose]:
    """Return those of these jobs, or of all, that take nobody any more and have people within a
    reach who were not told, by title.
    """
    query = (
        select(Job.id, Job.title, Job.status, func.count())
        .join(Application, Application.job_id == Job.id)
        .join(Candidate, Candidate.id == Application.candidate_id)
        .where(Job.status != JobStatus.OPEN, _untold(today), applications_within(reach))
        .group_by(Job.id, Job.title, Job.status)
        .order_by(Job.title, Job.id)
    )
    if ids is not None:
        query = query.where(Job.id.in_(ids))
    return [JobToClose(*row) for row in session.execute(query)]


def needs_closing(today: date, reach: Reach = EVERYWHERE) -> ColumnElement[bool]:
    """Return the test for jobs that take nobody any more and have people within a reach who were
    not told.
    """
    untold = (
        select(Application.id)
        .join(Candidate, Candidate.id == Application.candidate_id)
        .where(Application.job_id == Job.id, _untold(today), applications_within(reach))
    )
    return and_(Job.status != JobStatus.OPEN, exists(untold.correlate(Job)))


def _untold(today: date) -> ColumnElement[bool]:
    """Return the test for applications that wait for a word that only a closing will bring.

    Not those with an offer, nor those whose ATS tells them, nor those that a closing that stands
    has seen to: by a letter, a call that somebody owes, or a day until which they are kept. Whoever
    is considered again since waits again.
    """
    owed = exists().where(
        Promise.application_id == Application.id,
        Promise.kind == Kind.DECISION,
        Promise.state.in_(OPEN_STATES),
    )
    seen_to = (
        select(ClosingEntry.id)
        .join(JobClosing, JobClosing.id == ClosingEntry.closing_id)
        .outerjoin(Decision, Decision.id == ClosingEntry.decision_id)
        .where(
            ClosingEntry.application_id == Application.id,
            JobClosing.undone_at.is_(None),
            or_(
                and_(
                    ClosingEntry.part.in_((Part.MAIL, Part.CALL_FIRST)),
                    Application.stage == Stage.REJECTED,
                    Decision.withdrawn_at.is_(None),
                ),
                and_(
                    ClosingEntry.part == Part.SECOND_CHOICE,
                    JobClosing.second_choice_until_on >= today,
                ),
            ),
        )
    )
    by_ats = select(Connection.id).where(
        Connection.id == Application.connection_id, Connection.rejections_by == "ats"
    )
    considered = Application.stage.not_in((*CLOSED_STAGES, Stage.OFFER))
    return and_(
        Application.deleted_at.is_(None),
        Application.open_offer.is_(None),
        Candidate.erased_at.is_(None),
        or_(considered, and_(Application.stage == Stage.REJECTED, owed)),
        ~exists(seen_to.correlate(Application)),
        ~exists(by_ats.correlate(Application)),
    )
