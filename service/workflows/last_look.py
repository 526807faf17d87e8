"""Gathers, in the claiming transaction, what the rules must know before a letter leaves."""

from __future__ import annotations

from sqlalchemy import select

from service.domain.changes import Stage
from service.domain.contacts import DECISION_LETTERS, Direction
from service.domain.delivery import LEFT
from service.domain.promises import OPEN_STATES
from service.domain.safety import LetterFacts, Objection, objection
from service.models import Application, Contact, Decision, Interview, Message, Promise
from service.workflows.work import Work


def objection_to(work: Work, message: Message) -> Objection | None:
    """Return why this letter must not leave now, or ``None``. Staff mail is always true."""
    if message.application_id is None:
        return None
    application = work.session.get_one(Application, message.application_id)
    candidate = application.candidate
    emails = {email.address: email for email in candidate.emails}
    address = emails.get(message.to_address)
    decision = work.session.get(Decision, message.decision_id) if message.decision_id else None
    promise = work.session.get(Promise, message.promise_id) if message.promise_id else None
    # A letter that says "still open" stays true from one open stage to the next.
    stage_matters = message.kind in DECISION_LETTERS
    return objection(
        LetterFacts(
            kind=message.kind,
            automatic=message.automatic,
            expected_stage=(
                Stage(message.expected_stage) if stage_matters and message.expected_stage else None
            ),
            stage=Stage(application.stage),
            erased=candidate.erased_at is not None,
            deleted=application.deleted_at is not None,
            can_email=candidate.can_email,
            suppressed=address.suppressed_reason if address else None,
            address_current=address is not None,
            decision_stands=decision is not None and decision.withdrawn_at is None,
            offer_open=application.open_offer is not None,
            promise_open=promise.state in OPEN_STATES if promise else None,
            **(_around_a_decision(work, message) if stage_matters else {}),
        )
    )


def _around_a_decision(work: Work, message: Message) -> dict[str, bool]:
    """Look for what makes a final letter wrong though its decision stands."""
    replied = select(Contact.id).where(
        Contact.application_id == message.application_id,
        Contact.direction == Direction.IN,
        Contact.created_at > message.created_at,
    )
    ahead = select(Interview.id).where(
        Interview.application_id == message.application_id,
        Interview.starts_at > work.now,
        Interview.cancelled_at.is_(None),
        Interview.done_at.is_(None),
    )
    told = select(Message.id).where(
        Message.application_id == message.application_id,
        Message.decision_id == message.decision_id,
        Message.id != message.id,
        Message.kind.in_(DECISION_LETTERS),
        Message.state.in_(LEFT),
    )
    found = {"replied_since": replied, "interview_ahead": ahead, "told_already": told}
    return {name: work.session.scalars(query).first() is not None for name, query in found.items()}
