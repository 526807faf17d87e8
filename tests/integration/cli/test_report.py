"""``keepword report``: the figures for people, for programs and for spreadsheets."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta

from service.clock import SystemClock
from service.models import Application
from service.queries.numbers_tables import TABLES
from service.workflows.work import Work
from tests.harness import add_application, add_user
from tests.integration.cli.conftest import Command, Desk
from tests.integration.figures_case import promised

YESTERDAY = SystemClock().now() - timedelta(days=1)


def owe(employer: Desk) -> None:
    with employer.work() as work:
        for title, kept in (("=1+1", True), ("Chef", False)):
            application = _application(work, title)
            fields = {"state": "kept", "kept_at": YESTERDAY} if kept else {}
            promised(work, application, YESTERDAY, **fields)


def _application(work: Work, title: str) -> Application:
    owner = add_user(work, f"Owner of {title}")
    found = add_application(work, owner=owner, applied_at=YESTERDAY - timedelta(days=1))
    found.job.title = title
    work.session.flush()
    return found


def test_all_tables_are_told_but_no_rate_stands_beside_a_name(
    employer: Desk, command: Command
) -> None:
    owe(employer)
    told = command("report", "--weeks", "2")
    people = command("report", "--weeks", "2", "--by-owner")

    assert (told.exit_code, people.exit_code) == (0, 0)
    assert "Kept by week" in told.stdout
    assert "50.0%" in told.stdout
    assert "Owner of Chef" not in told.stdout
    assert "Owner of Chef" in people.stdout


def test_a_program_gets_the_same_as_json(employer: Desk, command: Command) -> None:
    owe(employer)
    document = json.loads(command("report", "--json", "--weeks", "2").stdout)

    assert set(document["tables"]) == set(TABLES) - {"kept-by-owner"}
    last = document["tables"]["kept-by-week"][-1]
    assert (last["week"], last["n"], last["kept"], last["kept_rate"]) == ("all", 2, 1, 0.5)
    assert len(document["tables"]["kept-by-week"]) == 3
    assert document["time_zone"] == "Europe/Berlin"


def test_one_table_is_csv_in_which_no_formula_is_evaluated(
    employer: Desk, command: Command
) -> None:
    owe(employer)
    told = command("report", "kept-by-job", "--csv")
    rows = list(csv.DictReader(io.StringIO(told.stdout)))

    assert {row["job"]: row["kept"] for row in rows} == {"'=1+1": "1", "Chef": "0"}
    refused = command("report", "--csv")
    assert refused.exit_code == 2
    assert "name the table" in refused.stderr


def test_the_figures_of_one_job_are_asked_for_by_its_title(
    employer: Desk, command: Command
) -> None:
    owe(employer)
    document = json.loads(command("report", "kept-by-job", "--job", "Chef", "--json").stdout)
    assert [row["job"] for row in document["tables"]["kept-by-job"]] == ["Chef"]

    for option, value in (("--job", "Sailor"), ("--team", "Nowhere"), ("--weeks", "60")):
        unknown = command("report", option, value)
        assert unknown.exit_code == 2
        assert option in unknown.stderr
