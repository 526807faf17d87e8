"""Letters that a person sends, lets go after reading what stopped them, or settles.

What the preview shows is rendered by the same code that writes the letter.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from service.db import new_id
from service.domain.contacts import DECISION_LETTERS
from service.domain.delivery import MailState, NoSuchStepError, Step, take
from service.domain.promises import PromiseError
from service.domain.wording import to_say, told
from service.mail.templates import Rendered
from service.models import Application, Decision, Message, Promise
from service.workflows.composing import Letter, compose, reachable_address, sender_for
from service.workflows.decide import standing_decision
from service.workflows.enqueue import enqueue_letter
from service.workflows.last_look import objection_to
from service.workflows.letter_contacts import note_arrival
from service.workflows.letter_dates import dated
from service.workflows.letter_lock import locked_letter
from service.workflows.letters import record_letter
from service.workflows.promise_changes import require_open
from service.workflows.sibling_letters import is_proven
from service.workflows.waking import Wait
from service.workflows.who_tells import check_keepword_tells
from service.workflows.wordings import wording_in_force
from service.workflows.work import Work

_ENDED = (
    MailState.CANCELLED,
    MailState.BOUNCED,
    MailState.DROPPED,
    MailState.FAILED,
)


@dataclass(frozen=True)
class Wish:
    """What a person wants to send. ``values`` holds the letter's own variables, dates in ISO form.

    ``urgent`` lets it go at any hour, unless it is a final letter; ``hold_for`` keeps it back so
    long at least, for second thoughts.
    """

    kind: str
    values: dict[str, str]
    by_user_id: str | None = None
    promise: Promise | None = None
    decision: Decision | None = None
    urgent: bool = False
    hold_for: Wait | None = None


@dataclass(frozen=True)
class Preview:
    """A letter as it would go out; ``objection`` says why it could not as things stand."""

    kind: str
    to_address: str | None
    rendered: Rendered
    objection: str | None


def write_letter(work: Work, application: Application, wish: Wish) -> Message:
    """Put a person's letter into the outbox. The application's row is locked.

    Raises ``PromiseError`` where it must not go and ``TemplateError`` where it cannot be rendered.
    """
    decision = _decision(work, application, wish)
    if wish.promise is not None:
        _check_promise(application, wish.promise)
    told = dated(work, application, wish.values)
    letter = Letter(
        kind=wish.kind,
        dedupe_key=_dedupe_key(work, wish.kind, decision),
        values=told.values,
        by_user_id=wish.by_user_id,
        promise=wish.promise,
        decision=decision,
        urgent=wish.urgent,
        promises_on=told.promises_on,
        good_until_on=told.good_until_on,
        hold_for=wish.hold_for,
    )
    return enqueue_letter(work, application, letter)


def preview_letter(work: Work, application: Application, wish: Wish) -> Preview:
    """Render a letter and store nothing; ``TemplateError`` where it cannot be rendered."""
    sender = sender_for(work, application, wish.by_user_id)
    letter = Letter(wish.kind, "", dated(work, application, wish.values).values)
    values = compose(work, application, letter, sender)
    rendered = wording_in_force(work, wish.kind).render(values)
    to_address, objection = None, None
    try:
        to_address = reachable_address(application.candidate).address
        check_keepword_tells(work, application, wish.kind)
        decision = _decision(work, application, wish)
        if wish.promise is not None:
            _check_promise(application, wish.promise)
        _dedupe_key(work, wish.kind, decision)
    except PromiseError as error:
        objection = str(error)
    return Preview(wish.kind, to_address, rendered, objection)


def _decision(work: Work, application: Application, wish: Wish) -> Decision | None:
    if wish.decision is not None and wish.decision.application_id != application.id:
        raise PromiseError(
            "unknown-reference", to_say("the decision is about another application"), "/decision_id"
        )
    if wish.decision is not None or wish.kind not in DECISION_LETTERS:
        return wish.decision
    found = standing_decision(work, application.id)
    if found is None:
        raise PromiseError(
            "no-decision",
            to_say("a rejection needs a recorded decision: record who decided, and why"),
            "/decision_id",
        )
    return found


def _check_promise(application: Application, promise: Promise) -> None:
    if promise.application_id != application.id:
        raise PromiseError(
            "unknown-reference",
            to_say("the promise was given to another application"),
            "/promise_id",
        )
    require_open(promise)


def _dedupe_key(work: Work, kind: str, decision: Decision | None) -> str:
    """Return the key under which a letter goes once: a decision is told by one letter.

    Where that letter did not reach the person, another one may be written.
    """
    if kind not in DECISION_LETTERS or decision is None:
        return f"{kind}:by-hand:{new_id('one')}"
    letters = select(Message).where(
        # The application is said too because it has the index.
        Message.application_id == decision.application_id,
        Message.decision_id == decision.id,
        Message.kind.in_(DECISION_LETTERS),
    )
    standing = work.session.scalars(letters.where(Message.state.not_in(_ENDED))).first()
    if standing is not None:
        raise PromiseError(
            "written-already",
            told("the letter that tells this decision is written already: %(id)s", id=standing.id),
        )
    count = work.session.scalars(select(func.count()).select_from(letters.subquery())).one()
    return f"decision:{decision.id}:{count + 1}"


def release_letter(work: Work, message: Message, *, why: str) -> Message:
    """Let a letter go that was stopped, after a person has read what stopped it.

    Where nothing stands against it any more it goes as it is; where a rule does that a person may
    overrule, that rule is set aside for this letter. It stays stopped, saying why, where something
    else stands against it by now: that has not been read yet. The hours of sending are kept.

    Raises ``PromiseError`` where the rule cannot be overruled, or the letter is not stopped.
    """
    message = locked_letter(work, message.id) or message
    if message.state != MailState.BLOCKED:
        raise PromiseError(
            "not-stopped",
            told(
                "the letter is %(state)s: only one that was stopped can be let go",
                state=MailState(message.state),
            ),
        )
    found = objection_to(work, message)
    if found is not None and not found.can_overrule:
        raise PromiseError(
            "cannot-be-overruled", told("this must not go out: %(fault)s", fault=found.text)
        )
    if found is not None and found.text != message.reason:
        message.reason = found.text
        return message
    if found is not None:
        message.overruled = [*message.overruled, found.rule]
        record_letter(work, message, "objection_overruled", rule=found.rule)
        further = objection_to(work, message)
        if further is not None:
            message.reason = further.text
            return message
    message.state = take(MailState.BLOCKED, Step.RELEASE)
    message.reason = why
    message.due_at = work.now
    # Patience counts anew from a person's word.
    message.first_tried_at = None
    record_letter(work, message, "letter_released")
    return message


def settle_uncertain(work: Work, message: Message, *, arrived: bool, why: str) -> Message:
    """Write down what a person knows of a letter nobody has heard of: it arrived, or goes again.

    What arrived is a contact from when it was handed over. Events of the provider still count
    when they come: a letter they prove to have been taken is not sent again.

    Raises ``PromiseError`` where there is nothing to settle.
    """
    message = locked_letter(work, message.id) or message
    try:
        state = take(MailState(message.state), Step.CONFIRM if arrived else Step.SEND_AGAIN)
    except NoSuchStepError:
        raise PromiseError(
            "nothing-to-settle",
            told(
                "the letter is %(state)s: there is nothing to settle about it",
                state=MailState(message.state),
            )
            if message.state != MailState.UNCONFIRMED
            else to_say(
                "the provider took the letter, so it may still arrive: it is not sent again"
            ),
        ) from None
    message.lease_token = message.lease_until = None
    message.reason = why
    if arrived:
        message.state, message.due_at = state, None
        message.delivered_at = min(
            message.accepted_at or message.first_tried_at or work.now, work.now
        )
        work.session.flush()
        record_letter(work, message, "letter_settled", arrived=True)
        if message.application_id is not None:
            note_arrival(work, message, message.delivered_at)
        return message
    if is_proven(work, message.batch_id):
        raise PromiseError(
            "nothing-to-settle",
            to_say(
                "the provider has just been heard of this letter's request, so it was taken: "
                "it is not sent again"
            ),
        )
    message.state, message.due_at, message.provider_id = state, work.now, None
    # Patience counts anew from a person's word.
    message.first_tried_at = None
    # The request it was in stays on record here until it goes in another: should that one be
    # proven to have been taken after all, this letter is not sent again.
    record_letter(work, message, "letter_settled", arrived=False)
    return message
