"""What a letter's arrival means: a contact with each application it speaks of, and the promise
that it makes. What turns out not to have arrived is taken back, with all that followed from it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import select

from service.domain.business_time import Calendar, Deadline
from service.domain.changes import CLOSED_STAGES, Stage
from service.domain.contacts import Channel, Outcome
from service.domain.durations import ByTime, DurationError
from service.domain.policies import Keeps, Kind
from service.domain.promises import OPEN_STATES, Origin, PromiseError, State
from service.domain.timetable import NoOpeningError, OutOfReachError
from service.domain.wording import to_say
from service.models import Application, Contact, Message, Promise
from service.workflows.contacts import LETTER_CAUSE, log_contact
from service.workflows.letters import applications_of
from service.workflows.profile_entries import log_letter, withdraw_letter
from service.workflows.promise_changes import close, open_promises
from service.workflows.promise_making import spoken_rule, terms_document, write_promise
from service.workflows.resettle import retime, settle_late, take_back
from service.workflows.timeline import record
from service.workflows.work import Work

WORDING = "The next word, as our letter said"
NOT_ARRIVED = to_say("the letter did not arrive")


def note_arrival(work: Work, message: Message, at: datetime) -> None:
    """Record that a letter arrived at an instant: once, and corrected where it was another.

    The letter and its applications are locked.
    """
    for application in applications_of(work, message):
        contact = _contact(work, message, application)
        if contact is None:
            log_contact(
                work,
                application,
                channel=Channel.EMAIL,
                outcome=Outcome.DELIVERED,
                at=at,
                by_user_id=message.by_user_id,
                message=message,
            )
            log_letter(work, application, message)
        else:
            # An earlier event that came later: it may have been in time after all.
            retime(work, application, contact, at)
        _make_promise(work, application, message, at)


def take_arrival_back(work: Work, message: Message, reason: str) -> None:
    """Undo what followed from an arrival that was none. The letter is locked as for that."""
    withdraw_letter(work, message)
    for application in applications_of(work, message):
        contact = _contact(work, message, application)
        if contact is not None:
            take_back(work, application, contact, reason)
        promise = _promise(work, application, message)
        if promise is not None and promise.state in OPEN_STATES:
            close(work, promise, State.RELEASED, NOT_ARRIVED)
            record(work, application.id, "promise_released", promise=promise.id, reason=NOT_ARRIVED)
    work.session.flush()


def _contact(work: Work, message: Message, application: Application) -> Contact | None:
    return work.session.scalars(
        select(Contact).where(
            Contact.message_id == message.id, Contact.application_id == application.id
        )
    ).one_or_none()


def _promise(work: Work, application: Application, message: Message) -> Promise | None:
    return work.session.scalars(
        select(Promise).where(
            Promise.application_id == application.id, Promise.cause == _cause(message)
        )
    ).one_or_none()


def _cause(message: Message) -> str:
    return f"{LETTER_CAUSE}{message.id}"


def _owed_already(
    work: Work,
    application: Application,
    day: date,
    deadline: Deadline,
    calendar: Calendar,
    *,
    by_hand: bool,
) -> bool:
    """Tell whether the word a letter announced is owed without it.

    A person's word for a day stands beside whatever is due sooner: once that is kept, the day is
    still to come. A letter by rule says when the rule's own next word is due.
    """
    for promise in open_promises(work, application.id):
        if promise.kind == Kind.ACKNOWLEDGEMENT or promise.due_at > deadline.due_at:
            continue
        if not by_hand or promise.due_at.astimezone(calendar.time_zone).date() == day:
            return True
    return False


def _make_promise(work: Work, application: Application, message: Message, at: datetime) -> None:
    """Owe the word that a letter announced, unless it is owed by then already.

    Due at the closing of the day it named. A person's letter is a word they gave; one that went
    by itself is kept by whatever reaches the person, and has nobody who gave it.
    """
    if message.promises_on is None or _promise(work, application, message) is not None:
        return
    gone = application.deleted_at is not None or application.candidate.erased_at is not None
    if gone or Stage(application.stage) in CLOSED_STAGES:
        return
    row = work.calendar_row(application.job)
    calendar = work.calendar(row.id, row.version)
    within = ByTime(message.promises_on)
    try:
        rule = spoken_rule(work)
        deadline = calendar.add(at, within)
    except (DurationError, NoOpeningError, OutOfReachError, PromiseError) as error:
        # The letter arrived all the same; that its word cannot be watched is told.
        code = getattr(error, "code", "no-opening")
        record(work, application.id, "promise_not_possible", message=message.id, code=code)
        return
    by_hand = message.by_user_id is not None
    if _owed_already(work, application, message.promises_on, deadline, calendar, by_hand=by_hand):
        return
    terms = rule.terms if by_hand else replace(rule.terms, keeps=Keeps.ANY)
    promise = write_promise(
        work,
        application,
        Promise(
            kind=Kind.STATUS,
            origin=Origin.SPOKEN if by_hand else Origin.POLICY,
            wording=WORDING,
            owner_id=message.by_user_id or application.owner_id,
            promised_by_id=message.by_user_id,
            # One of a kind: no rule makes it, so none of its own kind stands in its way.
            policy_id=rule.id if by_hand else None,
            policy_version=rule.version if by_hand else None,
            calendar_id=row.id,
            calendar_version=row.version,
            terms=terms_document(terms, Kind.STATUS, str(within)),
            cause=_cause(message),
        ),
        terms,
        calendar,
        at,
        deadline,
    )
    # News of it may come late, and the word may have been given since.
    settle_late(work, application, promise, at)
