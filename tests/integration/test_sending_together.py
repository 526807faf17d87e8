"""Letters that share a request: one fault sets one letter aside, and none is lost or doubled."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from service.app import engine_of
from service.domain.delivery import UNHEARD_AFTER
from service.mail.base import (
    Accepted,
    Envelope,
    Refused,
    RefusedSome,
    SendAnswer,
    Sorted,
    TooLarge,
    Uncertain,
)
from service.models import Message, SendBatch
from tests.harness import Employer, RecordingTransport, add_application
from tests.integration.watching import (
    LookingTransport,
    at_once,
    count,
    letter,
    message_of,
    run_dispatch,
    write_letters,
)


@pytest.fixture(autouse=True)
def _together(employer: Employer) -> None:
    employer.transport.together = True


class Picky(RecordingTransport):
    """Refuses every request that holds one of these letters, in its own way."""

    def __init__(self, bad: set[str], refusal: SendAnswer) -> None:
        super().__init__(name="picky", together=True)
        self.bad = bad
        self.refusal = refusal
        self.taken: list[str] = []

    def send(self, group: list[Envelope], batch_id: str) -> SendAnswer:
        ids = [letter.message_id for letter in group]
        self.requests.append((batch_id, tuple(group)))
        if self.bad & set(ids):
            return self.refusal
        self.taken += ids
        return Accepted(batch_id)


def states(employer: Employer, ids: list[str]) -> list[str]:
    return [message_of(employer, id_).state for id_ in ids]


def test_letters_of_one_wording_go_in_one_request_and_say_which(employer: Employer) -> None:
    ids = write_letters(employer, 25)
    report = run_dispatch(employer)

    ((batch_id, letters),) = employer.transport.requests
    assert sorted(letter.message_id for letter in letters) == sorted(ids)
    assert (report.requests, report.accepted) == (1, 25)
    for id_ in ids:
        message = message_of(employer, id_)
        assert (message.batch_id, message.provider_id) == (batch_id, "req-1")
        assert message.due_at == employer.now + UNHEARD_AFTER
    with employer.session() as session:
        batch = session.get_one(SendBatch, batch_id)
        assert (batch.size, batch.outcome, batch.provider_id) == (25, "accepted", "req-1")
        assert batch.answered_at == employer.now


def test_the_membership_is_committed_before_the_request_leaves(employer: Employer) -> None:
    write_letters(employer, 4)
    seen = []

    def look(_envelope: Envelope) -> None:
        def elsewhere() -> None:
            with employer.session() as session:
                batch = session.query(SendBatch).one()
                members = session.query(Message).filter_by(batch_id=batch.id, state="sending")
                seen.append((batch.size, members.count(), batch.answered_at))

        assert at_once(elsewhere) == [None]

    transport = LookingTransport(look)
    transport.together = True
    run_dispatch(employer, transport)
    assert seen == [(4, 4, None)]


def test_a_letter_the_provider_names_is_set_aside_and_the_others_go(employer: Employer) -> None:
    ids = write_letters(employer, 6)
    picky = Picky({ids[2]}, RefusedSome({ids[2]: "the address was refused"}))
    report = run_dispatch(employer, picky)

    assert states(employer, ids) == ["accepted"] * 2 + ["failed"] + ["accepted"] * 3
    assert message_of(employer, ids[2]).reason == "the address was refused"
    assert (report.requests, report.refused, report.accepted) == (2, 1, 5)
    assert {message_of(employer, id_).attempts for id_ in ids if id_ != ids[2]} == {1}


@pytest.mark.parametrize("refusal", [Refused("a field is not valid"), TooLarge("too large")])
def test_a_request_refused_without_a_name_is_halved_until_the_letter_is_found(
    employer: Employer, refusal: SendAnswer
) -> None:
    ids = write_letters(employer, 20)
    bad = {ids[3], ids[17]}
    picky = Picky(bad, refusal)
    run_dispatch(employer, picky)

    assert {id_ for id_ in ids if message_of(employer, id_).state == "failed"} == bad
    assert sorted(picky.taken) == sorted(set(ids) - bad)
    assert count(employer, Message, Message.state == "accepted") == 18
    assert {message_of(employer, id_).attempts for id_ in picky.taken} == {1}


def test_what_the_checks_before_a_request_refuse_never_enters_one(employer: Employer) -> None:
    ids = write_letters(employer, 3)

    class Checking(RecordingTransport):
        def sort(self, envelopes: list[Envelope]) -> Sorted:
            sound = tuple(letter for letter in envelopes if letter.message_id != ids[1])
            return Sorted((sound,), {ids[1]: "recipient: the address has no domain"})

    transport = Checking()
    report = run_dispatch(employer, transport)

    assert states(employer, ids) == ["accepted", "failed", "accepted"]
    assert message_of(employer, ids[1]).reason == "recipient: the address has no domain"
    assert message_of(employer, ids[1]).batch_id is None
    assert [len(letters) for _, letters in transport.requests] == [2]
    assert report.refused == 1


def test_a_lost_answer_makes_every_letter_of_its_request_uncertain_and_no_other(
    employer: Employer,
) -> None:
    ids = write_letters(employer, 4)
    employer.transport.answers = [Uncertain("the answer was lost")]
    run_dispatch(employer)
    assert states(employer, ids) == ["uncertain"] * 4
    assert {message_of(employer, id_).due_at for id_ in ids} == {
        employer.now + timedelta(minutes=15)
    }

    with employer.work() as work:
        later = letter(work, add_application(work), "another").id
    employer.clock.advance(timedelta(hours=1))
    run_dispatch(employer)
    assert states(employer, [*ids, later]) == ["uncertain"] * 4 + ["accepted"]
    assert len(employer.transport.sent) == 5


def test_a_letter_cancelled_while_its_request_is_put_together_stays_behind(
    employer: Employer,
) -> None:
    ids = write_letters(employer, 3)

    class Slow(RecordingTransport):
        def sort(self, envelopes: list[Envelope]) -> Sorted:
            def cancel() -> None:
                with employer.work() as work:
                    message = work.session.get_one(Message, ids[0])
                    message.state, message.due_at = "cancelled", None

            assert at_once(cancel) == [None]
            return super().sort(envelopes)

    transport = Slow(together=True)
    run_dispatch(employer, transport)

    assert states(employer, ids) == ["cancelled", "accepted", "accepted"]
    assert [len(letters) for _, letters in transport.requests] == [2]


def test_what_was_looked_at_for_the_last_time_nobody_can_cancel_before_it_is_being_sent(
    employer: Employer,
) -> None:
    if engine_of(employer.app).dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time: nobody can come in between")
    write_letters(employer, 2)
    free: list[Sequence[str]] = []

    def elsewhere() -> None:
        with employer.session() as other:
            free.append(other.scalars(select(Message.id).with_for_update(skip_locked=True)).all())

    def look(session: Session, *_: object) -> None:
        if any(isinstance(row, SendBatch) for row in session.new):
            assert at_once(elsewhere) == [None]

    event.listen(Session, "before_flush", look)
    try:
        run_dispatch(employer)
    finally:
        event.remove(Session, "before_flush", look)

    assert free == [[]]
    assert count(employer, Message, Message.state == "accepted") == 2


def test_a_negative_answer_after_the_lease_lets_the_letters_go_again(employer: Employer) -> None:
    """They were given up for lost, and now it is known that they never left."""
    ids = write_letters(employer, 2)

    def look(_envelope: Envelope) -> SendAnswer | None:
        if len(transport.requests) > 1:
            return None
        employer.clock.advance(timedelta(minutes=3))
        at_once(lambda: run_dispatch(employer, RecordingTransport()))
        assert states(employer, ids) == ["uncertain"] * 2
        return TooLarge("too large")

    transport = LookingTransport(look)
    transport.together = True
    run_dispatch(employer, transport, clock=employer.clock)
    run_dispatch(employer, transport, clock=employer.clock)

    assert states(employer, ids) == ["accepted"] * 2
    assert len(transport.sent) == 4
