"""What several processes on one database agree on: who begins a step, how much mail may leave, and
who gets which row.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from service.app import engine_of, session_of
from service.clock import JumpGuard
from service.cluster_turns import Turns
from service.domain.policies import Kind
from service.mail.base import Envelope, EventKind, SendAnswer, Sorted
from service.models import Contact, Delivery, Message, Notice, TimelineEntry
from service.parts import parts
from service.steps import STEPS, step_named
from service.workflows.connections import add_connection
from service.workflows.promise_making import Spoken, make_spoken
from service.workflows.send_rate import room, take
from service.workflows.step_turns import begin_turn
from tests.doubles import greenhouse_bodies as greenhouse
from tests.harness import (
    Employer,
    RecordingTransport,
    add_application,
    add_notices,
    add_user,
    make_employer,
)
from tests.integration.letter_case import Case
from tests.integration.watching import at_once, run_dispatch, write_letters

SECOND = timedelta(seconds=1)
SOON = 60.0
"""Far longer than anything here takes: only a hang comes to it."""


def test_two_schedulers_begin_one_turn_and_a_wrong_clock_stops_none(employer: Employer) -> None:
    now = employer.now
    with employer.session() as one, employer.session() as other:
        ticks = [
            begin_turn(one, "check", 2 * SECOND, now),
            begin_turn(other, "check", 2 * SECOND, now + 0.7 * SECOND),
            begin_turn(other, "digest", 2 * SECOND, now),
            # A tick that comes a little early is still the next one.
            begin_turn(other, "check", 2 * SECOND, now + 1.9 * SECOND),
            begin_turn(one, "check", 2 * SECOND, now + 2.5 * SECOND),
        ]
        assert ticks == [True, False, True, True, False]

        # It was an hour ahead, and is set right.
        assert begin_turn(one, "check", 2 * SECOND, now + timedelta(hours=1))
        assert begin_turn(one, "check", 2 * SECOND, now + 5 * SECOND)


def test_all_who_send_draw_on_one_rate(employer: Employer) -> None:
    now = employer.now
    with employer.session() as session:
        assert room(session, now, 120) == 10
        assert take(session, now, 120, 4) == 4
        session.commit()
    with employer.session() as session:
        assert room(session, now, 120) == 6
        assert take(session, now, 120, 100) == 6
        assert take(session, now, 120, 1) == 0
        # Two a second come back, and never more than five seconds' worth.
        assert take(session, now + 3 * SECOND, 120, 100) == 6
        assert room(session, now + timedelta(hours=1), 120) == 10
        # Set back, the clock brings nothing and takes nothing.
        assert take(session, now - timedelta(hours=1), 120, 1) == 0
        assert take(session, now - timedelta(hours=1) + SECOND, 120, 100) == 2
        session.commit()


@pytest.fixture
def metered(
    new_database: Callable[..., str], tmp_path: Path
) -> Iterator[tuple[Employer, RecordingTransport]]:
    """An employer who may send sixty letters a minute, and what carries them."""
    transport = RecordingTransport(together=True)
    url = new_database("sqlite", started=True)
    employer = make_employer(url, tmp_path, transport=transport, mail_a_minute=60)
    yield employer, transport
    engine_of(employer.app).dispose()


def test_letters_leave_at_the_rate_and_none_is_left_behind(
    metered: tuple[Employer, RecordingTransport],
) -> None:
    employer, transport = metered
    with employer.work() as work:
        add_notices(work, 12)

    left = []
    for _ in range(4):
        employer.turn()
        left.append(len(transport.sent))
        employer.clock.advance(3 * SECOND)

    assert left == [5, 8, 11, 12]
    with employer.session() as session:
        assert set(session.scalars(select(Message.state))) == {"accepted"}


def test_those_that_have_waited_longest_leave_first(
    metered: tuple[Employer, RecordingTransport],
) -> None:
    employer, transport = metered
    ids = sorted(write_letters(employer, 7), reverse=True)
    with employer.work() as work:
        for number, id_ in enumerate(ids):
            work.session.get_one(Message, id_).due_at = work.now - (7 - number) * SECOND
    run_dispatch(employer)

    assert {letter.message_id for letter in transport.sent} == set(ids[:5])


def test_a_request_is_split_where_others_draw_on_the_rate_meanwhile(
    metered: tuple[Employer, RecordingTransport],
) -> None:
    employer, _ = metered
    ids = write_letters(employer, 5)

    class Shared(RecordingTransport):
        def sort(self, envelopes: Sequence[Envelope]) -> Sorted:
            def elsewhere() -> None:
                with employer.session() as session:
                    assert take(session, employer.now, 60, 3) == 3
                    session.commit()

            assert at_once(elsewhere) == [None]
            return super().sort(envelopes)

        def send(self, group: Sequence[Envelope], batch_id: str) -> SendAnswer:
            employer.clock.advance(2 * SECOND)
            return super().send(group, batch_id)

    shared = Shared(together=True)
    run_dispatch(employer, shared, clock=employer.clock)

    assert [len(group) for _, group in shared.requests] == [2, 2, 1]
    assert sorted(letter.message_id for letter in shared.sent) == sorted(ids)
    with employer.session() as session:
        assert set(session.scalars(select(Message.state))) == {"accepted"}


def test_an_empty_bucket_of_a_clock_that_was_ahead_fills_again(
    metered: tuple[Employer, RecordingTransport],
) -> None:
    employer, transport = metered
    with employer.work() as work:
        add_notices(work, 7)
    right = employer.now
    for at in (right + timedelta(days=1), right, right + 2 * SECOND):
        employer.clock.jump_to(at)
        with session_of(employer.app) as session:
            # As in a process of its own, which knows no other clock.
            tools = replace(parts(employer.app).tools, jump=JumpGuard(employer.clock))
            step_named("dispatch").run(session, tools)

    assert len(transport.sent) == 7


CROWD = 20
SENT = {"accepted", "delivered"}


class Crowd:
    """An employer on PostgreSQL for whom every step finds something."""

    def __init__(self, employer: Employer) -> None:
        self.employer = employer
        cases = [Case(employer) for _ in range(3)]
        with employer.work() as work:
            owner = add_user(work)
            for _ in range(CROWD):
                application = add_application(work, owner=owner, stage="interview")
                spoken = Spoken(
                    Kind.CALLBACK, "A call", within="1 business hour", promised_by_id=owner.id
                )
                make_spoken(work, application, spoken)
            connection = add_connection(work, "main", "greenhouse", ["s"], rejections_by="keepword")
            add_notices(work, CROWD)
            body = greenhouse.body("new_candidate_application", greenhouse.application())
            work.session.add_all(
                Delivery(
                    connection_id=connection.id,
                    identity=str(at),
                    headers={},
                    body=body,
                    received_at=work.now,
                    next_attempt_at=work.now,
                )
                for at in range(CROWD)
            )
        employer.clock.advance(timedelta(hours=3))
        for each in cases:
            each.event(EventKind.DELIVERED, f"delivered:{each.message_id}")
        self.delivered = sorted(each.message_id for each in cases)


@pytest.fixture
def crowd(new_database: Callable[..., str], tmp_path: Path) -> Iterator[Crowd]:
    """See ``Crowd``."""
    made = make_employer(new_database("postgresql", started=True), tmp_path)
    yield Crowd(made)
    engine_of(made.app).dispose()


def test_four_at_once_do_each_thing_once(crowd: Crowd, caplog: pytest.LogCaptureFixture) -> None:
    app, tools = crowd.employer.app, parts(crowd.employer.app).tools
    together = threading.Barrier(4)

    def turn() -> None:
        # As four processes do: each with turns and sessions of its own.
        turns = Turns(tools, lambda: session_of(app))
        for step in (*STEPS, *STEPS):
            together.wait(SOON)
            turns.turn(step.name, woken=True)

    threads = [threading.Thread(target=turn) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [record.getMessage() for record in caplog.records] == []
    sent = Counter(envelope.message_id for envelope in crowd.employer.transport.sent)
    assert set(sent.values()) == {1}
    with crowd.employer.session() as session:
        states = dict(session.execute(select(Message.id, Message.state)).all())
        assert set(sent) == {id_ for id_, state in states.items() if state in SENT}
        assert set(states.values()) <= {*SENT, "held", "cancelled"}
        assert set(session.scalars(select(Delivery.state))) == {"done"}
        overdue = select(TimelineEntry.application_id).where(
            TimelineEntry.kind == "promise_overdue"
        )
        assert sorted(Counter(session.scalars(overdue)).values()) == [1] * CROWD
        assert session.scalars(select(Notice.id).where(Notice.told_at.is_(None))).all() == []
        kept = select(Contact.message_id).where(Contact.outcome == "delivered")
        assert sorted(map(str, session.scalars(kept))) == crowd.delivered
