"""People from a sheet on the pages: looked at, answered, imported all or nobody, taken back."""

from __future__ import annotations

import csv
import io

import pytest
from sqlalchemy import func, select

from service.app import create_app, engine_of
from service.dashboard.saying import fault_words
from service.dashboard.sheet_words import HERE
from service.dashboard.translating import said_by_commands
from service.models import Application, Candidate, Import, Message, Promise
from service.parts import parts
from tests.harness import Employer
from tests.integration.people_case import call
from tests.integration.settings_desk import SQLITE
from tests.integration.sheet_desk import GOOD, fields_of, people, press, send, text_of
from tests.signing_in import client_of, person, token_of

SHEET = """name,email,job,stage,applied on,Mood
Amara Okafor,amara@example.com,Bookbinder,Kennenlernen,16/02/2026,glad
Jonas Weber,jonas@example.com,Bookbinder,Phone screen,20/02/2026,
Lucía Fernández,lucia@example.com,Gilder,applied,27/02/2026,
"""
BAD = GOOD + "=cmd()|x,no address,Bookbinder\nBéla,bela@example.com,Gilder,more\n"


def test_a_sheet_is_looked_at_answered_imported_and_taken_back(employer: Employer) -> None:
    client = employer.app.test_client()
    first = send(client, SHEET, "C:/Users/me/people.csv")
    text = text_of(first)

    assert first.status_code == 200
    assert "3 of 3 rows are at fault" in text
    assert "Kennenlernen not known in 1 row" in text
    assert "Phone screen screening" in text
    assert "Mood not read" in text
    # The page names its own means, never the command's.
    assert "--" not in text
    answers = {"dates": "dmy", "What “Kennenlernen” means": "interview"}
    second = press(client, first, "look", **answers)
    assert "3 applications, 3 new people, 2 new jobs" in text_of(second)
    assert people(employer) == []

    done = press(client, second, "take")
    assert done.status_code == 303
    assert "3 applications, 3 new people, 2 new jobs" in text_of(client.get(done.location))
    assert people(employer) == ["Amara", "Jonas", "Lucía"]
    with employer.session() as session:
        row = session.scalars(select(Import)).one()
        assert sorted(session.scalars(select(Application.stage))) == [
            "applied",
            "interview",
            "screening",
        ]
        # Nobody gets a letter because of it.
        assert session.scalars(select(func.count()).select_from(Message)).one() == 0
        kinds = set(session.scalars(select(Promise.kind)))
    assert "acknowledgement" not in kinds
    assert (row.file_name, row.actor) == ("people.csv", "page")
    # Pressed twice it is done once.
    again = press(client, second, "take")
    assert (again.status_code, again.location) == (303, done.location)

    path = f"/people/import/{row.id}"
    with employer.work() as work:
        amara = work.session.scalars(
            select(Application).join(Candidate).where(Candidate.first_name == "Amara")
        ).one()
        call(work, amara.id)
    form = {"token": token_of(client, path)}
    preview = client.post(f"{path}/undo", data=form)
    assert "would be removed 2 applications, 2 people, 1 job" in text_of(preview)
    assert "2 Amara Okafor It was changed since." in text_of(preview)
    assert len(people(employer)) == 3
    shown = preview.get_data(as_text=True).split('name="shown" value="')[1].split('"')[0]
    stale = client.post(f"{path}/undo", data={**form, "step": "undo", "shown": "0"})
    assert stale.status_code == 409
    assert len(people(employer)) == 3
    undone = client.post(f"{path}/undo", data={**form, "step": "undo", "shown": shown})
    assert undone.status_code == 303
    assert people(employer) == ["Amara"]
    assert "taken back" in text_of(client.get("/people/import"))


def test_another_process_goes_on_with_what_one_began(employer: Employer) -> None:
    looked = send(employer.app.test_client(), GOOD)
    config = parts(employer.app).config
    other = create_app(config, clock=employer.clock)
    try:
        done = press(other.test_client(), looked, "take")
    finally:
        engine_of(other).dispose()

    assert done.status_code == 303
    assert people(employer) == ["Amara"]


