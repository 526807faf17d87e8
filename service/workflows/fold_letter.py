"""Folds everything heard of one letter into its state, its contacts and its person's address.

What it ends in follows from the set of events alone, in whatever order they came.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from service.domain.delivery import EventKind, MailState, arrived, fold, unheard_at
from service.domain.suppression import REFUSALS
from service.models import Application, Candidate, MailEvent, Message
from service.workflows.letter_contacts import note_arrival, take_arrival_back
from service.workflows.letter_lock import locked_letter
from service.workflows.suppress import suppress_address
from service.workflows.timeline import record_letters
from service.workflows.work import Work

NO_LETTER = "no such letter here"

_ARRIVED = (MailState.DELIVERED, MailState.COMPLAINED)
_NOT_ARRIVED = {
    MailState.BOUNCED: "the mail bounced after it was delivered",
    MailState.DROPPED: "the provider never sent the mail",
}


def fold_letter(work: Work, message_id: str, event_ids: Sequence[str]) -> str:
    """Fold the events of one letter, old and new; return what it is now, in words."""
    message = locked_letter(work, message_id)
    if message is None:
        return NO_LETTER
    events = list(
        work.session.scalars(
            select(MailEvent)
            .where((MailEvent.message_id == message_id) | MailEvent.id.in_(event_ids))
            .order_by(MailEvent.at, MailEvent.id)
        )
    )
    kinds = [EventKind(event.kind) for event in events]
    for event in events:
        # Our id of the letter proves its request too; an address alone is a guess about one letter,
        # and proves nothing of the others in it. Later nobody sees any more which of them it was.
        proves = event.message_id is not None and event.folded_at is None
        # A bounce that lost our id is the letter's from now on.
        event.message_id = event.message_id or message_id
        if proves and event.batch_id is None and message.attempts == 1:
            event.batch_id = message.batch_id
    state = fold(MailState(message.state), kinds)
    if state != message.state:
        _move(work, message, state)
    _note_instants(work, message, events)
    work.session.flush()
    if message.application_id is not None:
        suppress_address(work, message.to_address, kinds)
        if state in _ARRIVED and message.delivered_at is not None:
            note_arrival(work, message, message.delivered_at)
        elif state in _NOT_ARRIVED:
            take_arrival_back(work, message, _NOT_ARRIVED[state])
        _forget(work, message, events)
    return f"the letter is {state}"


def _move(work: Work, message: Message, state: MailState) -> None:
    message.state = state
    message.lease_token = message.lease_until = None
    message.accepted_at = message.accepted_at or work.now
    message.due_at = unheard_at(state, message.accepted_at)
    if state in (MailState.ACCEPTED, MailState.DELIVERED):
        # Why an earlier attempt did not go through is no longer true of it.
        message.reason = None
    work.session.flush()
    record_letters(work.session, work.now, [message.id], state, source=work.source)


def _note_instants(work: Work, message: Message, events: list[MailEvent]) -> None:
    if message.state == MailState.CAPTURED:
        return
    arrivals = [event.at for event in events if arrived({EventKind(event.kind)})]
    if arrivals:
        message.delivered_at = min(*arrivals, work.now)
    refusals = [event.at for event in events if EventKind(event.kind) in REFUSALS]
    if refusals:
        message.bounced_at = min(*refusals, work.now)


def _forget(work: Work, message: Message, events: list[MailEvent]) -> None:
    """Keep nothing personal that comes in after the person's data was erased."""
    erased_at = work.session.scalars(
        select(Candidate.erased_at)
        .join(Application, Application.candidate_id == Candidate.id)
        .where(Application.id == message.application_id)
    ).one()
    if erased_at is not None:
        for event in events:
            event.raw, event.reason, event.address = {}, None, None
