"""Which applications a letter speaks of, in the one order in which everybody locks them."""

from __future__ import annotations

from sqlalchemy import select

from service.models import Application, Message, MessageAlso
from service.workflows.timeline import record
from service.workflows.work import Work


def spoken_of(work: Work, message_id: str) -> list[str]:
    """Return the ids of the applications that a letter speaks of, in the order of locking."""
    own = select(Message.application_id).where(
        Message.id == message_id, Message.application_id.is_not(None)
    )
    also = select(MessageAlso.application_id).where(MessageAlso.message_id == message_id)
    found = [*work.session.scalars(own), *work.session.scalars(also)]
    return sorted({application_id for application_id in found if application_id is not None})


def applications_of(work: Work, message: Message) -> list[Application]:
    """Return the applications that a letter speaks of."""
    return [work.session.get_one(Application, id_) for id_ in spoken_of(work, message.id)]


def record_letter(
    work: Work,
    message: Message,
    kind: str,
    *,
    rule: str | None = None,
    arrived: bool | None = None,
) -> None:
    """Tell on every timeline concerned what somebody did about a letter."""
    for application_id in spoken_of(work, message.id):
        record(work, application_id, kind, message=message.id, rule=rule, arrived=arrived)
