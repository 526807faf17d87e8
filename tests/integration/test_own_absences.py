"""Everybody enters, sees and ends their own absences, and nobody another's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from service.db import db
from service.models import User, UserAbsence
from service.workflows.absences import who_stands_in
from tests.harness import Employer, make_employer
from tests.reading_pages import words_of
from tests.signing_in import client_of, person, token_of

PAGE = "/account/absences"


@pytest.fixture
def alone(new_database: Any, tmp_path: Path) -> Iterator[Employer]:
    """A running Keepword, where one database says as much as two."""
    made = make_employer(new_database("sqlite", started=True), tmp_path)
    yield made
    with made.app.app_context():
        db.engine.dispose()


def test_whoever_signs_in_says_when_they_are_away_and_comes_back_early(employer: Employer) -> None:
    maria = person(employer, "hiring_manager", email="maria@example.com")
    sam = person(employer, name="Sam Stand", email="sam@example.com")
    client, other = client_of(employer, maria), client_of(employer, sam)
    token = token_of(client, PAGE)
    days = {"from_on": "2026-03-02", "until_on": "2026-03-06", "substitute_id": sam.id}

    noted = client.post(PAGE, data={"token": token, **days}, follow_redirects=True)
    again = client.post(PAGE, data={"token": token, **days})
    theirs = words_of(other.get(PAGE).get_data(as_text=True))
    with employer.work() as work:
        (absence,) = work.session.scalars(select(UserAbsence.id))
        user = work.session.get_one(User, maria.id)
        assert (who_stands_in(work, user, date(2026, 3, 3)) or user).id == sam.id
    strange = other.post(f"{PAGE}/{absence}/end", data={"token": token_of(other, PAGE)})

    assert "Mon 2 Mar – Fri 6 Mar 2026, Sam Stand stands in" in words_of(noted.get_data(True))
    assert again.status_code == 422
    assert "You are away on some of these days already." in words_of(again.get_data(True))
    assert "You stand in for Maria Keller Mon 2 Mar – Fri 6 Mar 2026" in theirs
    assert strange.status_code == 422

    employer.pass_time(days=1)
    client = client_of(employer, maria)
    form = {"token": token_of(client, PAGE)}
    ended = client.post(f"{PAGE}/{absence}/end", data=form, follow_redirects=True)

    assert "No absence of yours is noted." in words_of(ended.get_data(True))
    with employer.work() as work:
        row = work.session.get_one(UserAbsence, absence)
        assert (row.from_on, row.until_on) == (date(2026, 3, 2), date(2026, 3, 2))
        user = work.session.get_one(User, maria.id)
        assert who_stands_in(work, user, date(2026, 3, 3)) is user


def test_an_absence_that_cannot_be_is_refused_in_words(alone: Employer) -> None:
    maria = person(alone)
    client = client_of(alone, maria)
    token = token_of(client, PAGE)
    for form, said in (
        ({"from_on": "2026-03-06", "until_on": "2026-03-04"}, "The last day lies before the first"),
        ({"from_on": "2026-02-02", "until_on": "2026-02-04"}, "has passed"),
        ({"from_on": "soon", "until_on": ""}, "Name the first and the last day."),
        (
            {"from_on": "2026-03-04", "until_on": "2026-03-04", "substitute_id": maria.id},
            "Choose a colleague who is here.",
        ),
    ):
        answer = client.post(PAGE, data={"token": token, **form})
        assert (answer.status_code, said in words_of(answer.get_data(True))) == (422, True), form
    assert client.post(PAGE, data={"from_on": "2026-03-04"}).status_code == 403
    assert alone.app.test_client().get(PAGE).status_code == 404
