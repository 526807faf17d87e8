"""Gathers what the closing of a job must know of everybody who applied, in a few statements.

The number of statements does not grow with the number of applications.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from service.domain.changes import CLOSED_STAGES, JobStatus, Stage
from service.domain.closing_terms import Part, Sender, Writing
from service.domain.contacts import DECISION_LETTERS, Direction
from service.domain.delivery import LEFT, MailState
from service.domain.policies import Kind, Trigger
from service.domain.promises import KEPT_STATES, OPEN_STATES, Origin, State
from service.models import (
    Application,
    Candidate,
    ClosingEntry,
    Connection,
    Contact,
    Decision,
    Interview,
    Job,
    JobClosing,
    Message,
    MessageAlso,
    Promise,
)
from service.workflows.closing_signs import encouraged_at, told_at
from service.workflows.rule_promises import HISTORIC
from service.workflows.work import Work

FRESH = timedelta(days=90)
"""For so long after a hire nobody gets a rejection on another application unseen."""

NOT_REACHED = frozenset(
    {MailState.CANCELLED, MailState.FAILED, MailState.DROPPED, MailState.BOUNCED}
)
"""States of a letter that told nobody anything."""

_TELLING = (Kind.DECISION, Kind.CLOSURE)
_CALLING = (Kind.CALLBACK, Kind.FEEDBACK)


@dataclass(frozen=True)
class Written:
    """A letter that tells a decision, and how far it has come."""

    id: str
    state: MailState

    @property
    def writing(self) -> Writing:
        """Return how far it has come, in the words of the rules."""
        if self.state is MailState.CAPTURED:
            return Writing.KEPT
        if self.state in LEFT:
            return Writing.LEFT
        return Writing.STOPPED if self.state is MailState.BLOCKED else Writing.WAITS


@dataclass
class Known:
    """What is known around one application beyond its own row."""

    application: Application
    decision: Decision | None = None
    letters: list[Written] = field(default_factory=list)
    told: bool = False
    let_go: bool = False
    interviewed: bool = False
    interview_ahead: bool = False
    encouraged_at: datetime | None = None
    told_lately_at: datetime | None = None
    asked: bool = False
    called_at: datetime | None = None
    kept_until_on: date | None = None
    sender: Sender = Sender.KEEPWORD

    @property
    def stage(self) -> Stage:
        """Return where the application stands."""
        return Stage(self.application.stage)

    @property
    def decided_before_us(self) -> bool:
        """Tell whether the decision was history already when Keepword first heard of it."""
        decision = self.decision
        return decision is not None and decision.created_at - decision.decided_at > HISTORIC

    @property
    def writing(self) -> Writing:
        """Return how far the letter about the decision has come: the furthest counts."""
        found = {letter.writing for letter in self.letters}
        ranked = (Writing.LEFT, Writing.WAITS, Writing.STOPPED, Writing.KEPT)
        return next((each for each in ranked if each in found), Writing.NONE)

    @property
    def waiting(self) -> list[Written]:
        """Return the letters that have not left and are not stopped."""
        return [letter for letter in self.letters if letter.writing is Writing.WAITS]

    @property
    def encouraged(self) -> bool:
        """Tell whether they saw lately that they are through, and no interview came of it."""
        held, at = self.application.interviewed_at, self.encouraged_at
        return at is not None and (held is None or held <= at)

    def taken(self, now: datetime) -> bool:
        """Tell whether the person was taken on this application not long ago, or may be."""
        row = self.application
        if row.deleted_at is not None:
            return False
        if row.open_offer is not None or row.stage == Stage.OFFER:
            return True
        return row.stage == Stage.HIRED and now - (row.closed_at or row.stage_at) < FRESH

    @property
    def goes_on(self) -> bool:
        """Tell whether the person is still considered, for a job that still takes people."""
        row = self.application
        is_open = row.job.status == JobStatus.OPEN
        return is_open and row.deleted_at is None and self.stage not in CLOSED_STAGES


def gather(work: Work, job: Job, today: date) -> dict[str, list[Known]]:
    """Return what is known of everybody who applied for a job, by candidate, first come first.

    Their applications for other jobs are among it: one person gets one letter.
    """
    people = select(Application.candidate_id).where(Application.job_id == job.id)
    scope = select(Application.id).where(Application.candidate_id.in_(people))
    applications = work.session.scalars(
        select(Application)
        .where(Application.candidate_id.in_(people))
        .order_by(Application.applied_at, Application.id)
        .options(
            joinedload(Application.candidate).options(
                selectinload(Candidate.emails), selectinload(Candidate.phones)
            ),
            joinedload(Application.job),
        )
    ).all()
    known = {row.id: Known(row) for row in applications}
    _senders(work, known)
    _decisions(work, scope, known)
    _letters(work, scope, known)
    _promises(work, scope, known)
    _interviews(work, scope, known)
    encouraged, told_lately = encouraged_at(work, scope), told_at(work, scope)
    for id_, each in known.items():
        each.encouraged_at, each.told_lately_at = encouraged.get(id_), told_lately.get(id_)
    _enquiries(work, scope, known)
    _second_choices(work, scope, known, today)
    by_person: dict[str, list[Known]] = defaultdict(list)
    for each in known.values():
        by_person[each.application.candidate_id].append(each)
    return by_person


def _senders(work: Work, known: dict[str, Known]) -> None:
    said = {row.id: row.rejections_by for row in work.session.scalars(select(Connection))}
    for each in known.values():
        connection_id = each.application.connection_id
        if connection_id is not None:
            each.sender = Sender(said.get(connection_id) or Sender.UNANSWERED)


def _decisions(work: Work, scope: Select[str], known: dict[str, Known]) -> None:
    for decision in work.session.scalars(
        select(Decision).where(Decision.application_id.in_(scope), Decision.withdrawn_at.is_(None))
    ):
        known[decision.application_id].decision = decision


def _letters(work: Work, scope: Select[str], known: dict[str, Known]) -> None:
    """Find the letters about the decisions that stand, those that name several at once too."""
    tells = (Message.kind.in_(DECISION_LETTERS), Message.state.not_in(NOT_REACHED))
    own = select(Message.id, Message.state, Message.application_id, Message.decision_id).where(
        Message.application_id.in_(scope), *tells
    )
    also = (
        select(Message.id, Message.state, MessageAlso.application_id, MessageAlso.decision_id)
        .join(MessageAlso, MessageAlso.message_id == Message.id)
        .where(MessageAlso.application_id.in_(scope), *tells)
    )
    for query in (own, also):
        for id_, state, application_id, decision_id in work.session.execute(query):
            each = known.get(application_id or "")
            standing = each.decision if each else None
            if each is not None and standing is not None and standing.id == decision_id:
                each.letters.append(Written(id_, MailState(state)))


def _promises(work: Work, scope: Select[str], known: dict[str, Known]) -> None:
    found = work.session.execute(
        select(
            Promise.application_id,
            Promise.kind,
            Promise.origin,
            Promise.state,
            Promise.cause,
            Promise.kept_at,
            Promise.due_at,
        ).where(
            Promise.application_id.in_(scope),
            Promise.kind.in_((*_TELLING, *_CALLING)),
            Promise.state.in_((*OPEN_STATES, *KEPT_STATES, State.RELEASED)),
        )
    )
    for application_id, kind, origin, state, cause, kept_at, due_at in found:
        each = known[application_id]
        if state in OPEN_STATES:
            if origin == Origin.SPOKEN and kind in _CALLING:
                each.called_at = min(due_at, each.called_at or due_at)
        elif each.decision is not None and kind in _TELLING:
            if state in KEPT_STATES:
                told_at = kept_at or work.now
                each.told = each.told or told_at >= each.decision.decided_at
            elif (cause or "").endswith(f"{Trigger.DECIDED}:{each.decision.id}"):
                # What a rule lets go of has no cause any more: this was a person's word.
                each.let_go = True


def _interviews(work: Work, scope: Select[str], known: dict[str, Known]) -> None:
    for each in known.values():
        each.interviewed = each.application.interviewed_at is not None
    found = work.session.execute(
        select(Interview.application_id, Interview.starts_at, Interview.done_at).where(
            Interview.application_id.in_(scope),
            or_(Interview.cancelled_at.is_(None), Interview.done_at.is_not(None)),
        )
    )
    for application_id, starts_at, done_at in found:
        # One that was to begin and of which nothing was heard has probably been held.
        if done_at is not None or (starts_at is not None and starts_at <= work.now):
            known[application_id].interviewed = True
        else:
            known[application_id].interview_ahead = True


def _enquiries(work: Work, scope: Select[str], known: dict[str, Known]) -> None:
    found = work.session.execute(
        select(Contact.application_id, func.max(Contact.at))
        .where(Contact.application_id.in_(scope), Contact.direction == Direction.IN)
        .group_by(Contact.application_id)
    )
    for application_id, at in found:
        heard = known[application_id].application.last_contact_at
        known[application_id].asked = heard is None or heard < at


def _second_choices(work: Work, scope: Select[str], known: dict[str, Known], today: date) -> None:
    found = work.session.execute(
        select(ClosingEntry.application_id, JobClosing.second_choice_until_on, Message.state)
        .join(JobClosing, JobClosing.id == ClosingEntry.closing_id)
        .outerjoin(Message, Message.id == ClosingEntry.message_id)
        .where(
            ClosingEntry.application_id.in_(scope),
            ClosingEntry.part == Part.SECOND_CHOICE,
            JobClosing.undone_at.is_(None),
            JobClosing.second_choice_until_on >= today,
        )
    )
    for application_id, until_on, state in found:
        if until_on is not None and (state is None or state not in NOT_REACHED):
            each = known[application_id]
            each.kept_until_on = max(until_on, each.kept_until_on or until_on)
