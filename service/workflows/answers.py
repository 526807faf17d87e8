"""What an answer of the provider does to the letters of one request.

The request's own id says whom the answer is about: one that comes after its letters were given up
for lost still counts, and says nothing about a letter that has gone another way since.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from service.db import LEASE
from service.domain.delivery import UNHEARD_AFTER, MailState, Step, take
from service.domain.retries import out_of_patience
from service.mail.base import (
    Accepted,
    Captured,
    ChannelDown,
    Refused,
    RefusedSome,
    RetryLater,
    SendAnswer,
    TooLarge,
    Uncertain,
)
from service.models import Message, SendBatch
from service.workflows.channel import pause_channel, provider_answers, rest
from service.workflows.leases import Lease
from service.workflows.sibling_letters import SENT_AGAIN
from service.workflows.timeline import record_letters

LOOK_UP_AFTER = timedelta(minutes=15)
"""How long events may take before the provider's own log is asked about a lost answer."""

_OPEN = (MailState.SENDING, MailState.UNCERTAIN)


@dataclass
class DispatchReport:
    """What one pass did: letters, but for ``requests`` and ``probes``."""

    claimed: int = 0
    requests: int = 0
    probes: int = 0
    accepted: int = 0
    captured: int = 0
    blocked: int = 0
    cancelled: int = 0
    waiting: int = 0
    refused: int = 0
    retried: int = 0
    uncertain: int = 0
    paused: str | None = None


