"""One-time links: the first administrator, invitations and resets."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from service.auth.links import LASTS, Purpose, make_link
from service.db import db
from service.models import Message, User
from service.workflows.sign_in_letters import write_sign_in_letter
from tests.harness import Employer, make_employer
from tests.reading_pages import words_of
from tests.signing_in import PASSWORD, client_of, person, token_of, type_in

NEW = "seven pale kites"


@pytest.fixture
def alone(new_database: Any, tmp_path: Path) -> Iterator[Employer]:
    """A running Keepword, where one database says as much as two."""
    made = make_employer(new_database("sqlite"), tmp_path)
    yield made
    with made.app.app_context():
        db.engine.dispose()


def link(employer: Employer, purpose: Purpose, user: User | None = None) -> str:
    with employer.work() as work:
        row = work.session.get_one(User, user.id) if user else None
        return "/welcome/" + make_link(work.session, work.now, purpose, row)[1]


def choose(employer: Employer, path: str, password: str = NEW, **fields: str) -> Any:
    """Fill a link's form in as somebody would; return the browser and its answer."""
    client = employer.app.test_client()
    token = token_of(client)
    form = {"token": token, "password": password, "again": password, **fields}
    return client, client.post(path, data=form)


def test_the_first_administrator_is_made_once_and_shuts_the_local_door(
    employer: Employer,
) -> None:
    path = link(employer, Purpose.FIRST)
    assert employer.app.test_client().get("/").status_code == 200
    assert employer.app.test_client().get(path).status_code == 200

    client, answer = choose(employer, path, name="Ruth", email="ruth@example.com")

    assert (answer.status_code, answer.location) == (303, "/")
    assert client.get("/account").status_code == 200
    assert employer.app.test_client().get("/").status_code == 303
    assert employer.app.test_client().get(path).status_code == 410
    with employer.session() as session:
        (ruth,) = session.scalars(select(User).where(User.email == "ruth@example.com"))
        assert (ruth.role, ruth.name) == ("administrator", "Ruth")


def test_a_second_first_link_is_worth_nothing_once_there_is_an_administrator(
    alone: Employer,
) -> None:
    path = link(alone, Purpose.FIRST)
    person(alone, "administrator", password=PASSWORD)

    assert alone.app.test_client().get(path).status_code == 410
    _, answer = choose(alone, path, name="Eve", email="eve@example.com")
    assert answer.status_code == 410
    with alone.session() as session:
        assert session.scalars(select(User).where(User.email == "eve@example.com")).all() == []


def test_a_colleague_whom_an_ats_named_becomes_the_first_administrator(alone: Employer) -> None:
    known = person(alone, "recruiter", email="ruth@example.com")
    _, answer = choose(alone, link(alone, Purpose.FIRST), name="Ruth", email="RUTH@example.com")

    assert answer.status_code == 303
    with alone.session() as session:
        assert session.get_one(User, known.id).role == "administrator"


@pytest.mark.parametrize("purpose", [Purpose.INVITATION, Purpose.RESET])
def test_a_link_works_once(employer: Employer, purpose: Purpose) -> None:
    maria = person(employer, email="maria@example.com")
    path = link(employer, purpose, maria)
    shown = words_of(employer.app.test_client().get(path).get_data(as_text=True))
    _, first = choose(employer, path)
    _, second = choose(employer, path, "other words entirely")

    assert "For maria@example.com." in shown
    assert (first.status_code, second.status_code) == (303, 410)
    assert type_in(employer.app.test_client(), "maria@example.com", NEW).status_code == 303


@pytest.mark.parametrize("purpose", list(Purpose))
def test_a_link_ends_by_itself(alone: Employer, purpose: Purpose) -> None:
    user = None if purpose is Purpose.FIRST else person(alone)
    path = link(alone, purpose, user)
    alone.clock.advance(LASTS[purpose] - timedelta(seconds=1))
    before = alone.app.test_client().get(path).status_code
    alone.clock.advance(timedelta(seconds=1))
    _, after = choose(alone, path, name="Ruth", email="ruth@example.com")

    assert (before, after.status_code) == (200, 410)


def test_a_newer_link_ends_the_older_one(alone: Employer) -> None:
    maria = person(alone)
    older, newer = link(alone, Purpose.INVITATION, maria), link(alone, Purpose.RESET, maria)

    assert alone.app.test_client().get(older).status_code == 410
    assert alone.app.test_client().get(newer).status_code == 200


def test_a_deactivated_persons_link_opens_nothing(alone: Employer) -> None:
    maria = person(alone)
    path = link(alone, Purpose.INVITATION, maria)
    with alone.work() as work:
        work.session.get_one(User, maria.id).active = False

    assert choose(alone, path)[1].status_code == 410


