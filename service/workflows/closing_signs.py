"""Reads what was said to applicants lately, because of which the last look would stop a letter.

A closing that knows of it calls first or waits, instead of showing letters that will be stopped.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Select, func, select

from service.domain.contacts import DECISION_LETTERS
from service.domain.contradictions import (
    ENCOURAGED_WITHIN,
    TOLD_ELSEWHERE_WITHIN,
    last_moves_forward,
)
from service.domain.delivery import LEFT
from service.domain.letter_facts import INVITATIONS
from service.models import Message, MessageAlso, TimelineEntry
from service.workflows.work import Work

_went_at = func.coalesce(Message.accepted_at, Message.first_tried_at, Message.created_at)


def encouraged_at(work: Work, scope: Select[str]) -> dict[str, datetime]:
    """Return when applications last moved on or were invited, of the last few days only.

    ``scope`` selects the ids of the applications.
    """
    since = work.now - ENCOURAGED_WITHIN
    moves = work.session.execute(
        select(TimelineEntry.application_id, TimelineEntry.at, TimelineEntry.data).where(
            TimelineEntry.application_id.in_(scope),
            TimelineEntry.kind == "stage",
            TimelineEntry.at > since,
        )
    )
    found = last_moves_forward((row[0], row[1], row[2]) for row in moves)
    invitations = select(Message.application_id, func.max(_went_at)).where(
        Message.application_id.in_(scope),
        Message.kind.in_(INVITATIONS),
        Message.state.in_(LEFT),
        _went_at > since,
    )
    for id_, at in work.session.execute(invitations.group_by(Message.application_id)):
        if id_ is not None:
            found[id_] = max(at, found.get(id_, at))
    return found


def told_at(work: Work, scope: Select[str]) -> dict[str, datetime]:
    """Return when a final letter about each application left, of the last day only."""
    left = (
        Message.kind.in_(DECISION_LETTERS),
        Message.state.in_(LEFT),
        _went_at > work.now - TOLD_ELSEWHERE_WITHIN,
    )
    own = (
        select(Message.application_id, func.max(_went_at))
        .where(Message.application_id.in_(scope), *left)
        .group_by(Message.application_id)
    )
    also = (
        select(MessageAlso.application_id, func.max(_went_at))
        .join(Message, Message.id == MessageAlso.message_id)
        .where(MessageAlso.application_id.in_(scope), MessageAlso.decision_id.is_not(None), *left)
        .group_by(MessageAlso.application_id)
    )
    found: dict[str, datetime] = {}
    for query in (own, also):
        for id_, at in work.session.execute(query):
            if id_ is not None:
                found[id_] = max(at, found.get(id_, at))
    return found
