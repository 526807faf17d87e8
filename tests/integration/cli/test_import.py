"""``keepword import`` and ``keepword person``: from a shell, with its exit codes."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from sqlalchemy import func, select

from service.models import Application, Candidate, Promise
from service.sheets.source import SheetError, open_source
from tests.harness import add_user
from tests.integration.cli.conftest import Command, Desk

GOOD = "name,email,job\nAmara Okafor,amara@example.com,Bookbinder\n"
BAD = GOOD + "Bela,no address,Bookbinder\n=1+2,c@example.com,Bookbinder,\nDora,,Gilder\n"


def file_of(folder: Path, text: str | bytes = GOOD, name: str = "people.csv") -> str:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return str(path)


def rows_of(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def applications(employer: Desk) -> int:
    with employer.session() as session:
        return session.scalars(select(func.count()).select_from(Application)).one()


def test_a_dry_run_is_the_real_run_without_the_commit(
    employer: Desk, command: Command, tmp_path: Path
) -> None:
    path = file_of(tmp_path)
    tried = command("import", path, "--dry-run", "--json")
    assert applications(employer) == 0
    done = command("import", path, "--json")

    assert (tried.exit_code, done.exit_code) == (0, 0), tried.output + done.output
    before, after = json.loads(tried.stdout), json.loads(done.stdout)
    assert (before.pop("dry_run"), after.pop("dry_run")) == (True, False)
    assert (before.pop("imported"), after.pop("imported")) == (False, True)
    assert before.pop("import") is None
    assert after.pop("import").startswith("imp_")
    assert before == after
    assert (after["applications"], after["encoding"], after["separator"]) == (1, "UTF-8", "comma")
    assert applications(employer) == 1


def test_an_import_is_listed_and_taken_back(
    employer: Desk, command: Command, tmp_path: Path
) -> None:
    done = command("import", file_of(tmp_path))
    listed = json.loads(command("import", "--list", "--json").stdout)["imports"]
    id_ = listed[0]["id"]
    assert f"keepword import --undo {id_}" in done.stderr
    assert "Added 1 application: 1 new person, 1 new job. 0 were known already." in done.stdout
    assert "people.csv" in command("import", "--list").stdout

    tried = command("import", "--undo", id_, "--dry-run")
    assert (tried.exit_code, applications(employer)) == (0, 1)
    undone = command("import", "--undo", id_, "--json")
    assert json.loads(undone.stdout)["applications"] == 1
    assert applications(employer) == 0
    again = command("import", "--undo", id_)
    unknown = command("import", "--undo", "imp_none")
    assert (again.exit_code, unknown.exit_code) == (1, 2)


def test_one_bad_row_imports_nobody(employer: Desk, command: Command, tmp_path: Path) -> None:
    result = command("import", file_of(tmp_path, BAD))

    assert result.exit_code == 1
    assert "line 3, column “email”: the address is not a valid mail address" in result.stderr
    assert "line 5: it holds neither a mail address nor an id" in result.stderr
    assert "Nobody was imported: 2 of 4 rows are at fault." in result.stdout
    assert "no address" not in result.output
    assert applications(employer) == 0


def test_the_good_ones_are_imported_and_the_others_written_down(
    employer: Desk, command: Command, tmp_path: Path
) -> None:
    result = command("import", file_of(tmp_path, BAD), "--skip-bad", "--json")

    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert (document["applications"], document["refused"]) == (2, 2)
    refused = tmp_path / "people.refused.csv"
    assert document["refused_file"] == str(refused)
    assert refused.stat().st_mode & 0o077 == 0
    rows = rows_of(refused)
    assert rows[0] == ["name", "email", "job", "refused because"]
    assert [row[0] for row in rows[1:]] == ["Bela", "Dora"]
    assert rows[2][3].startswith("line 5: ")
    assert command("import", file_of(tmp_path, BAD), "--skip-bad").exit_code == 2
    with employer.session() as session:
        assert "=1+2" in session.scalars(select(Candidate.first_name)).all()


def test_a_refused_row_that_is_too_long_is_written_whole_and_stays_refused(
    employer: Desk, command: Command, tmp_path: Path
) -> None:
    text = "name,email,job\nAmara,amara@example.com,Binder, Books, Senior\nBela,,Gilder,\n"
    command("import", file_of(tmp_path, text), "--skip-bad")
    refused = tmp_path / "people.refused.csv"

    long, other = rows_of(refused)[1:]
    assert (long[:3], long[4:]) == (["Amara", "amara@example.com", "Binder"], [" Books", " Senior"])
    assert len(other) == 4
    again = command("import", str(refused))
    assert again.exit_code == 1
    assert "it has 6 cells and the heading has 4" in again.output
    assert applications(employer) == 0


def test_a_formula_in_the_refused_rows_is_text_and_comes_back_as_itself(
    employer: Desk, command: Command, tmp_path: Path
) -> None:
    text = "name,email,job\n\"=cmd|' /C calc'!A0\",,B\n'=quoted,,B\n+1,,B\n"
    command("import", file_of(tmp_path, text), "--skip-bad")
    refused = tmp_path / "people.refused.csv"
    rows = rows_of(refused)
    assert [row[0] for row in rows[1:]] == ["'=cmd|' /C calc'!A0", "''=quoted", "'+1"]

    corrected = "".join(
        ",".join([f'"{row[0]}"', f"a{number}@example.com" if number else row[1], *row[2:3],
                  "refused because" if not number else "x"]) + "\n"
        for number, row in enumerate(rows)
    )  # fmt: skip
    result = command("import", file_of(tmp_path, corrected, "again.csv"))

    assert result.exit_code == 0, result.output
    with employer.session() as session:
        names = session.execute(select(Candidate.first_name, Candidate.last_name)).all()
    assert {" ".join(filter(None, name)) for name in names} == {
        "=cmd|' /C calc'!A0",
        "'=quoted",
        "+1",
    }


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Name one FILE"),
        (("people.csv", "--list"), "Name one FILE"),
        (("nowhere.csv",), "there is no file"),
        (("people.csv", "--stage", "Chat"), "LABEL=STAGE"),
        (("people.csv", "--stage", "Chat=talk"), "LABEL=STAGE"),
        (("people.csv", "--column", "Kontakt=whatever"), "HEADING=MEANING"),
        (("people.csv", "--delimiter", "#"), "comma, a semicolon"),
        (("people.csv", "--max-size", "much"), "number of bytes"),
        (("people.csv", "--refused", "x.csv"), "--skip-bad"),
        (("people.csv", "--dates", "ymd"), "ymd"),
    ],
)
def test_misuse_is_told(
    employer: Desk, command: Command, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    path = file_of(tmp_path)
    result = command("import", *(path if each == "people.csv" else each for each in arguments))

    assert result.exit_code == 2
    assert said in result.stderr


@pytest.mark.parametrize(
    ("data", "options", "said"),
    [
        (b"", (), "it is empty"),
        (b"name,email,job\n", (), "nobody in it"),
        (b"PK\x03\x04....", (), "workbook"),
        (b"\x00\x01\x02", (), "NUL"),
        (b"name,email,job\n\x81\n", (), "--encoding"),
        (GOOD.encode(), ("--max-size", "10"), "at most 10 are read"),
        (b'name,email,job\n"Amara', (), "never closed"),
        (b"color,size\n1,2\n", (), "no heading of it is known"),
    ],
)
def test_a_file_that_cannot_be_used_fails_with_the_remedy(
    employer: Desk, command: Command, tmp_path: Path, data: bytes, options: tuple[str, ...],
    said: str,
) -> None:  # fmt: skip
    result = command("import", file_of(tmp_path, data), *options)

    assert result.exit_code == 1
    assert said in result.stderr
    assert applications(employer) == 0


def test_what_a_sheet_does_not_say_is_said_beside_it(
    employer: Desk, command: Command, tmp_path: Path
) -> None:
    text = "Kontakt#Runde#Beworben\n".replace("#", "|") + "a@example.com|Kennenlernen|03.04.2025\n"
    result = command(
        "import", file_of(tmp_path, text.encode("utf-16-le")), "--column", "Kontakt=email",
        "--column", "Runde=stage", "--column", "Beworben=applied on", "--job", "Bookbinder",
        "--stage", "Kennenlernen=interview", "--dates", "dmy", "--encoding", "utf-16-le",
        "--delimiter", "|", "--json",
    )  # fmt: skip

    assert result.exit_code == 0, result.output
    with employer.session() as session:
        application = session.scalars(select(Application)).one()
        assert (application.stage, application.applied_at.month) == ("interview", 4)


def test_nothing_is_drawn_where_nobody_looks(
    employer: Desk, command: Command, tmp_path: Path
) -> None:
    assert "Importing" not in command("import", file_of(tmp_path)).stderr


def test_a_person_is_added_once(employer: Desk, command: Command) -> None:
    with employer.work() as work:
        add_user(work, email="maria@example.com")
    add = ("person", "add", "Amara Okafor", "--email", "amara@example.com", "--job", "Bookbinder",
           "--owner", "Maria@example.com", "--stage", "screening")  # fmt: skip
    first = json.loads(command(*add, "--json").stdout)
    again = json.loads(command(*add, "--json").stdout)

    assert (first["made"], first["new_candidate"]) == (True, True)
    assert (again["made"], again["application_id"]) == (False, first["application_id"])
    assert "applied for this job already" in command(*add).stdout
    with employer.session() as session:
        kinds = session.scalars(select(Promise.kind)).all()
    assert "acknowledgement" in kinds


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--email", "nothing", "--job", "B"), "--email"),
        (("--email", "a@example.com", "--job", " "), "--job"),
        (("--email", "a@example.com", "--job", "B", "--owner", "x@example.com"), "--owner"),
        (("--email", "a@example.com", "--job", "B", "--applied", "03/04/2025"), "--applied"),
        (("--email", "a@example.com", "--job", "B", "--applied", "2099-01-01"), "--applied"),
        (("--email", "a@example.com", "--job", "B", "--stage", "rejected"), "--stage"),
    ],
)
def test_a_person_who_cannot_be_added_is_misuse(
    employer: Desk, command: Command, options: tuple[str, ...], said: str
) -> None:
    result = command("person", "add", "Amara", *options)

    assert result.exit_code == 2
    assert said in result.stderr
    assert applications(employer) == 0


def test_a_fault_that_many_rows_share_is_told_once_and_a_dry_run_says_that_nobody_would_come(
    employer: Desk, command: Command, tmp_path: Path
) -> None:
    rows = "".join(f"p{number}@example.com,Gilder,Kennenlernen\n" for number in range(80))
    path = file_of(tmp_path, f"email,job,stage\n{rows}a@example.com,Gilder,Absage\n"
                   "b@example.com,Gilder,Onsite\n")  # fmt: skip

    tried = command("import", path, "--dry-run")
    skipped = command("import", path, "--dry-run", "--skip-bad")

    assert (tried.exit_code, skipped.exit_code) == (1, 0)
    assert tried.stderr.count("“Kennenlernen” means") == 1
    assert "(and in 79 more rows)" in tried.stderr
    assert "line 82, column “stage”: what “Absage” means" in tried.stderr
    assert "Nobody would be imported: 81 of 82 rows are at fault" in tried.stdout
    assert "Nobody" not in skipped.stdout
    assert "Would add 1 application" in skipped.stdout


def test_a_sheet_that_changes_while_it_is_read_imports_nobody(
    employer: Desk, command: Command, tmp_path: Path
) -> None:
    path = Path(file_of(tmp_path))
    source = open_source(path)
    source.refuse_change()

    path.write_text(GOOD + "Bela,bela@example.com,Gilder\n")

    with pytest.raises(SheetError, match="changed while it was read"):
        source.refuse_change()
    path.unlink()
    with pytest.raises(SheetError, match="changed while it was read"):
        source.refuse_change()


def test_where_the_import_as_a_whole_fails_no_file_of_refused_rows_stays(
    employer: Desk, command: Command, tmp_path: Path
) -> None:
    path = file_of(tmp_path, BAD + 'Eve,"never closed,Gilder\n')

    failed = command("import", path, "--skip-bad")

    assert failed.exit_code == 1
    assert "never closed" in failed.stderr
    assert [each.name for each in tmp_path.glob("*.refused.csv")] == []
    assert applications(employer) == 0


def test_what_cannot_be_read_twice_is_refused_with_the_remedy(command: Command) -> None:
    for path in ("-", "/dev/stdin"):
        refused = command("import", path, input=GOOD)
        assert refused.exit_code == 2
        assert "save it first" in refused.stderr
