"""``keepword connection``: set up from nothing, tried, and told how to see that it works."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from service.ats.registry import adapter_named, all_adapters
from service.domain.changes import Applied, Moved
from service.models import Application, Connection, Delivery
from service.queries.feed_health import ONLY_HINTS
from service.workflows.apply import apply_changes
from service.workflows.connections import add_connection
from tests.doubles.vendor_api import VendorApiDouble, refused
from tests.integration.ats_reports import T0, ref_of
from tests.integration.cli.conftest import Command, Desk

SECRET = "an invented webhook secret"
KEY = "an invented API key"
LEVER = ("connection", "add", "lever-main", "--vendor", "lever", "--rejections-by", "keepword")


@pytest.fixture
def vendor() -> Iterator[VendorApiDouble]:
    """An ATS's API that takes every key."""
    with VendorApiDouble() as double:
        double.on("GET", "*", {"data": [], "hasNext": False})
        yield double


@pytest.fixture
def lever(employer: Desk, command: Command, vendor: VendorApiDouble) -> Command:
    """A connection to that API, entered as a program would."""
    result = command(
        *LEVER,
        "--set",
        f"api_url={vendor.base_url}",
        KEEPWORD_CONNECTION_SECRET=SECRET,
        KEEPWORD_CONNECTION_API_KEY=KEY,
    )
    assert result.exit_code == 0, result.output
    return command


def row_of(desk: Desk) -> Connection:
    with desk.session() as session:
        return session.scalars(select(Connection)).one()


def test_adding_says_where_to_click_and_how_to_see_that_it_works(
    employer: Desk, command: Command
) -> None:
    result = command(*LEVER, KEEPWORD_CONNECTION_SECRET=SECRET)

    assert result.stdout == "https://keepword.example.com/hooks/ats/lever-main\n"
    for said in (
        adapter_named("lever").guide.events[1],
        "api_key missing",
        "keepword connection credentials lever-main",
        "keepword connection test lever-main",
        "waiting for the first delivery",
    ):
        assert said in result.stderr, said
    assert SECRET not in result.output


def test_an_address_that_nobody_named_is_not_made_up(employer: Desk, command: Command) -> None:
    unset = {"KEEPWORD_BASE_URL": None, "KEEPWORD_CONNECTION_SECRET": SECRET}
    text = command(*LEVER, **unset)
    document = json.loads(command("connection", "show", "lever-main", "--json", **unset).stdout)
    local = command("connection", "show", "lever-main", KEEPWORD_BASE_URL="http://127.0.0.1:8400")

    assert text.stdout == "https://YOUR-HOST/hooks/ats/lever-main\n"
    assert "KEEPWORD_BASE_URL is not set" in text.stderr
    assert "reachable from the ATS" in text.stderr
    assert ":8000" not in text.output
    assert (document["url"], document["path"]) == (None, "/hooks/ats/lever-main")
    assert "from this machine alone" in local.stderr


def test_what_the_api_asks_for_comes_from_options_files_and_the_environment(
    employer: Desk, lever: Command, tmp_path: Path
) -> None:
    key = tmp_path / "key"
    key.write_text("another key\n", encoding="utf-8")

    changed = lever(
        "connection", "credentials", "lever-main", "--credential-file", f"api_key={key}", "--json"
    )
    shown = lever("connection", "show", "lever-main").output
    forgotten = lever("connection", "credentials", "lever-main", "--forget", "api_key", "--json")

    assert json.loads(changed.stdout)["credentials"] == ["api_key"]
    assert json.loads(forgotten.stdout)["missing"] == ["api_key"]
    assert "another key" not in changed.output + shown + forgotten.output
    assert KEY not in shown


def test_a_secret_is_taken_from_no_argument_and_nothing_unknown_is_set(
    employer: Desk, lever: Command
) -> None:
    for line, said in (
        (("credentials", "lever-main", "--set", "api_key=x"), "--credential-file"),
        (("settings", "lever-main", "--set", "api_key=x"), "credentials lever-main"),
        (("settings", "lever-main", "--set", "subdomain=x"), "Lever asks for no such thing"),
        (("settings", "lever-main", "--set", "api_url=http://example.com"), "https://"),
        (("settings", "lever-main", "--set", "api_url"), "NAME=VALUE"),
        (("settings", "lever-main", "--sync-every", "soon"), "never"),
        (("credentials", "lever-main"), "KEEPWORD_CONNECTION_NAME"),
    ):
        result = lever("connection", *line)

        assert result.exit_code == 2, line
        assert said in result.stderr, line


def test_how_often_it_is_asked_can_be_said_and_switched_off(employer: Desk, lever: Command) -> None:
    usual = row_of(employer).sync_every_minutes
    hourly = lever("connection", "settings", "lever-main", "--sync-every", "60", "--json")
    never = lever("connection", "settings", "lever-main", "--sync-every", "never")

    assert (usual, json.loads(hourly.stdout)["sync_every_minutes"]) == (15, 60)
    assert "never asked" in never.stdout
    assert row_of(employer).next_sync_at is None


def test_a_trial_says_what_works_and_leaves_nothing(
    employer: Desk, lever: Command, vendor: VendorApiDouble
) -> None:
    good = lever("connection", "test", "lever-main")
    vendor.out_of_order(refused(401))
    bad = lever("connection", "test", "lever-main", "--json")

    assert good.exit_code == 0, good.output
    assert "takes the credentials" in good.stdout
    assert "waiting for the first delivery" in good.stdout
    document = json.loads(bad.stdout)
    assert (bad.exit_code, document["ok"]) == (1, False)
    (api,) = (each for each in document["checks"] if each["what"] == "api")
    assert "401" in api["text"]
    assert "keepword connection credentials lever-main" in api["remedy"]
    assert KEY not in good.output + bad.output
    with employer.session() as session:
        assert session.scalars(select(Delivery)).all() == []
    assert row_of(employer).first_authentic_at is None


