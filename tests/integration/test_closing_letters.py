"""Closing a job: one letter for one person, and what a second choice is told."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from service.domain.changes import Stage
from service.domain.contacts import Channel, Outcome
from service.domain.policies import Kind
from service.mail.base import EventKind, MailEvent
from service.models import (
    Application,
    Job,
    Message,
    MessageAlso,
    Promise,
    TimelineEntry,
)
from service.workflows.connections import add_connection
from service.workflows.contacts import log_contact
from service.workflows.decide import move_here
from service.workflows.enqueue import cancel
from service.workflows.fold_events import store_events
from service.workflows.promise_changes import release
from service.workflows.promise_making import Spoken, make_spoken
from tests.harness import MONDAY, Employer
from tests.integration.closing_case import UNTIL, Closing, counted
from tests.integration.watching import run_dispatch


@pytest.fixture
def case(employer: Employer) -> Closing:
    return Closing(employer)


def test_one_letter_names_all_that_was_decided(case: Closing) -> None:
    amara = case.applicant()
    other = case.also_applies(amara, case.another_job("Typesetter"))
    decision = case.reject(other)

    closed = case.close()

    (message,) = case.messages()
    assert message.kind == "rejection-application"
    assert "Bookbinder and Typesetter" in message.text
    with case.employer.session() as session:
        (also,) = session.scalars(select(MessageAlso)).all()
    assert (also.application_id, also.decision_id) == (other, decision)
    entries = case.entries(closed.closing.id)
    assert entries[other].message_id == entries[amara].message_id == message.id
    assert entries[other].reason == "decided earlier for another job, and told in the same letter"


def test_a_letter_that_waits_gives_way_to_one_about_both(case: Closing) -> None:
    amara = case.applicant()
    other = case.also_applies(amara, case.another_job("Typesetter"))
    case.reject(other)
    first = case.write(other)

    closed = case.close()

    with case.employer.session() as session:
        given_way = session.get_one(Message, first)
    assert given_way.state == "cancelled"
    assert "told in one letter" in (given_way.reason or "")
    (message,) = case.messages(closed.closing.id)
    assert "Bookbinder and Typesetter" in message.text


def test_a_cancelled_letter_about_two_is_told_of_on_both_timelines(case: Closing) -> None:
    amara = case.applicant()
    other = case.also_applies(amara, case.another_job("Typesetter"))
    case.reject(other)
    case.close()
    (message,) = case.messages()

    with case.employer.work() as work:
        cancel(work, work.session.get_one(Message, message.id), "a slip of the hand")
    with case.employer.session() as session:
        told = session.scalars(
            select(TimelineEntry.application_id).where(TimelineEntry.kind == "letter_cancelled")
        ).all()

    assert sorted(told) == sorted([amara, other])


def test_an_interview_elsewhere_is_not_told_about_in_passing(case: Closing) -> None:
    amara = case.applicant()
    other = case.also_applies(
        amara, case.another_job("Typesetter"), interviewed_at=case.employer.now
    )
    case.reject(other)

    closed = case.close()

    (message,) = case.messages(closed.closing.id)
    assert "Typesetter" not in message.text


@pytest.mark.parametrize(
    "why_not",
    [
        "told",
        "booked",
        "its ATS tells it",
        "not decided",
        "moved on lately",
        "withdrew since",
        "deleted there",
        "nobody need tell them",
        "decided before us",
        "a call is promised",
    ],
)
def test_nothing_is_told_in_passing_that_is_not_the_letters_to_tell(
    case: Closing, why_not: str
) -> None:
    amara = case.applicant()
    job = case.another_job("Typesetter")
    other = case.also_applies(amara, job)
    match why_not:
        case "its ATS tells it":
            with case.employer.work() as work:
                added = add_connection(
                    work, "main", "greenhouse", ["a secret"], rejections_by="ats"
                )
                work.session.get_one(Application, other).connection_id = added.id
        case "a call is promised":
            with case.employer.work() as work:
                application = work.session.get_one(Application, other)
                make_spoken(work, application, Spoken(Kind.CALLBACK, "A call", within="2 days"))
        case "booked":
            case.interview(other, starts_at=case.employer.now + timedelta(days=2))
        case "moved on lately":
            with case.employer.work() as work:
                application = work.session.get_one(Application, other)
                move_here(work, application, Stage.ASSESSMENT)
    if why_not == "not decided":
        case.change(other, stage="rejected", closed_at=case.employer.now)
    else:
        case.reject(other, days_ago=60 if why_not == "decided before us" else 0)
    with case.employer.work() as work:
        application = work.session.get_one(Application, other)
        owed = select(Promise).where(Promise.application_id == other, Promise.kind == "decision")
        match why_not:
            case "told":
                log_contact(
                    work,
                    application,
                    channel=Channel.PHONE,
                    outcome=Outcome.REACHED,
                    at=work.now,
                    meant_for=frozenset({work.session.scalars(owed).one().id}),
                )
            case "nobody need tell them":
                release(work, work.session.scalars(owed).one(), "they asked not to be written to")
            case "withdrew since":
                application.stage = "withdrawn"
            case "deleted there":
                application.deleted_at = work.now

    (letter,) = case.plan().letters

    assert letter.also == ()
    assert "Typesetter" not in letter.rendered.text


def test_a_letter_thanks_for_an_interview_only_where_all_that_it_names_had_one(
    case: Closing,
) -> None:
    amara = case.applicant(stage="interview", interviewed_at=case.employer.now)
    case.reject(case.also_applies(amara, case.another_job("Typesetter")))

    (letter,) = case.plan(mail_anyway=[amara]).letters

    assert letter.rendered.subject == "Your application for Bookbinder and Typesetter"


def test_two_applications_for_one_job_get_one_letter(case: Closing) -> None:
    amara = case.applicant()
    again = case.also_applies(amara, case.job)

    closed = case.close()

    assert counted(closed.plan) == {"mail": 2}
    (message,) = case.messages(closed.closing.id)
    assert message.kind == "position-filled"
    assert "Bookbinder and" not in message.text
    assert {case.application(each).stage for each in (amara, again)} == {"rejected"}


def test_nobody_gets_a_letter_and_a_call(case: Closing) -> None:
    amara = case.applicant()
    again = case.also_applies(amara, case.job, interviewed_at=case.employer.now)

    closed = case.close()

    assert counted(closed.plan) == {"call_first": 2}
    assert case.messages() == []
    assert case.entries(closed.closing.id)[again].promise_id is not None


def test_whoever_is_still_considered_elsewhere_is_told_so(case: Closing) -> None:
    amara = case.applicant()
    case.also_applies(amara, case.another_job("Typesetter"), stage="screening")

    closed = case.close()

    (message,) = case.messages(closed.closing.id)
    assert message.kind == "position-filled"
    assert "Your application for Typesetter goes on" in message.text
    with case.employer.session() as session:
        (also,) = session.scalars(select(MessageAlso)).all()
        assert also.decision_id is None


def test_several_that_go_on_are_listed(case: Closing) -> None:
    amara = case.applicant()
    for title in ("Typesetter", "Printer", "Gilder"):
        case.also_applies(amara, case.another_job(title))

    (letter,) = case.plan().letters

    assert letter.values["still_open"] == (
        "Your applications for Gilder, Printer and Typesetter go on"
    )


def test_one_of_the_same_name_that_goes_on_is_called_the_other_one(case: Closing) -> None:
    amara = case.applicant()
    case.also_applies(amara, case.another_job("Bookbinder"))

    (letter,) = case.plan().letters

    assert letter.values["still_open"] == "Your other application for Bookbinder goes on"


def test_no_application_goes_on_for_a_job_that_takes_nobody_any_more(case: Closing) -> None:
    amara = case.applicant()
    other = case.another_job("Typesetter")
    case.also_applies(amara, other)
    with case.employer.work() as work:
        work.session.get_one(Job, other).status = "filled"

    (letter,) = case.plan().letters

    assert "still_open" not in letter.values
    assert letter.goes_on == ()


def test_a_letter_of_a_closing_shows_the_hour_at_which_it_really_goes(case: Closing) -> None:
    amara = case.applicant()
    case.employer.clock.move_to(MONDAY.replace(hour=19, minute=30))

    (letter,) = case.plan(second_choice=[amara], second_choice_until_on=UNTIL).letters

    assert letter.goes_at == MONDAY.replace(day=3, hour=8, minute=0)


def test_a_second_choice_is_told_so_with_a_day_and_nothing_is_decided(case: Closing) -> None:
    amara = case.applicant(stage="interview", interviewed_at=case.employer.now)

    closed = case.close(second_choice=[amara], second_choice_until_on=UNTIL)

    assert counted(closed.plan) == {"second_choice": 1}
    assert case.application(amara).stage == "interview"
    (message,) = case.messages(closed.closing.id)
    assert (message.kind, message.state, message.promises_on) == ("second-choice", "held", UNTIL)
    assert "Friday 20 March" in message.text
    assert message.decision_id is None
    assert closed.closing.second_choice_until_on == UNTIL


def test_a_second_choice_is_promised_word_by_that_day_once_they_were_told(
    case: Closing,
) -> None:
    amara, soon = case.applicant(), date(2026, 3, 6)
    closed = case.close(second_choice=[amara], second_choice_until_on=soon)
    (message,) = case.messages(closed.closing.id)
    case.employer.clock.advance(timedelta(hours=1))
    assert run_dispatch(case.employer).accepted == 1
    case.employer.clock.advance(timedelta(minutes=1))

    arrived = MailEvent("e1", EventKind.DELIVERED, case.employer.now, message.id, "req-1", None)
    with case.employer.session() as session:
        store_events(session, [arrived], case.employer.now)
        session.commit()
    case.employer.turn()

    with case.employer.session() as session:
        found = session.scalars(
            select(Promise).where(
                Promise.application_id == amara, Promise.promised_by_id == case.maria
            )
        )
        assert [(p.kind, p.due_at.date()) for p in found] == [("status", soon)]


def test_a_second_choice_without_an_address_is_called(case: Closing) -> None:
    amara = case.applicant()
    with case.employer.work() as work:
        work.session.get_one(Application, amara).candidate.can_email = False

    closed = case.close(second_choice=[amara], second_choice_until_on=UNTIL)

    entry = case.entries(closed.closing.id)[amara]
    assert (entry.part, entry.message_id) == ("second_choice", None)
    with case.employer.session() as session:
        task = session.get_one(Promise, entry.promise_id)
    assert task.wording == "A call to say that they are second choice until Friday 20 March"


def test_a_second_choice_is_not_told_twice_and_is_kept_until_their_day(case: Closing) -> None:
    amara = case.applicant()
    case.close(second_choice=[amara], second_choice_until_on=UNTIL)
    kept = {"second_choice": [amara], "second_choice_until_on": UNTIL}

    assert case.part(amara, **kept)[0] == "told_already"
    assert case.part(amara)[0] == "told_already"
    assert case.part(amara, mail_anyway=[amara])[0] == "mail"
    longer = {**kept, "second_choice_until_on": UNTIL + timedelta(days=7)}
    assert case.part(amara, **longer)[0] == "second_choice"
    case.employer.clock.advance(timedelta(days=30))
    assert case.part(amara)[0] == "mail"


def test_nobody_is_second_choice_with_a_decision_against_them(case: Closing) -> None:
    amara = case.applicant()
    case.reject(amara)

    assert case.part(amara, second_choice=[amara], second_choice_until_on=UNTIL) == (
        "left_out",
        "a decision against them stands: withdraw it to keep them",
    )