@dataclass(frozen=True)
class Answered:
    """One request and its letters, in the order they went. ``settle`` writes, and commits not."""

    session: Session
    now: datetime
    jitter: random.Random
    report: DispatchReport
    lease: Lease
    batch_id: str
    ids: Sequence[str]

    def settle(self, answer: SendAnswer) -> list[Sequence[str]]:
        """Write down what the answer says; return what is to go again at once, in parts."""
        self._lock()
        again: list[Sequence[str]] = []
        match answer:
            case Accepted(provider_id=provider_id):
                self._accept(provider_id)
            case Captured():
                self._end(Step.CAPTURE, accepted_at=self.now, reason=None)
            case Uncertain(reason=reason):
                self._end(Step.LOSE, reason=reason, due_at=self.now + LOOK_UP_AFTER)
                self._rest()
            case RetryLater(reason=reason, not_before=not_before):
                self._put_off(reason, not_before)
            case ChannelDown(reason=reason):
                self._hand_back(reason)
                pause_channel(self.session, self.now, reason, by_provider=True)
                self.report.paused = reason
            case RefusedSome(refused=refused):
                for id_, why in refused.items():
                    self._end(Step.REFUSE, Message.id == id_, reason=why)
                again = self._apart([[id_ for id_ in self.ids if id_ not in refused]])
            case Refused(reason=reason) | TooLarge(reason=reason) if len(self.ids) == 1:
                self._end(Step.REFUSE, reason=reason)
            case Refused() | TooLarge():
                half = (len(self.ids) + 1) // 2
                again = self._apart([self.ids[:half], self.ids[half:]])
        judged = isinstance(answer, Accepted | Captured | Refused | RefusedSome | TooLarge)
        if judged and provider_answers(self.session, letter=True):
            self.report.paused = None
        self._note_answer(answer)
        return again

    def not_begun(self) -> None:
        """Give everything back: the worker stalled until its lease was over, and sent nothing."""
        self._lock()
        self._hand_back("its worker stalled before it was sent")
        self._note("not-sent", None)

    def _lock(self) -> None:
        # In one order, whoever locks: events about the same request may be folded just now.
        letters = self.session.execute(
            select(Message.id, Message.lease_token, Message.state)
            .where(Message.batch_id == self.batch_id)
            .order_by(Message.id)
            .with_for_update()
        ).all()
        # Of one that has come to its end an event told before its answer did.
        open_still = (*_OPEN, *SENT_AGAIN)
        others = {
            id_
            for id_, token, state in letters
            if token != self.lease.token and state in open_still
        }
        self.lease.missed(self.session, self.now, others)

    def _accept(self, provider_id: str | None) -> None:
        self._end(
            Step.ACCEPT,
            # It was slow, and a person sent some of it again: what has left need not go twice.
            states=(*_OPEN, *SENT_AGAIN),
            accepted_at=self.now,
            provider_id=provider_id,
            reason=None,
            due_at=self.now + UNHEARD_AFTER,
        )
        # Events were quicker than the answer: what they found out stands, the id is kept.
        self._write(
            Message.provider_id.is_(None),
            provider_id=provider_id,
            accepted_at=func.coalesce(Message.accepted_at, self.now),
        )

    def _put_off(self, reason: str, not_before: datetime | None) -> None:
        """Surely not sent: all mail rests, and these letters go first when it goes on."""
        again = self._rest(not_before)
        tried = self.session.execute(
            select(Message.id, Message.first_tried_at).where(Message.batch_id == self.batch_id)
        ).all()
        spent = [id_ for id_, first in tried if out_of_patience(first or self.now, self.now)]
        if spent:
            self._end(Step.REFUSE, Message.id.in_(spent), reason=reason)
        self._end(Step.PUT_OFF, reason=reason, due_at=again)

    def _rest(self, not_before: datetime | None = None) -> datetime:
        return rest(self.session, self.now, self.jitter.random(), not_before)

    def _hand_back(self, reason: str) -> None:
        """Nothing was wrong with the letters: they keep their turn, the attempt does not count."""
        self._end(Step.HAND_BACK, reason=reason, due_at=self.now, attempts=Message.attempts - 1)
        self._write(Message.attempts == 0, first_tried_at=None)

    def _apart(self, parts: Sequence[Sequence[str]]) -> list[Sequence[str]]:
        """Keep what is still this worker's for smaller requests, and give the rest back."""
        self._write(
            Message.state == MailState.SENDING,
            Message.lease_token == self.lease.token,
            state=take(MailState.SENDING, Step.TAKE_APART),
            attempts=Message.attempts - 1,
            due_at=self.now + LEASE,
        )
        self._hand_back("its request was refused for another letter in it")
        return [part for part in parts if part]

    def _end(
        self, step: Step, *where: Any, states: Sequence[MailState] = _OPEN, **values: Any
    ) -> None:
        """Take one step with what the answer is about, and tell it on the timelines."""
        to = take(MailState.SENDING, step)
        ended: dict[str, Any] = {
            "state": to,
            "due_at": None,
            "lease_token": None,
            "lease_until": None,
        }
        changed = self._write(Message.state.in_(states), *where, **(ended | values))
        if (name := _COUNTED.get(to)) is not None:
            setattr(self.report, name, getattr(self.report, name) + len(changed))
        if to not in (MailState.READY, MailState.RETRY):
            record_letters(self.session, self.now, changed, to, source="outbox")

    def _write(self, *where: Any, **values: Any) -> list[str]:
        return list(
            self.session.scalars(
                update(Message)
                .where(Message.batch_id == self.batch_id, *where)
                .values(version=Message.version + 1, **values)
                .returning(Message.id)
                .execution_options(synchronize_session=False)
            )
        )

    def _note_answer(self, answer: SendAnswer) -> None:
        # Where an event has proven already that it was accepted, a lost answer takes that from
        # nobody.
        proven = (SendBatch.outcome == "accepted") & isinstance(answer, Uncertain)
        provider_id = answer.provider_id if isinstance(answer, Accepted) else None
        self._note(_OUTCOMES[type(answer)], provider_id, SendBatch.outcome.is_(None) | ~proven)

    def _note(self, outcome: str, provider_id: str | None, *where: Any) -> None:
        self.session.execute(
            update(SendBatch)
            .where(SendBatch.id == self.batch_id, *where)
            .values(outcome=outcome, provider_id=provider_id, answered_at=self.now)
        )


_COUNTED = {
    MailState.ACCEPTED: "accepted",
    MailState.CAPTURED: "captured",
    MailState.FAILED: "refused",
    MailState.UNCERTAIN: "uncertain",
    MailState.RETRY: "retried",
}

_OUTCOMES: dict[type, str] = {
    Accepted: "accepted",
    Captured: "captured",
    Refused: "refused",
    RefusedSome: "refused",
    TooLarge: "too-large",
    RetryLater: "not-sent",
    ChannelDown: "not-sent",
    Uncertain: "uncertain",
}
