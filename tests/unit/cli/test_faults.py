"""What went wrong, in one message with its remedy."""

from __future__ import annotations

import sqlite3

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import (
    DatabaseError,
    IntegrityError,
    NoSuchModuleError,
    OperationalError,
    SQLAlchemyError,
)

from service.cli.faults import NotMigratedError, told
from service.config import ConfigError
from service.mail.variables import TemplateError
from service.secret_box import SecretBox


def raised_by_sqlite(statement: str) -> SQLAlchemyError:
    engine = create_engine("sqlite://", hide_parameters=True)
    try:
        with engine.connect() as connection, pytest.raises(SQLAlchemyError) as caught:
            connection.execute(text(statement))
    finally:
        engine.dispose()
    return caught.value


def test_settings_at_fault_are_listed() -> None:
    message = told(ConfigError(["KEEPWORD_MAIL is 'post'", "SECRET_KEY is short"]))

    assert "KEEPWORD_MAIL is 'post'" in message
    assert "SECRET_KEY is short" in message


def test_a_secret_under_another_key_names_the_command_that_mends_it() -> None:
    sealed = SecretBox("one key, long enough for the tests").seal("s")
    with pytest.raises(RuntimeError) as caught:
        SecretBox("another key, long enough for tests").open(sealed)

    assert "keepword connection rotate" in told(caught.value)


def test_a_missing_table_asks_to_migrate() -> None:
    message = told(raised_by_sqlite("SELECT * FROM promise"))

    assert "no such table: promise" in message
    assert "keepword db upgrade" in message


def test_a_locked_database_asks_to_try_again() -> None:
    error = OperationalError("UPDATE …", {}, sqlite3.OperationalError("database is locked"))

    assert told(error) == "The database is busy with another writer. Try again in a moment."


def test_a_database_out_of_reach_names_its_setting_and_not_the_statement() -> None:
    error = OperationalError("SELECT 'Amara'", {}, sqlite3.OperationalError("unable to open"))

    assert "unable to open" in told(error)
    assert "DATABASE_URL" in told(error)
    assert "Amara" not in told(error)


def test_a_database_that_was_never_made_asks_to_make_it_and_not_to_migrate() -> None:
    fault = 'connection failed: FATAL:  database "keepword" does not exist'
    message = told(OperationalError("", {}, sqlite3.OperationalError(fault)))

    assert "createdb" in message
    assert "db upgrade" not in message


def test_a_file_that_is_no_database_says_so() -> None:
    message = told(DatabaseError("", {}, sqlite3.DatabaseError("file is not a database")))

    assert "file is not a database" in message
    assert "DATABASE_URL" in message


def test_output_that_nobody_takes_is_told_by_its_reason() -> None:
    assert "No space left on device" in told(OSError(28, "No space left on device"))


def test_a_refused_row_is_not_quoted() -> None:
    error = IntegrityError(
        "INSERT …", {}, sqlite3.IntegrityError("Key (email)=(amara@example.com) exists")
    )

    assert "amara" not in told(error)
    assert "IntegrityError" in told(error)


def test_an_address_that_is_none_shows_how_to_write_one() -> None:
    assert "postgresql+psycopg://" in told(NoSuchModuleError("no dialect foo"))


def test_an_unwritable_folder_is_named() -> None:
    message = told(PermissionError(13, "Permission denied", "/srv/keepword/secret_key"))

    assert "/srv/keepword/secret_key" in message
    assert "KEEPWORD_HOME" in message


def test_a_broken_template_and_an_old_schema_say_so_themselves() -> None:
    assert "holding" in told(TemplateError("holding", None, "is empty"))
    assert told(NotMigratedError("Run: keepword db upgrade")) == "Run: keepword db upgrade"


def test_a_full_disk_is_told_as_one_and_a_missing_column_asks_to_migrate() -> None:
    full = OperationalError("INSERT …", {}, sqlite3.OperationalError("database or disk is full"))
    old = OperationalError(
        "INSERT …", {}, sqlite3.OperationalError("table application has no column named closed")
    )

    assert told(full) == "The disk is full, so the change was not made. Make room and try again."
    assert "keepword db upgrade" in told(old)
