"""The command line on a real database, as a person's shell would start it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy.orm import Session

from service.assembly import make_engine, make_office
from service.cli import keepword
from service.config import Config
from service.workflows.bootstrap import bootstrap
from service.workflows.work import Work
from tests.harness import MONDAY

SECRET_KEY = "an invented secret key for tests only"

Command = Callable[..., Result]


@pytest.fixture
def environment(database_url: str, tmp_path: Path) -> dict[str, str | None]:
    """The settings every command is started with, and none of the machine's own."""
    return {
        "DATABASE_URL": database_url,
        "KEEPWORD_HOME": str(tmp_path),
        "SECRET_KEY": SECRET_KEY,
        "KEEPWORD_BASE_URL": "https://keepword.example.com",
        "KEEPWORD_TRUSTED_PROXIES": "127.0.0.1",
        "KEEPWORD_COMPANY": "Example Works",
        "KEEPWORD_TIME_ZONE": "Europe/Berlin",
        "KEEPWORD_LOG_LEVEL": None,
        "KEEPWORD_MAIL": None,
        "KEEPWORD_CONNECTION_SECRET": None,
        "NO_COLOR": "1",
    }


@pytest.fixture
def command(environment: dict[str, str | None]) -> Command:
    """Run ``keepword`` with arguments; ``input`` is its standard input."""

    def run(*arguments: str, **settings: str | None) -> Result:
        text = settings.pop("input", None)
        return CliRunner().invoke(keepword, arguments, env=environment | settings, input=text)

    return run


class Desk:
    """The same database from within, on a Monday morning in March."""

    def __init__(self, config: Config) -> None:
        self.office = make_office(config)
        self.engine = make_engine(config)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Look into the database."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def work(self) -> Iterator[Work]:
        """Do one unit of work and commit it."""
        with self.session() as session:
            yield Work(session, MONDAY, self.office, "user:test", "test")
            session.commit()


@pytest.fixture
def employer(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    """Keepword on this test's database, with the default calendar and policies."""
    desk = Desk(Config(home=tmp_path, database_url=database_url, secret_key=SECRET_KEY))
    with desk.work() as work:
        bootstrap(work)
    yield desk
    desk.engine.dispose()
