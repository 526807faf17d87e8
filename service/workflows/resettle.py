"""Settles promises anew when what is known of contacts changes: one is undone, re-timed, or older.

In whatever order the news comes, a promise is kept by the first standing contact that keeps it,
and open where none does; what was promised next because of a contact goes with it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from service.domain.contacts import Direction, Touch, breaks_silence, why_not_kept
from service.domain.policies import Action
from service.domain.promises import KEPT_STATES, OPEN_STATES, NeverOwed, Origin, State
from service.domain.wording import to_say
from service.models import Application, Contact, Message, MessageAlso, Promise
from service.workflows.contacts import follow_on, keep, keep_earlier, owed_of, touch_of
from service.workflows.promise_changes import release_as_never_owed, release_by_rule, retire
from service.workflows.rule_promises import arm_silence
from service.workflows.timeline import record
from service.workflows.work import Work

GIVEN_WITHIN = timedelta(hours=1)
"""How long the call may take in which a word is given."""

_Known = list[tuple[Contact, Touch]]


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
    return _settle_anew(work, application, contact)


def retime(work: Work, application: Application, contact: Contact, at: datetime) -> list[Promise]:
    """Correct when a contact happened, and with it what was kept in time and what late."""
    if contact.taken_back_at is not None or contact.at == at:
        return []
    contact.at = at
    record(work, application.id, "contact_retimed", at=at, contact=contact.id)
    reopened = _settle_anew(work, application, contact)
    for other, touch in _standing(work, application):
        if other.id == contact.id:
            # What a later one had kept until now.
            keep_earlier(work, contact, touch)
    work.session.flush()
    return reopened


def settle_late(work: Work, application: Application, promise: Promise, since: datetime) -> None:
    """Let a debt that dates from ``since`` and was learnt late be kept by a contact known before,
    and what its rule repeats from there by those after it.

    The application's row is locked.
    """
    owed = owed_of(promise, since)
    for contact, touch in _standing(work, application):
        if why_not_kept(touch, owed) is None:
            keep(work, promise, contact)
            work.session.flush()
            following = follow_on(work, application, promise, contact)
            if following is None:
                return
            promise, owed = following, owed_of(following, contact.at)


def settle_spoken(work: Work, application: Application, promise: Promise) -> None:
    """Let a word that was given earlier, and is recorded only now, be kept by what came after it.

    A contact within the hour may be the very one in which it was given, and keeps nothing.
    The application's row is locked.
    """
    owed = owed_of(promise)
    for contact, touch in _standing(work, application):
        if contact.at > promise.made_at + GIVEN_WITHIN and why_not_kept(touch, owed) is None:
            keep(work, promise, contact)
            work.session.flush()
            return


def _settle_anew(work: Work, application: Application, contact: Contact) -> list[Promise]:
    follow_ups = work.session.scalars(
        select(Promise).where(
            Promise.caused_by_contact_id == contact.id, Promise.state.in_(OPEN_STATES)
        )
    ).all()
    for follow_up in follow_ups:
        release_as_never_owed(work, follow_up, NeverOwed.NO_CONTACT)
    work.session.flush()
    kept = list(
        work.session.scalars(
            select(Promise)
            .where(Promise.kept_by_contact_id == contact.id, Promise.state.in_(KEPT_STATES))
            .order_by(Promise.due_at, Promise.id)
            .with_for_update()
        )
    )
    known = _standing(work, application)
    words = [other for other, touch in known if breaks_silence(touch)]
    application.last_contact_at = words[-1].at if words else None
    reopened = []
    for promise in kept:
        owed = owed_of(promise)
        another = next((c for c, touch in known if why_not_kept(touch, owed) is None), None)
        if another is None:
            _reopen(work, promise)
            reopened.append(promise)
        else:
            keep(work, promise, another)
    work.session.flush()
    for follow_up in follow_ups:
        _repeat(work, application, follow_up)
    if application.deleted_at is not None or application.candidate.erased_at is not None:
        for promise in reopened:
            release_by_rule(
                work, promise, to_say("the person's data is gone, so nobody can keep it")
            )
        work.session.flush()
    # What the bounce opens again may have ceased to be owed meanwhile.
    retire(work, application)
    arm_silence(work, application, heard=(words[-1].id, words[-1].at) if words else None)
    return [promise for promise in reopened if promise.state in OPEN_STATES]


def _repeat(work: Work, application: Application, follow_up: Promise) -> None:
    """Go on with a repeating rule from the last contact that still kept a promise of it."""
    last = work.session.execute(
        select(Promise, Contact)
        .join(Contact, Contact.id == Promise.kept_by_contact_id)
        .where(
            Promise.application_id == application.id,
            Promise.policy_id == follow_up.policy_id,
            Promise.state.in_(KEPT_STATES),
        )
        .order_by(Promise.kept_at.desc())
        .limit(1)
    ).first()
    if last is not None:
        follow_on(work, application, *last)


def _standing(work: Work, application: Application) -> _Known:
    found = work.session.execute(
        select(Contact, Message, MessageAlso)
        .outerjoin(Message, Message.id == Contact.message_id)
        .outerjoin(
            MessageAlso,
            (MessageAlso.message_id == Contact.message_id)
            & (MessageAlso.application_id == Contact.application_id),
        )
        .where(
            Contact.application_id == application.id,
            Contact.direction == Direction.OUT,
            Contact.taken_back_at.is_(None),
        )
        .order_by(Contact.at, Contact.id)
    )
    return [(contact, touch_of(contact, message, also)) for contact, message, also in found]


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
            release_as_never_owed(work, younger, NeverOwed.OLDER_STANDS)
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
