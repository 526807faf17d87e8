"""The queue leads with what was asked for, counts whom it shows, and knows who is here today."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from service.domain.policies import Kind
from service.models import Application, Job, User, UserAbsence
from service.workflows.absences import who_stands_in
from service.workflows.channel import pause_channel
from service.workflows.decide import reject
from service.workflows.erase import erase_candidate
from service.workflows.promise_changes import pause
from service.workflows.promise_making import Spoken, make_spoken
from tests.harness import MONDAY, Employer, add_application, add_user
from tests.integration.figures_case import promised
from tests.integration.test_queue import counts
from tests.reading_pages import html_of, letter, promise_call, turn_loops, words_of
from tests.signing_in import client_of, person, token_of


def _rows(html: str) -> list[str]:
    return re.findall(r"data-open>(.*?)</a>", html)


def _heading(html: str) -> str:
    found = re.search(r"<h1>(.*?)</h1>", html)
    assert found is not None
    return found[1]


def test_a_narrowed_queue_leads_with_what_was_asked_for(employer: Employer) -> None:
    """What is done to the row is done to what was asked for, not to what is more urgent."""
    maria, priya = person(employer), person(employer, name="Priya Shah")
    with employer.work() as work:
        cook = Job(title="Cook", status="open", created_at=work.now)
        made = {}
        for job in (cook, Job(title="Baker", status="closed", created_at=work.now)):
            one = add_application(work, job=job, applied_at=work.now)
            one.candidate = made[cook.id].candidate if made else one.candidate
            made[job.id] = one
        one = made[cook.id]
        for kind, within, by in (
            (Kind.CALLBACK, "1 business hour", maria),
            (Kind.FEEDBACK, "6 business hours", priya),
        ):
            spoken = Spoken(kind, kind.value, within=within, promised_by_id=by.id)
            wanted = make_spoken(work, one, spoken).id
        # Due at the same instant as the first, in another job.
        make_spoken(work, made[job.id], Spoken(Kind.CALLBACK, "A taste", within="1 business hour"))
        baker = job.id
    employer.clock.advance(timedelta(hours=3))
    client = client_of(employer, maria)

    for wish in ("kind=feedback", f"owner={priya.id}"):
        html = client.get(f"/?tab=all&{wish}").get_data(as_text=True)
        row = words_of(html[html.index("<ol class") :])
        assert "due in 3 h" in row, wish
        assert "due in 1 min" not in row
        assert f":{wanted}:" in html
        assert f"/promises/{wanted}/move" in html
    html = client.get(f"/?tab=all&job={baker}").get_data(as_text=True)
    assert '<p class="job" dir="auto">Baker</p>' in html
    # What the list is narrowed to is chosen in its form, though the job is open no more.
    assert f'<option value="{baker}" selected>Baker</option>' in html


def test_a_decided_application_waits_on_nobody_wherever_it_was_decided(
    employer: Employer,
) -> None:
    priya = person(employer, "hiring_manager", name="Priya Shah")
    maria = person(employer)
    id_, _ = promise_call(employer, by=maria, waiting_on_id=priya.id)
    client = client_of(employer, maria)
    employer.clock.advance(timedelta(hours=3))
    with employer.session() as session:
        candidate_id = session.get_one(Application, id_).candidate_id
    whose = f"/people/{candidate_id}"
    assert counts(client.get("/").get_data(as_text=True))["Waiting on a manager"] == 1
    assert "waiting on Priya Shah" in words_of(client.get(whose).get_data(as_text=True))
    assert "Priya Shah" in client.get("/numbers/who-waits.csv").get_data(as_text=True)

    with employer.work() as work:
        application = work.session.get_one(Application, id_)
        reject(work, application, reason=None, decided_by_id=maria.id, decided_at=work.now,
               source="api")  # fmt: skip
        assert application.waiting_on_id == priya.id
    html = client.get("/?tab=all").get_data(as_text=True)

    assert _rows(html) == ["Amara Okafor"]
    assert counts(html)["Waiting on a manager"] == 0
    for page in (html, client.get(whose).get_data(as_text=True)):
        assert "waiting on Priya Shah" not in words_of(page)
    assert "Priya Shah" not in client.get("/numbers/who-waits.csv").get_data(as_text=True)
    # Who was decided about is found by their stage, and nothing more is decided about them.
    found = client.get("/?tab=all&stage=rejected").get_data(as_text=True)
    assert _rows(found) == ["Amara Okafor"]
    assert "/decide" not in found


def test_the_law_asks_for_no_word_to_who_was_erased_or_knows(employer: Employer) -> None:
    with employer.work() as work:
        long_ago = work.now - timedelta(days=60)
        erased = add_application(work, stage="interview", interviewed_at=long_ago)
        hired = add_application(
            work, first_name="Hired", stage="hired", closed_at=work.now, interviewed_at=long_ago
        )
        promised(work, hired, work.now + timedelta(hours=1))
        erase_candidate(work, erased.candidate, "they asked for it")
    employer.clock.advance(timedelta(hours=3))
    html = html_of(employer)

    assert _rows(html) == ["Hired Okafor"]
    assert "without word" not in html


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("elise", {"Élise Müller"}),
        ("MÜLLER élise", {"Élise Müller"}),
        ("muller", {"Élise Müller"}),
        ("jonas+cv@example", {"Jonas Weiß"}),
        ("WEISS", {"Jonas Weiß"}),
        ("weiß", {"Jonas Weiß"}),
        ("e", {"Élise Müller", "Jonas Weiß"}),
        ("élise weiß", set()),
        ("%", set()),
    ],
)
def test_people_are_found_without_accents_and_by_any_of_their_words(
    employer: Employer, search: str, found: set[str]
) -> None:
    client = employer.app.test_client()
    if "WEISS" in search and "postgresql" in employer.app.config["SQLALCHEMY_DATABASE_URI"]:
        pytest.skip("PostgreSQL does not spell ß as ss")
    for first, last, address in (
        ("Élise", "Müller", "em@example.com"),
        ("Jonas", "Weiß", "jonas+cv@example.com"),
    ):
        promise_call(employer, first_name=first, last_name=last, email=address)
    employer.clock.advance(timedelta(hours=3))
    html = client.get("/", query_string={"q": search}).get_data(as_text=True)

    assert set(_rows(html)) == found
    assert counts(html)["All"] == len(found)
    listed = client.get("/people", query_string={"q": search}).get_data(as_text=True)
    assert {name for name in ("Élise Müller", "Jonas Weiß") if name in listed} == found


def test_a_line_of_substitutes_ends_with_who_is_here_or_with_nobody(employer: Employer) -> None:
    names = ("Away", "Between", "Here", "Alone", "Left", "Trusting", "One", "Other")
    people = {name: person(employer, name=name) for name in names}
    with employer.work() as work:
        for who, substitute in (
            ("Away", "Between"),
            ("Between", "Here"),
            ("Alone", None),
            ("Trusting", "Left"),
            ("One", "Other"),
            ("Other", "One"),
        ):
            work.session.add(
                UserAbsence(
                    user_id=people[who].id,
                    substitute_id=people[substitute].id if substitute else None,
                    from_on=date(2026, 3, 2),
                    until_on=date(2026, 3, 2),
                    created_at=work.now,
                )
            )
        work.session.get_one(User, people["Left"].id).active = False
    for name in names:
        promise_call(employer, by=people[name], first_name=name)
    employer.clock.advance(timedelta(hours=3))
    client = client_of(employer, people["Here"])

    assert set(_rows(client.get("/?tab=mine").get_data(as_text=True))) == {
        "Away Okafor", "Between Okafor", "Here Okafor"
    }  # fmt: skip
    nobodys = {"Alone", "Left", "Trusting", "One", "Other"}
    listed = _rows(client.get("/?tab=nobody").get_data(as_text=True))
    assert {name.split()[0] for name in listed} == nobodys
    # The morning letter sees the same.
    with employer.work() as work:
        for name in names:
            holder = who_stands_in(work, work.session.get_one(User, people[name].id),
                                   date(2026, 3, 2))  # fmt: skip
            assert (holder is None) == (name in nobodys), name


def test_who_is_away_is_so_on_the_readers_own_day(employer: Employer) -> None:
    """In Sydney it is Tuesday from Monday 13:00 of the clock of all."""
    maria = person(employer, time_zone="Australia/Sydney")
    away = person(employer, name="Far Off")
    promise_call(employer, by=away)
    with employer.work() as work:
        work.session.add(
            UserAbsence(
                user_id=away.id,
                substitute_id=maria.id,
                from_on=date(2026, 3, 3),
                until_on=date(2026, 3, 3),
                created_at=work.now,
            )
        )
    client = client_of(employer, maria)
    for at, number in ((12, 0), (14, 1)):
        employer.clock.move_to(MONDAY.replace(hour=at))
        assert counts(client.get("/").get_data(as_text=True))["Mine"] == number
    # On Tuesday 14:00 here it is Wednesday there: Far Off is back, whatever day it is here.
    employer.clock.move_to(datetime(2026, 3, 3, 14, tzinfo=UTC))
    client = client_of(employer, maria)
    assert counts(client.get("/").get_data(as_text=True))["Mine"] == 0


def test_an_empty_view_says_which_one_is_empty(employer: Employer) -> None:
    client = client_of(employer, person(employer))
    assert _heading(client.get("/").get_data(as_text=True)) == "Nobody is waiting."
    promise_call(employer)
    employer.clock.advance(timedelta(hours=3))
    for tab, said in (
        ("mine", "Nobody is waiting for a word from you."),
        ("risk", "Nobody is at risk."),
        ("mail", "Nobody waits for a letter that is stopped."),
        ("all", "1 person is waiting for a word"),
    ):
        html = client.get(f"/?tab={tab}").get_data(as_text=True)
        assert _heading(html) == said
        assert "<title>Nobody waits ·" not in html


def test_all_of_a_view_are_chosen_at_once_and_a_page_chooses_its_own(employer: Employer) -> None:
    with employer.work() as work:
        job = Job(title="Cook", status="open", created_at=work.now)
        for number in range(53):
            one = add_application(work, first_name=f"P{number}", job=job)
            make_spoken(work, one, Spoken(Kind.CALLBACK, "A call", within="1 business hour"))
    employer.clock.advance(timedelta(hours=3))
    html = html_of(employer)
    ticked = 'form="many" value="[^"]*" checked'
    assert "Choose all 53" in words_of(html)
    whole = html_of(employer, "/?tab=all&choose=everybody")
    assert len(re.findall(ticked, whole)) == 53

    further = re.search(r'href="([^"]+)" rel="next"', html)
    assert further is not None
    second = html_of(employer, further[1].replace("&amp;", "&"))
    link = re.search(r'href="([^"]+)">Choose all on this page', second)
    assert link is not None
    chosen = html_of(employer, link[1].replace("&amp;", "&"))
    assert len(re.findall(ticked, chosen)) == 3


def test_a_calendar_holds_what_one_stands_in_for_and_nothing_that_is_paused(
    employer: Employer,
) -> None:
    maria = person(employer)
    with employer.work() as work:
        away = add_user(work, "Far Off")
        work.session.add(
            UserAbsence(
                user_id=away.id,
                substitute_id=maria.id,
                from_on=date(2026, 3, 2),
                until_on=date(2026, 3, 2),
                created_at=work.now,
            )
        )
        rule = make_spoken(
            work,
            add_application(work, first_name="Paused", owner=work.session.get_one(User, maria.id)),
            Spoken(Kind.CALLBACK, "A call", within="2 business hours", owner_id=maria.id),
        )
        rule.origin = "policy"
        pause(work, rule, "they are asked for papers")
        make_spoken(
            work,
            add_application(work, first_name="Covered"),
            Spoken(Kind.CALLBACK, "A call", within="2 business hours", owner_id=away.id),
        )
    client = client_of(employer, maria)
    form = {"token": token_of(client, "/account"), "names": "yes"}
    shown = client.post("/account/calendar", data=form).get_data(as_text=True)
    address = re.search(r"<bdi>https?://[^/]+(/[^<]+\.ics)</bdi>", shown)
    assert address is not None

    def names() -> set[Any]:
        text = client.get(address[1]).get_data(as_text=True)
        return set(re.findall(r"SUMMARY:.*?: (\w+) ", text))

    assert names() == {"Covered"}
    employer.clock.advance(timedelta(days=1))
    assert names() == set()


def test_a_dead_checker_is_red_within_half_a_minute(employer: Employer) -> None:
    turn_loops(employer)
    for seconds, is_late in ((20, False), (10, True)):
        employer.clock.advance(timedelta(seconds=seconds))
        html = html_of(employer)
        assert ("The checker last ran 30 s ago." in html) is is_late
        assert ('<div class="bar broken"' in html) is is_late


def test_the_outbox_and_the_pause_are_told_by_the_readers_own_clock(employer: Employer) -> None:
    maria = person(employer, "administrator", time_zone="America/Toronto")
    with employer.work() as work:
        letter(work, "delivered")
        pause_channel(work.session, work.now, "the key is changed", by_provider=False)
    page = words_of(client_of(employer, maria).get("/outbox").get_data(as_text=True))

    assert "As of today 04:00 (America/Toronto)" in page
    assert "delivered 04:00" in page
    assert "Mail is paused since today 04:00" in page
    assert "09:00" not in page


def test_no_view_is_forgotten_for_another(employer: Employer) -> None:
    client = client_of(employer, person(employer))
    token = token_of(client, "/account")
    for number in range(21):
        form = {"token": token, "name": f"View {number}", "here": f"/?tab=all&q={number}"}
        answer = client.post("/queue/views", data=form, follow_redirects=True)
    html = answer.get_data(as_text=True)

    assert "You keep 20 views: forget one first." in html
    assert "View 0<" in html
    assert "View 20<" not in html
