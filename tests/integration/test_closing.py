"""Closing a job: everybody who is left is told in the way that is right."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from service.domain.changes import Stage
from service.domain.closing_terms import Outcome, Part
from service.domain.contacts import Channel
from service.domain.contacts import Outcome as Came
from service.domain.policies import Kind
from service.models import (
    Application,
    Decision,
    Policy,
    Promise,
)
from service.workflows.contacts import log_contact, log_inbound
from service.workflows.decide import move_here
from service.workflows.messages import Wish, write_letter
from service.workflows.promise_making import Spoken, make_spoken
from tests.harness import Employer
from tests.integration.closing_case import Closing, counted
from tests.integration.watching import run_dispatch


@pytest.fixture
def case(employer: Employer) -> Closing:
    return Closing(employer)


def test_whoever_was_not_interviewed_is_told_by_mail(case: Closing) -> None:
    amara, bela = case.applicant("Amara"), case.applicant("Bela", stage="screening")

    closed = case.close()

    assert counted(closed.plan) == {"mail": 2}
    assert case.job_status() == "filled"
    assert {case.application(each).stage for each in (amara, bela)} == {"rejected"}
    with case.employer.session() as session:
        decisions = session.scalars(select(Decision)).all()
    assert {d.decided_by_id for d in decisions} == {case.maria}
    assert {d.reason for d in decisions} == {"the position was filled"}
    messages = case.messages(closed.closing.id)
    assert {m.kind for m in messages} == {"position-filled"}
    assert {m.state for m in messages} == {"held"}
    assert {m.decision_id for m in messages} == {d.id for d in decisions}
    entries = case.entries(closed.closing.id)
    assert entries[bela].stage_before == "screening"
    assert {entries[m.application_id or ""].message_id for m in messages} == {
        m.id for m in messages
    }


def test_a_job_that_was_not_filled_says_so(case: Closing) -> None:
    case.applicant()

    closed = case.close(outcome=Outcome.CANCELLED)

    (message,) = case.messages(closed.closing.id)
    assert message.kind == "position-closed"
    assert (case.job_status(), closed.closing.outcome) == ("closed", "cancelled")


def test_what_the_plan_shows_is_what_is_written(case: Closing) -> None:
    case.applicant()

    (planned,) = case.plan().letters
    closed = case.close()

    (message,) = case.messages(closed.closing.id)
    assert (message.subject, message.text, message.html) == (
        planned.rendered.subject,
        planned.rendered.text,
        planned.rendered.html,
    )
    assert (message.to_address, message.hold_until) == (planned.to_address, planned.goes_at)
    assert "Bookbinder" in message.subject


def test_planning_changes_nothing(case: Closing) -> None:
    amara = case.applicant()

    case.plan()

    assert case.application(amara).stage == "applied"
    assert case.messages() == []


def test_whoever_was_interviewed_is_called_first(case: Closing) -> None:
    amara = case.applicant(stage="interview", interviewed_at=case.employer.now)

    closed = case.close()

    assert counted(closed.plan) == {"call_first": 1}
    assert case.messages() == []
    entry = case.entries(closed.closing.id)[amara]
    assert entry.reason == "was interviewed: a call comes before any letter"
    with case.employer.session() as session:
        task = session.get_one(Promise, entry.promise_id)
        assert (task.owner_id, task.kind, task.state) == (case.maria, "decision", "open")
        assert task.wording == "A call to tell them the decision"
        assert task.due_at > case.employer.now


def test_a_call_is_owed_by_whoever_closes_where_nobody_owns_the_application(case: Closing) -> None:
    amara = case.applicant(stage="interview", interviewed_at=case.employer.now)
    case.change(amara, owner_id=None)

    closed = case.close()

    entry = case.entries(closed.closing.id)[amara]
    with case.employer.session() as session:
        assert session.get_one(Promise, entry.promise_id).owner_id == case.maria


def test_a_call_is_owed_even_where_no_rule_makes_one(case: Closing) -> None:
    with case.employer.work() as work:
        rule = work.session.scalars(select(Policy).where(Policy.name == "decision-told")).one()
        rule.active = False
    amara = case.applicant(stage="interview", interviewed_at=case.employer.now)

    closed = case.close()

    entry = case.entries(closed.closing.id)[amara]
    with case.employer.session() as session:
        task = session.get_one(Promise, entry.promise_id)
        assert (task.kind, task.owner_id, task.state) == ("decision", case.maria, "open")


def test_the_call_keeps_what_the_closing_owes(case: Closing) -> None:
    amara = case.applicant(stage="interview", interviewed_at=case.employer.now)
    closed = case.close()
    task = case.entries(closed.closing.id)[amara].promise_id
    assert task is not None

    with case.employer.work() as work:
        log_contact(
            work,
            work.session.get_one(Application, amara),
            channel=Channel.PHONE,
            outcome=Came.REACHED,
            at=work.now,
            meant_for=frozenset({task}),
        )

    with case.employer.session() as session:
        assert session.get_one(Promise, task).state == "kept"
    assert case.part(amara) == ("told_already", "the decision was told")


def test_a_person_may_choose_mail_for_somebody_who_was_interviewed(case: Closing) -> None:
    amara = case.applicant(stage="interview", interviewed_at=case.employer.now)

    closed = case.close(mail_anyway=[amara])

    (message,) = case.messages(closed.closing.id)
    assert message.kind == "rejection-interview"
    assert case.entries(closed.closing.id)[amara].reason == "told by mail at once, by choice"


def test_an_interview_that_should_have_begun_counts_as_held(case: Closing) -> None:
    amara = case.applicant(stage="interview")
    case.interview(amara, starts_at=case.employer.now - timedelta(hours=2))

    assert case.part(amara)[0] == "call_first"


@pytest.mark.parametrize("anyway", [False, True])
def test_an_interview_ahead_is_spoken_about_whatever_is_wished(
    case: Closing, *, anyway: bool
) -> None:
    amara = case.applicant(stage="interview")
    case.interview(amara, starts_at=case.employer.now + timedelta(days=1))

    part = case.part(amara, mail_anyway=[amara] if anyway else [])

    assert part == (
        "call_first",
        "an interview is still booked: cancel it and speak to them",
    )


def _moved_on(case: Closing, application_id: str) -> None:
    with case.employer.work() as work:
        application = work.session.get_one(Application, application_id)
        move_here(work, application, Stage.ASSESSMENT)
    case.employer.clock.advance(timedelta(hours=1))


def test_whoever_was_just_told_that_they_are_through_is_called_first(case: Closing) -> None:
    amara, bela = case.applicant("Amara", stage="screening"), case.applicant("Bela")
    _moved_on(case, amara)

    placed = case.placed()

    assert placed[bela][0] == "mail"
    assert placed[amara] == (
        "call_first",
        "was moved on or invited within the last five days: speak to them",
    )
    case.employer.clock.advance(timedelta(days=5))
    assert case.part(amara) == ("mail", "not interviewed")


def test_whoever_was_just_invited_is_called_first(case: Closing) -> None:
    amara = case.applicant("Amara", stage="screening")
    with case.employer.work() as work:
        values = {"scheduling_link": "https://example.com/slots", "reply_by": "2026-03-10"}
        application = work.session.get_one(Application, amara)
        write_letter(work, application, Wish("interview-scheduling", values, case.maria))
    assert case.part(amara)[0] == "mail"
    run_dispatch(case.employer)

    assert case.part(amara)[0] == "call_first"
    case.employer.clock.advance(timedelta(hours=1))
    case.change(amara, interviewed_at=case.employer.now)
    assert case.part(amara)[1] == "was interviewed: a call comes before any letter"


def test_mail_by_choice_goes_to_somebody_who_was_just_told_that_they_are_through(
    case: Closing,
) -> None:
    amara = case.applicant(stage="screening")
    _moved_on(case, amara)

    closed = case.close(mail_anyway=[amara])
    assert closed.plan.counts[Part.MAIL] == len(closed.plan.letters) == 1
    case.employer.clock.advance(timedelta(minutes=61))
    run_dispatch(case.employer)

    assert [message.state for message in case.messages()] == ["accepted"]


def test_a_letter_elsewhere_is_not_put_together_with_one_that_would_be_stopped(
    case: Closing,
) -> None:
    amara = case.applicant("Amara")
    other = case.also_applies(amara, case.another_job("Typesetter"), stage="screening")
    _moved_on(case, other)
    case.reject(other)

    (letter,) = case.plan().letters

    assert (letter.application.id, letter.also) == (amara, ())


def test_a_cancelled_interview_is_none(case: Closing) -> None:
    amara = case.applicant()
    now = case.employer.now
    case.interview(amara, starts_at=now + timedelta(days=1), cancelled_at=now)

    assert case.part(amara) == ("mail", "not interviewed")


def test_a_word_given_to_call_is_kept_by_a_call(case: Closing) -> None:
    amara = case.applicant(stage="screening")
    with case.employer.work() as work:
        make_spoken(
            work,
            work.session.get_one(Application, amara),
            Spoken(Kind.CALLBACK, "A call about the test", within="4 business hours"),
        )

    assert case.part(amara) == ("call_first", "a call was promised to them for today 13:00")


def test_whoever_has_been_in_touch_is_not_answered_by_a_rejection(case: Closing) -> None:
    amara, bela = case.applicant("Amara"), case.applicant("Bela")
    with case.employer.work() as work:
        for each in (amara, bela):
            application = work.session.get_one(Application, each)
            log_inbound(work, application, channel=Channel.EMAIL, at=work.now, note=None)
        answered = work.session.get_one(Application, bela)
        log_contact(work, answered, channel=Channel.PHONE, outcome=Came.REACHED, at=work.now)

    placed = case.placed()

    assert placed[amara][0] == "call_first"
    assert "nobody has answered" in placed[amara][1]
    assert placed[bela][0] == "mail"
