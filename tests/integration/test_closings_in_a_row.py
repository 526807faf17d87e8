"""Several closings that touch the same people: what one told, taking back another does not deny."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from service.domain.closing_terms import Outcome as Ending
from service.domain.contacts import Channel, Outcome
from service.domain.promises import PromiseError
from service.mail.base import Accepted, Captured, SendAnswer
from service.models import Application, Message, MessageAlso, Promise
from service.workflows.close_job import Closed, close_job
from service.workflows.contacts import log_contact
from service.workflows.template_versions import approve, withdraw
from service.workflows.undo_closing import Undone, undo_closing
from tests.harness import Employer
from tests.integration.closing_case import UNTIL, Closing
from tests.integration.watching import run_dispatch, shipped_version


@pytest.fixture
def case(employer: Employer) -> Closing:
    return Closing(employer)


def _undo(case: Closing, closed: Closed) -> Undone:
    with case.employer.work() as work:
        return undo_closing(work, closed.closing.id, case.maria)


def _close_other(case: Closing, job_id: str) -> Closed:
    with case.employer.work() as work:
        return close_job(work, job_id, case.wish())


def _named_in(case: Closing, message: Message) -> set[str | None]:
    with case.employer.session() as session:
        also = select(MessageAlso.application_id).where(MessageAlso.message_id == message.id)
        return {message.application_id, *session.scalars(also)}


class Row:
    """Amara was rejected as a typesetter, and two more jobs she applied for close in a row."""

    def __init__(self, case: Closing) -> None:
        self.amara = case.applicant()
        self.typesetter = case.also_applies(self.amara, case.another_job("Typesetter"))
        case.reject(self.typesetter)
        self.first = case.close()
        printing = case.another_job("Printer")
        self.printer = case.also_applies(self.amara, printing)
        self.second = _close_other(case, printing)


def test_a_letter_about_several_that_gave_way_comes_back_about_all(case: Closing) -> None:
    row = Row(case)

    undone = _undo(case, row.second)

    assert (undone.reopened, undone.stays) == ([row.printer], [])
    (held,) = [message for message in case.messages() if message.state == "held"]
    assert _named_in(case, held) == {row.amara, row.typesetter}
    assert "Bookbinder and Typesetter" in held.text
    assert held.closing_id == row.first.closing.id
    assert case.entries(row.first.closing.id)[row.amara].message_id == held.id


def test_what_came_back_and_left_is_not_taken_back_by_the_closing_it_belongs_to(
    case: Closing,
) -> None:
    row = Row(case)
    _undo(case, row.second)
    case.employer.clock.advance(timedelta(minutes=61))
    run_dispatch(case.employer)

    with pytest.raises(PromiseError) as refused:
        _undo(case, row.first)
    assert refused.value.code == "already-sent"
    assert case.application(row.amara).stage == "rejected"


def test_what_came_back_is_stopped_by_the_closing_it_belongs_to(case: Closing) -> None:
    row = Row(case)
    _undo(case, row.second)

    undone = _undo(case, row.first)

    assert undone.reopened == [row.amara]
    assert {m.state for m in case.messages() if row.amara in _named_in(case, m)} == {"cancelled"}


@pytest.mark.parametrize("answer", [Accepted("req-1"), Captured()])
def test_what_another_closings_letter_told_stays_told(case: Closing, answer: SendAnswer) -> None:
    row = Row(case)
    case.employer.transport.answers = [answer]
    case.employer.clock.advance(timedelta(minutes=61))
    run_dispatch(case.employer)

    with pytest.raises(PromiseError) as refused:
        _undo(case, row.first)
    assert refused.value.code == "already-sent"
    assert case.application(row.amara).stage == "rejected"


def test_what_was_told_by_telephone_instead_of_the_letter_stays_told(case: Closing) -> None:
    amara = case.applicant("Amara")
    bela = case.applicant("Bela")
    closed = case.close()
    with case.employer.work() as work:
        owed = work.session.scalars(
            select(Promise).where(Promise.application_id == amara, Promise.kind == "decision")
        ).one()
        log_contact(
            work,
            work.session.get_one(Application, amara),
            channel=Channel.PHONE,
            outcome=Outcome.REACHED,
            at=work.now,
            by_user_id=case.maria,
            meant_for=frozenset({owed.id}),
        )

    undone = _undo(case, closed)

    assert undone.reopened == [bela]
    assert (amara, "they were told already") in undone.stays
    assert case.application(amara).stage == "rejected"


def test_a_letter_comes_back_for_whom_it_only_named_though_the_other_was_told(
    case: Closing,
) -> None:
    row = Row(case)
    with case.employer.work() as work:
        owed = work.session.scalars(
            select(Promise).where(Promise.application_id == row.amara, Promise.kind == "decision")
        ).one()
        log_contact(
            work,
            work.session.get_one(Application, row.amara),
            channel=Channel.PHONE,
            outcome=Outcome.REACHED,
            at=work.now,
            meant_for=frozenset({owed.id}),
        )

    undone = _undo(case, row.second)

    assert undone.stays == [(row.amara, "they were told already")]
    (again,) = (each for each in case.messages() if each.state == "held")
    assert _named_in(case, again) == {row.amara, row.typesetter}


def test_a_letter_that_cannot_come_back_keeps_nobody_from_taking_back(case: Closing) -> None:
    row = Row(case)
    with case.employer.work() as work:
        version = shipped_version(work, "rejection-application")
        assert version is not None
        withdraw(work, version, "it names the wrong town")

    undone = _undo(case, row.second)

    assert undone.reopened == [row.printer]
    assert {id_ for id_, _ in undone.stays} == {row.amara, row.typesetter}
    assert all("no approved wording" in why for _, why in undone.stays)
    with case.employer.work() as work:
        approve(work, version)


def test_a_job_stays_closed_while_a_later_closing_stands(case: Closing) -> None:
    case.applicant("Amara")
    bela = case.applicant("Bela")
    first = case.close(leave_out=[bela])
    second = case.close()

    _undo(case, first)
    assert case.job_status() == "filled"

    _undo(case, second)
    assert case.job_status() == "open"


def test_taking_back_the_later_closing_leaves_the_job_as_the_first_one_closed_it(
    case: Closing,
) -> None:
    case.applicant("Amara")
    bela = case.applicant("Bela")
    case.close(leave_out=[bela])
    case.employer.clock.advance(timedelta(minutes=1))
    second = case.close(outcome=Ending.CANCELLED)
    assert case.job_status() == "closed"

    _undo(case, second)

    assert case.job_status() == "filled"


def test_a_second_rejection_on_one_day_follows_a_day_after_the_first(case: Closing) -> None:
    typesetting = case.another_job("Typesetter")
    amara = case.applicant()
    case.also_applies(amara, typesetting)
    case.close()
    case.employer.clock.advance(timedelta(minutes=61))
    run_dispatch(case.employer)
    first_left = case.employer.now

    case.employer.clock.advance(timedelta(hours=1))
    second = _close_other(case, typesetting)

    (letter,) = second.plan.letters
    assert letter.goes_at == first_left + timedelta(days=1)
    assert letter.waits == "follows a day after another rejection of theirs"
    case.employer.move_to(letter.goes_at)
    assert [m.state for m in case.messages(second.closing.id)] == ["accepted"]


def test_of_several_rejections_that_left_the_last_counts_and_good_news_waits_for_none(
    case: Closing,
) -> None:
    amara, now = case.applicant(), case.employer.now
    for title, hours in (("Typesetter", 1), ("Printer", 20)):
        other = case.also_applies(amara, case.another_job(title))
        case.reject(other)
        left = case.write(other)
        with case.employer.work() as work:
            message = work.session.get_one(Message, left)
            message.state, message.accepted_at = "accepted", now - timedelta(hours=hours)

    (letter,) = case.plan().letters
    assert letter.goes_at == now + timedelta(hours=23)
    kept = case.plan(second_choice=[amara], second_choice_until_on=UNTIL)
    assert [each.goes_at for each in kept.letters] == [now + timedelta(hours=1)]


def test_a_letter_about_one_of_two_for_the_same_job_gives_way_to_one_about_both(
    case: Closing,
) -> None:
    amara = case.applicant()
    again = case.also_applies(amara, case.job)
    case.reject(amara)
    first = case.write(amara)

    closed = case.close()

    assert {each.application.id: each.reason for each in closed.plan.planned} == {
        amara: "decided earlier; its letter gives way to one about both",
        again: "not interviewed",
    }
    (message,) = (each for each in case.messages() if each.state == "held")
    assert message.id != first
    assert _named_in(case, message) == {amara, again}
    assert {entry.message_id for entry in case.entries(closed.closing.id).values()} == {message.id}


def test_nobody_is_called_second_choice_after_a_later_closing_decided_against_them(
    case: Closing,
) -> None:
    amara = case.applicant()
    case.close(second_choice=[amara], second_choice_until_on=UNTIL)
    case.employer.clock.advance(timedelta(minutes=10))
    case.close(mail_anyway=[amara])
    case.employer.clock.advance(timedelta(hours=1))
    run_dispatch(case.employer)

    assert {each.kind: each.state for each in case.messages()} == {
        "second-choice": "blocked",
        "position-filled": "accepted",
    }
