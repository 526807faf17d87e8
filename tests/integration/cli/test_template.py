"""``keepword template``: read, lint, draft, approve, withdraw, preview."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from service.mail.variables import KINDS
from service.resources import resource_folder
from service.workflows.template_versions import Wording, save_draft
from tests.harness import add_application, add_user
from tests.integration.cli.conftest import Command, Desk

KIND = "status-update"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The shipped words of a kind and one sentence more, as files."""
    made = Path(shutil.copytree(resource_folder("templates/email") / KIND, tmp_path / "mine"))
    for part, more in (("body.txt", "\nIt is short.\n"), ("body.html", "<p>It is short.</p>\n")):
        path = made / part
        path.write_text(path.read_text(encoding="utf-8") + more, encoding="utf-8")
    return made


def _json(command: Command, *arguments: str) -> Any:
    result = command("template", *arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def _administrator(employer: Desk) -> None:
    with employer.work() as work:
        add_user(work, "Ana Ruiz", email="ana@example.com", role="administrator")
        add_user(work, "Tom Berg", email="tom@example.com")


def test_the_letters_are_listed_with_what_is_in_force(employer: Desk, command: Command) -> None:
    listed = _json(command, "list")["templates"]

    assert [each["kind"] for each in listed] == sorted(KINDS)
    assert {(each["number"], each["origin"]) for each in listed} == {(1, "shipped")}
    shown = command("template", "list").stdout
    assert "1 (shipped)" in shown
    assert "[still_open]" in shown


def test_a_letter_is_shown_as_it_is_written(employer: Desk, command: Command) -> None:
    source = employer.office.templates[KIND].source

    text = command("template", "show", KIND).stdout
    html = command("template", "show", KIND, "--html").stdout

    assert text == f"Subject: {source.subject}\n\n{source.text}\n"
    assert html == f"{source.html}\n"
    assert _json(command, "show", KIND)["findings"] == []
    assert command("template", "show", "farewell").exit_code == 2
    assert "no version 7" in command("template", "show", KIND, "--number", "7").stderr


def test_a_draft_is_approved_by_an_administrator(
    employer: Desk, command: Command, folder: Path
) -> None:
    _administrator(employer)
    drafted = command(
        "template", "draft", KIND, "--from", str(folder), "--note", "shorter", "--by",
        "tom@example.com",
    )  # fmt: skip
    assert drafted.exit_code == 0, drafted.output
    assert "version 2" in drafted.stdout
    assert "template approve" in drafted.stderr
    assert "It is short." not in command("template", "show", KIND).stdout

    by_tom = command("template", "approve", KIND, "2", "--by", "tom@example.com")
    assert (by_tom.exit_code, "no administrator" in by_tom.stderr) == (2, True)
    done = command("template", "approve", KIND, "2", "--by", "ana@example.com")

    assert done.exit_code == 0, done.output
    assert "It is short." in command("template", "show", KIND).stdout
    versions = _json(command, "versions", KIND)["versions"]
    assert [(each["number"], each["state"]) for each in versions] == [
        (2, "approved"),
        (1, "retired"),
    ]
    assert versions[0]["note"] == "shorter"
    assert versions[0]["approved_by_id"] != versions[0]["created_by_id"]
    again = command("template", "approve", KIND, "2", "--by", "ana@example.com")
    assert (again.exit_code, "in force already" in again.stderr) == (1, True)


def test_a_draft_that_cannot_be_used_is_refused(
    employer: Desk, command: Command, folder: Path
) -> None:
    (folder / "body.html").write_text("<script>x</script>", encoding="utf-8")
    bad = command("template", "draft", KIND, "--from", str(folder))
    assert bad.exit_code == 1
    assert "only one of" in bad.stderr or "holds <script>" in bad.stderr

    (folder / "body.html").unlink()
    missing = command("template", "draft", KIND, "--from", str(folder))
    assert (missing.exit_code, "body.html cannot be read" in missing.stderr) == (2, True)
    assert len(_json(command, "versions", KIND)["versions"]) == 1


def test_a_withdrawn_version_leaves_its_kind_without_words(
    employer: Desk, command: Command
) -> None:
    done = command("template", "withdraw", KIND, "1", "--because", "it is wrong")

    assert done.exit_code == 0, done.output
    assert "until another version is approved" in done.stderr
    assert command("template", "show", KIND).exit_code == 2
    assert "none: nothing is sent" in command("template", "list").stdout
    assert command("template", "withdraw", KIND, "1", "--because", "it is wrong").exit_code == 1


def test_a_letter_is_previewed(employer: Desk, command: Command) -> None:
    with employer.work() as work:
        application = add_application(work).id

    invented = command("template", "preview", KIND).stdout
    # The command goes by the machine's clock, and a letter names no day that has passed.
    word_by = f"next_word_by={(datetime.now(UTC) + timedelta(days=7)).date()}"
    told = _json(command, "preview", KIND, "--application", application, "--set", word_by)

    assert "Hello Amara," in invented
    assert "Maria Keller" in invented
    assert "hiring team" in told["text"]
    assert "<h1" in command("template", "preview", KIND, "--html").stdout
    passed = ("--application", application, "--set", "next_word_by=2020-01-01")
    assert "has passed" in command("template", "preview", KIND, *passed).stderr
    assert command("template", "preview", KIND, "--set", "x").exit_code == 2
    assert command("template", "preview", KIND, "--set", "salary=1").exit_code == 1
    assert command("template", "preview", KIND, "--application", "app_0").exit_code == 2


def test_the_lint_passes_on_what_is_shipped_without_a_database(command: Command) -> None:
    result = command("template", "lint", DATABASE_URL="sqlite:////nowhere/at/all.db")

    assert result.exit_code == 0, result.output
    assert f"{len(KINDS)} letters, nothing found." in result.stdout
    assert _json(command, "lint") == {"letters": len(KINDS), "findings": []}


def test_the_lint_says_what_is_wrong_with_what_is_stored(employer: Desk, command: Command) -> None:
    assert command("template", "lint", "--stored").exit_code == 0
    with employer.work() as work:
        source = work.office.templates["acknowledgement"].source
        more = "We will be in touch soon."
        save_draft(
            work,
            Wording(
                source.kind, source.subject, f"{source.text} {more}", f"{source.html}<p>{more}</p>"
            ),
        )

    shown = command("template", "lint", "--stored")
    told = command("template", "lint", "--stored", "--json")

    assert (shown.exit_code, told.exit_code) == (1, 1)
    assert "acknowledgement 2" in shown.stdout
    assert "names no day" in shown.stdout
    findings = json.loads(told.stdout)["findings"]
    assert {(each["rule"], each["number"]) for each in findings} == {("promise-without-date", 2)}
