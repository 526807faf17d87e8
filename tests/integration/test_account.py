"""One's own account: everything in it concerns oneself alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from service.auth.sessions import FRESH
from service.auth.throttle import MOST_AN_ACCOUNT
from service.dashboard.account import browser_named
from service.db import db
from service.models import Passkey, User
from tests.harness import Employer, make_employer
from tests.reading_pages import words_of
from tests.signing_in import PASSWORD, client_of, person, token_in, token_of, type_in

NEW = "seven pale kites"


@pytest.fixture
def alone(new_database: Any, tmp_path: Path) -> Iterator[Employer]:
    """A running Keepword, where one database says as much as two."""
    made = make_employer(new_database("sqlite"), tmp_path)
    yield made
    with made.app.app_context():
        db.engine.dispose()


@pytest.fixture
def maria(alone: Employer) -> User:
    return person(alone, "administrator", email="maria@example.com", password=PASSWORD)


def post(client: Any, path: str, **form: str) -> str:
    """Post a form of the account page; return what the page says afterwards."""
    html = client.get("/account").get_data(as_text=True)
    was = re.search(r'name="was" value="([0-9a-f]+)"', html)
    assert was is not None
    filled = {"token": token_in(html), "was": was[1], **form}
    answer = client.post(path, data=filled, follow_redirects=True)
    assert answer.status_code == 200
    return words_of(answer.get_data(as_text=True))


def test_name_zone_and_language_are_ones_own_to_change(alone: Employer, maria: User) -> None:
    client = client_of(alone, maria)
    first = post(
        client,
        "/account/profile",
        name=" Maria  K. ",
        time_zone="America/Toronto",
        locale="de",
    )

    shown = words_of(client.get("/account").get_data(as_text=True))

    # The sentence was said in the language there was before.
    assert "Your account is changed." in first
    assert "Ihr Konto" in shown
    assert "(America/Toronto)" in shown
    with alone.session() as session:
        row = session.get_one(User, maria.id)
        assert (row.name, row.time_zone, row.locale) == ("Maria K.", "America/Toronto", "de")
        assert row.preferences == {"shortcuts": False, "dense": False, "morning": False}


def test_a_stale_account_page_takes_nothing_back_that_somebody_changed(
    alone: Employer, maria: User
) -> None:
    client = client_of(alone, maria)
    with alone.work() as work:
        work.session.get_one(User, maria.id).time_zone = "Europe/Madrid"
    said = post(client, "/account/profile", was="0" * 16, name="Maria K.", time_zone="")

    assert "Somebody changed your account meanwhile." in said
    with alone.session() as session:
        row = session.get_one(User, maria.id)
        assert (row.name, row.time_zone) == ("Maria Keller", "Europe/Madrid")


@pytest.mark.parametrize(
    ("form", "fault"),
    [
        ({"name": " \u202e ", "time_zone": ""}, "Say how colleagues"),
        ({"name": "M", "time_zone": "../etc/passwd"}, "no time zone"),
        ({"name": "M", "time_zone": "Mars/Base"}, "no time zone"),
    ],
)
def test_a_faulty_account_changes_nothing(
    alone: Employer, maria: User, form: dict[str, str], fault: str
) -> None:
    assert fault in post(client_of(alone, maria), "/account/profile", **form)
    with alone.session() as session:
        assert session.get_one(User, maria.id).name == "Maria Keller"


def test_a_new_password_needs_the_present_one_and_ends_the_other_sessions(
    alone: Employer, maria: User
) -> None:
    client, elsewhere = client_of(alone, maria), client_of(alone, maria)
    wrong = post(client, "/account/password", present="no", password=NEW, again=NEW)
    still = elsewhere.get("/account").status_code
    right = post(client, "/account/password", present=PASSWORD, password=NEW, again=NEW)

    assert "Your present password is not right." in wrong
    assert still == 200
    assert "Everywhere else you are signed out." in right
    assert elsewhere.get("/account").status_code == 303
    assert type_in(alone.app.test_client(), maria.email, NEW).status_code == 303


def test_an_open_browser_is_no_place_to_guess_the_password(alone: Employer, maria: User) -> None:
    client = client_of(alone, maria)
    for _ in range(MOST_AN_ACCOUNT):
        post(client, "/account/password", present="no", password=NEW, again=NEW)

    said = post(client, "/account/password", present=PASSWORD, password=NEW, again=NEW)

    assert "Too many tries." in said


def test_a_browser_left_open_makes_nobody_a_way_in(alone: Employer, maria: User) -> None:
    priya = person(alone, "hiring_manager", name="Priya")
    answers = []
    for span in (timedelta(0), FRESH):
        browsers = {user: client_of(alone, user) for user in (maria, priya)}
        alone.clock.advance(span)
        token = token_of(browsers[maria], "/account")
        headers = {"X-Keepword-Token": token}
        made = browsers[maria].post("/account/passkeys/options", json={}, headers=headers)
        # Priya comes in by the provider and has no password yet.
        first = post(browsers[priya], "/account/password", password=NEW, again="other words")
        answers.append((made.status_code, "signed in a while ago" in first))

    assert answers == [(200, False), (422, True)]


def test_nobody_ends_a_session_or_removes_a_passkey_of_another(
    alone: Employer, maria: User
) -> None:
    tomas = person(alone, "administrator", name="Tomas", password=PASSWORD)
    theirs = client_of(alone, tomas)
    with alone.work() as work:
        key = Passkey(
            user_id=tomas.id,
            credential_id="abc",
            public_key="def",
            sign_count=0,
            name="Laptop",
            created_at=work.now,
        )
        work.session.add(key)
        work.session.flush()
        key_id = key.id
    session_id = _only_session(theirs, alone, tomas)
    client = client_of(alone, maria)

    assert "over already" in post(client, f"/account/sessions/{session_id}/end")
    assert "no such passkey" in post(client, f"/account/passkeys/{key_id}/remove")
    assert theirs.get("/account").status_code == 200
    assert "opens nothing any more" in post(theirs, f"/account/passkeys/{key_id}/remove")


def _only_session(client: Any, employer: Employer, user: User) -> str:
    from service.auth.sessions import open_sessions

    with employer.session() as session:
        (row,) = open_sessions(session, employer.now, user.id)
        return row.id


def test_the_only_way_in_cannot_be_removed(alone: Employer) -> None:
    ruth = person(alone, "administrator", name="Ruth")
    with alone.work() as work:
        key = Passkey(
            user_id=ruth.id,
            credential_id="abc",
            public_key="def",
            sign_count=0,
            name="Laptop",
            created_at=work.now,
        )
        work.session.add(key)
        work.session.flush()
        key_id = key.id

    said = post(client_of(alone, ruth), f"/account/passkeys/{key_id}/remove")

    assert "set a password first" in said
    with alone.session() as session:
        assert session.get(Passkey, key_id) is not None


def test_one_signs_out_elsewhere_and_stays_here(alone: Employer, maria: User) -> None:
    here, there = client_of(alone, maria), client_of(alone, maria)

    assert "signed out" in post(here, "/account/sessions/end-others")
    assert here.get("/account").status_code == 200
    assert there.get("/account").status_code == 303


def test_there_is_no_account_behind_a_key_or_at_this_machine(alone: Employer) -> None:
    assert alone.app.test_client().get("/account").status_code == 404


@pytest.mark.parametrize(
    ("agent", "named"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0 Safari/537.36",
         "Chrome, Linux"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604.1",
         "Safari, iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0; rv:150.0) Gecko/20100101 Firefox/150.0",
         "Firefox, Windows"),
        ("curl/8", "curl/8"),
        ("", ""),
    ],
)  # fmt: skip
def test_a_browser_is_called_as_people_call_it(agent: str, named: str) -> None:
    assert browser_named(agent) == named
