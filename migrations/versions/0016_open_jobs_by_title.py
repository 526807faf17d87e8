"""An index of the open jobs by title: the first page offers them to choose from.

On PostgreSQL it is built beside the traffic: nobody waits for it.
"""

from __future__ import annotations

from contextlib import nullcontext

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_NAME = "ix_job_open_title"


def upgrade() -> None:
    beside = _beside_the_traffic()
    with op.get_context().autocommit_block() if beside else nullcontext():
        # An attempt that was broken off leaves one that is never used.
        op.drop_index(_NAME, "job", if_exists=True, postgresql_concurrently=beside)
        op.create_index(
            _NAME,
            "job",
            [sa.text("lower(title)"), "id"],
            sqlite_where=sa.text("status = 'open'"),
            postgresql_where=sa.text("status = 'open'"),
            postgresql_concurrently=beside,
        )


def downgrade() -> None:
    beside = _beside_the_traffic()
    with op.get_context().autocommit_block() if beside else nullcontext():
        op.drop_index(_NAME, "job", if_exists=True, postgresql_concurrently=beside)


def _beside_the_traffic() -> bool:
    return op.get_context().dialect.name == "postgresql"
