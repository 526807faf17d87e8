"""The first page says in words who waits, since when, and why."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from service.db import db
from service.domain.contacts import Channel, Outcome
from service.domain.policies import Kind
from service.models import Application, Candidate, Job, Promise
from service.workflows.contacts import log_contact
from service.workflows.enquire import enquire
from service.workflows.promise_changes import reschedule
from service.workflows.promise_making import Spoken, make_spoken
from tests.harness import MONDAY, Employer, add_application, make_employer
from tests.reading_pages import (
    colleague,
    html_of,
    page_of,
    promise_call,
)

FRIDAY = MONDAY + timedelta(days=4)


def test_a_broken_promise_is_said_in_words(employer: Employer) -> None:
    maria = colleague(employer)
    application_id, _ = promise_call(employer, by=maria, within="by friday 17:00")
    with employer.work() as work:
        application = work.session.get_one(Application, application_id)
        log_contact(
            work,
            application,
            channel=Channel.PHONE,
            outcome=Outcome.NO_ANSWER,
            at=work.now,
        )
    employer.clock.move_to(FRIDAY.replace(hour=17) + timedelta(days=4, hours=-4))
    with employer.work() as work:
        application = work.session.get_one(Application, application_id)
        for at in (MONDAY + timedelta(days=2), FRIDAY + timedelta(days=3), employer.now):
            enquire(work, application, channel=Channel.PHONE, at=at, note=None)

    page = page_of(employer)

    assert "1 person is waiting for a word from you One promise has passed." in page
    assert (
        "Amara Okafor Backend Engineer A call about the panel date, promised by Maria Keller for "
        "Fri 17:00 ● overdue2 working days late why is it due Fri 17:00?"
    ) in page
    assert "Fri 6 Mar 17:00 was named" in page
    assert "has asked 3 times, twice after Friday had passed no contact yet" in page
    assert "owner Maria Keller interview stage" in page
    assert "cannot be reached by mail" not in page
    assert '<time datetime="2026-03-06T17:00:00Z">Fri 17:00</time>' in html_of(employer)


def test_every_deadline_shown_carries_its_reason(employer: Employer) -> None:
    promise_call(employer)
    promise_call(employer, within="4 business hours", first_name="Jonas", last_name="Weber")
    employer.clock.advance(timedelta(hours=2))
    html = html_of(employer)

    assert html.count("<details>") == html.count('class="promise"') == 2
    assert "1 h counted, 0 left" in html
    assert "Due Mon 2 Mar 13:00 in UTC" in html


def test_several_broken_promises_to_one_person_are_one_row(employer: Employer) -> None:
    application_id, _ = promise_call(employer)
    with employer.work() as work:
        application = work.session.get_one(Application, application_id)
        make_spoken(work, application, Spoken(Kind.FEEDBACK, "Feedback", within="2 business hours"))
    promise_call(employer, first_name="Jonas", last_name="Weber", within="2 business hours")
    employer.clock.advance(timedelta(hours=3))
    page, html = page_of(employer), html_of(employer)

    assert "2 people are waiting for a word from you 3 promises have passed." in page
    assert html.count('class="row"') == 2
    assert page.index("A call about the panel date") < page.index("Feedback, promised")
    assert page.index("Amara Okafor") < page.index("Jonas Weber")


def test_two_applications_of_one_person_are_two_rows_and_one_person(employer: Employer) -> None:
    application_id, _ = promise_call(employer)
    with employer.work() as work:
        first = work.session.get_one(Application, application_id)
        second = add_application(work, job=Job(title="Cook", created_at=work.now))
        second.candidate = work.session.get_one(Candidate, first.candidate_id)
        make_spoken(work, second, Spoken(Kind.CALLBACK, "A call", within="1 business hour"))
    employer.clock.advance(timedelta(hours=3))

    assert "1 person is waiting for a word from you 2 promises have passed." in page_of(employer)
    assert html_of(employer).count('class="row"') == 2


def test_who_cannot_be_reached_by_mail_is_to_be_called(employer: Employer) -> None:
    application_id, _ = promise_call(employer)
    with employer.work() as work:
        candidate = work.session.get_one(Application, application_id).candidate
        candidate.emails[0].suppressed_at = work.now
        candidate_id = candidate.id
    employer.clock.advance(timedelta(hours=3))

    assert "cannot be reached by mail: call +1 416 555 0100" in page_of(employer)
    assert 'href="tel:+14165550100"' in html_of(employer)

    with employer.work() as work:
        candidate = work.session.get_one(Candidate, candidate_id)
        candidate.phones.clear()

    assert "cannot be reached by mail, and no number is known" in page_of(employer)


def test_a_moved_date_shows_the_first_one(employer: Employer) -> None:
    _, promise_id = promise_call(employer)
    with employer.work() as work:
        promise = work.session.get_one(Promise, promise_id)
        reschedule(
            work,
            promise,
            within="2 business hours",
            due_at=None,
            reason=None,
            candidate_told=True,
        )
    employer.clock.advance(timedelta(hours=3))

    assert "for today 11:00 (first promised for today 10:00)" in page_of(employer)


def test_an_empty_page_names_what_is_due_next(employer: Employer) -> None:
    assert "Nobody is waiting. No promise is open." in page_of(employer)

    promise_call(
        employer, first_name="Jonas", last_name="Weber", wording="A call", within="6 business hours"
    )
    page = page_of(employer)

    assert "Nobody is waiting. The next promise is due today at 15:00: Jonas Weber, a call." in page
    assert "Due next Jonas Weber" in page
    assert "○ on time" in page


def test_what_comes_due_soon_is_marked_at_risk(employer: Employer) -> None:
    promise_call(employer, within="6 business hours")
    employer.clock.advance(timedelta(hours=5))

    assert "◐ at risk" in page_of(employer)


def test_a_promise_without_an_owner_says_so(employer: Employer) -> None:
    promise_call(employer)
    employer.clock.advance(timedelta(hours=3))
    page = page_of(employer)

    assert "A call about the panel date, promised for today 10:00" in page
    assert "nobody owns this" in page


def test_what_a_rule_owes_is_not_said_to_be_promised(employer: Employer) -> None:
    with employer.work() as work:
        application = add_application(work)
        enquire(work, application, channel=Channel.PHONE, at=work.now, note=None)
    employer.clock.advance(timedelta(days=1, hours=2))

    assert "A reply to their enquiry, due by rule yesterday 17:00" in page_of(employer) or (
        "A reply to their enquiry, due by rule today 09:00" in page_of(employer)
    )


def test_times_are_those_of_the_promises_calendar(database_url: str, tmp_path: Path) -> None:
    employer = make_employer(database_url, tmp_path, time_zone="America/Toronto")
    employer.clock.advance(timedelta(hours=5))
    promise_call(employer)
    employer.clock.advance(timedelta(hours=3))
    html = html_of(employer)
    with employer.app.app_context():
        db.engine.dispose()

    assert '<time datetime="2026-03-02T15:00:00Z">today 10:00</time>' in html


def test_fifty_rows_make_a_page_and_the_rest_follows_by_link(employer: Employer) -> None:
    with employer.work() as work:
        job = Job(title="Cook", status="open", created_at=work.now)
        for number in range(103):
            application = add_application(
                work, first_name="Person", last_name=f"{number:03}", job=job
            )
            # Many share an instant, so that the id decides.
            within = f"{60 + number // 40} business minutes"
            make_spoken(work, application, Spoken(Kind.CALLBACK, "A call", within=within))
    employer.clock.advance(timedelta(hours=3))
    seen: list[str] = []
    sizes: list[int] = []
    path: str | None = "/"
    while path is not None:
        html = html_of(employer, path)
        names = re.findall(r"Person (\d{3})", html)
        seen += names
        sizes.append(len(names))
        assert "103 people are waiting" in html
        found = re.search(r'href="([^"]+)" rel="next"', html)
        path = found[1] if found else None

    assert sizes == [50, 50, 3]
    assert sorted(seen) == [f"{number:03}" for number in range(103)]


@pytest.mark.parametrize(
    "after", ["", "x", "1-", "-app_1", "999999999999999999-app_1", "1-app_1'--", "1-\x00", "٣-a"]
)
def test_a_broken_link_is_answered_in_words(employer: Employer, after: str) -> None:
    answer = employer.app.test_client().get("/", query_string={"after": after})

    assert answer.status_code == 400
    assert "This link is not complete" in answer.get_data(as_text=True)


def test_behind_the_last_row_nobody_further_waits(employer: Employer) -> None:
    promise_call(employer)
    employer.clock.advance(timedelta(hours=3))

    assert "Nobody further waits." in page_of(employer, "/?after=4000000000000000-app_z")
