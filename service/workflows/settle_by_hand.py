"""Settles a whole request whose answer was lost: a person says what became of its letters."""

from __future__ import annotations

from sqlalchemy import ColumnElement, select, true

from service.domain.delivery import MailState
from service.models import Message
from service.workflows.letter_lock import locked_letter
from service.workflows.letters import spoken_of
from service.workflows.messages import settle_uncertain
from service.workflows.promise_changes import lock_application
from service.workflows.work import Work


def settle_all_of(
    work: Work,
    batch_id: str,
    *,
    arrived: bool,
    why: str,
    among: ColumnElement[bool] | None = None,
) -> list[str]:
    """Settle every letter of the request that is still uncertain; return their ids.

    A request is judged whole: either all of its letters left, or none. ``among`` (a condition on
    ``Message``) leaves out those that whoever judges may not know of: they are others' to settle.
    """
    waiting = work.session.scalars(
        select(Message.id)
        .where(
            Message.batch_id == batch_id,
            Message.state == MailState.UNCERTAIN,
            true() if among is None else among,
        )
        .order_by(Message.id)
    ).all()
    # All of them at once and in the order of everybody: two never wait for each other crosswise.
    for application_id in sorted({about for id_ in waiting for about in spoken_of(work, id_)}):
        lock_application(work, application_id)
    settled = []
    for message_id in waiting:
        message = locked_letter(work, message_id)
        # An event may have settled it since.
        if message is not None and message.state == MailState.UNCERTAIN:
            settle_uncertain(work, message, arrived=arrived, why=why)
            settled.append(message.id)
    work.session.flush()
    return settled
