"""The first page says who needs a word, why they stand where they do, and counts truly."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from service.db import db
from service.domain.contacts import Channel, Outcome
from service.domain.delivery import MailState
from service.domain.policies import Kind
from service.models import Application, Candidate, Job, Promise, Team, User, UserAbsence
from service.workflows.contacts import log_contact
from service.workflows.enquire import enquire
from service.workflows.promise_changes import reschedule
from service.workflows.promise_making import Spoken, make_spoken
from tests.harness import MONDAY, Employer, add_application, add_user, make_employer
from tests.reading_pages import colleague, html_of, letter, page_of, promise_call, words_of
from tests.signing_in import client_of, person, token_in

FRIDAY = MONDAY + timedelta(days=4)


def shown(employer: Employer, user: User, path: str = "/") -> str:
    """Return a page as somebody who is signed in reads it."""
    answer = client_of(employer, user).get(path)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return words_of(answer.get_data(as_text=True))


def counts(html: str) -> dict[str, int]:
    """Return the tabs and how many each holds."""
    nav = re.search(r'<nav class="tabs".*?</nav>', html, re.DOTALL)
    assert nav is not None
    return {
        words_of(label): int(number or 0)
        for label, number in re.findall(
            r'<a href="[^"]*"[^>]*>([^<]+)(?:<span class="many">(\d+)</span>)?</a>', nav[0]
        )
    }


def test_a_broken_promise_is_said_in_words(employer: Employer) -> None:
    maria = colleague(employer)
    application_id, _ = promise_call(employer, by=maria, within="by friday 17:00")
    with employer.work() as work:
        application = work.session.get_one(Application, application_id)
        log_contact(
            work, application, channel=Channel.PHONE, outcome=Outcome.NO_ANSWER, at=work.now
        )
    employer.clock.move_to(FRIDAY.replace(hour=17) + timedelta(days=4, hours=-4))
    with employer.work() as work:
        application = work.session.get_one(Application, application_id)
        for at in (MONDAY + timedelta(days=2), FRIDAY + timedelta(days=3), employer.now):
            enquire(work, application, channel=Channel.PHONE, at=at, note=None)

    page = page_of(employer)

    assert "1 person is waiting for a word from you" in page
    assert "Amara Okafor Backend Engineer A call about the panel date, promised by Maria" in page
    assert "promised by Maria Keller for Fri 17:00 why is it due Fri 17:00?" in page
    assert "● 2 working days late" in page
    assert "Fri 6 Mar 17:00 was named" in page
    assert "has asked 3 times, twice after Friday had passed, last today 13:00" in page
    assert "no contact yet owner Maria Keller interview stage" in page
    assert "cannot be reached by mail" not in page
    assert '<time datetime="2026-03-06T17:00:00Z">Fri 17:00</time>' in html_of(employer)


def test_several_broken_promises_and_applications_of_one_person_are_one_row(
    employer: Employer,
) -> None:
    application_id, _ = promise_call(employer)
    with employer.work() as work:
        first = work.session.get_one(Application, application_id)
        make_spoken(work, first, Spoken(Kind.FEEDBACK, "Feedback", within="2 business hours"))
        second = add_application(work, job=Job(title="Cook", created_at=work.now))
        second.candidate = work.session.get_one(Candidate, first.candidate_id)
        make_spoken(work, second, Spoken(Kind.CALLBACK, "A taste", within="1 business hour"))
    employer.clock.advance(timedelta(hours=3))
    page, html = page_of(employer), html_of(employer)

    assert "1 person is waiting for a word from you" in page
    assert html.count('id="row-') == 1
    assert page.index("A call about the panel date") < page.index("Feedback, promised")
    assert "A taste, promised for" in page


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
        reschedule(work, promise, within="2 business hours", due_at=None, reason=None,
                   candidate_told=True)  # fmt: skip
    employer.clock.advance(timedelta(hours=3))

    assert "for today 11:00 (first promised for today 10:00)" in page_of(employer)


def test_who_opens_an_empty_keepword_is_told_where_to_begin(employer: Employer) -> None:
    ways = ["/settings/calendars", "/settings/letters", "/connections"]
    ways += ["/people/import", "/people/new"]
    html = html_of(employer)
    begin = html.index("First steps")
    assert re.findall(r'<li><a href="([^"]+)"', html[begin:]) == ways

    maria = client_of(employer, person(employer))
    assert "First steps" not in maria.get("/").get_data(as_text=True)
    with employer.work() as work:
        add_application(work)
    assert "First steps" not in html_of(employer)


def test_an_empty_queue_names_what_is_due_next(employer: Employer) -> None:
    assert "Nobody is waiting." in page_of(employer)
    assert "No promise is open." in page_of(employer)

    promise_call(
        employer, first_name="Jonas", last_name="Weber", wording="A call", within="tomorrow 15:00"
    )
    page = page_of(employer)

    assert "Nobody is waiting." in page
    assert "The next promise is due tomorrow at 15:00: Jonas Weber, a call." in page


def test_at_risk_and_due_today_are_said(employer: Employer) -> None:
    promise_call(employer, within="6 business hours")

    assert "○ due in 6 h" in page_of(employer)

    employer.clock.advance(timedelta(hours=5))

    assert "◐ due in 1 h" in page_of(employer)


def test_the_law_stands_first_and_says_so(employer: Employer) -> None:
    promise_call(employer, first_name="Jonas")
    with employer.work() as work:
        add_application(
            work,
            first_name="Lucia",
            stage="interview",
            interviewed_at=work.now - timedelta(days=46),
        )
    employer.clock.advance(timedelta(hours=3))
    page = page_of(employer)

    assert "● 46 days without word" in page
    assert "Interviewed 46 days ago and no word since; Ontario’s law allows 45." in page
    assert page.index("Lucia Okafor") < page.index("Jonas Okafor")


def test_tabs_count_everybody_whose_matter_it_is(employer: Employer) -> None:
    maria = person(employer, teams=("Berlin",))
    mate = person(employer, name="Priya Shah", teams=("Berlin",))
    with employer.work() as work:
        gone = add_user(work, "Gone Away", active=False)
        away = add_user(work, "Far Off")
        work.session.add(
            UserAbsence(
                user_id=away.id,
                from_on=date(2026, 3, 1),
                until_on=date(2026, 3, 9),
                created_at=work.now,
            )
        )
    promise_call(employer, by=maria, first_name="Mine")
    promise_call(employer, by=mate, first_name="Mate")
    promise_call(employer, first_name="Nobody")
    promise_call(employer, by=gone, first_name="Gone")
    promise_call(employer, by=away, first_name="Away")
    promise_call(employer, by=maria, first_name="Waits", waiting_on_id=mate.id)
    with employer.work() as work:
        application = add_application(work, first_name="Stopped")
        letter(work, "blocked", application_id=application.id)
    employer.clock.advance(timedelta(hours=3))
    client = client_of(employer, maria)
    html = client.get("/").get_data(as_text=True)

    assert counts(html) == {
        "Mine": 2,
        "My team": 3,
        "Nobody’s": 4,
        "At risk": 0,
        "Waiting on a manager": 1,
        "Stopped mail": 1,
        "All": 7,
    }
    assert "2 people are waiting for a word from you" in words_of(html)
    for tab, number in (("team", 3), ("nobody", 4), ("manager", 1), ("mail", 1), ("all", 7)):
        listed = client.get(f"/?tab={tab}").get_data(as_text=True)
        assert listed.count('id="row-') == number, tab


def test_what_somebody_stands_in_for_is_theirs(employer: Employer) -> None:
    maria, away = person(employer), person(employer, name="Far Off")
    with employer.work() as work:
        work.session.add(
            UserAbsence(
                user_id=away.id,
                substitute_id=maria.id,
                from_on=date(2026, 3, 2),
                until_on=date(2026, 3, 2),
                created_at=work.now,
            )
        )
    promise_call(employer, by=away)
    employer.clock.advance(timedelta(hours=3))

    assert counts(client_of(employer, maria).get("/").get_data(as_text=True))["Mine"] == 1


def test_nobody_sees_or_counts_people_outside_their_reach(employer: Employer) -> None:
    berlin = person(employer, teams=("Berlin",))
    manager = person(employer, "hiring_manager", name="Priya Shah")
    with employer.work() as work:
        other = Team(name="Oslo", created_at=work.now)
        work.session.add(other)
        work.session.flush()
        team_id = other.id
    with employer.work() as work:
        hidden = Job(title="Cook", status="open", created_at=work.now, team_id=team_id)
        application = add_application(work, first_name="Hidden", job=hidden)
        make_spoken(work, application, Spoken(Kind.CALLBACK, "A call", within="1 business hour"))
    promise_call(employer, first_name="Asked", waiting_on_id=manager.id)
    promise_call(employer, first_name="Open")
    employer.clock.advance(timedelta(hours=3))

    page = shown(employer, berlin, "/?tab=all")
    assert "Hidden" not in page
    assert "Cook" not in page
    assert "2 people are waiting for a word" in page
    only = shown(employer, manager)
    assert "Asked" in only
    assert "Open Okafor" not in only
    assert "1 person awaits your answer" in only
    assert "Log the call" not in only


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=okafor", {"Amara", "Jonas"}),
        ("q=AMARA.O", {"Amara"}),
        ("q=élise", {"Élise"}),
        ("q=%25", set()),
        ("q=_", set()),
        ("stage=offer", {"Jonas"}),
        ("kind=feedback", {"Élise"}),
        ("kind=mail", {"Yuki"}),
        ("kind=law", {"Sofia"}),
        ("kind=nonsense", set()),
        ("job=job_nobody", set()),
        ("owner=usr_nobody", set()),
        ("stage=%00&tab=nonsense", {"Amara", "Jonas", "Élise", "Sofia", "Yuki"}),
    ],
)
def test_filters_and_search_narrow_the_rows_and_the_counts(
    employer: Employer, query: str, found: set[str]
) -> None:
    with employer.work() as work:
        for name, last, stage, kind in (
            ("Amara", "Okafor", "applied", Kind.CALLBACK),
            ("Jonas", "Okafor", "offer", Kind.CALLBACK),
            ("Élise", "Martin", "applied", Kind.FEEDBACK),
        ):
            address = "amara.o@example.com" if name == "Amara" else None
            application = add_application(
                work, first_name=name, last_name=last, stage=stage, email=address
            )
            make_spoken(work, application, Spoken(kind, "A word", within="1 business hour"))
        interviewed_at = work.now - timedelta(days=50)
        add_application(work, first_name="Sofia", last_name="Berg", interviewed_at=interviewed_at)
        written = add_application(work, first_name="Yuki", last_name="Tanaka")
        letter(work, MailState.BLOCKED, application_id=written.id)
    employer.clock.advance(timedelta(hours=3))
    html = html_of(employer, f"/?{query}")

    names = set(re.findall(r"data-open>(\w+) ", html))
    assert names == found
    assert counts(html)["All"] == len(found)


def test_fifty_rows_make_a_page_and_the_rest_follows_by_link(employer: Employer) -> None:
    with employer.work() as work:
        job = Job(title="Cook", status="open", created_at=work.now)
        for number in range(103):
            application = add_application(
                work, first_name="Person", last_name=f"{number:03}", job=job
            )
            within = f"{60 + number // 40} business minutes"
            make_spoken(work, application, Spoken(Kind.CALLBACK, "A call", within=within))
    employer.clock.advance(timedelta(hours=3))
    seen: list[str] = []
    sizes: list[int] = []
    path: str | None = "/"
    while path is not None:
        html = html_of(employer, path)
        names = re.findall(r"data-open>Person (\d{3})", html)
        seen += names
        sizes.append(len(names))
        assert "103 people are waiting" in html
        found = re.search(r'href="([^"]+)" rel="next"', html)
        path = found[1].replace("&amp;", "&") if found else None

    assert sizes == [50, 50, 3]
    assert sorted(seen) == [f"{number:03}" for number in range(103)]


@pytest.mark.parametrize(
    "after",
    [
        "",
        "x",
        "11-",
        "-app_1",
        "99-20260302090000000000-app_1",
        "1-app_1'--",
        "1-\x00",
        "45-20261302090000000000-app_1",
    ],
)
def test_a_broken_link_is_answered_in_words(employer: Employer, after: str) -> None:
    answer = employer.app.test_client().get("/", query_string={"after": after})

    assert answer.status_code == 400
    assert "This link is not complete" in answer.get_data(as_text=True)


def test_behind_the_last_row_nobody_further_waits(employer: Employer) -> None:
    promise_call(employer)
    employer.clock.advance(timedelta(hours=3))

    assert "Nobody further waits." in page_of(employer, "/?after=45-99990101000000000000-cnd_z")


def test_the_page_asks_twelve_questions_however_many_wait(employer: Employer) -> None:
    maria = person(employer, teams=("Berlin",))
    client = client_of(employer, maria)
    with employer.app.app_context():
        engine = db.engine
    asked: list[str] = []

    def note(*given: Any) -> None:
        asked.append(given[2])

    numbers = []
    for people in (2, 40):
        for number in range(people):
            promise_call(employer, by=maria, first_name=f"P{number}")
        employer.clock.advance(timedelta(hours=3))
        client.get("/")
        event.listen(engine, "before_cursor_execute", note)
        client.get("/")
        event.remove(engine, "before_cursor_execute", note)
        numbers.append(len([each for each in asked if not each.startswith("BEGIN")]))
        asked.clear()

    assert numbers[0] == numbers[1]
    assert numbers[1] <= 12


def test_a_view_is_kept_under_a_name_and_forgotten(employer: Employer) -> None:
    maria = person(employer)
    client = client_of(employer, maria)
    html = client.get("/?tab=all&stage=offer").get_data(as_text=True)
    form = {"token": token_in(html), "name": " Offers <b> ", "here": "/?tab=all&stage=offer"}
    answer = client.post("/queue/views", data=form)

    assert answer.headers["Location"] == "/?tab=all&stage=offer"
    again = client.get("/").get_data(as_text=True)
    assert 'href="/?tab=all&amp;stage=offer"><bdi>Offers &lt;b&gt;</bdi>' in again

    client.post("/queue/views", data={**form, "name": "Offers <b>", "forget": "yes"})
    assert "Offers" not in words_of(client.get("/account").get_data(as_text=True))
    assert 'class="kept"' not in client.get("/").get_data(as_text=True)


def test_a_view_leads_nowhere_but_here(employer: Employer) -> None:
    maria = person(employer)
    client = client_of(employer, maria)
    token = token_in(client.get("/account").get_data(as_text=True))
    form = {"token": token, "name": "Away", "here": "https://elsewhere.example.com/?tab=all"}
    answer = client.post("/queue/views", data=form)

    assert answer.headers["Location"] == "/"


def test_times_are_those_of_the_promises_calendar(database_url: str, tmp_path: Path) -> None:
    employer = make_employer(database_url, tmp_path, time_zone="America/Toronto")
    employer.clock.advance(timedelta(hours=5))
    promise_call(employer)
    employer.clock.advance(timedelta(hours=3))
    html = html_of(employer)
    with employer.app.app_context():
        db.engine.dispose()

    assert '<time datetime="2026-03-02T15:00:00Z">today 10:00</time>' in html


def test_hostile_names_are_shown_as_they_are(employer: Employer) -> None:
    evil = '"><script>alert(1)</script>{{7*7}}%(x)s'
    maria = colleague(employer, f"Maria {evil}")
    promise_call(employer, by=maria, first_name=evil, wording=f"A call {evil}")
    employer.clock.advance(timedelta(hours=3))
    html = html_of(employer, "/?tab=all&q=%3Cscript%3E")

    assert "<script>alert" not in html
    assert words_of(html).count(evil) >= 3
