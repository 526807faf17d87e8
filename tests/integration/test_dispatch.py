"""The outbox: every answer, crashes, leases, races, pauses and retries."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import inspect, select
from sqlalchemy.exc import IntegrityError

from service.db import LEASE
from service.domain.delivery import STEPS, MailState, Step
from service.mail.base import (
    Accepted,
    Captured,
    ChannelDown,
    Envelope,
    EventKind,
    Refused,
    RetryLater,
    SendAnswer,
    Sorted,
    Uncertain,
)
from service.mail.base import MailEvent as Reported
from service.models import Message
from service.parts import parts
from service.workflows.answers import LOOK_UP_AFTER
from service.workflows.fold_events import fold_events, store_events
from tests.harness import Employer, RecordingTransport, add_application
from tests.integration.watching import (
    LookingTransport,
    at_once,
    count,
    kinds_on_timeline,
    letter,
    message_of,
    run_dispatch,
    write_letters,
)

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("answer", "state", "entry"),
    [
        (Accepted("req-9"), "accepted", "letter_accepted"),
        (Captured(), "captured", "letter_captured"),
        (Refused("the content was refused"), "failed", "letter_failed"),
        (Uncertain("the answer was lost"), "uncertain", "letter_uncertain"),
        (RetryLater("busy"), "retry", None),
        (ChannelDown("the key was refused"), "ready", None),
    ],
)
def test_each_answer_has_its_state(
    employer: Employer, answer: SendAnswer, state: str, entry: str | None
) -> None:
    (message_id,) = write_letters(employer)
    employer.transport.answers = [answer]
    run_dispatch(employer)

    message = message_of(employer, message_id)
    assert message.state == state
    assert message.lease_token is None
    assert (message.due_at is None) == (state in ("captured", "failed"))
    assert message.reason == getattr(answer, "reason", None)
    assert message.attempts == (0 if state == "ready" else 1)
    assert (message.accepted_at is not None) == (state in ("accepted", "captured"))
    assert kinds_on_timeline(employer) == ["letter_written", *([entry] if entry else [])]
    assert message.provider_id == getattr(answer, "provider_id", None)


def test_sending_is_committed_and_no_transaction_is_open_while_bytes_travel(
    employer: Employer,
) -> None:
    (message_id,) = write_letters(employer)
    seen = []

    def look(envelope: Envelope) -> None:
        def elsewhere() -> None:
            with employer.session() as session:
                row = session.scalars(
                    select(Message)
                    .where(Message.id == envelope.message_id)
                    .with_for_update(
                        nowait=employer.app.config["SQLALCHEMY_DATABASE_URI"].startswith("post")
                    )
                ).one()
                seen.append((row.state, row.attempts, row.provider))
                row.reason = "written while the letter was on its way"
                session.commit()

        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join(20)

    run_dispatch(employer, LookingTransport(look))
    assert seen == [("sending", 1, "looking")]
    assert message_of(employer, message_id).state == "accepted"


def test_what_was_claimed_and_not_begun_is_ready_again_after_its_lease(
    employer: Employer,
) -> None:
    (message_id,) = write_letters(employer)
    with employer.work() as work:
        message = work.session.get_one(Message, message_id)
        message.state, message.lease_token = "claimed", "a worker that died"
        message.due_at = work.now + LEASE
    assert run_dispatch(employer).claimed == 0

    employer.clock.advance(LEASE)
    run_dispatch(employer)
    assert message_of(employer, message_id).state == "accepted"
    assert len(employer.transport.sent) == 1


def test_what_was_being_sent_when_its_worker_died_is_uncertain_and_never_sent_again(
    employer: Employer,
) -> None:
    (message_id,) = write_letters(employer)
    with employer.work() as work:
        message = work.session.get_one(Message, message_id)
        message.state, message.lease_token = "sending", "a worker that died"
        message.due_at = work.now + LEASE
    assert run_dispatch(employer).uncertain == 0

    employer.clock.advance(LEASE)
    assert run_dispatch(employer).uncertain == 1
    assert message_of(employer, message_id).due_at == employer.now + LOOK_UP_AFTER
    employer.clock.advance(timedelta(days=30))
    run_dispatch(employer)
    message = message_of(employer, message_id)
    assert message.state == "uncertain"
    assert "nobody knows whether it left" in (message.reason or "")
    assert employer.transport.sent == []


def test_beside_what_goes_nothing_goes_that_does_not_wait_or_is_not_due(
    employer: Employer,
) -> None:
    """Letters in other states have a due instant too: to be asked about, or called unheard of."""
    goes, early, *others = write_letters(employer, 1 + 1 + len(_DOES_NOT_WAIT))
    with employer.work() as work:
        work.session.get_one(Message, early).due_at = work.now + MINUTE
        for id_, state in zip(others, _DOES_NOT_WAIT, strict=True):
            message = work.session.get_one(Message, id_)
            message.state, message.due_at = state, work.now
    run_dispatch(employer)

    states = [message_of(employer, id_).state for id_ in (goes, early, *others)]
    assert states == ["accepted", "ready", *_DOES_NOT_WAIT]
    assert len(employer.transport.sent) == 1


_DOES_NOT_WAIT = [
    state for state in MailState if state not in (MailState.SENDING, *STEPS[Step.CLAIM][0])
]


def test_letters_leave_in_the_order_in_which_they_were_written(employer: Employer) -> None:
    ids = sorted(write_letters(employer, 4), reverse=True)
    with employer.work() as work:
        for number, id_ in enumerate(ids):
            work.session.get_one(Message, id_).created_at = work.now + number * MINUTE
    run_dispatch(employer)

    assert [envelope.message_id for envelope in employer.transport.sent] == ids


def test_what_one_has_claimed_is_nobody_elses_before_it_begins(employer: Employer) -> None:
    ids = write_letters(employer, 3)

    class Slow(RecordingTransport):
        def sort(self, envelopes: Sequence[Envelope]) -> Sorted:
            assert at_once(lambda: run_dispatch(employer).claimed) == [0]
            return super().sort(envelopes)

    slow = Slow()
    run_dispatch(employer, slow)
    assert (len(slow.sent), employer.transport.sent) == (len(ids), [])


def test_a_letter_that_goes_again_says_which_try_it_is(employer: Employer) -> None:
    write_letters(employer)
    employer.transport.answers = [RetryLater("busy")]
    run_dispatch(employer)
    employer.clock.advance(timedelta(hours=1))
    run_dispatch(employer)

    assert [envelope.attempt for envelope in employer.transport.sent] == [1, 2]


def test_a_worker_killed_while_sending_leaves_the_letter_uncertain(
    employer: Employer, tmp_path: Path
) -> None:
    first, second = write_letters(employer, 2)
    address = employer.app.config["SQLALCHEMY_DATABASE_URI"]
    died = subprocess.run(
        [sys.executable, "-m", "tests.integration.killed_while_sending", address, str(tmp_path),
         employer.now.isoformat()],
        cwd=Path(__file__).parents[2], capture_output=True, timeout=60, check=False,
    )  # fmt: skip

    assert died.returncode == -9, died.stderr.decode()
    assert {message_of(employer, id_).state for id_ in (first, second)} == {"sending", "claimed"}

    employer.clock.advance(LEASE)
    run_dispatch(employer)
    states = {message_of(employer, id_).state for id_ in (first, second)}
    assert states == {"uncertain", "accepted"}
    assert len(employer.transport.sent) == 1


def test_an_answer_that_comes_after_the_lease_still_counts(employer: Employer) -> None:
    (message_id,) = write_letters(employer)

    def look(_envelope: Envelope) -> None:
        employer.clock.advance(LEASE)
        at_once(lambda: run_dispatch(employer, RecordingTransport()))

    late = LookingTransport(look)
    run_dispatch(employer, late, clock=employer.clock)
    message = message_of(employer, message_id)
    assert (message.state, message.provider_id) == ("accepted", "req-1")
    assert len(late.sent) == 1


def test_the_lease_counts_from_each_letters_own_start(employer: Employer) -> None:
    """Slow ones at the head of a batch must not make those behind them look lost."""
    first, second = write_letters(employer, 2)

    def look(_envelope: Envelope) -> None:
        employer.clock.advance(LEASE - timedelta(seconds=1))
        at_once(lambda: run_dispatch(employer, RecordingTransport()))

    run_dispatch(employer, LookingTransport(look), clock=employer.clock)
    assert [message_of(employer, id_).state for id_ in (first, second)] == ["accepted"] * 2


def test_an_event_that_comes_before_the_answer_stands(employer: Employer) -> None:
    (message_id,) = write_letters(employer)

    def look(envelope: Envelope) -> None:
        def event() -> None:
            with employer.session() as session:
                delivered = Reported(
                    "event-1", EventKind.DELIVERED, employer.now, envelope.message_id, None, None
                )
                store_events(session, [delivered], employer.now)
                session.commit()
                fold_events(session, parts(employer.app).office, employer.now)

        assert at_once(event) == [None]

    run_dispatch(employer, LookingTransport(look))
    message = message_of(employer, message_id)
    assert (message.state, message.provider_id) == ("delivered", "req-1")
    assert message.delivered_at == employer.now


def test_two_dispatchers_at_once_send_every_letter_once(employer: Employer) -> None:
    ids = write_letters(employer, 70)
    transports = [RecordingTransport(name=f"worker-{i}") for i in range(3)]

    reports = at_once(*[lambda t=t: run_dispatch(employer, t) for t in transports])
    assert [report for report in reports if isinstance(report, Exception)] == []
    run_dispatch(employer, transports[0])
    sent = [envelope.message_id for transport in transports for envelope in transport.sent]
    assert sorted(sent) == sorted(ids)
    assert count(employer, Message, Message.state == "accepted") == len(ids)


def test_a_letter_is_written_once_per_dedupe_key(employer: Employer) -> None:
    with employer.work() as work:
        application = add_application(work)
        first = letter(work, application, "the same")
        assert letter(work, application, "the same").id == first.id
    with employer.session() as session:
        row = session.get_one(Message, first.id)
        values = {
            column.key: getattr(row, column.key)
            for column in inspect(Message).column_attrs
            if column.key not in ("id", "version")
        }
        session.add(Message(**values))
        with pytest.raises(IntegrityError):
            session.commit()
        session.rollback()


def test_one_that_is_stopped_hands_back_what_it_did_not_begin(employer: Employer) -> None:
    ids = write_letters(employer, 3)
    asked = iter([False, False, True])

    run_dispatch(employer, stop=lambda: next(asked))
    assert len(employer.transport.sent) == 1
    assert sorted(message_of(employer, id_).state for id_ in ids) == ["accepted", "ready", "ready"]
    assert run_dispatch(employer).accepted == 2
