"""Bounces that come long after, with neither our id nor the provider's: only the address is left.

One letter there lately: it is that one. Several: the address gets no more mail and people are
told, but no contact is taken back on a guess.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import func, select

from service.domain.delivery import EventKind, MailState, suppresses
from service.domain.suppression import AMBIGUOUS_BOUNCE, REFUSALS
from service.models import Application, CandidateEmail, MailEvent, Message
from service.workflows.suppress import suppress
from service.workflows.timeline import record
from service.workflows.work import Work

WINDOW = timedelta(hours=72)
"""How long a mailbox's server may take to send a mail back: as long as the provider tries."""

FLAG = "bounce_without_a_letter"
_GONE_OUT = (
    MailState.ACCEPTED,
    MailState.UNCONFIRMED,
    MailState.DEFERRED,
    MailState.UNCERTAIN,
    MailState.DELIVERED,
    MailState.BOUNCED,
    MailState.COMPLAINED,
)


def letters_to(work: Work, event: MailEvent) -> Sequence[Message]:
    """Return the letters to the address of a bounce that left within its window, oldest first."""
    if event.address is None or EventKind(event.kind) not in REFUSALS:
        return []
    key = event.address.casefold()
    left_at = func.coalesce(Message.delivered_at, Message.accepted_at, Message.first_tried_at)
    found = work.session.scalars(
        select(Message)
        .join(Application, Application.id == Message.application_id)
        # By its people: they have the index.
        .join(CandidateEmail, CandidateEmail.candidate_id == Application.candidate_id)
        .where(
            CandidateEmail.address_key == key,
            Message.state.in_(_GONE_OUT),
            left_at >= event.at - WINDOW,
            left_at <= event.at,
        )
        .order_by(Message.created_at, Message.id)
    ).all()
    return [message for message in found if message.to_address.casefold() == key]


def flag(work: Work, event: MailEvent, letters: Sequence[Message]) -> str:
    """Tell people of a bounce that may be any of these letters'; return it in words."""
    told = "it may be any of several letters"
    if event.address is not None and suppresses(EventKind(event.kind), None) is not None:
        suppress(work, event.address.casefold(), event.at, AMBIGUOUS_BOUNCE)
        told = f"{told}: the address gets no more mail"
    for application_id in sorted({m.application_id for m in letters if m.application_id}):
        record(work, application_id, FLAG, at=min(event.at, work.now), event=event.id)
    return told
