"""Sends what is ready: claim, look once more, commit ``sending``, send, write down the answer.

No transaction is open while bytes travel. A crash or a lost answer while sending leaves the
letter *uncertain*; it is never sent again by itself. A late worker's writes name its lease and
change nothing.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from service.clock import Clock
from service.db import LEASE, claim
from service.domain.delivery import MailState
from service.domain.retries import next_attempt_at, out_of_patience
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
from service.models import MailChannel, Message
from service.workflows.last_look import objection_to
from service.workflows.timeline import record
from service.workflows.work import Office, Work

BATCH = 50
PROBE_AFTER = timedelta(minutes=10)
"""After the provider refused us as a whole, one letter is tried this often."""

CHANNEL = "email"
_WAITING = (MailState.HELD, MailState.READY, MailState.RETRY, MailState.CLAIMED)
LOST = "the worker stopped while this was being sent, so nobody knows whether it left"


@dataclass
class DispatchReport:
    """What one pass did."""

    claimed: int = 0
    accepted: int = 0
    captured: int = 0
    blocked: int = 0
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
) -> DispatchReport:
    """Send everything that is ready now; return when nothing is left or the channel is down."""
    report = DispatchReport()
    jitter = chance or random.SystemRandom()
    _expire(session, clock.now(), report)
    while True:
        now = clock.now()
        limit, report.paused = _allowance(session, now)
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
            if not pass_.send(message_id):
                session.commit()
                return report
        if not ids or limit < BATCH:
            break
    session.rollback()
    return report


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


def _allowance(session: Session, now: datetime) -> tuple[int, str | None]:
    """Return how many letters may be claimed: all, one to probe a channel that was down, none."""
    channel = session.get(MailChannel, CHANNEL)
    if channel is None or channel.paused_at is None:
        return BATCH, None
    if channel.paused_by_provider and now - channel.paused_at >= PROBE_AFTER:
        return 1, channel.paused_reason
    return 0, channel.paused_reason


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
        work = Work(self._session, self._clock.now(), self._office, source="outbox")
        message = self._mine(message_id, MailState.CLAIMED)
        if message is None:
            self._session.rollback()
            return True
        why = objection_to(work, message)
        if why is not None:
            self._block(work, message, why)
            return True
        message.state = MailState.SENDING
        message.attempts += 1
        message.provider = self._transport.name
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

    def _block(self, work: Work, message: Message, why: str) -> None:
        message.state = MailState.BLOCKED
        message.reason = why
        _let_go(message)
        if message.application_id is not None:
            record(work, message.application_id, "letter_blocked", message=message.id)
        self._session.commit()
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
        _let_go(message)
        self._reached_provider(message)
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
            pause_channel(self._session, now, answer.reason, by_provider=True)
            self._report.paused = answer.reason
            self._session.commit()
            return False
        if out_of_patience(message.created_at, now):
            message.state = MailState.FAILED
            self._note(message, now)
        else:
            message.state = MailState.RETRY
            again = next_attempt_at(now, message.attempts, self._jitter.random())
            message.due_at = max(again, answer.not_before or again)
            self._report.retried += 1
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

    def _reached_provider(self, message: Message) -> None:
        if message.state not in (MailState.ACCEPTED, MailState.FAILED):
            return
        channel = self._session.get(MailChannel, CHANNEL)
        if channel is not None and channel.paused_at is not None and channel.paused_by_provider:
            resume_channel(self._session)
            self._report.paused = None

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


def pause_channel(session: Session, now: datetime, reason: str, *, by_provider: bool) -> None:
    """Stop all mail; every letter keeps its place. A person's pause ends by a person alone."""
    channel = session.get(MailChannel, CHANNEL) or MailChannel(name=CHANNEL)
    channel.paused_at, channel.paused_reason = now, reason
    channel.paused_by_provider = by_provider
    session.add(channel)


def resume_channel(session: Session) -> None:
    """Let mail go out again."""
    channel = session.get(MailChannel, CHANNEL)
    if channel is not None:
        channel.paused_at = channel.paused_reason = None
        channel.paused_by_provider = False
