"""Nobody gets the same letter twice because two people wrote, or one pressed twice."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from service.db import db
from service.models import Message
from tests.harness import Employer, make_employer
from tests.integration.test_queue_acts import Desk
from tests.integration.test_queue_many import LETTER, Round
from tests.reading_pages import promise_call, words_of
from tests.signing_in import client_of, person

ROW = "a letter to them is on its way"
HINT = "A letter to them is on its way already"


@pytest.fixture
def employer(new_database: Callable[..., str], tmp_path: Path) -> Iterator[Employer]:
    made = make_employer(new_database("sqlite", started=True), tmp_path)
    yield made
    with made.app.app_context():
        db.engine.dispose()


@pytest.fixture
def desk(employer: Employer) -> Desk:
    maria = person(employer)
    ids = promise_call(employer, by=maria)
    employer.clock.advance(timedelta(hours=3))
    employer.turn()
    return Desk(employer, client_of(employer, maria), maria, *ids)


def shown_letter(desk: Desk) -> dict[str, str]:
    """Fill in the letter and return the form that sends what is shown."""
    path = f"{desk.about}/write"
    form = {**desk.form(path), **LETTER}
    html = desk.client.post(path, data=form).get_data(as_text=True)
    digest = re.search(r'name="digest" value="(\w+)"', html)
    assert digest is not None
    return {**form, "digest": digest[1]}


def test_a_letter_that_was_written_meanwhile_is_told_and_the_second_waits(desk: Desk) -> None:
    path, mine, theirs = f"{desk.about}/write", shown_letter(desk), shown_letter(desk)
    jonas = client_of(desk.employer, person(desk.employer, name="Jonas Brandt"))
    theirs["token"] = desk.__class__(
        desk.employer, jonas, desk.user, desk.application_id, desk.promise_id
    ).form(path)["token"]

    assert desk.client.post(path, data=mine).status_code == 303
    second = jonas.post(path, data=theirs)
    told = words_of(second.get_data(as_text=True))
    assert second.status_code == 409
    assert "Somebody changed this while you were here" in told
    assert HINT in told
    assert len(desk.letters()) == 1

    # The same button pressed twice is no second letter either.
    assert desk.client.post(path, data=mine).status_code == 409
    assert len(desk.letters()) == 1


def test_the_queue_and_the_form_say_that_a_letter_is_on_its_way(desk: Desk) -> None:
    path = f"{desk.about}/write"
    assert ROW not in words_of(desk.client.get("/").get_data(as_text=True))
    assert HINT not in words_of(desk.client.get(path).get_data(as_text=True))
    desk.client.post(path, data=shown_letter(desk))
    (letter,) = desk.letters()

    for state, under_way in (
        ("held", True),
        ("accepted", True),
        ("uncertain", True),
        ("bounced", False),
        ("cancelled", False),
        ("captured", False),
    ):
        with desk.employer.work() as work:
            work.session.get_one(Message, letter.id).state = state
        assert (ROW in words_of(desk.client.get("/").get_data(as_text=True))) is under_way, state
        form = words_of(desk.client.get(path).get_data(as_text=True))
        assert (HINT in form) is under_way, state


def test_many_letters_confirmed_twice_are_written_once(employer: Employer) -> None:
    many = Round(employer)
    _, refs = many.open()
    _, first = many.through("write", refs, **LETTER)
    assert "3 letters are written." in many.said(first)

    page = words_of(many.post("write", refs, "preview", **LETTER).get_data(as_text=True))
    assert "0 people are included, 3 are left out" in page
    assert "because the same letter to them is on its way already" in page
    assert many.post("write", refs, "confirm", **LETTER).status_code == 409
    assert len(many.letters()) == 3

    # Another letter is another matter.
    other = {"kind": "second-choice", "next_word_by": "2026-03-06"}
    page = words_of(many.post("write", refs, "preview", **other).get_data(as_text=True))
    assert "3 letters go out" in page
