"""A candidate asks: the question is recorded and an answer is owed.

While a person's promise is open and not yet due, the question is answered by that promise and
makes no second one; how often somebody asked is counted all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from service.domain.changes import Stage
from service.domain.contacts import Channel
from service.domain.policies import Keeps, Trigger
from service.domain.promises import Origin, State
from service.models import Application, Contact, Promise
from service.workflows.contacts import log_inbound
from service.workflows.promise_changes import open_promises
from service.workflows.promise_making import check_still_here, promise_terms
from service.workflows.rule_promises import trigger
from service.workflows.timeline import record
from service.workflows.work import Work


@dataclass(frozen=True)
class Enquired:
    """A recorded enquiry; ``promise`` will answer it, ``new`` where it was made for it."""

    contact: Contact
    promise: Promise | None
    new: bool


def enquire(
    work: Work, application: Application, *, channel: Channel, at: datetime, note: str | None
) -> Enquired:
    """Record an enquiry. The application's row is locked by the caller."""
    check_still_here(application)
    contact = log_inbound(work, application, channel=channel, at=at, note=note)
    promise = _answering(work, application)
    new = False
    if promise is None and application.stage != Stage.WITHDRAWN:
        made = trigger(work, application, Trigger.ENQUIRY, contact.id, at)
        new = bool(made)
        # A reply that is owed already, if late, answers this question too.
        promise = made[0] if made else _late_reply(work, application)
    if promise is not None:
        contact.answers_with_id = promise.id
    record(
        work,
        application.id,
        "enquiry",
        at=at,
        contact=contact.id,
        promise=promise.id if promise else None,
        after_broken_promise=contact.after_broken_promise,
    )
    return Enquired(contact, promise, new)


def _answering(work: Work, application: Application) -> Promise | None:
    """Return the next promise due by which a person will speak to the candidate."""
    for promise in open_promises(work, application.id):
        by_a_person = (
            promise.origin == Origin.SPOKEN or promise_terms(promise).keeps is Keeps.PERSON
        )
        # A paused promise waits for the candidate, so it answers nothing.
        if by_a_person and promise.state == State.OPEN and promise.due_at >= work.now:
            return promise
    return None


def _late_reply(work: Work, application: Application) -> Promise | None:
    for promise in open_promises(work, application.id):
        if promise_terms(promise).trigger is Trigger.ENQUIRY:
            return promise
    return None
