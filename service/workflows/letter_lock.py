"""Locks one letter for a change by a person, after the application that it is about.

Everybody locks in this order, so nobody waits crosswise.
"""

from __future__ import annotations

from sqlalchemy import select

from service.models import Message
from service.workflows.letters import spoken_of
from service.workflows.promise_changes import lock_application
from service.workflows.work import Work


def locked_letter(work: Work, message_id: str) -> Message | None:
    """Return a letter as it stands now, its row locked until the transaction ends, or ``None``.

    Every application it speaks of is locked before it, in the order of their ids.
    """
    for application_id in spoken_of(work, message_id):
        lock_application(work, application_id)
    return work.session.scalars(
        select(Message)
        .where(Message.id == message_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one_or_none()
