"""One's own calendar: a secret address, made, exchanged and ended on the account page."""

from __future__ import annotations

import logging
import re
from datetime import timedelta
from typing import Any

import pytest
from icalendar import Calendar

from service.models import CalendarFeed, User
from tests.harness import MONDAY, Employer, add_application
from tests.integration.figures_case import promised
from tests.signing_in import client_of, person, token_of

DUE = MONDAY + timedelta(hours=4)
_ADDRESS = re.compile(r"<bdi>(https?://[^<]+\.ics)</bdi>")


def _owing(employer: Employer, **fields: Any) -> User:
    maria = person(employer, **fields)
    with employer.work() as work:
        one = add_application(work, owner=work.session.get_one(User, maria.id))
        promised(work, one, DUE, wording="A call about the panel")
        promised(work, one, DUE, wording="Settled", state="kept", kept_at=MONDAY)
        promised(work, add_application(work), DUE, wording="Somebody else's")
    return maria


def _made(client: Any, **form: str) -> str:
    answer = client.post("/account/calendar", data={"token": token_of(client, "/account"), **form})
    assert answer.status_code == 200
    found = _ADDRESS.search(answer.get_data(as_text=True))
    assert found is not None
    return "/" + found[1].split("//", 1)[1].partition("/")[2]


def _events(body: bytes) -> list[Any]:
    return list(Calendar.from_ical(body).walk("VEVENT"))


def test_the_address_gives_what_one_owes_by_initials_and_job(employer: Employer) -> None:
    client = client_of(employer, _owing(employer))
    answer = employer.app.test_client().get(_made(client))

    assert answer.status_code == 200
    assert answer.content_type == "text/calendar; charset=utf-8"
    (event,) = _events(answer.data)
    assert str(event["summary"]) == "A call: A. O., Backend Engineer"
    assert event.decoded("dtend") == DUE
    assert event.decoded("dtstart") == DUE - timedelta(minutes=15)
    assert str(event["uid"]).startswith("prm_")
    text = answer.get_data(as_text=True)
    for secret in ("Amara", "Okafor", "panel", "example.com/candidates"):
        assert secret not in text


def test_names_and_words_stand_there_for_who_asks_for_them(employer: Employer) -> None:
    client = client_of(employer, _owing(employer))
    (event,) = _events(employer.app.test_client().get(_made(client, names="yes")).data)

    assert str(event["summary"]) == "A call about the panel: Amara Okafor, Backend Engineer"


def test_an_entry_speaks_the_language_of_its_owner(employer: Employer) -> None:
    client = client_of(employer, _owing(employer, locale="de"))
    (event,) = _events(employer.app.test_client().get(_made(client)).data)

    assert str(event["summary"]) == "Ein Anruf: A. O., Backend Engineer"


def test_another_address_ends_the_old_one_and_ending_it_ends_it(employer: Employer) -> None:
    client, outside = client_of(employer, _owing(employer)), employer.app.test_client()
    old = _made(client)
    new = _made(client)
    assert outside.get(old).status_code == 404
    assert outside.get(new).status_code == 200

    token = token_of(client, "/account")
    assert client.post("/account/calendar/end", data={"token": token}).status_code == 303
    assert outside.get(new).status_code == 404
    with employer.session() as session:
        assert session.query(CalendarFeed).count() == 0


def test_a_wrong_address_is_no_page_and_a_leavers_opens_nothing(employer: Employer) -> None:
    maria = _owing(employer)
    path = _made(client_of(employer, maria))
    outside = employer.app.test_client()
    assert outside.get(path[:-5] + "x.ics").status_code == 404
    assert outside.get("/calendar/x.ics").status_code == 404

    with employer.work() as work:
        work.session.get_one(User, maria.id).active = False
    assert outside.get(path).status_code == 404


def test_what_has_not_changed_is_not_sent_again(employer: Employer) -> None:
    path = _made(client_of(employer, _owing(employer)))
    outside = employer.app.test_client()
    tag = outside.get(path).headers["ETag"]
    employer.clock.advance(timedelta(hours=1))
    again = outside.get(path, headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")

    with employer.work() as work:
        owner = work.session.query(CalendarFeed).one().user_id
        one = add_application(work, owner=work.session.get_one(User, owner))
        promised(work, one, DUE)
    assert outside.get(path, headers={"If-None-Match": tag}).status_code == 200


def test_the_secret_is_stored_as_a_digest_and_in_no_log(
    employer: Employer, caplog: pytest.LogCaptureFixture
) -> None:
    client = client_of(employer, _owing(employer))
    with caplog.at_level(logging.DEBUG):
        path = _made(client)
        employer.app.test_client().get(path)
    secret = path.removeprefix("/calendar/").removesuffix(".ics")

    assert len(secret) >= 43
    with employer.session() as session:
        assert secret not in session.query(CalendarFeed).one().digest
    assert secret not in caplog.text
    # It is shown once.
    assert secret not in client.get("/account").get_data(as_text=True)


def test_a_strangers_form_makes_no_address(employer: Employer) -> None:
    client = client_of(employer, _owing(employer))
    assert client.post("/account/calendar", data={"token": "0" * 64}).status_code == 403
    answer = client.post(
        "/account/calendar",
        data={"token": token_of(client, "/account")},
        headers={"Origin": "https://elsewhere.example.org"},
    )
    assert answer.status_code == 403
    with employer.session() as session:
        assert session.query(CalendarFeed).count() == 0
