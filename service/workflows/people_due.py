"""Finds the people whose time is over: everything they applied for has ended, nothing is owed to
them or under way, and for as long as the rule says nothing was told, asked or said.

Whatever might still concern somebody keeps them: an open or paused promise, a letter that has not
come to its end, a booked interview, an open offer, a decision that nobody told them, a legal hold.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, exists, func, literal, or_, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from service.domain.changes import CLOSED_STAGES, Stage
from service.domain.contacts import DECISION_LETTERS
from service.domain.delivery import CANCELLABLE, LEFT, UNDER_WAY, MailState
from service.domain.policies import Kind, Trigger
from service.domain.promises import KEPT_STATES, OPEN_STATES, State
from service.models import (
    Application,
    Candidate,
    Connection,
    Contact,
    Decision,
    Interview,
    Message,
    MessageAlso,
    Promise,
    TimelineEntry,
)
from service.workflows.rule_promises import HISTORIC

PAGE: Final = 500
"""People looked at in one question."""

_NOT_SETTLED = UNDER_WAY | CANCELLABLE
_TELLING = (Kind.DECISION, Kind.CLOSURE)

_ENDINGS = ("stage", "decided", "application_deleted", "promise_released")
"""What the timeline calls an end. A source may tell of one months late, and what was owed until
then was let go at that moment: nobody has had time to see it.
"""


def people_due(session: Session, before: datetime) -> Iterator[str]:
    """Find everybody whose last sign lies before an instant, whoever came first before the others.

    Nobody who came to be known after that instant is among them: what an import or a first sync
    brings has its whole time from then. One page is read at a time, so that the caller may commit.
    """
    for ids in _pages(session, before):
        due = due_among(session, ids, before)
        yield from (id_ for id_ in ids if id_ in due)


def kept_back(session: Session, before: datetime) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Find everybody whose applications ended before an instant and who is kept by something that
    a person has to see to; with each, what that is. Who is on legal hold is not among them.

    Nor does anybody go who has no application: what they had may have become somebody else's at
    its source, and no end tells their time.
    """
    keeping = {
        "a promise that is open": _under(Promise.application_id, Promise.state.in_(OPEN_STATES)),
        "a letter that has not come to its end": or_(
            *(_under(*each) for each in _letters_under_way())
        ),
        "a decision that nobody told them": _untold(session),
        "an offer that the ATS calls open": _with_offer(),
        "no application that their time could be counted from": ~_of(Application.id),
    }
    for ids in _pages(session, before):
        ended = select(Candidate.id).where(
            Candidate.id.in_(ids),
            Candidate.held_at.is_(None),
            ~_of(Application.id, _goes_on(before)),
        )
        found: dict[str, list[str]] = {}
        for why, test in keeping.items():
            for id_ in session.scalars(ended.where(test)):
                found.setdefault(id_, []).append(why)
        yield from ((id_, tuple(found[id_])) for id_ in ids if id_ in found)


def _pages(session: Session, before: datetime) -> Iterator[list[str]]:
    after: tuple[datetime, str] | None = None
    while True:
        there = select(Candidate.created_at, Candidate.id).where(
            Candidate.erased_at.is_(None),
            Candidate.merged_into_id.is_(None),
            Candidate.created_at < before,
        )
        if after is not None:
            there = there.where(tuple_(Candidate.created_at, Candidate.id) > after)
        page = session.execute(there.order_by(Candidate.created_at, Candidate.id).limit(PAGE)).all()
        yield [row.id for row in page]
        if len(page) < PAGE:
            return
        after = page[-1].created_at, page[-1].id


def due_among(session: Session, ids: Collection[str], before: datetime) -> set[str]:
    """Return those of these people whose last sign lies before an instant."""
    return set(
        session.scalars(
            select(Candidate.id).where(
                Candidate.id.in_(ids),
                Candidate.erased_at.is_(None),
                Candidate.merged_into_id.is_(None),
                Candidate.held_at.is_(None),
                Candidate.created_at < before,
                _of(Application.id),
                ~_of(Application.id, or_(_goes_on(before), _offered())),
                *(~_under(*each) for each in _signs(before)),
                ~_untold(session),
            )
        )
    )


_Key = InstrumentedAttribute[str] | InstrumentedAttribute[str | None]


def _of(column: InstrumentedAttribute[str], *where: ColumnElement[bool]) -> ColumnElement[bool]:
    found = select(column).where(Application.candidate_id == Candidate.id, *where)
    return found.correlate(Candidate).exists()


