"""A clock that jumps in the middle of work delays what is under way, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from service.app import session_of
from service.ats.greenhouse import Greenhouse
from service.clock import HOLD_AFTER_JUMP, FakeClock, JumpGuard
from service.mail.base import Envelope, SendAnswer
from service.models import Delivery, Message
from service.parts import parts
from service.steps import STEPS, step_named
from service.worker import Every, Runner
from service.workflows.connections import add_connection
from tests.doubles.greenhouse_bodies import application, body
from tests.harness import MONDAY, Employer, RecordingTransport, add_notices

SECRET = "an invented greenhouse secret"
YEAR = timedelta(days=365)


@dataclass
class JumpingTransport(RecordingTransport):
    """Sets the clock a year ahead while it sends."""

    clock: FakeClock = field(default_factory=lambda: FakeClock(MONDAY))

    def send(self, group: Sequence[Envelope], batch_id: str) -> SendAnswer:
        """Jump, and take the letter."""
        self.clock.jump_to(self.clock.now() + YEAR)
        return super().send(group, batch_id)


def test_a_jump_ends_the_sending_and_leaves_the_rest_ready_for_when_it_was(
    employer: Employer,
) -> None:
    with employer.work() as work:
        add_notices(work, 5)
    transport = JumpingTransport(clock=employer.clock)
    jump = JumpGuard(employer.clock)
    tools = replace(parts(employer.app).tools, transport=transport, jump=jump)
    with session_of(employer.app) as session:
        step_named("dispatch").run(session, tools)

    assert len(transport.sent) == 1
    with employer.session() as session:
        left = session.scalars(select(Message).where(Message.state == "ready")).all()
    assert [each.due_at for each in left] == [MONDAY] * 4


def test_what_came_while_the_clock_was_ahead_is_worked_in_once_it_is_right(
    employer: Employer,
) -> None:
    with employer.work() as work:
        add_connection(work, "main", "greenhouse", [SECRET], rejections_by="keepword")
    jump = JumpGuard(employer.clock)
    tools = replace(parts(employer.app).tools, jump=jump)
    employer.clock.jump_to(MONDAY + YEAR)
    content = body("new_candidate_application", application())
    headers = Greenhouse().sign(content, SECRET, employer.now, "gh-1")
    answer = employer.app.test_client().post("/hooks/ats/main", data=content, headers=headers)
    assert answer.status_code == 200

    def state_once_ingested() -> str:
        with session_of(employer.app) as session:
            step_named("ingest").run(session, tools)
            return session.scalars(select(Delivery.state)).one()

    # A promise made now would be due a year later than it is.
    assert state_once_ingested() == "received"
    employer.clock.jump_to(MONDAY)
    employer.clock.advance(HOLD_AFTER_JUMP - timedelta(seconds=1))
    assert state_once_ingested() == "received"
    employer.clock.advance(HOLD_AFTER_JUMP)
    assert state_once_ingested() == "done"


def test_a_clock_set_back_keeps_no_step_waiting(employer: Employer) -> None:
    runner = Runner(parts(employer.app).tools, lambda: session_of(employer.app))
    runner.start()
    now = datetime.now(UTC)

    assert runner.wake_far_off(now) == []
    assert set(runner.wake_far_off(now - timedelta(hours=1))) == {step.name for step in STEPS}
    assert runner.stop() == []


def test_turns_that_were_missed_while_the_clock_was_wrong_are_not_made_up_for() -> None:
    every = Every(timedelta(seconds=1))

    assert every.get_next_fire_time(MONDAY, MONDAY + YEAR) == MONDAY + YEAR + timedelta(seconds=1)
