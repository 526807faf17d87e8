"""The runner: steps turn, are woken, survive their faults, and stop within seconds."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.app import session_of
from service.clock import FakeClock
from service.domain.policies import Kind
from service.mail.base import Envelope, SendAnswer
from service.models import Delivery, Heartbeat, Message, Promise
from service.parts import parts
from service.ping import Ping
from service.steps import STEPS, Step, Tools, turn_all
from service.worker import Runner
from service.workflows.connections import add_connection
from service.workflows.promise_making import Spoken, make_spoken
from tests.harness import (
    MONDAY,
    Employer,
    RecordingTransport,
    add_application,
    add_notices,
    add_user,
)

SOON = timedelta(seconds=20)
"""Far longer than anything here takes: only a hang comes to it."""


class HeldTransport(RecordingTransport):
    """Takes one letter and answers when told to."""

    def __init__(self) -> None:
        super().__init__(name="held")
        self.taken = threading.Event()
        self.answer = threading.Event()

    def send(self, group: Sequence[Envelope], batch_id: str) -> SendAnswer:
        """Keep the mail, say so, and wait."""
        answer = super().send(group, batch_id)
        self.taken.set()
        assert self.answer.wait(SOON.total_seconds())
        return answer


@pytest.fixture
def held() -> Iterator[HeldTransport]:
    """A transport that lets go at the end, whatever became of the test."""
    transport = HeldTransport()
    yield transport
    transport.answer.set()


def make_runner(employer: Employer, transport: HeldTransport | None = None) -> Runner:
    tools = parts(employer.app).tools
    if transport is not None:
        tools = replace(tools, transport=transport)
    return Runner(tools, lambda: session_of(employer.app))


def add_letters(employer: Employer, number: int) -> None:
    with employer.work() as work:
        add_notices(work, number)


def states(employer: Employer) -> list[str]:
    with employer.session() as session:
        return sorted(session.scalars(select(Message.state)))


def test_a_stop_ends_the_letter_on_its_way_and_leaves_the_others_ready(
    employer: Employer, held: HeldTransport
) -> None:
    add_letters(employer, 5)
    runner = make_runner(employer, held)
    runner.start()
    assert held.taken.wait(SOON.total_seconds())

    runner.ask_to_stop()
    held.answer.set()
    hanging = runner.stop(SOON)

    assert hanging == []
    assert len(held.sent) == 1
    assert states(employer) == ["accepted", "ready", "ready", "ready", "ready"]
    with employer.session() as session:
        waiting = session.scalars(select(Message).where(Message.state == "ready")).all()
        assert {(each.due_at, each.lease_token) for each in waiting} == {(employer.now, None)}


def test_a_step_that_hangs_is_named_and_the_stop_does_not_wait_for_it(
    employer: Employer, held: HeldTransport
) -> None:
    add_letters(employer, 1)
    runner = make_runner(employer, held)
    runner.start()
    assert held.taken.wait(SOON.total_seconds())

    assert "dispatch" in runner.stop(timedelta(seconds=0))
    assert states(employer) == ["sending"]

    held.answer.set()
    assert runner.stop(SOON) == []
    assert states(employer) == ["accepted"]


def test_nothing_turns_after_a_stop_and_waking_is_harmless(employer: Employer) -> None:
    runner = make_runner(employer)
    runner.wake("ingest")
    runner.start()
    runner.wake("ingest")
    assert runner.stop(SOON) == []

    add_letters(employer, 1)
    runner.wake("dispatch")

    assert runner.stop(SOON) == []
    assert states(employer) == ["ready"]


def test_ingest_hands_back_what_it_did_not_begin(employer: Employer) -> None:
    with employer.work() as work:
        connection = add_connection(work, "main", "greenhouse", ["s"], rejections_by="keepword")
        work.session.add_all(
            Delivery(
                connection_id=connection.id,
                identity=str(at),
                headers={},
                body=b"{}",
                received_at=work.now,
                next_attempt_at=work.now,
            )
            for at in range(3)
        )
    tools = parts(employer.app).tools
    asked = iter([False, False, True, True])
    ingest = next(step for step in STEPS if step.name == "ingest")

    with employer.session() as session:
        ingest.run(session, replace(tools, stopping=Asked(asked)))

    with employer.session() as session:
        found = session.scalars(select(Delivery).order_by(Delivery.seq)).all()
        assert [(each.state, each.lease_token) for each in found] == [
            ("failed", None),
            ("received", None),
            ("received", None),
        ]
        assert [each.next_attempt_at for each in found[1:]] == [employer.now, employer.now]


class Asked(threading.Event):
    """An event that is set as an iterator says."""

    def __init__(self, answers: Iterator[bool]) -> None:
        super().__init__()
        self._answers = answers

    def is_set(self) -> bool:
        """Give the next answer."""
        return next(self._answers)


def test_a_step_that_fails_is_logged_without_the_errors_text_and_comes_again(
    employer: Employer, caplog: pytest.LogCaptureFixture
) -> None:
    written = "amara.okafor@example.com"
    turns = []

    def fail(_session: Session, _tools: Tools) -> object:
        turns.append(1)
        raise ValueError(written)

    runner = make_runner(employer)
    step = Step("broken", timedelta(seconds=1), timedelta(seconds=60), fail)
    with caplog.at_level(logging.ERROR, "keepword"):
        runner.turn(step)
        runner.turn(step)

    assert len(turns) == 2
    assert "the step broken failed with ValueError" in caplog.text
    assert written not in caplog.text


def test_every_step_leaves_a_heartbeat(employer: Employer) -> None:
    runner = make_runner(employer)
    for step in STEPS:
        runner.turn(step)

    with employer.session() as session:
        names = set(session.scalars(select(Heartbeat.name)))
    assert names >= {f"loop:{step.name}" for step in STEPS}


def test_a_clock_that_jumped_flags_nobody_for_five_minutes(employer: Employer) -> None:
    with employer.work() as work:
        maria = add_user(work)
        application = add_application(work, owner=maria, stage="interview")
        spoken = Spoken(Kind.CALLBACK, "A call", within="1 business hour", promised_by_id=maria.id)
        promise_id = make_spoken(work, application, spoken).id
    tools = parts(employer.app).tools

    def breached() -> bool:
        with employer.session() as session:
            turn_all(session, tools)
            return session.get_one(Promise, promise_id).breached_at is not None

    employer.clock.jump_to(employer.now + timedelta(hours=3))

    assert not breached()
    with employer.session() as session:
        assert "clock jumped" in session.get_one(Heartbeat, "check").data["not_ready"]
    employer.clock.advance(timedelta(minutes=4))
    assert not breached()
    employer.clock.advance(timedelta(minutes=1))
    assert breached()


def test_a_fault_that_lasts_is_logged_once_and_its_end_too(
    employer: Employer, caplog: pytest.LogCaptureFixture
) -> None:
    broken = [True]

    def run(_session: Session, _tools: Tools) -> object:
        if broken[0]:
            raise ValueError("not for the log")
        return None

    runner = make_runner(employer)
    step = Step("lasting", timedelta(seconds=1), timedelta(minutes=1), run)
    with caplog.at_level(logging.WARNING, "keepword.worker"):
        for _ in range(3):
            runner.turn(step)
        broken[0] = False
        runner.turn(step)
        runner.turn(step)

    told = [record.getMessage().partition("\n")[0] for record in caplog.records]
    assert told == [
        "the step lasting failed with ValueError and will come again",
        "the step lasting works again",
    ]


class CountingPing(Ping):
    """A watcher that counts instead of being asked over the network."""

    def __init__(self) -> None:
        super().__init__("http://127.0.0.1:9/", FakeClock(MONDAY))
        self.told = 0

    def say(self) -> bool:
        """Count."""
        self.told += 1
        return True


def test_the_outside_watcher_hears_only_of_a_checker_that_judges(employer: Employer) -> None:
    ping = CountingPing()
    tools = replace(parts(employer.app).tools, ping=ping)
    step = next(step for step in STEPS if step.name == "check")
    with employer.session() as session:
        step.run(session, tools)
        assert ping.told == 1
        employer.clock.jump_to(employer.now + timedelta(hours=1))
        step.run(session, tools)

    assert ping.told == 1
