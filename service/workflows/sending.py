"""One request on its way: last look, commit, send, write down the answer.

``sending`` and who goes together are committed before the first byte leaves, and no transaction
is open while bytes travel.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session, selectinload

from service.clock import Clock
from service.db import LEASE, in_chunks, new_id
from service.domain.delivery import MailState, Step, take
from service.mail.base import Envelope, SendAnswer, Transport
from service.models import Application, Message, SendBatch
from service.workflows.answers import Answered, DispatchReport
from service.workflows.envelopes import envelope_of
from service.workflows.last_look import objections_to
from service.workflows.leases import Lease
from service.workflows.telling import not_yet, too_early
from service.workflows.timeline import record_letters
from service.workflows.waking import asleep
from service.workflows.work import Office, Work

CHUNK = 500
"""How many applications one statement asks for."""

WRITE_AGAIN_IN = (0.0, 0.5, 2.0, 4.0)
"""Seconds before each new try to write an answer down where the database undid it or is away: to
forget it is to lose it, and a database that restarts is back within seconds."""


def at_once(_seconds: float) -> None:
    """Wait for nothing: what is tried again is tried at once."""


@dataclass(frozen=True)
class Sender:
    """What sending needs: one worker's session and lease, and what carries the mail."""

    session: Session
    office: Office
    clock: Clock
    transport: Transport
    jitter: random.Random
    report: DispatchReport
    lease: Lease
    pause: Callable[[float], object] = at_once
    """Waits so many seconds, or less where there is reason to hurry."""

    def send(self, ids: Sequence[str]) -> list[Sequence[str]]:
        """Send these letters in one request; return what is to go again at once, in parts.

        Letters that are no longer this worker's, or may not leave now, are left out.
        """
        # Others wrote while the last request was on its way: nothing read before counts any more.
        self.session.expire_all()
        now = self.clock.now()
        batch_id = new_id("bat")
        counted = replace(self.report)
        try:
            envelopes = self._prepare(ids, batch_id, now)
        except SQLAlchemyError:
            raise
        except Exception as error:  # noqa: BLE001 - one poison letter never stops the others
            self.session.rollback()
            vars(self.report).update(vars(counted))
            return self._without_poison(ids, error)
        # From here on a crash is uncertain: the rows say so before the first byte leaves.
        self.session.commit()
        if not envelopes:
            return []
        order = [letter.message_id for letter in envelopes]
        if self.clock.now() - now >= LEASE:
            # Others have called it lost, and a person may have sent it again since.
            self._answered(batch_id, order, now).not_begun()
            self.session.commit()
            return []
        self.report.requests += 1
        return self._write_down(batch_id, order, now, self.transport.send(envelopes, batch_id))

    def _prepare(self, ids: Sequence[str], batch_id: str, now: datetime) -> list[Envelope]:
        """Look once more, and note who goes in this request; the caller commits."""
        work = Work(self.session, now, self.office, source="outbox")
        going = {message.id: message for message in self._last_look(work, self._mine(ids))}
        if not going:
            return []
        self._commit_to(batch_id, list(going.values()), now)
        return [
            envelope_of(work, going[id_], attempt=going[id_].attempts + 1)
            for id_ in ids
            if id_ in going
        ]

    def _answered(self, batch_id: str, order: Sequence[str], began: datetime) -> Answered:
        return Answered(
            self.session,
            self.clock.now(),
            self.jitter,
            self.report,
            # A letter's own lease counts from where its request began.
            replace(self.lease, until=began + LEASE),
            batch_id,
            order,
        )

    def _write_down(
        self, batch_id: str, order: Sequence[str], began: datetime, answer: SendAnswer
    ) -> list[Sequence[str]]:
        """Write the answer down and commit, once more where the database undid it."""
        counted = replace(self.report)
        for again_in in (*WRITE_AGAIN_IN, None):
            try:
                again = self._answered(batch_id, order, began).settle(answer)
                self.session.commit()
            except OperationalError:
                # Two who waited for each other, or a connection that was cut.
                self.session.rollback()
                vars(self.report).update(vars(counted))
                if again_in is None:
                    raise
                self.pause(again_in)
            else:
                return again
        raise AssertionError("the last try returns or raises")

    def _without_poison(self, ids: Sequence[str], error: Exception) -> list[Sequence[str]]:
        """Find the letter that cannot be made ready by halving, and put it before a person."""
        if len(ids) > 1:
            half = (len(ids) + 1) // 2
            return [ids[:half], ids[half:]]
        now = self.clock.now()
        for message in self._mine(ids):
            message.state = take(MailState(message.state), Step.STOP)
            message.reason = unready(error, "let it go or write it again")
            _let_go(message)
            self._tell(now, message)
            self.report.blocked += 1
        self.session.commit()
        return []

    def refuse(self, refused: dict[str, str]) -> None:
        """Set letters aside that the provider would refuse, each with its reason; commit."""
        now = self.clock.now()
        for message in self._mine(list(refused)):
            message.state = take(MailState(message.state), Step.REFUSE)
            message.reason = refused[message.id]
            _let_go(message)
            self._tell(now, message)
            self.report.refused += 1
        self.session.commit()

    def _mine(self, ids: Sequence[str]) -> Sequence[Message]:
        mine = self.session.scalars(
            select(Message)
            .where(
                Message.id.in_(ids),
                Message.lease_token == self.lease.token,
                Message.state == MailState.CLAIMED,
            )
            # In one order, whoever locks: two workers never wait for each other crosswise.
            .order_by(Message.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).all()
        if len(mine) < len(ids):
            others = set(ids).difference(message.id for message in mine)
            self.lease.missed(self.session, self.clock.now(), others)
        return mine

    def _last_look(self, work: Work, messages: Sequence[Message]) -> list[Message]:
        """Stop what must not leave, put back what must not leave yet; return the others."""
        applications = self._applications(messages)
        objections = objections_to(work, messages)
        early = too_early(work, messages)
        going = []
        for message in messages:
            objection = objections.get(message.id)
            if objection is not None:
                step = Step.OVERTAKE if objection.moot else Step.STOP
                message.state = take(MailState(message.state), step)
                message.reason = objection.text
                _let_go(message)
                self._tell(work.now, message)
                self.report.cancelled += objection.moot
                self.report.blocked += not objection.moot
                continue
            application = applications.get(message.application_id or "")
            # Notices to colleagues go at any hour.
            wait = (
                not_yet(work, application, message, early)
                or asleep(work, application, message.kind, urgent=message.urgent)
                if application is not None
                else None
            )
            if wait is not None:
                message.state = take(MailState(message.state), Step.WAIT)
                message.reason = wait.reason
                _let_go(message)
                message.hold_until = message.due_at = wait.until
                self.report.waiting += 1
                continue
            going.append(message)
        return going

    def _tell(self, now: datetime, message: Message) -> None:
        record_letters(self.session, now, [message.id], message.state, source="outbox")

    def _applications(self, messages: Sequence[Message]) -> dict[str, Application]:
        """Read what a request's letters are about at once, and keep it while they are looked at."""
        ids = sorted({message.application_id for message in messages if message.application_id})
        return {
            application.id: application
            for chunk in in_chunks(ids, CHUNK)
            for application in self.session.scalars(
                select(Application)
                .where(Application.id.in_(chunk))
                .options(selectinload(Application.candidate), selectinload(Application.job))
            )
        }

    def _commit_to(self, batch_id: str, going: Sequence[Message], now: datetime) -> None:
        self.session.add(
            SendBatch(id=batch_id, provider=self.transport.name, size=len(going), created_at=now)
        )
        self.session.flush()
        # The lease counts from here: those before it may have used up most of it.
        self._write(
            Message.id.in_([message.id for message in going]),
            state=take(MailState.CLAIMED, Step.SEND),
            attempts=Message.attempts + 1,
            first_tried_at=func.coalesce(Message.first_tried_at, now),
            provider=self.transport.name,
            batch_id=batch_id,
            reason=None,
            due_at=now + LEASE,
            lease_until=now + LEASE,
        )

    def _write(self, *where: Any, **values: Any) -> None:
        self.session.execute(
            update(Message)
            .where(*where)
            .values(version=Message.version + 1, **values)
            .execution_options(synchronize_session=False)
        )


def unready(error: Exception, then: str = "write it again") -> str:
    """Return why a letter is set aside that our own code stumbled over, and what to do ``then``."""
    # The type alone: an error's text may quote what a person wrote.
    return (
        f"Keepword could not make it ready to go ({type(error).__name__}): correct what it is "
        f"about, then {then}"
    )


def _let_go(message: Message) -> None:
    message.lease_token = message.lease_until = message.due_at = None
