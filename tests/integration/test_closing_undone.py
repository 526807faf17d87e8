"""Taking the closing of a job back: whoever was not told is considered again, and nobody else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from service.domain.changes import Stage
from service.domain.contacts import Channel, Outcome
from service.domain.promises import PromiseError
from service.models import Application, Decision, Job, Message, Promise
from service.workflows.cancelling import Which, cancel_letters
from service.workflows.contacts import log_contact
from service.workflows.decide import reject, reopen_here, withdraw_decision
from service.workflows.messages import Wish, write_letter
from service.workflows.undo_closing import Undone, undo_closing
from tests.harness import Employer
from tests.integration.closing_case import UNTIL, Closing
from tests.integration.watching import run_dispatch


@pytest.fixture
def case(employer: Employer) -> Closing:
    return Closing(employer)


def _undo(case: Closing, closing_id: str) -> Undone:
    with case.employer.work() as work:
        return undo_closing(work, closing_id, case.maria)


def _open_promises(case: Closing, application_id: str) -> list[str]:
    with case.employer.session() as session:
        return sorted(
            session.scalars(
                select(Promise.wording).where(
                    Promise.application_id == application_id, Promise.state == "open"
                )
            )
        )


def test_everything_is_as_it_was(case: Closing) -> None:
    amara = case.applicant("Amara", stage="screening")
    bela = case.applicant("Bela", stage="interview", interviewed_at=case.employer.now)
    before = {each: _open_promises(case, each) for each in (amara, bela)}
    closed = case.close()
    assert {each: _open_promises(case, each) for each in (amara, bela)} != before

    undone = _undo(case, closed.closing.id)

    assert sorted(undone.reopened) == sorted([amara, bela])
    assert (undone.letters_cancelled, undone.stays) == (1, [])
    assert case.application(amara).stage == "screening"
    assert case.application(bela).stage == "interview"
    assert {each: _open_promises(case, each) for each in (amara, bela)} == before
    assert case.job_status() == "open"
    (message,) = case.messages()
    assert (message.state, message.reason) == (
        "cancelled",
        "the closing of the job was taken back",
    )
    with case.employer.session() as session:
        assert all(d.withdrawn_at is not None for d in session.scalars(select(Decision)))
    closing = case.closing(closed.closing.id)
    assert (closing.undone_at, closing.undone_by_id) == (case.employer.now, case.maria)


def test_no_letter_goes_after_the_closing_was_taken_back(case: Closing) -> None:
    case.applicant()
    closed = case.close()
    case.employer.clock.advance(timedelta(minutes=59, seconds=59))
    _undo(case, closed.closing.id)
    case.employer.clock.advance(timedelta(seconds=1))

    run_dispatch(case.employer)

    assert case.employer.transport.sent == []


def test_after_the_last_second_nothing_is_taken_back(case: Closing) -> None:
    amara = case.applicant()
    closed = case.close()
    case.employer.clock.advance(timedelta(hours=1))
    run_dispatch(case.employer)

    with pytest.raises(PromiseError, match="too late") as refused:
        _undo(case, closed.closing.id)

    assert refused.value.code == "already-sent"
    assert case.application(amara).stage == "rejected"
    assert case.closing(closed.closing.id).undone_at is None
    assert case.job_status() == "filled"


def test_whoever_was_told_stays_and_is_named(case: Closing) -> None:
    told, waiting = case.applicant("Amara"), case.applicant("Bela")
    closed = case.close()
    with case.employer.work() as work:
        for message in work.session.scalars(select(Message)):
            if message.application_id == told:
                message.state, message.due_at = "accepted", None

    undone = _undo(case, closed.closing.id)

    assert undone.reopened == [waiting]
    assert undone.stays == [(told, "the letter has left: it is accepted")]
    assert case.application(told).stage == "rejected"
    assert case.application(waiting).stage == "applied"
    assert case.job_status() == "open"


def test_a_letter_that_bounced_told_nobody(case: Closing) -> None:
    amara = case.applicant()
    closed = case.close()
    with case.employer.work() as work:
        (message,) = work.session.scalars(select(Message))
        message.state, message.due_at = "bounced", None

    assert _undo(case, closed.closing.id).reopened == [amara]


def test_whoever_was_called_meanwhile_stays(case: Closing) -> None:
    amara = case.applicant("Amara", stage="interview", interviewed_at=case.employer.now)
    case.applicant("Bela")
    closed = case.close()
    task = case.entries(closed.closing.id)[amara].promise_id
    assert task is not None
    with case.employer.work() as work:
        log_contact(
            work,
            work.session.get_one(Application, amara),
            channel=Channel.PHONE,
            outcome=Outcome.REACHED,
            at=work.now,
            meant_for=frozenset({task}),
        )

    undone = _undo(case, closed.closing.id)

    assert undone.stays == [(amara, "they were told already")]
    assert case.application(amara).stage == "rejected"


def test_a_closing_is_taken_back_once(case: Closing) -> None:
    case.applicant()
    closed = case.close()
    _undo(case, closed.closing.id)

    with pytest.raises(PromiseError) as refused:
        _undo(case, closed.closing.id)
    assert refused.value.code == "closing-undone"


def test_what_was_decided_anew_since_is_left_alone(case: Closing) -> None:
    amara, bela = case.applicant("Amara"), case.applicant("Bela")
    closed = case.close()
    entry = case.entries(closed.closing.id)[amara]
    with case.employer.work() as work:
        application = work.session.get_one(Application, amara)
        withdraw_decision(work, application, work.session.get_one(Decision, entry.decision_id))
        reopen_here(work, application, Stage.OFFER)

    undone = _undo(case, closed.closing.id)

    assert undone.reopened == [bela]
    assert undone.stays == [(amara, "the decision was withdrawn already")]
    assert case.application(amara).stage == "offer"


def test_a_decision_that_stood_before_stands_after(case: Closing) -> None:
    amara = case.applicant()
    with case.employer.work() as work:
        decision = reject(
            work,
            work.session.get_one(Application, amara),
            reason="experience",
            decided_by_id=case.maria,
            decided_at=work.now,
            source="test",
        ).id
    closed = case.close()

    undone = _undo(case, closed.closing.id)

    assert (undone.letters_cancelled, undone.reopened) == (1, [])
    assert case.application(amara).stage == "rejected"
    with case.employer.session() as session:
        assert session.get_one(Decision, decision).withdrawn_at is None


def test_a_letter_that_gave_way_is_written_again(case: Closing) -> None:
    amara = case.applicant()
    other = case.also_applies(amara, case.another_job("Typesetter"))
    with case.employer.work() as work:
        application = work.session.get_one(Application, other)
        decision = reject(
            work,
            application,
            reason=None,
            decided_by_id=case.maria,
            decided_at=work.now,
            source="test",
        )
        write_letter(work, application, Wish("rejection-application", {}, case.maria))
    closed = case.close()

    _undo(case, closed.closing.id)

    held = [message for message in case.messages() if message.state == "held"]
    assert [(m.application_id, m.decision_id) for m in held] == [(other, decision.id)]
    assert "Bookbinder" not in held[0].text


def test_a_second_choice_is_no_second_choice_any_more(case: Closing) -> None:
    mailed, called = case.applicant("Amara"), case.applicant("Bela")
    with case.employer.work() as work:
        work.session.get_one(Application, called).candidate.can_email = False
    before = _open_promises(case, called)
    closed = case.close(second_choice=[mailed, called], second_choice_until_on=UNTIL)

    undone = _undo(case, closed.closing.id)

    assert (undone.letters_cancelled, undone.reopened) == (1, [])
    assert _open_promises(case, called) == before
    assert case.part(mailed)[0] == "mail"


def test_a_second_choice_who_was_called_is_named_as_told(case: Closing) -> None:
    mailed, called = case.applicant("Amara"), case.applicant("Bela")
    with case.employer.work() as work:
        work.session.get_one(Application, called).candidate.can_email = False
    closed = case.close(second_choice=[mailed, called], second_choice_until_on=UNTIL)
    task = case.entries(closed.closing.id)[called].promise_id
    assert task is not None
    with case.employer.work() as work:
        log_contact(
            work,
            work.session.get_one(Application, called),
            channel=Channel.PHONE,
            outcome=Outcome.REACHED,
            at=work.now,
            meant_for=frozenset({task}),
        )

    assert _undo(case, closed.closing.id).stays == [(called, "they were told already")]


def test_a_letter_that_tells_no_decision_still_goes(case: Closing) -> None:
    amara = case.applicant()
    closed = case.close()
    receipt = case.write(amara, "acknowledgement")

    undone = _undo(case, closed.closing.id)

    assert (undone.letters_cancelled, undone.reopened) == (1, [amara])
    run_dispatch(case.employer)
    assert [letter.message_id for letter in case.employer.transport.sent] == [receipt]


def test_a_status_that_changed_since_is_kept(case: Closing) -> None:
    case.applicant()
    closed = case.close()
    with case.employer.work() as work:
        work.session.get_one(Job, case.job).status = "closed"

    _undo(case, closed.closing.id)

    assert case.job_status() == "closed"


def test_a_job_that_was_taken_back_can_be_closed_again(case: Closing) -> None:
    amara = case.applicant()
    first = case.close()
    _undo(case, first.closing.id)

    second = case.close()

    assert case.application(amara).stage == "rejected"
    states = {m.closing_id: m.state for m in case.messages()}
    assert states == {first.closing.id: "cancelled", second.closing.id: "held"}


def test_the_letters_alone_are_stopped_and_the_decisions_stand(case: Closing) -> None:
    amara = case.applicant()
    closed = case.close()
    with case.employer.work() as work:
        cancel_letters(work, Which(closing_id=closed.closing.id), "a wrong word")

    assert case.application(amara).stage == "rejected"
    assert "To be told the decision" in _open_promises(case, amara)
    assert case.part(amara) == ("mail", "decided earlier, and not told")
