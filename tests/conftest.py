"""Real databases for the tests: SQLite and PostgreSQL, each test on a fresh copy of the schema."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import psycopg
import pytest
from hypothesis import settings
from sqlalchemy import create_engine

from service.app import engine_of
from service.db import prepare_engine
from service.workflows import migrate
from tests.harness import make_employer
from tests.postgres import postgres_server

TEMPLATE = "keepword_template"
STARTED = "keepword_started"
"""The same, after a first start: with the default calendar, the policies and the letters."""

# The same examples on every run: a commit fails for what it changed and not by chance.
settings.register_profile("keepword", derandomize=True, deadline=None)
settings.load_profile("keepword")


@pytest.fixture(scope="session")
def postgres_address() -> Iterator[str]:
    """A running server with the migrated schema in a template database."""
    with postgres_server() as address:
        _admin(address, f"DROP DATABASE IF EXISTS {TEMPLATE}")
        _admin(address, f"CREATE DATABASE {TEMPLATE}")
        engine = create_engine(f"{address}/{TEMPLATE}")
        migrate.upgrade(engine)
        engine.dispose()
        _admin(address, f"DROP DATABASE IF EXISTS {STARTED}")
        _admin(address, f"CREATE DATABASE {STARTED} TEMPLATE {TEMPLATE}")
        start_once(f"{address}/{STARTED}")
        yield address


@pytest.fixture(scope="session")
def fast_folder() -> Iterator[Path]:
    """A folder in memory where the machine has one: what is tested is not the disk's patience."""
    memory = Path("/dev/shm")  # noqa: S108 - a folder of our own is made below it
    usable = memory.is_dir() and os.access(memory, os.W_OK)
    with TemporaryDirectory(prefix="keepword-", dir=memory if usable else None) as name:
        yield Path(name)


@pytest.fixture(scope="session")
def sqlite_template(fast_folder: Path) -> Path:
    """A migrated SQLite file to copy."""
    path = fast_folder / "template.db"
    engine = create_engine(f"sqlite:///{path}")
    prepare_engine(engine)
    migrate.upgrade(engine)
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def sqlite_started(sqlite_template: Path) -> Path:
    """A SQLite file to copy, after a first start."""
    path = sqlite_template.with_name("started.db")
    shutil.copyfile(sqlite_template, path)
    start_once(f"sqlite:///{path}")
    return path


def start_once(database_url: str) -> None:
    """Start Keepword on a database and end it: most tests need what that leaves there."""
    with TemporaryDirectory(prefix="keepword-") as home:
        employer = make_employer(database_url, Path(home))
        # The last connection to go leaves all of SQLite's in the one file that is copied.
        engine_of(employer.app).dispose()


@pytest.fixture
def new_database(request: pytest.FixtureRequest, fast_folder: Path) -> Iterator[Callable[..., str]]:
    """Make fresh migrated databases by kind, or ``started`` ones; they vanish after the test.

    Their names are new each time but for the one that is ``named``.
    """
    made: list[tuple[str, str]] = []
    files: list[Path] = []

    def make(kind: str, *, started: bool = False, named: str = "") -> str:
        if kind == "sqlite":
            path = fast_folder / f"{named or uuid4().hex}.db"
            files.append(path)
            source = "sqlite_started" if started else "sqlite_template"
            shutil.copyfile(request.getfixturevalue(source), path)
            return f"sqlite:///{path}"
        address = request.getfixturevalue("postgres_address")
        name = f"test_{named or uuid4().hex}"
        source = STARTED if started else TEMPLATE
        _admin(address, f"CREATE DATABASE {name} TEMPLATE {source} STRATEGY FILE_COPY")
        made.append((address, name))
        return f"{address}/{name}"

    yield make
    for path in files:
        for leftover in path.parent.glob(f"{path.name}*"):
            leftover.unlink()
    for address, name in made:
        _admin(address, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, new_database: Callable[..., str]) -> str:
    """A fresh migrated database: the test runs once on each kind."""
    # An employer starts on it; what that makes need not be made anew for each, and the
    # application of the last test can go on where the address is the same.
    if "employer" in request.fixturenames:
        return new_database(request.param, started=True, named="reused")
    return new_database(request.param)


def _admin(address: str, statement: str) -> None:
    dsn = f"{address.replace('postgresql+psycopg', 'postgresql')}/postgres"
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(statement)
