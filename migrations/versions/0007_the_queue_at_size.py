"""Indexes that hold all the queue and the line of chores ask of thousands of late promises.

On PostgreSQL they are built beside the traffic: nobody waits for them, however long the table is.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_FAILED = sa.text("check_failures > 0")
_INDEXES: tuple[tuple[str, str, list[str], dict[str, Any]], ...] = (
    (
        "ix_application_standing",
        "application",
        [
            "id",
            "candidate_id",
            "job_id",
            "stage",
            "waiting_on_id",
            "interviewed_at",
            "last_contact_at",
            "deleted_at",
        ],
        {},
    ),
    (
        "ix_promise_failed",
        "promise",
        ["next_check_at", "state", "application_id"],
        {"sqlite_where": _FAILED, "postgresql_where": _FAILED},
    ),
)


def upgrade() -> None:
    beside = _beside_the_traffic()
    with op.get_context().autocommit_block() if beside else nullcontext():
        for name, table, columns, partial in _INDEXES:
            # An attempt that was broken off leaves one that is never used.
            op.drop_index(name, table, if_exists=True, postgresql_concurrently=beside)
            op.create_index(name, table, columns, postgresql_concurrently=beside, **partial)


def downgrade() -> None:
    beside = _beside_the_traffic()
    with op.get_context().autocommit_block() if beside else nullcontext():
        for name, table, _, _ in _INDEXES:
            op.drop_index(name, table, if_exists=True, postgresql_concurrently=beside)


def _beside_the_traffic() -> bool:
    return op.get_context().dialect.name == "postgresql"
