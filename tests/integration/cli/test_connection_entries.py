"""``keepword connection entries``: a person sees what hangs, and says what became of it."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from service.models import ProfileEntry
from service.workflows.connections import add_connection
from tests.harness import MONDAY, add_application
from tests.integration.cli.conftest import Command, Desk


@pytest.fixture
def hanging(employer: Desk) -> dict[str, str]:
    """One entry a state, by state."""
    with employer.work() as work:
        connection = add_connection(
            work, "ats", "greenhouse", ["an invented secret"], rejections_by="keepword"
        )
        application = add_application(work, connection_id=connection.id, external_id="1")
        made = {}
        for number, state in enumerate(("done", "waiting", "failed", "uncertain")):
            entry = ProfileEntry(
                connection_id=connection.id,
                application_id=application.id,
                dedupe_key=f"kept:{state}",
                state=state,
                attempts=1,
                error="the answer was lost" if state == "uncertain" else None,
                next_attempt_at=MONDAY,
                created_at=MONDAY + timedelta(minutes=number),
            )
            work.session.add(entry)
            work.session.flush()
            made[state] = entry.id
    return made


def states(command: Command) -> dict[str, str]:
    shown = command("connection", "entries", "ats", "--all", "--json")
    assert shown.exit_code == 0, shown.output
    return {each["id"]: each["state"] for each in json.loads(shown.stdout)["entries"]}


def test_what_hangs_is_shown_first_with_what_to_do(
    command: Command, hanging: dict[str, str]
) -> None:
    shown = command("connection", "entries", "ats")

    assert shown.exit_code == 0
    lines = shown.stdout.splitlines()
    assert [line.split()[0] for line in lines if line.startswith("pfe_")] == [
        hanging["uncertain"], hanging["failed"], hanging["waiting"]
    ]  # fmt: skip
    assert "the answer was lost" in shown.stdout
    assert f"--retry {hanging['uncertain']}" in shown.stderr


def test_a_person_says_what_became_of_it(command: Command, hanging: dict[str, str]) -> None:
    said = command(
        "connection", "entries", "ats", "--written", hanging["uncertain"],
        "--retry", hanging["failed"],
    )  # fmt: skip

    assert said.exit_code == 0
    found = states(command)
    assert found[hanging["uncertain"]] == "done"
    assert found[hanging["failed"]] == "waiting"


def test_what_is_done_is_not_done_again(command: Command, hanging: dict[str, str]) -> None:
    refused = command("connection", "entries", "ats", "--retry", hanging["done"])
    unknown = command("connection", "entries", "ats", "--retry", "pfe_none")

    assert (refused.exit_code, unknown.exit_code) == (2, 2)
    assert "nothing to do" in refused.stderr
    assert "has no entry pfe_none" in unknown.stderr


def test_what_needs_somebody_is_told_by_the_list_and_the_doctor(
    command: Command, hanging: dict[str, str]
) -> None:
    listed = command("connection", "list")
    (row,) = json.loads(command("connection", "list", "--json").stdout)["connections"]
    said = "2 notes for profiles at ats need somebody's eye."

    assert len(hanging) == 4
    assert "needs a look" in listed.stdout
    assert f"To do: {said} Run “keepword connection entries ats”" in listed.stderr
    assert (row["light"], row["profile_entries_for_a_person"]) == ("needs a look", 2)
    assert [each["code"] for each in row["faults"]] == ["unwritten"]
    assert said in command("connection", "show", "ats").stderr
    assert said in command("doctor").output
