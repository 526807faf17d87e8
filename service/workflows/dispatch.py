"""Sends what is ready: claim, put together for as few requests as may be, send one by one.

A letter that was claimed and not begun is ready again when its lease ends; one that was being sent
when its worker died is *uncertain* and never sent again by itself.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from service.clock import Clock
from service.db import LEASE, claim
from service.domain.delivery import MailState, Step, take
from service.domain.wording import to_say
from service.mail.base import (
    Accepted,
    Captured,
    ChannelDown,
    Envelope,
    RetryLater,
    Sorted,
    Transport,
)
from service.models import Message
from service.workflows.answers import LOOK_UP_AFTER, DispatchReport
from service.workflows.channel import (
    Allowance,
    allowance,
    pause_channel,
    provider_answers,
    rest,
)
from service.workflows.envelopes import envelope_of
from service.workflows.leases import Lease
from service.workflows.send_rate import room, set_right
from service.workflows.send_rate import take as take_of_rate
from service.workflows.sending import Sender, at_once, unready
from service.workflows.timeline import record_letters
from service.workflows.work import Office, Work, never

__all__ = ["DispatchReport", "dispatch"]

_WAITING = (MailState.HELD, MailState.READY, MailState.RETRY, MailState.CLAIMED)
LOST = to_say("the worker stopped while this was being sent, so nobody knows whether it left")


def dispatch(
    session: Session,
    office: Office,
    clock: Clock,
    transport: Transport,
    *,
    chance: random.Random | None = None,
    stop: Callable[[], bool] = never,
    pause: Callable[[float], object] = at_once,
) -> DispatchReport:
    """Send everything that is ready now, until none is left, the channel is down or ``stop()``.

    ``pause`` waits so many seconds while the database is away.
    """
    run = _Run(session, office, clock, transport, chance or random.SystemRandom(), stop, pause)
    run.expire()
    while not stop() and run.turn():
        pass
    session.rollback()
    return run.report


class _Run:
    """One pass over the outbox."""

    def __init__(
        self,
        session: Session,
        office: Office,
        clock: Clock,
        transport: Transport,
        jitter: random.Random,
        stop: Callable[[], bool],
        pause: Callable[[float], object],
    ) -> None:
        self._session = session
        self._office = office
        self._clock = clock
        self._transport = transport
        self._jitter = jitter
        self._stop = stop
        self._pause = pause
        self._probed = False
        self.report = DispatchReport()

    def expire(self) -> None:
        """Call what was being sent when its worker died by its name: uncertain."""
        now = self._clock.now()
        expired = (Message.state == MailState.SENDING, Message.due_at <= now)
        # Without those that somebody holds: a slow answer about them is written down just now.
        ids = self._session.scalars(
            select(Message.id)
            .where(*expired)
            .order_by(Message.id)
            .with_for_update(skip_locked=True)
        ).all()
        lost = self._session.scalars(
            update(Message)
            .where(Message.id.in_(ids), *expired)
            .values(
                state=take(MailState.SENDING, Step.LOSE),
                reason=LOST,
                due_at=now + LOOK_UP_AFTER,
                lease_token=None,
                lease_until=None,
                version=Message.version + 1,
            )
            .returning(Message.id)
            .execution_options(synchronize_session=False)
        ).all()
        if lost:
            record_letters(self._session, now, lost, MailState.UNCERTAIN, source="outbox")
        self.report.uncertain += len(lost)
        if self._office.letters_a_minute:
            set_right(self._session, now)
        self._session.commit()

    def turn(self) -> bool:
        """Claim once and send what was claimed; tell whether there may be more."""
        allowed = self._allowed()
        if not allowed.letters or not self._anything(self._clock.now()):
            return False
        # Once it passed, letters tell more than another would.
        if allowed.probe_first and not self._probed:
            self._probed = self._probe()
            if not self._probed:
                return False
        lease, ids = self._claim(allowed.letters)
        if not ids:
            return False
        self.report.claimed += len(ids)
        sender = Sender(
            self._session,
            self._office,
            self._clock,
            self._transport,
            self._jitter,
            self.report,
            lease,
            self._pause,
        )
        went_on = self._carry(sender, self._sorted(sender, ids), probed=allowed.probe_first)
        if not went_on:
            self._hand_back(lease)
        return went_on

    def _allowed(self) -> Allowance:
        now, rate = self._clock.now(), self._office.letters_a_minute
        allowed = allowance(self._session, now)
        self.report.paused = allowed.reason
        if rate and allowed.letters:
            return replace(allowed, letters=min(allowed.letters, room(self._session, now, rate)))
        return allowed

    def _granted(self, wanted: int) -> int:
        """Count letters that are about to leave, for everybody who sends; return how many may."""
        rate = self._office.letters_a_minute
        if not rate:
            return wanted
        granted = take_of_rate(self._session, self._clock.now(), rate, wanted)
        self._session.commit()
        return granted

    def _anything(self, now: datetime) -> bool:
        """Tell whether anything is ready: nobody is asked to take what is not there."""
        ready = select(Message.id).where(Message.state.in_(_WAITING), Message.due_at <= now)
        return self._session.scalars(ready.limit(1)).first() is not None

    def _probe(self) -> bool:
        """Ask the provider, without a letter, whether it is back."""
        self._session.rollback()
        self.report.probes += 1
        answer = self._transport.probe()
        now = self._clock.now()
        match answer:
            case Accepted() | Captured():
                provider_answers(self._session, letter=False)
            case ChannelDown(reason=reason):
                pause_channel(self._session, now, reason, by_provider=True)
            case RetryLater(not_before=not_before):
                rest(self._session, now, self._jitter.random(), not_before)
            case _:
                rest(self._session, now, self._jitter.random())
        self._session.commit()
        return isinstance(answer, Accepted | Captured)

    def _claim(self, most: int) -> tuple[Lease, list[str]]:
        now = self._clock.now()
        token, ids = claim(
            self._session,
            Message,
            Message.state.in_(_WAITING),
            Message.due_at <= now,
            order_by=Message.due_at,
            limit=most,
            until=now + LEASE,
            values={
                "state": MailState.CLAIMED,
                "due_at": now + LEASE,
                "version": Message.version + 1,
            },
        )
        self._session.commit()
        return Lease("dispatch", Message, token, now + LEASE), ids

    def _sorted(self, sender: Sender, ids: Sequence[str]) -> list[Sequence[str]]:
        """Put what was claimed together into requests; set aside what would be refused."""
        work = Work(self._session, self._clock.now(), self._office, source="outbox")
        rows = self._session.scalars(
            select(Message)
            .where(Message.id.in_(ids), Message.lease_token == sender.lease.token)
            .order_by(Message.created_at, Message.id)
        )
        letters, faulty = [], {}
        for row in rows:
            try:
                letters.append(envelope_of(work, row, attempt=row.attempts + 1))
            except SQLAlchemyError:
                raise
            except Exception as error:  # noqa: BLE001 - one poison letter never stops the others
                faulty[row.id] = unready(error)
        # Sorting takes a while, and nobody is to wait for it.
        self._session.rollback()
        put = self._grouped(letters)
        if put.refused or faulty:
            sender.refuse({**put.refused, **faulty})
        return [[letter.message_id for letter in group] for group in put.groups]

    def _grouped(self, letters: Sequence[Envelope]) -> Sorted:
        """Sort letters; where one of them cannot be, it is found by halving and set aside."""
        try:
            return self._transport.sort(letters)
        except Exception as error:  # noqa: BLE001 - one poison letter never stops the others
            if len(letters) == 1:
                return Sorted((), {letters[0].message_id: unready(error)})
        half = len(letters) // 2
        first, second = self._grouped(letters[:half]), self._grouped(letters[half:])
        return Sorted((*first.groups, *second.groups), {**first.refused, **second.refused})

    def _carry(self, sender: Sender, groups: list[Sequence[str]], *, probed: bool) -> bool:
        """Send group by group; ``False`` where the rest must wait."""
        groups.reverse()
        while groups:
            if self._stop():
                return False
            allowed = self._allowed()
            if not allowed.letters or (allowed.probe_first and not probed):
                return False
            probed = False
            group = groups.pop()
            granted = self._granted(min(len(group), allowed.letters))
            if not granted:
                return False
            if len(group) > granted:
                groups.append(group[granted:])
                group = group[:granted]
            groups += reversed(sender.send(group))
        return True

    def _hand_back(self, lease: Lease) -> None:
        """Make what was claimed and not begun ready again, so that it does not wait its lease.

        For when it was claimed: the clock may have jumped since, and is no measure then.
        """
        mine = (Message.lease_token == lease.token, Message.state == MailState.CLAIMED)
        # In one order, whoever locks: a person may be cancelling these just now.
        self._session.scalars(
            select(Message.id).where(*mine).order_by(Message.id).with_for_update()
        ).all()
        self._session.execute(
            update(Message)
            .where(*mine)
            .values(
                state=take(MailState.CLAIMED, Step.HAND_BACK),
                due_at=lease.until - LEASE,
                lease_token=None,
                lease_until=None,
                version=Message.version + 1,
            )
            .execution_options(synchronize_session=False)
        )
        self._session.commit()
