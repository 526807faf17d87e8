"""A letter sent for a promise, and the provider's events about it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from service.domain.policies import Kind
from service.mail.base import EventKind, MailEvent
from service.models import Application, CandidateEmail, Contact, Message, Promise
from service.workflows.composing import Letter
from service.workflows.enqueue import enqueue_letter
from service.workflows.fold_events import store_events
from service.workflows.promise_making import Spoken, make_spoken
from service.workflows.rule_promises import arm_silence
from service.workflows.work import Work
from tests.harness import Employer, add_application

HOUR = timedelta(hours=1)
VALUES = {
    "promised_what": "a call",
    "promised_for": "Monday 2 March",
    "next_step": "I call you tomorrow.",
    "next_word_by": "Tuesday 3 March",
}


class Case:
    """One application with a promise of a call within four hours and a letter sent for it."""

    def __init__(self, employer: Employer, **application: Any) -> None:
        self.employer = employer
        with employer.work() as work:
            found = add_application(work, stage="interview", **application)
            self.application_id = found.id
            arm_silence(work, found)
            promise = make_spoken(work, found, Spoken(Kind.CALLBACK, "A call", "4 business hours"))
            self.promise_id = promise.id
        self.message_id = self.write(f"one:{self.application_id}")

    def write(self, key: str) -> str:
        with self.employer.work() as work:
            promise = work.session.get_one(Promise, self.promise_id)
            letter = Letter("apology-late", key, VALUES, promise=promise)
            made = enqueue_letter(work, self.application(work), letter).id
        self.employer.turn()
        return made

    def application(self, work: Work) -> Application:
        return work.session.get_one(Application, self.application_id)

    def event(
        self,
        kind: EventKind,
        name: str,
        *,
        at: datetime | None = None,
        message_id: str | None = "",
        provider_id: str | None = None,
        batch_id: str | None = None,
        address: str | None = None,
    ) -> None:
        employer = self.employer
        told = MailEvent(
            name,
            kind,
            at or employer.now,
            self.message_id if message_id == "" else message_id,
            provider_id,
            address,
            batch_id=batch_id,
        )
        with employer.session() as session:
            store_events(session, [told], employer.now)
            session.commit()

    def promise(self) -> tuple[str, bool]:
        with self.employer.session() as session:
            found = session.get_one(Promise, self.promise_id)
            return found.state, found.breached_at is not None

    @contextmanager
    def message(self) -> Iterator[Message]:
        with self.employer.session() as session:
            yield session.get_one(Message, self.message_id)

    def standing(self) -> dict[str, Any]:
        """Everything that must not depend on the order of news."""
        with self.employer.session() as session:
            message = session.get_one(Message, self.message_id)
            promises = session.execute(
                select(Promise.kind, Promise.origin, Promise.state, Promise.due_at).where(
                    Promise.application_id == self.application_id,
                    Promise.state.in_(("open", "kept", "kept_late")),
                )
            )
            return {
                "letter": (message.state, message.delivered_at, message.bounced_at),
                "promises": sorted(tuple(map(str, row)) for row in promises),
                "contacts": [
                    c.at for c in session.scalars(select(Contact)) if c.taken_back_at is None
                ],
                "address": list(
                    session.execute(
                        select(
                            CandidateEmail.suppressed_at, CandidateEmail.suppressed_reason
                        ).where(CandidateEmail.address == message.to_address)
                    ).one()
                ),
                "heard": session.get_one(Application, self.application_id).last_contact_at,
            }
