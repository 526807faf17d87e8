"""What one event proves for all: a request is judged whole, so one of its letters heard of means
that every one was taken.

Only letters of which nothing better is known change, so it may be told any number of times.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from sqlalchemy import exists, select
from sqlalchemy.orm import defer

from service.domain.delivery import UNHEARD_AFTER, EventKind, MailState, fold
from service.models import MailEvent, Message, SendBatch
from service.workflows.timeline import record_letters
from service.workflows.work import Work, never

ACCEPTED = "accepted"

_LOST = (MailState.SENDING, MailState.UNCERTAIN)
SENT_AGAIN = (
    MailState.HELD,
    MailState.READY,
    MailState.RETRY,
    MailState.CLAIMED,
    MailState.BLOCKED,
    MailState.FAILED,
)
"""Where a letter may stand that a person sent again, and that was taken the first time."""


def settle_siblings(work: Work, named: Collection[str], *, stop: Callable[[], bool] = never) -> int:
    """Settle the letters of every request that is proven; commit request by request.

    ``named`` are the requests that new events spoke of; those whose letters are still lost are
    looked for besides, for their events may have come before. Returns how many letters changed.
    """
    lost = (
        select(Message.batch_id)
        .where(
            Message.state.in_(_LOST),
            Message.batch_id.is_not(None),
            exists().where(MailEvent.batch_id == Message.batch_id),
        )
        .distinct()
    )
    batches = {*named, *(batch_id for batch_id in work.session.scalars(lost) if batch_id)}
    settled = 0
    for batch_id in sorted(batches):
        if stop():
            break
        settled += settle_request(work, batch_id)
        work.session.commit()
    return settled


def is_proven(work: Work, batch_id: str | None) -> bool:
    """Tell whether an event has come about any letter of a request."""
    heard = select(MailEvent.id).where(MailEvent.batch_id == batch_id).limit(1)
    return batch_id is not None and work.session.scalars(heard).first() is not None


def settle_request(work: Work, batch_id: str) -> int:
    """Note that the provider took a request: each of its letters, and the request itself.

    Whoever holds a letter's row at this moment writes what they know of it; what they leave open
    is found at the next look. So nobody waits here, and nobody waits crosswise.
    """
    letters = list(
        work.session.scalars(
            select(Message)
            .options(defer(Message.own_text), defer(Message.own_html), defer(Message.values))
            .where(Message.batch_id == batch_id, Message.state.in_(_LOST + SENT_AGAIN))
            .order_by(Message.id)
            .with_for_update(skip_locked=True)
            .execution_options(populate_existing=True)
        )
    )
    batch = work.session.get(SendBatch, batch_id)
    if batch is None or (not letters and batch.outcome is not None):
        return 0
    provider_id = (
        batch.provider_id
        or work.session.scalars(
            select(MailEvent.provider_id)
            .where(MailEvent.batch_id == batch_id, MailEvent.provider_id.is_not(None))
            .order_by(MailEvent.received_at, MailEvent.id)
            .limit(1)
        ).first()
    )
    for letter in letters:
        letter.state = fold(MailState(letter.state), {EventKind.PROCESSED})
        letter.accepted_at = letter.accepted_at or work.now
        letter.provider_id = letter.provider_id or provider_id
        letter.reason = None
        letter.due_at = letter.accepted_at + UNHEARD_AFTER
        letter.lease_token = letter.lease_until = None
    batch.outcome = ACCEPTED
    batch.provider_id = provider_id
    batch.answered_at = batch.answered_at or work.now
    work.session.flush()
    ids = [letter.id for letter in letters]
    record_letters(work.session, work.now, ids, MailState.ACCEPTED, source=work.source)
    return len(letters)
