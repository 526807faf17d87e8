"""Asking for a new password: who is written to, how often, and what it ends and tells."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from service.auth.links import LASTS, Purpose, make_link
from service.dashboard.sign_in import LETTERS_WITHIN, MOST_LETTERS
from service.db import db
from service.domain.changes import Person
from service.models import User
from service.workflows.people import user_of
from tests.harness import Employer, add_user, make_employer
from tests.signing_in import PASSWORD, person, token_of
from tests.statements import statements_of

NEW = "seven pale kites"


@pytest.fixture
def alone(new_database: Any, tmp_path: Path) -> Iterator[Employer]:
    """A running Keepword, where one database says as much as two."""
    made = make_employer(new_database("sqlite"), tmp_path)
    yield made
    with made.app.app_context():
        db.engine.dispose()


def invited(employer: Employer, user: User) -> str:
    """Give somebody an invitation; return its path."""
    with employer.work() as work:
        row = work.session.get_one(User, user.id)
        return "/welcome/" + make_link(work.session, work.now, Purpose.INVITATION, row)[1]


def opens(employer: Employer, *paths: str) -> set[int]:
    return {employer.app.test_client().get(path).status_code for path in paths}


def choose(employer: Employer, path: str) -> int:
    """Choose a password behind a link; return the answer's status."""
    client = employer.app.test_client()
    form = {"token": token_of(client), "password": NEW, "again": NEW}
    return client.post(path, data=form).status_code


def ask_for_reset(employer: Employer, email: str) -> None:
    client = employer.app.test_client()
    form = {"token": token_of(client, "/sign-in/forgot"), "email": email}
    assert client.post("/sign-in/forgot", data=form).status_code == 200


def reset_links(employer: Employer) -> list[str]:
    """Return the links of the letters that have left, the first one first."""
    employer.turn()
    sent = [mail.text for mail in employer.transport.sent if mail.kind == "sign-in-reset"]
    return ["/welcome/" + text.partition("/welcome/")[2].split()[0] for text in sent]


def test_whoever_knows_an_address_neither_ends_its_links_nor_fills_its_mailbox(
    alone: Employer,
) -> None:
    person(alone, "administrator", name="Ada", password=PASSWORD)
    maria = person(alone, email="maria@example.com")
    invitation = invited(alone, maria)
    for _ in range(MOST_LETTERS + 2):
        ask_for_reset(alone, maria.email)
        alone.clock.advance(timedelta(seconds=40))
    links = reset_links(alone)

    # The invitation is one of the links she has.
    assert len(links) == MOST_LETTERS - 1
    assert opens(alone, invitation, *links) == {200}
    assert choose(alone, links[0]) == 303
    assert opens(alone, invitation, *links) == {410}
    alone.clock.advance(LETTERS_WITHIN)
    ask_for_reset(alone, maria.email)
    assert len(reset_links(alone)) == MOST_LETTERS


def test_whom_only_an_ats_named_cannot_let_themselves_in(alone: Employer) -> None:
    person(alone, "administrator", name="Ada", password=PASSWORD)
    with alone.work() as work:
        jonas = user_of(work, Person(email="jonas@example.com", name="Jonas Weber"))
        assert jonas is not None
    ask_for_reset(alone, "jonas@example.com")
    assert reset_links(alone) == []

    invited(alone, jonas)
    alone.clock.advance(LASTS[Purpose.INVITATION])
    ask_for_reset(alone, "jonas@example.com")
    (path,) = reset_links(alone)
    assert choose(alone, path) == 303


def test_asking_for_a_reset_is_as_much_work_for_an_address_that_nobody_has(
    employer: Employer,
) -> None:
    person(employer, "administrator", email="maria@example.com", password=PASSWORD)
    with employer.work() as work:
        add_user(work, email="jonas@example.com")
    ask_for_reset(employer, "warm@example.com")
    done = {}
    for email in ("maria@example.com", "jonas@example.com", "nobody@example.com"):
        client = employer.app.test_client()
        form = {"token": token_of(client, "/sign-in/forgot"), "email": email}
        with statements_of(employer) as seen:
            client.post("/sign-in/forgot", data=form)
        # What is taken back begins once more: that costs nothing.
        done[email] = [each.split()[:3] for each in seen if not each.startswith("BEGIN")]

    assert done["maria@example.com"] == done["jonas@example.com"]
    # Nobody is made for the while.
    made = [
        each for each in done["nobody@example.com"] if each[:3] != ["INSERT", "INTO", "app_user"]
    ]
    assert made == done["maria@example.com"]
