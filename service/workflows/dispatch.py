"""Sends what is ready: claim, look once more, commit ``sending``, send, write down the answer.

No transaction is open while bytes travel. A crash or a lost answer while sending leaves the
letter *uncertain*; it is never sent again by itself. A late worker's writes name its lease and
change nothing.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from service.clock import Clock
from service.db import LEASE, claim
from service.domain.delivery import MailState
from service.domain.retries import next_attempt_at, out_of_patience
from service.domain.safety import Objection
from service.mail.base import (
    Accepted,
    Captured,
    ChannelDown,
    Envelope,
    Refused,
    RetryLater,
    SendAnswer,
    Transport,
    Uncertain,
)
from service.models import Message
from service.workflows.channel import (
    PROBE_AFTER,
    allowance,
    pause_channel,
    probe_later,
    provider_answers,
    resume_channel,
)
from service.workflows.last_look import objection_to
from service.workflows.timeline import record
from service.workflows.work import Office, Work, never

__all__ = ["BATCH", "PROBE_AFTER", "DispatchReport", "dispatch", "pause_channel", "resume_channel"]

BATCH = 50
_REACHED = (MailState.ACCEPTED, MailState.CAPTURED, MailState.FAILED)
_WAITING = (MailState.HELD, MailState.READY, MailState.RETRY, MailState.CLAIMED)
LOST = "the worker stopped while this was being sent, so nobody knows whether it left"


@dataclass
class DispatchReport:
    """What one pass did."""

    claimed: int = 0
    accepted: int = 0
    captured: int = 0
    blocked: int = 0
    cancelled: int = 0
    refused: int = 0
    retried: int = 0
    uncertain: int = 0
    paused: str | None = None


def dispatch(
    session: Session,
    office: Office,
    clock: Clock,
    transport: Transport,
    *,
    chance: random.Random | None = None,
    stop: Callable[[], bool] = never,
) -> DispatchReport:
    """Send everything that is ready now, until none is left, the channel is down or ``stop()``."""
    report = DispatchReport()
    jitter = chance or random.SystemRandom()
    _expire(session, clock.now(), report)
    while not stop():
        now = clock.now()
        limit, report.paused = allowance(session, now, BATCH)
        if limit == 0:
            break
        token, ids = claim(
            session,
            Message,
            Message.state.in_(_WAITING),
            Message.due_at <= now,
            order_by=Message.due_at,
            limit=limit,
            until=now + LEASE,
            values={
                "state": MailState.CLAIMED,
                "due_at": now + LEASE,
                "version": Message.version + 1,
            },
        )
        session.commit()
        report.claimed += len(ids)
        for message_id in ids:
            pass_ = _Pass(session, office, clock, transport, jitter, report, token)
            if stop() or not pass_.send(message_id):
                _hand_back(session, token, clock.now())
                session.rollback()
                return report
        if not ids or limit < BATCH:
            break
    session.rollback()
    return report


def _hand_back(session: Session, token: str, now: datetime) -> None:
    """Make what was claimed and not begun ready again, so that it does not wait out its lease."""
    session.execute(
        update(Message)
        .where(Message.lease_token == token, Message.state == MailState.CLAIMED)
        .values(state=MailState.READY, due_at=now, lease_token=None, version=Message.version + 1)
        .execution_options(synchronize_session=False)
    )
    session.commit()


def _expire(session: Session, now: datetime, report: DispatchReport) -> None:
    """Call what was being sent when its worker died by its name: uncertain."""
    lost = session.execute(
        update(Message)
        .where(Message.state == MailState.SENDING, Message.due_at <= now)
        .values(
            state=MailState.UNCERTAIN,
            reason=LOST,
            due_at=None,
            lease_token=None,
            version=Message.version + 1,
        )
        .returning(Message.id)
        .execution_options(synchronize_session=False)
    )
    report.uncertain += len(lost.all())
    session.commit()


class _Pass:
    """One letter on its way."""

    def __init__(
        self,
        session: Session,
        office: Office,
        clock: Clock,
        transport: Transport,
        jitter: random.Random,
        report: DispatchReport,
        token: str,
    ) -> None:
        self._session = session
        self._office = office
        self._clock = clock
        self._transport = transport
        self._jitter = jitter
        self._report = report
        self._token = token

    def send(self, message_id: str) -> bool:
        """Carry one letter through; ``False`` where no other will leave either."""
        # Others wrote while the last letter was on its way: nothing read before counts any more.
        self._session.expire_all()
        now = self._clock.now()
        limit, self._report.paused = allowance(self._session, now, BATCH)
        if limit == 0:
            return False
        work = Work(self._session, now, self._office, source="outbox")
        message = self._mine(message_id, MailState.CLAIMED)
        if message is None:
            self._session.rollback()
            return True
        objection = objection_to(work, message)
        if objection is not None:
            self._stop(work, message, objection)
            return True
        message.state = MailState.SENDING
        message.attempts += 1
        message.first_tried_at = message.first_tried_at or now
        message.provider = self._transport.name
        # The lease counts from here: those before it in the batch may have used up most of it.
        message.due_at = message.lease_until = now + LEASE
        envelope = _envelope(message)
        # From here on a crash is uncertain: the row says so before the first byte leaves.
        self._session.commit()
        answer = self._transport.send(envelope)
        return self._settle(message_id, answer)

    def _mine(self, message_id: str, state: MailState) -> Message | None:
        return self._session.scalars(
            select(Message)
            .where(
                Message.id == message_id,
                Message.lease_token == self._token,
                Message.state == state,
            )
            .with_for_update()
            .execution_options(populate_existing=True)
        ).one_or_none()

    def _stop(self, work: Work, message: Message, objection: Objection) -> None:
        message.state = MailState.CANCELLED if objection.moot else MailState.BLOCKED
        message.reason = objection.text
        _let_go(message)
        if message.application_id is not None:
            record(work, message.application_id, f"letter_{message.state}", message=message.id)
        self._session.commit()
        if objection.moot:
            self._report.cancelled += 1
        else:
            self._report.blocked += 1

    def _settle(self, message_id: str, answer: SendAnswer) -> bool:
        now = self._clock.now()
        message = self._mine(message_id, MailState.SENDING)
        if message is None:
            # An event was quicker than the answer, or the lease ran out: keep the id alone.
            self._keep_id(message_id, answer, now)
            return True
        match answer:
            case Accepted(provider_id=provider_id):
                message.state, message.accepted_at = MailState.ACCEPTED, now
                message.provider_id = provider_id
                self._report.accepted += 1
            case Captured():
                message.state, message.accepted_at = MailState.CAPTURED, now
                self._report.captured += 1
            case Refused(reason=reason):
                message.state, message.reason = MailState.FAILED, reason
                self._report.refused += 1
            case Uncertain(reason=reason):
                message.state, message.reason = MailState.UNCERTAIN, reason
                self._report.uncertain += 1
            case RetryLater() | ChannelDown():
                return self._later(message, answer, now)
        if isinstance(answer, Uncertain):
            probe_later(self._session, now)
        _let_go(message)
        if message.state in _REACHED and provider_answers(self._session):
            self._report.paused = None
        self._note(message, now)
        self._session.commit()
        return True

    def _later(self, message: Message, answer: RetryLater | ChannelDown, now: datetime) -> bool:
        _let_go(message)
        message.reason = answer.reason
        if isinstance(answer, ChannelDown):
            # The letter did nothing wrong: it keeps its turn and the attempt does not count.
            message.state, message.due_at = MailState.READY, now
            message.attempts -= 1
            if message.attempts == 0:
                message.first_tried_at = None
            pause_channel(self._session, now, answer.reason, by_provider=True)
            self._report.paused = answer.reason
            self._session.commit()
            return False
        if out_of_patience(message.first_tried_at or now, now):
            message.state = MailState.FAILED
            self._note(message, now)
        else:
            message.state = MailState.RETRY
            again = next_attempt_at(now, message.attempts, self._jitter.random())
            message.due_at = max(again, answer.not_before or again)
            self._report.retried += 1
        probe_later(self._session, now)
        self._session.commit()
        return True

    def _keep_id(self, message_id: str, answer: SendAnswer, now: datetime) -> None:
        if isinstance(answer, Accepted):
            self._session.execute(
                update(Message)
                .where(
                    Message.id == message_id,
                    or_(Message.provider_id.is_(None), Message.accepted_at.is_(None)),
                )
                .values(
                    provider_id=answer.provider_id,
                    accepted_at=now,
                    version=Message.version + 1,
                )
                .execution_options(synchronize_session=False)
            )
        self._session.commit()

    def _note(self, message: Message, now: datetime) -> None:
        if message.application_id is None:
            return
        work = Work(self._session, now, self._office, source="outbox")
        record(work, message.application_id, f"letter_{message.state}", message=message.id)


def _let_go(message: Message) -> None:
    message.lease_token = message.lease_until = message.due_at = None


def _envelope(message: Message) -> Envelope:
    return Envelope(
        message_id=message.id,
        kind=message.kind,
        to_address=message.to_address,
        to_name=message.to_name,
        from_address=message.from_address,
        from_name=message.from_name,
        reply_to_address=message.reply_to_address,
        reply_to_name=message.reply_to_name,
        subject=message.subject,
        text=message.text,
        html=message.html,
        automatic=message.automatic,
        attempt=message.attempts,
    )