@pytest.mark.parametrize(
    ("password", "again", "fault"),
    [
        ("short", "short", "at least 12 characters"),
        (NEW, "seven pale kite", "not the same"),
        ("maria@example.com", "maria@example.com", "easily guessed"),
        ("passwordpassword", "passwordpassword", "easily guessed"),
        ("aaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaa", "repeats itself"),
        ("x" * 257, "x" * 257, "at most 256"),
    ],
)
def test_a_weak_password_is_refused_and_uses_nothing_up(
    alone: Employer, password: str, again: str, fault: str
) -> None:
    maria = person(alone, email="maria@example.com")
    path = link(alone, Purpose.INVITATION, maria)
    _, answer = choose(alone, path, password, again=again)

    assert answer.status_code == 422
    assert fault in answer.get_data(as_text=True)
    assert choose(alone, path)[1].status_code == 303


def test_a_new_password_signs_out_everywhere(alone: Employer) -> None:
    maria = person(alone, email="maria@example.com", password=PASSWORD)
    elsewhere = client_of(alone, maria)
    choose(alone, link(alone, Purpose.RESET, maria))

    assert elsewhere.get("/account").status_code != 200
    assert type_in(alone.app.test_client(), maria.email, PASSWORD).status_code == 422


def test_a_reset_is_mailed_and_says_the_same_for_nobody(employer: Employer) -> None:
    person(employer, "administrator", email="maria@example.com", password=PASSWORD)
    answers = []
    for email in ("MARIA@example.com", "nobody@example.com"):
        client = employer.app.test_client()
        token = token_of(client, "/sign-in/forgot")
        answer = client.post("/sign-in/forgot", data={"token": token, "email": email})
        answers.append(words_of(answer.get_data(as_text=True)))
    employer.turn()
    (sent,) = [mail for mail in employer.transport.sent if mail.kind == "sign-in-reset"]
    path = "/welcome/" + sent.text.partition("/welcome/")[2].split()[0]

    assert answers[0] == answers[1]
    assert "a letter with a link is on its way" in answers[0]
    assert sent.to_address == "maria@example.com"
    assert choose(employer, path)[1].status_code == 303


def test_no_page_program_or_table_shows_a_link_only_the_mail_has_it(employer: Employer) -> None:
    admin = person(employer, "administrator", name="Ruth", password=PASSWORD)
    client = employer.app.test_client()
    form = {"token": token_of(client, "/sign-in/forgot"), "email": admin.email}
    client.post("/sign-in/forgot", data=form)
    reader = client_of(employer, admin)
    headers = {"Authorization": f"Bearer {employer.key('read', 'write')}"}
    with employer.session() as session:
        (letter,) = session.scalars(select(Message.id))
    before = _seen_of(employer, letter)
    employer.turn()
    (sent,) = [mail for mail in employer.transport.sent if mail.kind == "sign-in-reset"]
    secret = sent.text.partition("/welcome/")[2].split()[0]
    seen = [
        before,
        _seen_of(employer, letter),
        reader.get(f"/outbox/{letter}").get_data(as_text=True),
        reader.get(f"/outbox/{letter}/html").get_data(as_text=True),
        employer.app.test_client()
        .get(f"/api/v1/messages/{letter}", headers=headers)
        .get_data(True),
    ]

    assert f"/welcome/{secret}" in sent.html
    assert "/welcome/shown-only-in-the-mail" in seen[2]
    assert "/welcome/shown-only-in-the-mail" in seen[3]
    assert not [each for each in seen if secret in each]
    assert not any("sealed_link" in each for each in seen[2:])
    assert sent.values == {}
    assert choose(employer, f"/welcome/{secret}")[1].status_code == 303


def test_a_link_that_no_key_opens_is_set_aside_and_stops_no_other_letter(
    new_database: Any, tmp_path: Path
) -> None:
    url = new_database("sqlite", started=True)
    first = make_employer(url, tmp_path, secret_key="an invented first key for tests only")
    maria = person(first, email="maria@example.com", password=PASSWORD)
    until = first.now + timedelta(hours=3)
    url_of = "http://127.0.0.1:8000/welcome/{}".format
    with first.work() as work:
        row = work.session.get_one(User, maria.id)
        write_sign_in_letter(work, row, "sign-in-reset", "one", url_of("abc"), until)
    other = make_employer(url, tmp_path, secret_key="an invented other key for tests only")
    with other.work() as work:
        row = work.session.get_one(User, maria.id)
        write_sign_in_letter(work, row, "sign-in-reset", "two", url_of("def"), until)
    other.turn()

    with other.session() as session:
        found = select(Message.dedupe_key, Message.state, Message.reason)
        states = {
            key.rpartition(":")[2]: (state, why) for key, state, why in session.execute(found)
        }
    assert [url_of("def") in mail.text for mail in other.transport.sent] == [True]
    assert states["two"] == ("accepted", None)
    assert states["one"][0] != "accepted"
    assert "SealedSecretError" in (states["one"][1] or "")
    for each in (first, other):
        with each.app.app_context():
            db.engine.dispose()


def _seen_of(employer: Employer, letter: str) -> str:
    """Return everything the database says of a letter, and of the links there are."""
    with employer.session() as session:
        rows = [
            *session.execute(text("SELECT * FROM message WHERE id = :id"), {"id": letter}),
            *session.execute(text("SELECT * FROM sign_in_link")),
            *session.execute(text("SELECT * FROM letter_form")),
        ]
        return "\n".join(str(tuple(row)) for row in rows)
