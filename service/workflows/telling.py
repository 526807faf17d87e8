"""From when a person may be told of a decision, where the ATS that reported it makes that a rule.

A final letter waits until then by itself; where the ATS has not said from when, a person looks
there first. What is known wins over what is not, and the latest instant over earlier ones, so any
order of reports ends alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select

from service.db import in_chunks
from service.domain.changes import Telling
from service.domain.contacts import DECISION_LETTERS
from service.domain.wording import moment_words
from service.models import Application, Decision, Message, MessageAlso
from service.workflows.waking import Wait, waking_hours
from service.workflows.work import Work

_CHUNK = 500


def note_telling(decision: Decision, telling: Telling | None) -> None:
    """Take over what a further report of the same rejection says of telling it."""
    if telling is None:
        return
    if telling.not_before is None:
        decision.tell_unclear = True
        return
    known = decision.tell_not_before_at
    decision.tell_not_before_at = max(telling.not_before, known or telling.not_before)


def too_early(work: Work, messages: Sequence[Message]) -> dict[str, datetime]:
    """Return, by message id, from when final letters may go that tell a decision too early now.

    A letter that tells several decisions waits for the last of them.
    """
    letters = sorted(each.id for each in messages if each.kind in DECISION_LETTERS)
    found: dict[str, datetime] = {}
    for chunk in in_chunks(letters, _CHUNK):
        own = (
            select(Message.id, Decision.tell_not_before_at)
            .join(Decision, Decision.id == Message.decision_id)
            .where(Message.id.in_(chunk), Decision.tell_not_before_at > work.now)
        )
        also = (
            select(MessageAlso.message_id, Decision.tell_not_before_at)
            .join(Decision, Decision.id == MessageAlso.decision_id)
            .where(MessageAlso.message_id.in_(chunk), Decision.tell_not_before_at > work.now)
        )
        for message_id, at in (*work.session.execute(own), *work.session.execute(also)):
            if at is not None:
                found[message_id] = max(at, found.get(message_id, at))
    return found


def not_yet(
    work: Work, application: Application, message: Message, early: Mapping[str, datetime]
) -> Wait | None:
    """Return the wait of a letter that is ``early``: to the first decent hour it may be told at."""
    told_from = early.get(message.id)
    if told_from is None:
        return None
    hours = waking_hours(work, application)
    until = hours.next_at(told_from, final=True)
    reason = f"the ATS lets the person be told from {moment_words(told_from, hours.zone)}"
    return Wait(until, reason)
