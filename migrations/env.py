"""Runs the migrations on whatever connection Keepword hands over."""

from __future__ import annotations

from alembic import context

import service.models  # noqa: F401 - registers every table
from service.db import Base


def run() -> None:
    """Migrate the connection given in the configuration's attributes."""
    connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        # SQLite cannot alter most things in place: tables are rebuilt instead.
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