def test_what_changed_since_the_look_is_shown_instead_of_imported(employer: Employer) -> None:
    client = employer.app.test_client()
    looked = send(client, GOOD)
    # A colleague adds the same person meanwhile.
    assert press(client, send(client, GOOD + "\n"), "take").status_code == 303

    late = press(client, looked, "take")
    # An answer that was changed and not looked at is another outcome too, even of equal numbers.
    other = send(client, "name,email\nBéla,bela@example.com\n", job="Gilder")
    moved = press(client, other, "take", job="Bookbinder")
    granted = press(client, other, "take", acknowledge="yes")

    assert [each.status_code for each in (late, moved, granted)] == [409, 409, 409]
    assert "no longer what you were shown" in text_of(late)
    assert "Everybody in the sheet is here already" in text_of(late)
    assert people(employer) == ["Amara"]
    assert press(client, moved, "take").status_code == 303
    assert people(employer) == ["Amara", "Béla"]


@SQLITE
def test_a_sheet_that_we_did_not_hand_out_is_not_taken(employer: Employer) -> None:
    maria, tomas = person(employer, name="Maria"), person(employer, name="Tomas")
    looked = send(client_of(employer, maria), GOOD)
    fields = fields_of(looked)
    client = client_of(employer, maria)
    attempts = [
        {**fields, "seal": ["0" * 64]},
        {**fields, "sheet": fields_of(send(client_of(employer, maria), SHEET))["sheet"]},
        {**fields, "sheet": ["%%%"]},
        {**fields, "name": ["other.csv"]},
        {name: said for name, said in fields.items() if name != "sheet"},
    ]
    for form in attempts:
        assert client.post("/people/import/take", data=form).status_code in (403, 422)
    stranger = client_of(employer, tomas)
    theirs = {**fields, "token": [token_of(stranger, "/people/import")]}
    assert stranger.post("/people/import/take", data=theirs).status_code == 422

    assert people(employer) == []


@SQLITE
def test_refused_rows_are_left_out_only_where_just_that_was_asked(employer: Employer) -> None:
    client = employer.app.test_client()
    looked = send(client, BAD, "sheet of people.csv")
    text = text_of(looked)

    assert "3 email The address is not a valid mail address" in text
    assert "4 – It has 4 cells and the heading has 3" in text
    assert press(client, looked, "take").status_code == 409
    assert people(employer) == []
    file = press(client, looked, "refused")
    assert "sheet of people.refused.csv" in file.headers["Content-Disposition"]
    rows = list(csv.reader(io.StringIO(file.get_data().decode("utf-8-sig"), newline="")))
    assert rows[0] == ["name", "email", "job", "refused because"]
    # No spreadsheet evaluates what stands there, and it comes back as it was.
    assert rows[1][0] == "'=cmd()|x"
    assert "more" in rows[2]

    assert press(client, looked, "take", refused="leave-out").status_code == 303
    assert people(employer) == ["Amara"]
    corrected = file.get_data().decode("utf-8-sig").replace("no address", "eve@example.com")
    back = send(client, "\n".join(corrected.splitlines()[:2]))
    assert press(client, back, "take").status_code == 303
    assert people(employer) == ["=cmd()|x", "Amara"]


@SQLITE
def test_an_acknowledgement_is_promised_where_it_was_ticked(employer: Employer) -> None:
    client = employer.app.test_client()
    looked = send(client, GOOD, acknowledge="yes")

    assert "New applications are acknowledged" in text_of(looked)
    assert press(client, looked, "take").status_code == 303
    with employer.session() as session:
        assert "acknowledgement" in set(session.scalars(select(Promise.kind)))


@SQLITE
@pytest.mark.parametrize("language", ["en", "de"])
def test_a_page_never_names_the_commands_options(employer: Employer, language: str) -> None:
    assert said_by_commands()
    with employer.app.test_request_context(headers={"Accept-Language": language}):
        for text in said_by_commands():
            # What a page cannot meet needs no words of its own.
            if "--max-size" in str(text):
                continue
            assert text in HERE, text
            assert "--" not in fault_words(str(text))
