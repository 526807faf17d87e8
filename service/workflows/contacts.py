"""Records contacts and lets them keep promises; takes a contact back when nobody was reached.

Which contact keeps which promise is the domain's to say; here its word is written down, together
with what follows: the next promise of a repeating rule and the silence clocks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import func, select

from service.domain.contacts import (
    ALLOWED_OUTCOMES,
    Channel,
    Direction,
    Outcome,
    Owed,
    Touch,
    breaks_silence,
    why_not_kept,
)
from service.domain.policies import Action, Kind
from service.domain.promises import (
    KEPT_STATES,
    OPEN_STATES,
    Origin,
    PromiseError,
    State,
    kept_state,
)
from service.models import Application, Contact, Message, Promise
from service.workflows.policies import Rule
from service.workflows.promise_changes import close, open_promises, release_by_rule
from service.workflows.promise_making import arm_silence, make_by_rule, promise_terms
from service.workflows.timeline import record
from service.workflows.work import Work

SKEW = timedelta(minutes=1)
"""How far another clock may run ahead of ours before its instant counts as the future."""


@dataclass(frozen=True)
class Logged:
    """A recorded contact, the promises it kept, and why each other one stays open."""

    contact: Contact
    kept: list[Promise]
    not_kept: list[tuple[Promise, str]] = field(default_factory=list)


def log_contact(
    work: Work,
    application: Application,
    *,
    channel: Channel,
    outcome: Outcome,
    at: datetime,
    by_user_id: str | None = None,
    note: str | None = None,
    meant_for: frozenset[str] = frozenset(),
    message: Message | None = None,
) -> Logged:
    """Record an outbound contact and settle what it keeps. The application's row is locked."""
    if at > work.now + SKEW:
        raise PromiseError(
            "contact-in-the-future", "a contact cannot lie in the future: check its time", "/at"
        )
    if outcome not in ALLOWED_OUTCOMES[channel]:
        allowed = ", ".join(sorted(ALLOWED_OUTCOMES[channel]))
        raise PromiseError(
            "outcome-not-possible", f"a {channel} contact can only be: {allowed}", "/outcome"
        )
    contact = Contact(
        application_id=application.id,
        direction=Direction.OUT,
        channel=channel,
        outcome=outcome,
        automatic=message.automatic if message else False,
        at=at,
        by_user_id=by_user_id,
        message_id=message.id if message else None,
        note=note,
        created_at=work.now,
    )
    work.session.add(contact)
    work.session.flush()
    record(
        work, application.id, "contact", at=at, contact=contact.id, channel=channel, outcome=outcome
    )
    touch = _touch(contact, message, meant_for)
    kept, not_kept = [], []
    for promise in open_promises(work, application.id):
        why = why_not_kept(touch, _owed(promise))
        if why is None:
            _keep(work, promise, contact)
            kept.append(promise)
        else:
            not_kept.append((promise, why))
    work.session.flush()
    if breaks_silence(touch):
        _heard(application, at)
    for promise in kept:
        _continue(work, application, promise, contact)
    arm_silence(work, application)
    return Logged(contact, kept, not_kept)


def take_back(work: Work, application: Application, contact: Contact, reason: str) -> list[Promise]:
    """Undo a contact that turned out to have reached nobody; return the promises open again.

    A promise it kept is open again unless another contact kept it too; what was promised next
    because of it is released. The application's row is locked.
    """
    if contact.taken_back_at is not None:
        return []
    contact.taken_back_at = work.now
    contact.taken_back_reason = reason
    record(work, application.id, "contact_taken_back", contact=contact.id)
    for follow_up in work.session.scalars(
        select(Promise).where(
            Promise.caused_by_contact_id == contact.id, Promise.state.in_(OPEN_STATES)
        )
    ):
        release_by_rule(work, follow_up, "the contact it followed did not reach the person")
    work.session.flush()
    kept = list(
        work.session.scalars(
            select(Promise)
            .where(Promise.kept_by_contact_id == contact.id, Promise.state.in_(KEPT_STATES))
            .with_for_update()
        )
    )
    others = _standing_contacts(work, application)
    _recount_silence(application, others)
    reopened = [promise for promise in kept if not _kept_by_another(work, promise, others)]
    for promise in reopened:
        _reopen(work, promise)
    work.session.flush()
    arm_silence(work, application)
    return reopened


def _touch(contact: Contact, message: Message | None, meant_for: frozenset[str]) -> Touch:
    named = meant_for | ({message.promise_id} if message and message.promise_id else set())
    return Touch(
        channel=Channel(contact.channel),
        outcome=Outcome(contact.outcome),
        at=contact.at,
        automatic=contact.automatic,
        letter=message.kind if message else None,
        meant_for=frozenset(named),
        direction=Direction(contact.direction),
    )


