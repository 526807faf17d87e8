"""What a person answers of their sheet holds from look to look, and the button does what it says.

All of it through the forms alone: what a page forgets there, nobody can tell it.
"""

from __future__ import annotations

import csv
import io

from sqlalchemy import select

from service.models import Application, Job
from tests.harness import Employer
from tests.integration.settings_desk import SQLITE
from tests.integration.sheet_desk import press, send, text_of

STAGE, HEADING = "What “{}” means", "What the heading “{}” means"


@SQLITE
def test_a_word_that_ends_nothing_stays_answered_until_everybody_is_imported(
    employer: Employer,
) -> None:
    client = employer.app.test_client()
    sheet = (
        "name,email,job,stage,status\n"
        "Zoe,zoe@example.com,Gilder,Kennenlernen,laufend\n"
        "Ada,ada@example.com,Gilder,Onsite,laufend\n"
    )

    first = press(client, send(client, sheet), "look", **{STAGE.format("laufend"): "applied"})
    second = press(client, first, "look", **{STAGE.format("Kennenlernen"): "screening"})

    assert "2 applications, 2 new people, 1 new job" in text_of(second)
    assert press(client, second, "take").status_code == 303
    with employer.session() as session:
        assert sorted(session.scalars(select(Application.stage))) == ["interview", "screening"]


@SQLITE
def test_what_was_said_of_words_outlasts_a_look_at_which_no_row_was_read(
    employer: Employer,
) -> None:
    client = employer.app.test_client()
    sheet = "name,email,code,stage,Titel\nZoe,zoe@example.com,E-7,Kennenlernen,Gilder\n"

    first = send(client, sheet, job="Bookbinder")
    assert "Kennenlernen not known" in text_of(first)
    wrong = press(client, first, "look", job="", **{STAGE.format("Kennenlernen"): "interview"})
    assert "No column says which job" in text_of(wrong)
    right = press(client, wrong, "look", **{HEADING.format("Titel"): "job"})

    assert "1 application, 1 new person, 1 new job" in text_of(right)


@SQLITE
def test_the_button_imports_what_was_shown_in_whatever_order_it_was_answered(
    employer: Employer,
) -> None:
    client = employer.app.test_client()
    # Each time a later word or heading is asked for first, and listed in its place afterwards.
    words = "email,job,stage\na@example.com,Gilder,Phone screen\nb@example.com,Gilder,Kennen\n"
    headings = "email,phone,job,Anruf\nc@example.com,1 416 555,Gilder,1 417 555\n"
    said = (
        (words, {STAGE.format("Phone screen"): "interview", STAGE.format("Kennen"): "offer"}),
        (headings, {HEADING.format("phone"): "phone", HEADING.format("Anruf"): "phone"}),
    )
    for sheet, answers in said:
        looked = press(client, send(client, sheet), "look", **answers)
        assert press(client, looked, "take").status_code == 303


@SQLITE
def test_a_heading_that_is_said_to_mean_something_is_the_one_that_is_read(
    employer: Employer,
) -> None:
    client = employer.app.test_client()
    sheet = "email,job,posting\nzoe@example.com,ENG-12,Gilder\n"

    looked = press(client, send(client, sheet), "look", **{HEADING.format("posting"): "job"})

    assert press(client, looked, "take").status_code == 303
    with employer.session() as session:
        assert session.scalars(select(Job.title)).all() == ["Gilder"]


@SQLITE
def test_a_large_number_in_a_fault_is_written_as_the_pages_language_writes_it(
    employer: Employer,
) -> None:
    client = employer.app.test_client()
    sheet = "email,job,notes\na@example.com,Gilder," + "x" * 140_000 + "\n"

    for language, number in (("en", "131,072"), ("de", "131.072")):
        client.environ_base["HTTP_ACCEPT_LANGUAGE"] = language
        assert number in text_of(send(client, sheet))


@SQLITE
def test_refused_rows_come_down_under_a_name_in_any_letters(employer: Employer) -> None:
    client = employer.app.test_client()
    sheet = "name,email,job\nZoe,no address,Gilder\n"

    for name, told in (("Żółw 候補.csv", "%C5%BB%C3%B3%C5%82w"), ("März.csv", "M%C3%A4rz")):
        file = press(client, send(client, sheet, name), "refused")
        header = file.headers["Content-Disposition"]
        # A header is sent in ASCII; the server answers 500 where it cannot be.
        assert header.isascii()
        assert f"filename*=UTF-8''{told}" in header
        assert "no address" in file.get_data(as_text=True)


@SQLITE
def test_refused_rows_tell_why_as_their_page_does(employer: Employer) -> None:
    client = employer.app.test_client()
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "de"
    sheet = "name,email,job,owner\nZoe,no address,Gilder,\nAda,a@example.com,Gilder,x@example.com\n"

    file = press(client, send(client, sheet), "refused")

    rows = list(csv.reader(io.StringIO(file.get_data().decode("utf-8-sig"), newline="")))
    heading, first, second = (row[-1] for row in rows)
    # By that heading such a file is known again, whoever reads it.
    assert heading == "refused because"
    assert first.startswith("Zeile 2, Überschrift „email“: das ist keine gültige Mailadresse")
    assert second.startswith("Zeile 3, Überschrift „owner“: niemand hier hat diese Adresse: Laden")


@SQLITE
def test_the_first_people_are_shown_as_read_so_that_a_wrong_encoding_is_seen(
    employer: Employer,
) -> None:
    client = employer.app.test_client()
    sheet = "name,email,job\n" + "".join(
        f"{name},{name[0]}@example.com,Gilder\n" for name in ("Jörg Müller", "Ada", "Bo", "Cy")
    )

    wrong = send(client, sheet.encode("mac-roman"))
    assert "JšrgMŸller" in text_of(wrong).replace(" ", "")
    right = press(client, wrong, "look", encoding="mac-roman")

    shown = text_of(right)
    assert "Jörg Müller J@example.com Gilder applied" in " ".join(shown.split())
    assert " Bo " in shown
    assert " Cy " not in shown


@SQLITE
def test_somebody_who_waits_about_a_closed_job_is_pointed_out_before_the_import(
    employer: Employer,
) -> None:
    client = employer.app.test_client()
    with employer.work() as work:
        work.session.add(Job(title="Gilder", status="open", created_at=work.now))
    sheet = "name,email,job,stage\nAda,ada@example.com,Gilder,applied\n"
    sheet += "Bo,bo@example.com,Gilder,rejected\n"

    looked = send(client, sheet)
    assert "closed here" not in text_of(looked)
    with employer.work() as work:
        work.session.scalars(select(Job)).one().status = "closed"
    again = press(client, looked, "take")

    assert again.status_code == 409
    assert "This job is closed here" in text_of(again)
    assert "more row" not in text_of(again)
    assert press(client, again, "take").status_code == 303
