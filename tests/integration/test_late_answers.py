"""Answers that come late, or are hard to write down: what is known of a letter is kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select, true, update
from sqlalchemy.engine import Connection
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from service.app import engine_of, session_of
from service.db import LEASE
from service.mail.base import Envelope, EventKind, Uncertain
from service.mail.base import MailEvent as Reported
from service.models import Contact, MailChannel, Message, SendBatch
from service.parts import parts
from service.workflows.cancelling import Which, cancel_letters
from service.workflows.fold_events import fold_events, store_events
from service.workflows.messages import settle_uncertain
from tests.harness import Employer
from tests.integration.watching import (
    LookingTransport,
    at_once,
    count,
    message_of,
    run_dispatch,
    write_letters,
)


def send_again(employer: Employer, message_id: str) -> None:
    with employer.work() as work:
        message = work.session.get_one(Message, message_id)
        settle_uncertain(work, message, arrived=False, why="it did not come")


def hear(employer: Employer, kind: EventKind, message_id: str) -> None:
    told = Reported(f"{kind}:{message_id}", kind, employer.now, message_id, None, None)
    with employer.session() as session:
        store_events(session, [told], employer.now)
        session.commit()


def test_an_answer_that_comes_after_a_person_sent_its_letter_again_keeps_it_from_going_twice(
    employer: Employer,
) -> None:
    ids = write_letters(employer, 2)

    def stall(_letter: Envelope) -> None:
        def elsewhere() -> None:
            employer.clock.advance(LEASE)
            assert run_dispatch(employer).uncertain == 2
            send_again(employer, ids[0])

        assert at_once(elsewhere) == [None]

    slow = LookingTransport(stall)
    slow.together = True
    run_dispatch(employer, slow)
    run_dispatch(employer)

    assert [message_of(employer, id_).state for id_ in ids] == ["accepted"] * 2
    assert (len(slow.sent), employer.transport.sent) == (2, [])


def test_what_was_sent_again_then_cancelled_and_arrived_after_all_has_arrived(
    employer: Employer,
) -> None:
    (message_id,) = write_letters(employer)
    employer.transport.answers = [Uncertain("the answer was lost")]
    run_dispatch(employer)
    send_again(employer, message_id)
    with employer.work() as work:
        assert cancel_letters(work, Which((message_id,)), "not needed").cancelled == [message_id]
    hear(employer, EventKind.DELIVERED, message_id)
    employer.turn()

    assert message_of(employer, message_id).state == "delivered"
    assert count(employer, Contact) == 1


def test_a_worker_that_stalls_before_the_first_byte_sends_nothing(employer: Employer) -> None:
    ids = write_letters(employer, 2)
    employer.transport.together = True
    committed: list[bool] = []

    def note(session: Session, *_: object) -> None:
        if any(isinstance(row, SendBatch) for row in session.new):
            committed.append(False)

    def stall(_session: Session) -> None:
        if committed == [False]:
            committed[0] = True
            employer.clock.advance(LEASE)

    event.listen(Session, "before_flush", note)
    event.listen(Session, "after_commit", stall)
    try:
        report = run_dispatch(employer, clock=employer.clock, stop=lambda: bool(committed))
    finally:
        event.remove(Session, "before_flush", note)
        event.remove(Session, "after_commit", stall)
    assert (report.requests, employer.transport.sent) == (0, [])
    assert [message_of(employer, id_).state for id_ in ids] == ["ready"] * 2
    assert [message_of(employer, id_).attempts for id_ in ids] == [0] * 2
    with employer.session() as session:
        assert session.scalars(select(SendBatch.outcome)).one() == "not-sent"

    run_dispatch(employer)
    assert [message_of(employer, id_).state for id_ in ids] == ["accepted"] * 2


def test_an_answer_is_written_down_though_the_database_undid_it_at_first(
    employer: Employer,
) -> None:
    ids = write_letters(employer, 3)
    employer.transport.together = True
    undone: list[str] = []

    def undo(_session: Session) -> None:
        if employer.transport.sent and len(undone) < 2:
            undone.append("deadlock")
            raise OperationalError("COMMIT", {}, Exception("deadlock detected"))

    event.listen(Session, "before_commit", undo)
    try:
        report = run_dispatch(employer)
    finally:
        event.remove(Session, "before_commit", undo)

    assert (len(undone), report.accepted, report.requests) == (2, 3, 1)
    assert [message_of(employer, id_).state for id_ in ids] == ["accepted"] * 3


@contextmanager
def nobody_waits(employer: Employer) -> Iterator[None]:
    """Let whoever would wait for a row hear of an error instead."""
    engine = engine_of(employer.app)
    if engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time, so nobody holds one row alone")

    def limit(connection: Connection) -> None:
        connection.exec_driver_sql("SET LOCAL lock_timeout = '300ms'")

    event.listen(engine, "begin", limit)
    try:
        yield
    finally:
        event.remove(engine, "begin", limit)


@contextmanager
def held(employer: Employer, statement: Any) -> Iterator[None]:
    with engine_of(employer.app).begin() as other:
        other.execute(statement)
        yield


def test_an_event_that_the_database_could_not_fold_is_folded_later_however_old_it_is(
    employer: Employer,
) -> None:
    (message_id,) = write_letters(employer)
    run_dispatch(employer)
    hear(employer, EventKind.DELIVERED, message_id)
    employer.clock.advance(timedelta(hours=1))
    office = parts(employer.app).office
    locked = select(Message.id).where(Message.id == message_id).with_for_update()
    with nobody_waits(employer), session_of(employer.app) as session:
        with held(employer, locked):
            assert fold_events(session, office, employer.now) == 0
        assert fold_events(session, office, employer.now) == 1
    assert message_of(employer, message_id).state == "delivered"


def test_whoever_stands_still_with_a_lock_keeps_no_other_letter_from_its_end(
    employer: Employer,
) -> None:
    halted, lost, *_ = ids = write_letters(employer, 4)
    with employer.work() as work:
        work.session.execute(
            update(Message)
            .where(Message.id.in_([halted, lost]))
            .values(state="sending", due_at=employer.now)
        )
    both = select(Message.id).join(MailChannel, true()).where(Message.id == halted)
    locked = both.with_for_update()
    with nobody_waits(employer), held(employer, locked):
        report = run_dispatch(employer)

    assert (report.accepted, report.uncertain) == (2, 1)
    states = [message_of(employer, id_).state for id_ in ids]
    assert states == ["sending", "uncertain", "accepted", "accepted"]
