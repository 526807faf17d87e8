"""``keepword db``: up, down and where it stands; and what other commands say of a wrong schema."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, text

from service.workflows import migrate
from tests.integration.cli.conftest import Command


@pytest.fixture
def emptied(database_url: str, command: Command) -> str:
    """The database, migrated down to nothing."""
    result = command("db", "downgrade", "--to", "base", "--yes")
    assert result.exit_code == 0, result.output
    return database_url


def count(database_url: str, table: str) -> int:
    engine = create_engine(database_url)
    try:
        with engine.connect() as connection:
            return connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()  # noqa: S608
    finally:
        engine.dispose()


def test_upgrading_an_empty_database_adds_calendar_and_policies(
    emptied: str, command: Command
) -> None:
    result = command("db", "upgrade")

    assert result.exit_code == 0, result.output
    assert count(emptied, "calendar") == 1
    assert count(emptied, "policy") > 3


def test_upgrading_twice_changes_nothing(emptied: str, command: Command) -> None:
    command("db", "upgrade")
    policies = count(emptied, "policy")

    result = command("db", "upgrade")

    assert "as before" in result.stdout
    assert count(emptied, "policy") == policies


def test_where_it_stands_is_told(emptied: str, command: Command) -> None:
    empty = command("db", "current", "--json")
    command("db", "upgrade")
    full = command("db", "current", "--json")

    assert json.loads(empty.stdout)["current"] is None
    assert json.loads(empty.stdout)["up_to_date"] is False
    assert json.loads(full.stdout)["up_to_date"] is True
    assert "the newest" in command("db", "current").stdout


def test_going_down_asks_first(database_url: str, command: Command) -> None:
    result = command("db", "downgrade", "--to", "base", input="n\n")

    assert result.exit_code == 1
    assert count(database_url, "promise") == 0


def test_an_unknown_revision_is_misuse(command: Command) -> None:
    result = command("db", "downgrade", "--to", "9999", "--yes")

    assert result.exit_code == 2
    assert "9999" in result.stderr


def test_a_command_on_an_empty_database_names_the_remedy(emptied: str, command: Command) -> None:
    for line in ("check", "overdue", "dispatch", "ingest", "connection list", "user list"):
        result = command(*line.split())

        assert result.exit_code == 1, line
        assert "keepword db upgrade" in result.stderr
        assert "Traceback" not in result.stderr


def test_a_database_out_of_reach_is_told_in_one_message(command: Command, tmp_path: Path) -> None:
    address = "postgresql+psycopg://keeper:hush@127.0.0.1:1/keepword"

    missing = f"sqlite:///{tmp_path}/missing/keepword.db"

    for url, fault in ((address, "cannot be reached"), (missing, "cannot be opened or made")):
        result = command("check", DATABASE_URL=url)

        assert result.exit_code == 1
        assert fault in result.stderr
        assert "DATABASE_URL" in result.stderr
        assert "hush" not in result.stderr
        assert "Traceback" not in result.stderr


def test_settings_that_cannot_be_are_listed_together(command: Command) -> None:
    result = command("check", KEEPWORD_MAIL="pigeon", KEEPWORD_TIME_ZONE="Mars/Olympus")

    assert result.exit_code == 1
    assert "KEEPWORD_MAIL" in result.stderr
    assert "KEEPWORD_TIME_ZONE" in result.stderr


def test_what_is_migrated_by_hand_is_what_the_models_say(emptied: str, command: Command) -> None:
    command("db", "upgrade")
    engine = create_engine(emptied)
    try:
        assert migrate.current(engine) == migrate.head(engine)
        assert "promise" in inspect(engine).get_table_names()
    finally:
        engine.dispose()
