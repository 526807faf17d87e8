"""One candidate's page: reach them, what is owed, told and next, and the whole story in words."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from service.domain.contacts import Channel
from service.domain.policies import Kind
from service.models import Candidate, Contact, Interview, Job, User
from service.workflows.enquire import enquire
from service.workflows.erase import erase_candidate
from service.workflows.promise_changes import lock_application
from service.workflows.promise_making import Spoken, make_spoken
from service.workflows.suppress import suppress
from tests.harness import Employer, add_application
from tests.hostile_text import HOSTILE, assert_stays_text
from tests.integration.people_case import applied, call, candidate_of, text_of
from tests.reading_pages import (
    colleague,
    html_of,
    letter,
    page_of,
    promise_call,
    words_of,
)
from tests.signing_in import client_of, person
from tests.statements import statements_of


def test_what_is_owed_says_who_promised_it_when_it_is_due_and_why(employer: Employer) -> None:
    maria = colleague(employer)
    id_, _ = promise_call(employer, by=maria, within="4 business hours")

    page = page_of(employer, f"/people/{candidate_of(employer, id_)}")

    assert (
        "A call about the panel date ○ on time · promised by Maria Keller for today 13:00" in page
    )
    assert "4 business hours" in page or "09:00" in page
    assert "Log the call" in page
    assert "Move the date" in page


def test_a_late_promise_is_said_to_be_late(employer: Employer) -> None:
    id_, _ = promise_call(employer)
    employer.clock.advance(timedelta(hours=4))

    page = page_of(employer, f"/people/{candidate_of(employer, id_)}")

    assert "1 promise late" in page
    assert "● overdue, 3 h late" in page


def test_whom_mail_cannot_reach_is_to_be_called(employer: Employer) -> None:
    id_, candidate_id = applied(employer, email="amara@example.com")
    with employer.work() as work:
        application = lock_application(work, id_)
        assert application is not None
        make_spoken(work, application, Spoken(Kind.STATUS, "Word", within="1 business hour"))
    write_first = re.compile(r'button main" href="[^"]*/(call|write)\?')
    assert write_first.findall(html_of(employer, f"/people/{candidate_id}")) == ["write"]
    with employer.work() as work:
        suppress(work, "amara@example.com", work.now, "mail to this address bounced")

    html = html_of(employer, f"/people/{candidate_id}")
    assert write_first.findall(html) == ["call"]
    assert "/write" not in html
    page = page_of(employer, f"/people/{candidate_id}")

    assert "Cannot be reached by mail: call +1 416 555 0100 (mail to this address bounced)" in page
    assert "amara@example.com ● mail to this address bounced" in page
    assert 'href="tel:+14165550100"' in html_of(employer, f"/people/{candidate_id}")


def test_an_address_shows_how_the_last_letter_to_it_fared(employer: Employer) -> None:
    id_, candidate_id = applied(employer, email="amara@example.com")
    with employer.work() as work:
        letter(work, "bounced", application_id=id_, created_at=work.now - timedelta(days=1))
        letter(work, "delivered", application_id=id_)

    assert "amara@example.com ✓ delivered" in page_of(employer, f"/people/{candidate_id}")


def test_what_they_were_told_is_what_went_out_and_what_was_said(employer: Employer) -> None:
    id_, candidate_id = applied(employer)
    maria = colleague(employer)
    with employer.work() as work:
        call(work, id_, "We will call you on Friday.", maria.id)
        sent = letter(work, "delivered", application_id=id_, subject="Where we stand")
        work.session.add(
            Contact(
                application_id=id_,
                direction="out",
                channel="email",
                outcome="delivered",
                at=work.now,
                message_id=sent.id,
                created_at=work.now,
            )
        )
        letter_id = sent.id

    page, html = (read(employer, f"/people/{candidate_id}") for read in (page_of, html_of))

    assert "We will call you on Friday. ✓ called, reached · Maria Keller · today 09:00" in page
    assert "Where we stand ✓ a letter, delivered · today 09:00" in page
    assert f'href="/outbox/{letter_id}"' in html


def test_a_contact_taken_back_says_so(employer: Employer) -> None:
    id_, candidate_id = applied(employer)
    with employer.work() as work:
        call(work, id_)
        touch = work.session.query(Contact).one()
        touch.taken_back_at, touch.taken_back_reason = work.now, "the letter bounced"

    page = page_of(employer, f"/people/{candidate_id}")

    assert "does not count any more: the letter bounced" in page


def test_what_comes_next_is_letters_interviews_and_the_ladder(employer: Employer) -> None:
    id_, _ = promise_call(employer, within="4 business hours")
    candidate_id = candidate_of(employer, id_)
    with employer.work() as work:
        letter(
            work,
            "held",
            application_id=id_,
            subject="We need until Tuesday",
            due_at=work.now + timedelta(minutes=59),
        )
        work.session.add(
            Interview(
                application_id=id_,
                external_id="i-1",
                starts_at=work.now + timedelta(days=1),
                created_at=work.now,
            )
        )

    page = page_of(employer, f"/people/{candidate_id}")

    assert "We need until Tuesday ○ waits to leave · today 09:59" in page
    assert "Cancel the letter (59 min left)" in page
    assert "an interview is booked" in page
    assert "A call about the panel date the owner is told that it is overdue · today 13:00" in page


def test_with_nothing_owed_told_or_next_each_says_so(employer: Employer) -> None:
    _, candidate_id = applied(employer)

    page = page_of(employer, f"/people/{candidate_id}")

    assert "Nothing is owed to them." in page
    assert "Nobody has told them anything yet." in page
    assert "Nothing is scheduled." in page


def test_times_stand_in_the_readers_zone_with_the_candidates_beside(employer: Employer) -> None:
    id_, _ = promise_call(employer, within="4 business hours")
    candidate_id = candidate_of(employer, id_)
    maria = person(employer, time_zone="Europe/Berlin")
    with employer.work() as work:
        work.session.get_one(Candidate, candidate_id).time_zone = "America/Toronto"

    page = text_of(client_of(employer, maria), f"/people/{candidate_id}")

    assert "for today 14:00 (their 08:00)" in page


def test_a_zone_that_does_not_exist_hides_nothing(employer: Employer) -> None:
    _, candidate_id = applied(employer)
    with employer.work() as work:
        work.session.get_one(Candidate, candidate_id).time_zone = "Mars/Olympus"

    assert "Amara Okafor" in page_of(employer, f"/people/{candidate_id}")


def test_an_erased_person_is_an_empty_record(employer: Employer) -> None:
    id_, candidate_id = applied(employer)
    with employer.work() as work:
        call(work, id_, "a private matter")
        erase_candidate(work, work.session.get_one(Candidate, candidate_id), "asked for it")

    page = page_of(employer, f"/people/{candidate_id}")

    assert "This person's data was erased" in page
    assert "Amara" not in page
    assert "called" not in page


def test_a_merged_record_leads_to_the_person_it_went_into(employer: Employer) -> None:
    _, candidate_id = applied(employer)
    with employer.work() as work:
        old = Candidate(created_at=work.now, merged_into_id=candidate_id)
        work.session.add(old)
        work.session.flush()
        old_id = old.id

    answer = employer.app.test_client().get(f"/people/{old_id}")

    assert answer.status_code == 303
    assert answer.location == f"/people/{candidate_id}"
    assert "1 other record was merged" in page_of(employer, f"/people/{candidate_id}")


def test_another_record_with_the_same_address_is_pointed_out(employer: Employer) -> None:
    _, candidate_id = applied(employer, email="amara@example.com")
    _, other_id = applied(employer, first_name="A.", email="Amara@example.com")

    html = html_of(employer, f"/people/{candidate_id}")

    assert "Perhaps the same person: A. Okafor" in words_of(html)
    assert f'href="/people/{other_id}"' in html


@pytest.mark.parametrize("hostile", HOSTILE)
def test_what_people_wrote_stays_text(employer: Employer, hostile: str) -> None:
    with employer.work() as work:
        maria = User(email="m@example.com", name=f"Maria {hostile}", created_at=work.now)
        job = Job(title=hostile, status="open", created_at=work.now)
        work.session.add_all([maria, job])
        work.session.flush()
        made = add_application(
            work,
            first_name=hostile,
            last_name=hostile,
            email="a@example.com",
            owner=maria,
            job=job,
            waiting_on_id=maria.id,
            ats_stage=hostile,
        )
        made.candidate.phones[0].number = hostile
        made.candidate.emails[0].suppressed_at = work.now
        made.candidate.emails[0].suppressed_reason = hostile
        make_spoken(
            work,
            made,
            Spoken(Kind.CALLBACK, hostile, within="2 business hours", promised_by_id=maria.id),
        )
        call(work, made.id, hostile, maria.id)
        letter(work, "blocked", application_id=made.id, subject=hostile, reason=hostile)
        candidate_id = made.candidate_id

    assert_stays_text(html_of(employer, f"/people/{candidate_id}"), hostile)
    assert_stays_text(html_of(employer, "/people"), hostile)


def test_the_page_asks_no_more_of_the_database_the_more_there_is(employer: Employer) -> None:
    small, _ = promise_call(employer, first_name="Small")
    large, _ = promise_call(employer, first_name="Large")
    with employer.work() as work:
        application = lock_application(work, large)
        assert application is not None
        for number in range(30):
            call(work, large, f"call {number}")
            letter(work, "held", application_id=large, due_at=work.now + timedelta(hours=1))
            make_spoken(
                work, application, Spoken(Kind.CALLBACK, "A call", within="2 business hours")
            )
    paths = [f"/people/{candidate_of(employer, each)}" for each in (small, large)]
    html_of(employer, paths[0])
    counts = []
    for path in paths:
        with statements_of(employer) as seen:
            html_of(employer, path)
        counts.append(len(seen))

    # A letter and a contact are named where there are any: one statement for each kind of thing.
    assert counts[1] <= counts[0] + 3
    assert counts[1] <= 40


def test_the_pages_speak_german(employer: Employer) -> None:
    id_, _ = promise_call(employer)
    client = employer.app.test_client()

    html = client.get(
        f"/people/{candidate_of(employer, id_)}", headers={"Accept-Language": "de"}
    ).get_data(as_text=True)

    assert "Was geschah" in html
    assert "What happened" not in html


def test_how_often_they_asked_stands_beside_what_is_owed(employer: Employer) -> None:
    id_, _ = promise_call(employer)
    for _again in range(2):
        with employer.work() as work:
            application = lock_application(work, id_)
            assert application is not None
            enquire(work, application, channel=Channel.PHONE, at=work.now, note=None)
        employer.clock.advance(timedelta(hours=2))

    page = page_of(employer, f"/people/{candidate_of(employer, id_)}")

    assert "They have asked 2 times. Once after a promise had passed." in page
