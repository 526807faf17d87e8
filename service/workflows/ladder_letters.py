"""Writes the letters that a ladder sends by itself: what each one says, and when it cannot go.

A letter that cannot go is a fact on the timeline; the promise stays open and will be flagged.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from sqlalchemy import select

from service.domain.delivery import CANCELLABLE, MailState
from service.domain.durations import parse
from service.domain.policies import Kind, RungAt, Trigger
from service.domain.promises import PromiseError
from service.domain.wording import day_words
from service.mail.templates import TemplateError
from service.models import Application, Message, Promise
from service.workflows.composing import Letter
from service.workflows.enqueue import enqueue_letter
from service.workflows.letter_dates import PROMISE_VARIABLE, Dated
from service.workflows.promise_making import promise_terms
from service.workflows.timeline import record
from service.workflows.waking import hold
from service.workflows.wordings import wording_in_force
from service.workflows.work import Work

PROMISED_WHAT: dict[Kind, str] = {
    Kind.ACKNOWLEDGEMENT: "an acknowledgement of your application",
    Kind.CALLBACK: "a call",
    Kind.SCHEDULING: "a date for the interview",
    Kind.DECISION: "a decision",
    Kind.FEEDBACK: "feedback",
    Kind.STATUS: "word about your application",
    Kind.REPLY: "an answer to your question",
    Kind.CLOSURE: "a last word about your application",
}
"""What was promised, as a noun phrase that stands inside a letter's sentence."""

HOLDING_SPAN = "2 business days"
"""When a holding message says the candidate will hear next."""


def write_for_rung(
    work: Work, application: Application, promise: Promise, rung: int
) -> Message | None:
    """Put the letter of one rung into the outbox; ``None`` where it cannot go."""
    step = RungAt.from_document(promise.ladder[rung])
    if step.template is None:
        return None
    try:
        told = letter_values(work, application, promise, step.template)
        letter = Letter(
            kind=step.template,
            dedupe_key=_dedupe_key(step.template, promise, rung),
            values=told.values,
            promise=promise,
            automatic=True,
            promises_on=told.promises_on,
        )
        written = enqueue_letter(work, application, letter)
        if written.promise_id == promise.id:
            return written
        return _for_this_promise(work, application, promise, letter)
    except PromiseError as error:
        record(
            work,
            application.id,
            "letter_not_possible",
            promise=promise.id,
            letter=step.template,
            code=error.code,
        )
    except TemplateError as error:
        record(
            work,
            application.id,
            "letter_not_possible",
            promise=promise.id,
            letter=step.template,
            code="template",
            variable=error.variable,
        )
    return None


def _for_this_promise(
    work: Work, application: Application, promise: Promise, letter: Letter
) -> Message:
    """Return the letter that was written once for an earlier promise, which went meanwhile.

    One that has yet to leave is for this promise now, or the last look would call it overtaken;
    one that was stopped has told nobody anything. The application's row is locked.
    """
    last = work.session.scalars(
        select(Message)
        .where(Message.application_id == application.id, Message.kind == letter.kind)
        .order_by(Message.created_at.desc(), Message.id.desc())
        .limit(1)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()
    if last.state in CANCELLABLE:
        last.promise_id = promise.id
    elif last.state == MailState.CANCELLED:
        again = replace(letter, dedupe_key=f"{letter.dedupe_key}:{promise.id}")
        return enqueue_letter(work, application, again)
    return last


def _dedupe_key(template: str, promise: Promise, rung: int) -> str:
    if template == "acknowledgement":
        # One application, one acknowledgement, however often its rejection is taken back.
        return f"{template}:{promise.application_id}"
    return f"{template}:{promise.id}:{rung}"


def letter_values(work: Work, application: Application, promise: Promise, template: str) -> Dated:
    """Return what a letter about this promise needs beyond what every letter knows."""
    wanted = wording_in_force(work, template).variables
    calendar = work.calendar_of(application)
    values: dict[str, str] = {}
    promises_on: date | None = None
    if "promised_what" in wanted:
        values["promised_what"] = PROMISED_WHAT[Kind(promise.kind)]
    if "promised_for" in wanted:
        values["promised_for"] = day_words(promise.due_at.astimezone(calendar.time_zone).date())
    if "next_step" in wanted:
        values["next_step"] = "I am looking into it and will come back to you."
    if PROMISE_VARIABLE in wanted:
        terms = promise_terms(promise)
        # What a person said ("by friday") may be a day that has passed by now.
        by_rule = template == "status-update" and terms.trigger is not Trigger.SPOKEN
        span = terms.within if by_rule else HOLDING_SPAN
        # Counted from when it goes: a letter of the evening arrives the next morning.
        wait = hold(work, application, template)
        goes_at = wait.until if wait else work.now
        promises_on = calendar.add(goes_at, parse(span), trace=False).due_local.date()
        values[PROMISE_VARIABLE] = day_words(promises_on)
    return Dated(values, promises_on, promises_on)