def test_a_sync_asks_now_and_tells_what_it_found(
    employer: Desk, lever: Command, vendor: VendorApiDouble
) -> None:
    done = lever("connection", "sync", "lever-main", "--since", "2026-03-01", "--json")
    vendor.out_of_order(refused(403))
    failed = lever("connection", "sync", "lever-main")
    future = lever("connection", "sync", "lever-main", "--since", "2999-01-01")

    report = json.loads(done.stdout)
    assert (report["stored"], report["since"]) == (0, "2026-02-28T23:00:00Z")
    assert row_of(employer).last_synced_at is not None
    assert (failed.exit_code, future.exit_code) == (1, 2)
    assert "Error:" in failed.stderr


def test_writing_back_is_switched_on_where_it_can_be(employer: Desk, lever: Command) -> None:
    on = lever("connection", "writeback", "lever-main", "on")
    off = lever("connection", "writeback", "lever-main", "off", "--json")
    lever(
        "connection", "add", "own", "--vendor", "generic", "--rejections-by", "ats", "--new-secret"
    )
    never = lever("connection", "writeback", "own", "on")

    assert on.exit_code == 0, on.output
    assert "Lever" in on.stdout
    assert json.loads(off.stdout) == {"name": "lever-main", "write_back": False}
    assert never.exit_code == 2


def test_stages_are_listed_said_and_confirmed(employer: Desk, command: Command) -> None:
    with employer.work() as work:
        row = add_connection(work, "main", "greenhouse", [SECRET], rejections_by="keepword")
        odd = ref_of(ats_stage="Culture = Add")
        apply_changes(work, row, [Applied(odd, T0), Moved(odd, T0, None)], work.now)
        known = ref_of("a2", "c2", ats_stage="Phone Screen")
        apply_changes(work, row, [Applied(known, T0)], work.now)
    stages = ("connection", "stages", "main")

    before = command(*stages)
    listed = json.loads(command("connection", "list", "--json").stdout)["connections"][0]
    mapped = command(*stages, "--map", "Culture = Add=interview", "--confirm")
    after = json.loads(command(*stages, "--json").stdout)["stages"]

    assert "--map “Culture = Add=interview”" in before.stderr
    assert listed["unmapped_labels"] == 1
    assert "2 labels changed; 1 open applications moved." in mapped.stderr
    assert [(each["label"], each["known"]) for each in after] == [
        ("Culture = Add", "confirmed"),
        ("Phone Screen", "confirmed"),
    ]
    with employer.session() as session:
        assert "interview" in set(session.scalars(select(Application.stage)))
    for wrong in ("Culture", "=interview", "X=hired", "X=moon"):
        assert command(*stages, "--map", wrong).exit_code == 2, wrong


def test_a_vendor_that_only_hints_is_half_set_up_without_its_api(
    employer: Desk, command: Command
) -> None:
    command(*LEVER, KEEPWORD_CONNECTION_SECRET=SECRET)
    command("connection", "add", "gh", "--vendor", "greenhouse", "--rejections-by", "ats",
            KEEPWORD_CONNECTION_SECRET=SECRET)  # fmt: skip
    said = "lever-main tells only that something changed, and its API cannot be asked what: API key"

    before = command("connection", "list")
    looked = command("doctor").output
    command("connection", "credentials", "lever-main", KEEPWORD_CONNECTION_API_KEY=KEY)

    assert said in before.stderr
    assert "Run “keepword connection credentials lever-main”" in before.stderr
    assert said in looked
    assert "gh (greenhouse) has not been heard from" in looked
    assert said not in command("connection", "list").stderr


def test_whose_webhooks_are_hints_is_what_the_documentation_says() -> None:
    page = (Path(__file__).resolve().parents[3] / "docs/ats/README.md").read_text("utf-8")
    rows = [[cell.strip() for cell in line.split("|")] for line in page.splitlines()]
    yes = {
        row[1].split("(")[1].split(".md")[0] for row in rows if len(row) > 6 and row[6] == "**yes**"
    }

    assert yes == ONLY_HINTS


@pytest.mark.parametrize("vendor_name", [each.name for each in all_adapters()])
def test_a_secret_made_here_for_a_vendor_that_makes_its_own_is_told_to_be_replaced(
    command: Command, vendor_name: str
) -> None:
    added = command("connection", "add", "main", "--vendor", vendor_name, "--rejections-by", "ats",
                    "--new-secret")  # fmt: skip

    theirs = vendor_name not in ("greenhouse", "ashby", "generic")
    assert ("keepword connection rotate main" in added.stderr) is theirs
    assert "The second line is the signing secret" in added.stderr
    assert len(added.stdout.splitlines()) == 2


def test_a_connection_that_told_no_stage_yet_says_where_they_come_from(
    command: Command,
) -> None:
    assert command("connection", "list").stdout == (
        "No ATS is connected yet: keepword connection add\n"
    )
    command(*LEVER, KEEPWORD_CONNECTION_SECRET=SECRET)

    assert "they come with its deliveries" in command("connection", "stages", "lever-main").stdout