def _under(key: _Key, *where: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return the test whether anything that leads to an application by ``key`` is so."""
    found = select(key).join(Application, Application.id == key)
    found = found.where(Application.candidate_id == Candidate.id, *where)
    return found.correlate(Candidate).exists()


def _goes_on(before: datetime) -> ColumnElement[bool]:
    """Return the test for an application that is open, or was lately."""
    still_here = Application.deleted_at.is_(None)
    return or_(
        and_(
            still_here,
            or_(Application.closed_at.is_(None), Application.stage.not_in(CLOSED_STAGES)),
        ),
        Application.closed_at >= before,
        Application.deleted_at >= before,
        # An end of long ago that is news: it has its whole time from when it was heard of.
        Application.created_at >= before,
        # Closed otherwise than before: hired after all.
        Application.stage_at >= before,
        Application.interviewed_at >= before,
        Application.last_contact_at >= before,
    )


def _offered() -> ColumnElement[bool]:
    """Return the test for an offer that is out; the one that led to a hire keeps nobody."""
    return and_(
        Application.deleted_at.is_(None),
        Application.open_offer.is_not(None),
        Application.stage != Stage.HIRED,
    )


def _with_offer() -> ColumnElement[bool]:
    # Counted and not asked for: offers are so few that PostgreSQL would begin with them, and read
    # all applications to find them.
    offers = select(func.count()).where(Application.candidate_id == Candidate.id, _offered())
    return offers.correlate(Candidate).scalar_subquery() > 0


def _signs(
    before: datetime,
) -> Iterator[tuple[_Key, *tuple[ColumnElement[bool], ...]]]:
    """Yield what keeps somebody, by the column that leads to the application it is about."""
    yield Promise.application_id, Promise.state.in_(OPEN_STATES)
    yield Contact.application_id, Contact.at >= before
    yield from _letters_under_way()
    yield (
        TimelineEntry.application_id,
        TimelineEntry.kind.startswith("letter_", autoescape=True),
        TimelineEntry.at >= before,
    )
    yield (
        TimelineEntry.application_id,
        TimelineEntry.kind.in_(_ENDINGS),
        TimelineEntry.recorded_at >= before,
    )
    yield Interview.application_id, Interview.over_at.is_not(None)


def _letters_under_way() -> Iterator[tuple[_Key, ColumnElement[bool]]]:
    under_way = Message.state.in_(_NOT_SETTLED)
    yield Message.application_id, under_way
    yield (
        MessageAlso.application_id,
        exists().where(Message.id == MessageAlso.message_id, under_way),
    )


def _untold(session: Session) -> ColumnElement[bool]:
    """Return the test for a decision against somebody that nobody has told them.

    One that was history when Keepword first heard of it may have been told long ago, and where the
    ATS sends rejections it is the one that tells.
    """
    of_it = Application.id == Promise.application_id
    kept = exists().where(
        of_it,
        Promise.kind.in_(_TELLING),
        Promise.state.in_(KEPT_STATES),
        Promise.kept_at >= Decision.decided_at,
    )
    let_go = exists().where(
        of_it,
        Promise.state == State.RELEASED,
        Promise.cause.endswith(literal(f"{Trigger.DECIDED}:") + Decision.id),
    )
    tells = (
        Message.kind.in_(DECISION_LETTERS),
        Message.state.in_(LEFT | {MailState.CAPTURED}),
    )
    own = exists().where(
        Message.application_id == Application.id, Message.decision_id == Decision.id, *tells
    )
    also = (
        select(MessageAlso.message_id)
        .join(Message, Message.id == MessageAlso.message_id)
        .where(
            MessageAlso.application_id == Application.id,
            MessageAlso.decision_id == Decision.id,
            *tells,
        )
        .exists()
    )
    by_ats = exists().where(
        Connection.id == Application.connection_id, Connection.rejections_by == "ats"
    )
    heard = and_(
        Application.last_contact_at.is_not(None),
        Application.last_contact_at >= Decision.decided_at,
    )
    return (
        select(Decision.id)
        .join(Application, Application.id == Decision.application_id)
        .where(
            Application.candidate_id == Candidate.id,
            Application.stage == Stage.REJECTED,
            Application.deleted_at.is_(None),
            Decision.withdrawn_at.is_(None),
            ~_was_history(session),
            ~heard,
            *(~each for each in (kept, let_go, own, also, by_ats)),
        )
        .correlate(Candidate)
        .exists()
    )


def _was_history(session: Session) -> ColumnElement[bool]:
    created, decided = Decision.created_at, Decision.decided_at
    if session.get_bind().dialect.name == "sqlite":
        return func.julianday(created) - func.julianday(decided) > HISTORIC.days
    return created - decided > HISTORIC
