"""Takes back letters: some, those of one closing, those that are held, or all that have not left.

What has left cannot be taken back, and the answer says so letter by letter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import defer

from service.db import in_chunks
from service.domain.delivery import CANCELLABLE, MailState
from service.models import Message
from service.workflows.enqueue import cancel_all
from service.workflows.work import Work

CHUNK = 500


@dataclass(frozen=True)
class Which:
    """Which letters are meant: by their ids, by the closing they belong to, or all that are unsent
    (``held``: only those that a hold keeps). ``written_by`` leaves out what was written later,
    ``among`` (a condition on ``Message``) what whoever asks may not know of; neither narrows ids.
    """

    message_ids: tuple[str, ...] = ()
    closing_id: str | None = None
    held: bool = False
    written_by: datetime | None = None
    among: ColumnElement[bool] | None = None


@dataclass(frozen=True)
class Cancelling:
    """What became of each: ids that are cancelled now, that were before, and that had left, with
    the state they are in.
    """

    cancelled: list[str]
    cancelled_before: list[str]
    too_late: list[tuple[str, str]]


def cancel_letters(work: Work, which: Which, reason: str, *, dry_run: bool = False) -> Cancelling:
    """Cancel what can still be cancelled; with ``dry_run`` only say what would be."""
    found = Cancelling([], [], [])
    for ids in in_chunks(_ids(work, which), CHUNK):
        query = (
            select(Message)
            .options(defer(Message.own_text), defer(Message.own_html), defer(Message.values))
            .where(Message.id.in_(ids))
            # In one order, whoever locks: two of us never wait for each other crosswise.
            .order_by(Message.id)
        )
        if not dry_run:
            query = query.with_for_update(key_share=True)
        stopping = []
        for message in work.session.scalars(query.execution_options(populate_existing=True)):
            if message.state in CANCELLABLE:
                stopping.append(message)
                found.cancelled.append(message.id)
            elif message.state == MailState.CANCELLED:
                found.cancelled_before.append(message.id)
            else:
                found.too_late.append((message.id, message.state))
        if not dry_run:
            cancel_all(work, stopping, reason)
        work.session.flush()
    return found


def known_ids(work: Work, message_ids: Sequence[str]) -> set[str]:
    """Return those of the ids that name a letter."""
    found: set[str] = set()
    for ids in in_chunks(message_ids, CHUNK):
        found.update(work.session.scalars(select(Message.id).where(Message.id.in_(ids))))
    return found


def _ids(work: Work, which: Which) -> Sequence[str]:
    if which.message_ids:
        return sorted(set(which.message_ids))
    query: Select[str] = select(Message.id).order_by(Message.id)
    if which.closing_id is not None:
        query = query.where(Message.closing_id == which.closing_id)
    elif which.held:
        query = query.where(Message.state == MailState.HELD)
    else:
        query = query.where(Message.state.in_(CANCELLABLE))
    if which.written_by is not None:
        query = query.where(Message.created_at <= which.written_by)
    if which.among is not None:
        query = query.where(which.among)
    return work.session.scalars(query).all()
