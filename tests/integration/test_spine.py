"""The whole way at workflow level: a promise, its breach, a letter, its fate."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from service.domain.policies import Kind
from service.mail.base import EventKind, MailEvent
from service.models import Message, Promise
from service.workflows.composing import Letter
from service.workflows.enqueue import enqueue_letter
from service.workflows.fold_events import store_events
from service.workflows.promise_making import Spoken, make_spoken
from tests.harness import Employer, add_application, add_user


def _event(employer: Employer, message_id: str, kind: EventKind, name: str) -> None:
    with employer.session() as session:
        store_events(
            session,
            [MailEvent(name, kind, employer.now, message_id, None, None)],
            employer.now,
        )
        session.commit()


def test_a_letter_keeps_a_late_promise_and_its_bounce_opens_it_again(employer: Employer) -> None:
    with employer.work() as work:
        maria = add_user(work)
        application = add_application(work, owner=maria, stage="interview")
        promise = make_spoken(
            work,
            application,
            Spoken(
                Kind.CALLBACK,
                "A call about the panel date",
                within="4 business hours",
                promised_by_id=maria.id,
            ),
        )
        promise_id, application_id = promise.id, application.id

    employer.pass_time(hours=4)
    with employer.session() as session:
        assert session.get_one(Promise, promise_id).breached_at is None
    employer.pass_time(minutes=1)
    with employer.session() as session:
        found = session.get_one(Promise, promise_id)

        assert found.breached_at == found.due_at

    with employer.work() as work:
        application = work.session.get_one(type(application), application_id)
        promise = work.session.get_one(Promise, promise_id)
        message = enqueue_letter(
            work,
            application,
            Letter(
                "apology-late",
                "test:1",
                {
                    "promised_what": "a call",
                    "promised_for": "Monday 2 March",
                    "next_step": "I call you tomorrow.",
                    "next_word_by": "Tuesday 3 March",
                },
                by_user_id=maria.id,
                promise=promise,
            ),
        )
        message_id = message.id
    employer.turn()

    kinds = {envelope.kind for envelope in employer.transport.sent}
    assert kinds == {"staff-digest", "apology-late"}
    with employer.session() as session:
        assert session.get_one(Promise, promise_id).state == "open"

    _event(employer, message_id, EventKind.DELIVERED, "e1")
    employer.pass_time(minutes=5)
    with employer.session() as session:
        assert session.get_one(Promise, promise_id).state == "kept_late"

    _event(employer, message_id, EventKind.BOUNCED, "e2")
    employer.pass_time(minutes=5)
    with employer.session() as session:
        found = session.get_one(Promise, promise_id)

        assert (found.state, found.breached_at) == ("open", found.due_at)
        assert session.get_one(Message, message_id).state == "bounced"
        digests = session.scalars(select(Message).where(Message.kind == "staff-digest")).all()
        assert len(digests) == 1

    employer.pass_time(hours=2)
    with employer.session() as session:
        digests = session.scalars(select(Message).where(Message.kind == "staff-digest")).all()

        assert len(digests) == 2
        assert digests[0].created_at + timedelta(minutes=30) < employer.now
