"""Brings a database to a version of the schema, and says where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from typing import TextIO

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Engine, text
from sqlalchemy.engine import Connection

from service.resources import resource_folder


def _config(connection: Connection | None, *, output_buffer: TextIO | None = None) -> Config:
    config = Config(output_buffer=output_buffer)
    config.set_main_option("script_location", str(resource_folder("migrations")).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


LOCK_WITHIN = "10s"
"""How long a migration on PostgreSQL waits for a table. While it waits, all who come after it wait
as well: better that it fails, changes nothing and is tried again."""


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Migrate up to a revision: each step whole or not at all."""
    with _migrating(engine) as connection:
        command.upgrade(_config(connection), revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Migrate down to a revision; data of dropped tables is gone."""
    with _migrating(engine) as connection:
        command.downgrade(_config(connection), revision)


def statements(start: str, end: str = "head") -> str:
    """Return the SQL that leads a PostgreSQL database from one revision to another."""
    written = StringIO()
    config = _config(None, output_buffer=written)
    command.upgrade(config, f"{start}:{end}", sql=True)
    return written.getvalue()


@contextmanager
def _migrating(engine: Engine) -> Iterator[Connection]:
    """Yield a connection that waits for tables only so long, and works as long as it takes."""
    if engine.dialect.name != "postgresql":
        with engine.begin() as connection:
            yield connection
        return
    with engine.connect() as connection:
        connection.execute(text(f"SET lock_timeout = '{LOCK_WITHIN}'"))
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("SET idle_in_transaction_session_timeout = 0"))
        connection.commit()
        try:
            # Each step has its own transaction, and an index on a long table none.
            yield connection
        finally:
            connection.invalidate()


def current(engine: Engine) -> str | None:
    """Return the revision a database is at, or ``None`` for an empty one."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head(engine: Engine) -> str | None:
    """Return the newest revision that this version of Keepword knows."""
    with engine.connect() as connection:
        return ScriptDirectory.from_config(_config(connection)).get_current_head()


def knows(engine: Engine, revision: str) -> bool:
    """Tell whether this version of Keepword can bring a database to that revision."""
    with engine.connect() as connection:
        try:
            found = ScriptDirectory.from_config(_config(connection)).get_revision(revision)
        except CommandError:
            return False
        return found is not None
