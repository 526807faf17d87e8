"""Letters that a person sends: shown first, written once, stopped while that is possible.

What the preview shows is rendered by the same code that writes the letter.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from service.db import new_id
from service.domain.contacts import DECISION_LETTERS
from service.domain.delivery import MailState
from service.domain.promises import PromiseError
from service.mail.templates import Rendered
from service.models import Application, Decision, Message, Promise
from service.workflows.decide import standing_decision
from service.workflows.enqueue import (
    Letter,
    compose,
    enqueue_letter,
    reachable_address,
    sender_for,
)
from service.workflows.promise_changes import require_open
from service.workflows.work import Work

_ENDED = (
    MailState.CANCELLED,
    MailState.BOUNCED,
    MailState.DROPPED,
    MailState.FAILED,
)


@dataclass(frozen=True)
class Wish:
    """What a person wants to send. ``values`` holds the letter's own variables."""

    kind: str
    values: dict[str, str]
    by_user_id: str | None = None
    promise: Promise | None = None
    decision: Decision | None = None


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
    letter = Letter(
        kind=wish.kind,
        dedupe_key=_dedupe_key(work, wish.kind, decision),
        values=wish.values,
        by_user_id=wish.by_user_id,
        promise=wish.promise,
        decision=decision,
    )
    return enqueue_letter(work, application, letter)


def preview_letter(work: Work, application: Application, wish: Wish) -> Preview:
    """Render a letter and store nothing; ``TemplateError`` where it cannot be rendered."""
    sender = sender_for(work, application, wish.by_user_id)
    letter = Letter(wish.kind, "", wish.values)
    values = compose(work, application, letter, sender)
    rendered = work.office.templates[wish.kind].render(values)
    to_address, objection = None, None
    try:
        to_address = reachable_address(application.candidate).address
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
            "unknown-reference", "the decision is about another application", "/decision_id"
        )
    if wish.decision is not None or wish.kind not in DECISION_LETTERS:
        return wish.decision
    found = standing_decision(work, application.id)
    if found is None:
        raise PromiseError(
            "no-decision",
            "a rejection needs a recorded decision: record who decided, and why",
            "/decision_id",
        )
    return found


def _check_promise(application: Application, promise: Promise) -> None:
    if promise.application_id != application.id:
        raise PromiseError(
            "unknown-reference", "the promise was given to another application", "/promise_id"
        )
    require_open(promise)


def _dedupe_key(work: Work, kind: str, decision: Decision | None) -> str:
    """Return the key under which a letter goes once: a decision is told by one letter.

    Where that letter did not reach the person, another one may be written.
    """
    if kind not in DECISION_LETTERS or decision is None:
        return f"{kind}:by-hand:{new_id('one')}"
    told = select(Message).where(
        # The application is said too because it has the index.
        Message.application_id == decision.application_id,
        Message.decision_id == decision.id,
        Message.kind.in_(DECISION_LETTERS),
    )
    standing = work.session.scalars(told.where(Message.state.not_in(_ENDED))).first()
    if standing is not None:
        raise PromiseError(
            "written-already",
            f"the letter that tells this decision is written already: {standing.id}",
        )
    count = work.session.scalars(select(func.count()).select_from(told.subquery())).one()
    return f"decision:{decision.id}:{count + 1}"