def _owed(promise: Promise) -> Owed:
    terms = promise_terms(promise)
    return Owed(
        id=promise.id,
        kind=Kind(promise.kind),
        keeps=terms.keeps,
        voicemail_counts=terms.voicemail_counts,
        made_at=promise.made_at,
    )


def _keep(work: Work, promise: Promise, contact: Contact) -> None:
    state = kept_state(contact.at, promise.due_at)
    close(work, promise, state)
    promise.kept_at = contact.at
    promise.kept_by_contact_id = contact.id
    if state is State.KEPT and promise.breached_at is not None:
        # It was kept in time and we only heard later: the flag was wrong and is taken back.
        promise.breached_at = None
        record(work, promise.application_id, "flag_withdrawn", promise=promise.id)
    elif state is State.KEPT_LATE:
        promise.breached_at = promise.due_at
    record(
        work,
        promise.application_id,
        "promise_kept" if state is State.KEPT else "promise_kept_late",
        at=contact.at,
        promise=promise.id,
        contact=contact.id,
    )


def _continue(work: Work, application: Application, promise: Promise, contact: Contact) -> None:
    """Make the next promise of a rule that repeats until the application is decided."""
    terms = promise_terms(promise)
    if promise.origin != Origin.POLICY or terms.then_every is None or promise.policy_id is None:
        return
    rule = Rule(promise.policy_id, "", promise.policy_version or 1, terms)
    make_by_rule(
        work,
        application,
        rule,
        f"after:{contact.id}",
        contact.at,
        within=terms.then_every,
        contact_id=contact.id,
    )


def _standing_contacts(work: Work, application: Application) -> list[tuple[Contact, Touch]]:
    found = work.session.execute(
        select(Contact, Message)
        .outerjoin(Message, Message.id == Contact.message_id)
        .where(
            Contact.application_id == application.id,
            Contact.direction == Direction.OUT,
            Contact.taken_back_at.is_(None),
        )
        .order_by(Contact.at, Contact.id)
    )
    return [(contact, _touch(contact, message, frozenset())) for contact, message in found]


def _kept_by_another(work: Work, promise: Promise, others: list[tuple[Contact, Touch]]) -> bool:
    owed = _owed(promise)
    for contact, touch in others:
        if why_not_kept(touch, owed) is None:
            promise.breached_at = None
            _keep(work, promise, contact)
            return True
    return False


def _reopen(work: Work, promise: Promise) -> None:
    """Open a promise again under its old deadline; it is overdue at once if that has passed."""
    if promise.policy_id is not None and promise.origin == Origin.POLICY:
        # The older debt stands; a younger one under the same rule gives way to it.
        for younger in work.session.scalars(
            select(Promise).where(
                Promise.application_id == promise.application_id,
                Promise.policy_id == promise.policy_id,
                Promise.origin == Origin.POLICY,
                Promise.state.in_(OPEN_STATES),
            )
        ):
            release_by_rule(work, younger, "an older promise of the same rule is open again")
        work.session.flush()
    promise.state = State.OPEN
    promise.closed_at = promise.kept_at = promise.kept_by_contact_id = None
    promise.breached_at = promise.due_at if work.now > promise.due_at else None
    promise.reopened_count += 1
    promise.due_version += 1
    # The letters of the ladder were sent; what is left is to tell people.
    flag = next(i for i, rung in enumerate(promise.ladder) if rung["action"] == Action.FLAG)
    promise.rung = min(flag, promise.rung) if promise.breached_at is None else flag
    promise.next_check_at = max(work.now, promise.due_at) if flag == promise.rung else work.now
    record(
        work,
        promise.application_id,
        "promise_reopened",
        promise=promise.id,
        overdue=promise.breached_at is not None,
    )


def _heard(application: Application, at: datetime) -> None:
    application.last_contact_at = max(at, application.last_contact_at or at)


def _recount_silence(application: Application, others: list[tuple[Contact, Touch]]) -> None:
    heard = [contact.at for contact, touch in others if breaks_silence(touch)]
    application.last_contact_at = max(heard, default=None)


def log_inbound(
    work: Work,
    application: Application,
    *,
    channel: Channel,
    at: datetime,
    note: str | None,
) -> Contact:
    """Record that the candidate reached out, and whether a broken promise came before it."""
    if at > work.now + SKEW:
        raise PromiseError(
            "contact-in-the-future", "a contact cannot lie in the future: check its time", "/at"
        )
    broken = work.session.scalars(
        select(func.count())
        .select_from(Promise)
        .where(
            Promise.application_id == application.id,
            Promise.state.in_(OPEN_STATES),
            Promise.due_at < at,
        )
    ).one()
    contact = Contact(
        application_id=application.id,
        direction=Direction.IN,
        channel=channel,
        outcome=Outcome.RECEIVED,
        at=at,
        note=note,
        after_broken_promise=broken > 0,
        created_at=work.now,
    )
    work.session.add(contact)
    work.session.flush()
    return contact
