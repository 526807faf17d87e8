"""A sheet becomes newcomers and refused rows, each with its line; any text comes back as itself."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.changes import Stage
from service.domain.contacts import Channel
from service.domain.newcomers import Newcomer, RefusedRow
from service.sheets.columns import SYNONYMS, Columns, Field, field_of
from service.sheets.dates import Order
from service.sheets.people import opened_sheet
from service.sheets.source import SheetError, open_source
from service.sheets.wanted import Wanted

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
WANTED = Wanted(now=NOW, zone=ZoneInfo("UTC"))


def read(text: str | bytes, folder: Path, wanted: Wanted = WANTED) -> list[Newcomer | RefusedRow]:
    path = folder / "people.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    with opened_sheet(open_source(path), wanted) as sheet:
        return list(sheet.people)


def one(text: str, folder: Path, **wanted: Any) -> Newcomer:
    (found,) = read(text, folder, replace(WANTED, **wanted))
    assert isinstance(found, Newcomer), found
    return found


def faults(text: str | bytes, folder: Path, **wanted: Any) -> list[str]:
    found = read(text, folder, replace(WANTED, **wanted))
    return [str(f) for row in found if isinstance(row, RefusedRow) for f in row.faults]


def test_everything_a_row_can_say(tmp_path: Path) -> None:
    found = one(
        "Candidate ID;Application_ID;First Name;SURNAME;E-Mail;email 2;Mobile;Time Zone;Language;"
        "Job Title;Current Stage;Application Date;Last contacted;Last contact by;Interview date;"
        "Recruiter;Hiring manager;Promised;Promised by\n"
        "7;9;Amara;Okafor;Amara@Example.com, a@example.org;amara@example.com;+1 416;"
        "america/toronto;en-CA;Bookbinder;Phone Screen;2026-02-02;2026-02-20;call;2026-02-10;"
        "Maria Keller <Maria@example.com>;boss@example.com;A call;by friday 17:00\n",
        tmp_path,
    )

    assert found == Newcomer(
        line=2,
        candidate_id="7",
        application_id="9",
        first_name="Amara",
        last_name="Okafor",
        emails=("Amara@Example.com", "a@example.org"),
        phones=("+1 416",),
        time_zone="America/Toronto",
        locale="en-CA",
        job="Bookbinder",
        stage=Stage.SCREENING,
        label="Phone Screen",
        applied_at=datetime(2026, 2, 2, tzinfo=UTC),
        last_contact_at=datetime(2026, 2, 20, tzinfo=UTC),
        last_contact_by=Channel.PHONE,
        interviewed_at=datetime(2026, 2, 10, tzinfo=UTC),
        owner="maria@example.com",
        hiring_manager="boss@example.com",
        promised="A call",
        promised_for="by friday 17:00",
    )


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_every_separator_is_recognised(tmp_path: Path, separator: str) -> None:
    text = f"name{separator}email{separator}job\nAmara, O; X{separator}a@example.com{separator}B\n"
    if separator in ",;":
        text = text.replace("Amara, O; X", '"Amara, O; X"')

    assert one(text, tmp_path).emails == ("a@example.com",)


@pytest.mark.parametrize("sign", [",", ";", "|", "\t"])
def test_excels_own_line_names_the_separator(tmp_path: Path, sign: str) -> None:
    text = "sep=|\r\nname|email|job\r\nAmara|a@example.com|B\r\n"
    assert one(text.replace("|", sign), tmp_path).line == 3


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("030/1234567", ("030/1234567",)),
        ("+49 33203 / 123456", ("+49 33203 / 123456",)),
        ("030 1234567 / 0171 7654321", ("030 1234567", "0171 7654321")),
        ("030/1234567; 0171/7654321", ("030/1234567", "0171/7654321")),
        ("+49 30 1234567/+49 171 7654321", ("+49 30 1234567", "+49 171 7654321")),
        ("416-555-0100/416-555-0199", ("416-555-0100", "416-555-0199")),
        ("(416) 555-0100 / 0199", ("(416) 555-0100 / 0199",)),
    ],
)
def test_a_number_with_a_slash_in_it_stays_one_number(
    tmp_path: Path, cell: str, expected: tuple[str, ...]
) -> None:
    assert one(f'email,phone,job\na@example.com,"{cell}",B\n', tmp_path).phones == expected


def test_separators_that_do_equally_well_are_asked_for(tmp_path: Path) -> None:
    with pytest.raises(SheetError, match="--delimiter"):
        read("email;x,job\n", tmp_path)


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("Amara Okafor", "Amara", "Okafor"),
        ("Okafor, Amara", "Amara", "Okafor"),
        ("Amara", "Amara", None),
        ("María José de la Cruz", "María", "José de la Cruz"),
    ],
)
def test_a_whole_name_is_taken_apart(
    tmp_path: Path, name: str, first: str, last: str | None
) -> None:
    found = one(f'name,email,job\n"{name}",a@example.com,B\n', tmp_path)

    assert (found.first_name, found.last_name) == (first, last)


@pytest.mark.parametrize(
    ("headings", "cells", "first", "last"),
    [
        ("Name,Vorname", "Okafor,Amara", "Amara", "Okafor"),
        ("Vorname,Name", "Amara,Amara Okafor", "Amara", "Okafor"),
        ("First name,Name", 'Anna Lena,"Weber, Anna Lena"', "Anna Lena", "Weber"),
        ("Name,Last name", "Amara Okafor,okafor", "Amara", "okafor"),
        ("Name,First name", "Amara,Amara", "Amara", None),
        ("Name,First name", "Amara Okafor,", "Amara", "Okafor"),
        ("Name,First name,Last name", "Ama O.,Amara,Okafor", "Amara", "Okafor"),
    ],
)
def test_a_name_beside_one_half_of_it_loses_no_half(
    tmp_path: Path, headings: str, cells: str, first: str, last: str | None
) -> None:
    found = one(f"{headings},email,job\n{cells},a@example.com,B\n", tmp_path)

    assert (found.first_name, found.last_name) == (first, last)


@pytest.mark.parametrize(
    ("stage", "status", "told", "expected"),
    [
        ("Onsite", "Active", {}, Stage.INTERVIEW),
        ("Onsite", "Rejected", {}, Stage.REJECTED),
        ("Offer", "hired", {}, Stage.HIRED),
        ("", "active", {}, Stage.APPLIED),
        ("", "", {}, Stage.APPLIED),
        ("withdrawn", "", {}, Stage.WITHDRAWN),
        ("Kennenlernen", "", {"kennenlernen": Stage.INTERVIEW}, Stage.INTERVIEW),
        ("Onsite", "Archived", {"Archived": Stage.REJECTED}, Stage.REJECTED),
        ("Onsite", "On hold", {"On hold": Stage.SCREENING}, Stage.INTERVIEW),
    ],
)
def test_stage_and_status_say_where_somebody_stands(
    tmp_path: Path, stage: str, status: str, told: Mapping[str, Stage], expected: Stage
) -> None:
    text = f"email,job,stage,status\na@example.com,B,{stage},{status}\n"

    assert one(text, tmp_path, stages=told).stage is expected


@pytest.mark.parametrize(
    ("heading", "label"),
    [("stage", "Kennenlernen"), ("status", "Archived"), ("stage", "Not selected"),
     ("status", "Declined")],
)  # fmt: skip
def test_no_end_and_no_stage_is_guessed(tmp_path: Path, heading: str, label: str) -> None:
    text = f"email,job,stage,status\na@example.com,B,{label if heading == 'stage' else 'Onsite'},"
    text += f"{label if heading == 'status' else ''}\n"

    (fault,) = faults(text, tmp_path)
    assert fault.startswith(f"line 2, column “{heading}”: what “{label}” means is not known")
    assert f"--stage “{label}=…”, for which there are applied, screening" in fault


def test_every_fault_names_its_line_and_heading_and_never_the_cell(tmp_path: Path) -> None:
    found = faults(
        "Name,E-mail,Job,Applied on,Last contact on,Owner,Time zone,Promised,Promised for\n"
        "Amara,secret at example,B,,,,,,\n"
        "Bela,bela@example.com,,03/04/2026,2027-01-01,Maria,Mars,A call,\n"
        '"Multi\nline",m@example.com,B,,,,,,\n'
        "Chidi,,B,,,,,,\n"
        "Dora,d@example.com,B\n"
        "Eve\x01,e@example.com,B,,,,,,\n"
        "Name,E-mail,Job,Applied on,Last contact on,Owner,Time zone,Promised,Promised for\n",
        tmp_path,
    )

    assert sorted(fault.split(":")[0] for fault in found) == [
        "line 2, column “E-mail”",
        "line 3, column “Applied on”",
        "line 3, column “Job”",
        "line 3, column “Last contact on”",
        "line 3, column “Owner”",
        "line 3, column “Promised for”",
        "line 3, column “Time zone”",
        "line 6",
        "line 7",
        "line 8, column “Name”",
        "line 9",
    ]
    assert not any("secret" in fault or "Mars" in fault for fault in found)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n1,2\n", "no heading of it is known"),
        ("name,job\nA,B\n", "email"),
        ("name,email\nA,a@example.com\n", "--job"),
        ("email,Email,job,stage,Stage\n", "both say “stage”"),
        ("email,job,promised\n", "promised for"),
        ("\n\n", "nothing in it"),
        ('name,email,job\n"A,a@example.com,B\n', "never closed"),
        ('name,email,job\n"A"x,a@example.com,B\n', "line 2: a quotation mark"),
        ('name,email,job\n"' + "A" * 200_000 + "\n", "line 2: a cell is longer"),
        ("name,email,job\n" + "A" * 1_100_000 + "\n", "longer than 1,000,000 characters"),
    ],
)
def test_a_sheet_that_cannot_be_used_is_refused_as_a_whole(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(SheetError, match=said):
        read(text, tmp_path)


def test_headings_can_be_named_and_left_out(tmp_path: Path) -> None:
    text = "Kontakt,Recruiter,Job\na@example.com,Maria,B\n"

    found = one(text, tmp_path, names={"kontakt": Field.EMAIL}, without=("recruiter",))
    assert (found.emails, found.owner) == (("a@example.com",), None)
    with pytest.raises(SheetError, match="there is no column “Stelle”"):
        read(text, tmp_path, replace(WANTED, without=("Stelle",)))


def test_of_two_headings_that_say_one_thing_the_surer_one_is_read() -> None:
    columns = Columns.of(["Created At", "Applied At", "email", "job"])

    assert columns.places[Field.APPLIED_ON] == (1,)
    assert columns.left_out == ("Created At",)


def test_no_heading_means_two_things() -> None:
    for field in Field:
        for name in (field.value, *SYNONYMS.get(field, ())):
            assert field_of(name) is field, name


GREENHOUSE = ("Candidate ID", "Application ID", "First Name", "Last Name", "Email", "Phone",
              "Job Name", "Current Stage", "Status", "Applied On")  # fmt: skip
LEVER = ("Opportunity ID", "Candidate Name", "Email", "Posting", "Current Stage", "Created At")
ASHBY = ("Candidate Name", "Candidate Email", "Job", "Current Interview Stage", "Status",
         "Application Created At")  # fmt: skip
WORKABLE = ("Candidate name", "First name", "Last name", "Email", "Phone", "Job", "Stage",
            "Created at")  # fmt: skip
OPENCATS = ("First Name", "Last Name", "E-Mail", "Phone Cell", "Phone Home", "Date Created")


@pytest.mark.parametrize("headings", [GREENHOUSE, LEVER, ASHBY, WORKABLE, OPENCATS])
def test_the_headings_of_other_systems_are_read(headings: tuple[str, ...]) -> None:
    assert [heading for heading in headings if field_of(heading) is None] == []
    assert Columns.of(headings).left_out == ()


_CELL = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=80).map(
    str.strip
)


@given(st.lists(st.tuples(_CELL, _CELL.filter(bool)), min_size=1, max_size=8),
       st.sampled_from(",;\t|"), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))  # fmt: skip
def test_any_text_in_any_field_comes_back_as_itself(
    people: list[tuple[str, str]], separator: str, encoding: str
) -> None:
    """Formulas, separators and quotation marks are text like any other."""
    written = io.StringIO()
    sheet = csv.writer(written, delimiter=separator)
    sheet.writerow(["first name", "last name", "job", "email"])
    for number, (name, job) in enumerate(people):
        sheet.writerow([name, f"={name}|'!A1", job, f"a{number}@example.com"])
    with TemporaryDirectory() as folder:
        found = read(written.getvalue().encode(encoding), Path(folder))

    assert [(each.first_name or "", each.last_name, each.job) for each in found
            if isinstance(each, Newcomer)] == [
        (name, f"={name}|'!A1".strip(), job) for name, job in people
    ]  # fmt: skip


@given(st.binary(max_size=400))
def test_junk_is_read_or_refused_and_never_breaks(junk: bytes) -> None:
    with TemporaryDirectory() as folder, suppress(SheetError):
        read(b"name,email,job\n" + junk, Path(folder))


@pytest.mark.parametrize(
    ("heading", "cell", "refused"),
    [
        ("Archive Reason", "Underqualified", True),
        ("Disqualified", "TRUE", True),
        ("Disqualified", "FALSE", False),
        ("Rejected on", "2026-02-01", True),
        ("Hired on", " ", False),
        ("Archived", "-", False),
        ("Absage am", "01.02.2026", True),
    ],
)
def test_an_end_told_in_a_column_of_its_own_is_not_passed_over(
    tmp_path: Path, heading: str, cell: str, refused: bool
) -> None:
    text = f"email,job,stage,{heading}\na@example.com,B,Onsite,{cell}\n"

    found = faults(text, tmp_path)

    assert bool(found) is refused
    assert all(each.startswith(f"line 2, column “{heading}”: it seems") for each in found)
    assert not faults(text.replace("Onsite", "rejected"), tmp_path)
    assert not faults(text, tmp_path, without=(heading,))
    if refused:
        told = {cell: Stage.REJECTED}
        assert one(text, tmp_path, names={heading: Field.STATUS}, stages=told).stage is (
            Stage.REJECTED
        )


def test_an_address_copied_with_marks_that_nobody_sees_is_read(tmp_path: Path) -> None:
    found = one("email,job\n\u202aamara@example.com\u202c; \ufeffa@example.org\u200b,B\n", tmp_path)

    assert found.emails == ("amara@example.com", "a@example.org")


def test_a_row_cut_short_by_a_spreadsheet_is_told_the_way_out(tmp_path: Path) -> None:
    short, long = faults("email,job,phone\na@example.com,B\nc@example.com,B,1,2\n", tmp_path)

    assert "add a last column" in short
    assert "last column" not in long


def test_german_headings_are_known_and_unknown_ones_are_named_with_the_remedy(
    tmp_path: Path,
) -> None:
    text = "Nachname;Vorname;E-Mail-Adresse;Telefon;{};Beworben am;Bemerkung\r\n"
    text += "Weiß;Käthe;k@example.com;;B;03.02.2026;x\r\n"

    found = one(text.format("Stelle"), tmp_path, order=Order.DMY)
    assert (found.first_name, found.last_name, found.job) == ("Käthe", "Weiß", "B")
    assert found.applied_at == datetime(2026, 2, 3, tzinfo=UTC)
    with pytest.raises(SheetError, match=r"“Aufgabe”, “Bemerkung”.*--column “HEADING=job”"):
        read(text.format("Aufgabe"), tmp_path)
