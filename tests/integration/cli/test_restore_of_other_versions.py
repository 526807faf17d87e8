"""A backup of an older Keepword is restored and brought up to date; one of a newer is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, select, text
from sqlalchemy.orm import Session

from service.clock import SystemClock
from service.db import prepare_engine
from service.models import Candidate, MailChannel, Message
from service.moving import archive
from service.moving.reading import tables
from service.moving.shapes import Shape, shapes
from service.resources import resource_folder
from service.workflows import migrate
from tests.harness import MONDAY, add_application, add_notices
from tests.integration.cli.conftest import Command, Desk

FIRST_WITH_BACKUPS = "0008"
"""No Keepword before this revision could make a backup."""


def revisions() -> list[str]:
    """The oldest revision that a backup can be of, and the one before the newest."""
    walked = ScriptDirectory(str(resource_folder("migrations"))).walk_revisions()
    found = sorted(each.revision for each in walked)
    return [FIRST_WITH_BACKUPS, found[-2]]


def as_of(url: str, revision: str, file: Path) -> None:
    """Take a database back to a revision, and write the backup that its Keepword made."""
    engine = create_engine(url)
    prepare_engine(engine)
    migrate.downgrade(engine, revision)
    there = inspect(engine)
    had = {
        name: {each["name"] for each in there.get_columns(name)} for name in there.get_table_names()
    }
    older = [
        Shape(
            shape.name,
            tuple(each for each in shape.columns if each[0] in had[shape.name]),
            shape.key,
        )
        for shape in shapes()
        if shape.name in had
    ]
    with engine.connect() as connection, file.open("wb") as written:
        heading = archive.Heading(MONDAY, revision, "0.0.1")
        archive.write(written, heading, tables(connection, older), lambda *_: None)
    engine.dispose()


@pytest.mark.parametrize("revision", revisions())
def test_an_older_backup_is_brought_up_to_date_and_sends_nothing(
    revision: str,
    employer: Desk,
    database_url: str,
    command: Command,
    new_database: Callable[..., str],
    tmp_path: Path,
) -> None:
    with employer.work() as work:
        add_application(work, first_name="Anna")
        add_notices(work, 2)
        letter = work.session.scalars(select(Message)).first()
        assert letter is not None
        letter.application_id = add_application(work, first_name="Bruno").id
    employer.engine.dispose()
    file = tmp_path / "older.backup"
    as_of(database_url, revision, file)
    url = new_database("sqlite" if database_url.startswith("sqlite") else "postgresql")
    engine = create_engine(url)
    prepare_engine(engine)

    refused = command("db", "restore", str(file), DATABASE_URL=url)

    assert refused.exit_code == 1, "empty, but of today's revision"
    assert "keepword db downgrade --to base" in refused.stderr
    migrate.downgrade(engine, "base")

    result = command("db", "restore", str(file), DATABASE_URL=url)

    assert result.exit_code == 0, result.output
    assert migrate.current(engine) == migrate.head(engine)
    with Session(engine) as session:
        assert session.get_one(MailChannel, "email").paused_at is not None
        assert set(session.scalars(select(Message.state))) == {"blocked"}
        assert set(session.scalars(select(Candidate.first_name))) == {"Anna", "Bruno"}
    assert command("outbox", "list", DATABASE_URL=url).exit_code == 0
    engine.dispose()


def test_a_backup_of_a_newer_keepword_is_refused_with_the_remedy(
    new_database: Callable[..., str], command: Command, tmp_path: Path
) -> None:
    url, file = new_database("sqlite"), tmp_path / "newer.backup"
    engine = create_engine(url)
    prepare_engine(engine)
    with engine.connect() as connection, file.open("wb") as written:
        heading = archive.Heading(SystemClock().now(), "9999", "99.0")
        archive.write(written, heading, tables(connection, shapes()), lambda *_: None)
    engine.dispose()

    result = command("db", "restore", str(file), DATABASE_URL=url)

    assert result.exit_code == 1
    assert "Keepword 99.0" in result.stderr
    assert "Install that version or a newer one" in result.stderr


def test_an_older_keepword_starts_on_no_newer_database(
    new_database: Callable[..., str], command: Command
) -> None:
    url = new_database("sqlite")
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()

    for line in ("db upgrade", "dispatch", "worker"):
        result = command(*line.split(), DATABASE_URL=url)

        assert result.exit_code == 1, line
        assert "a newer Keepword" in result.stderr, line
    doctor = command("doctor", DATABASE_URL=url)
    assert "Run: the newer Keepword" in doctor.stdout
