"""Runs the migrations on whatever connection Keepword hands over."""

from __future__ import annotations

from alembic import context

import service.models  # noqa: F401 - registers every table
from service.db import Base


def run() -> None:
    """Migrate the connection given in the configuration's attributes."""
    connection = context.config.attributes["connection"]
    if connection is None:
        # Nothing is run: the statements are written down for PostgreSQL.
        context.configure(dialect_name="postgresql", literal_binds=True)
    else:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            # SQLite cannot alter most things in place: tables are rebuilt instead.
            render_as_batch=connection.dialect.name == "sqlite",
            compare_type=True,
            transaction_per_migration=connection.dialect.name == "postgresql",
        )
    with context.begin_transaction():
        context.run_migrations()


run()
