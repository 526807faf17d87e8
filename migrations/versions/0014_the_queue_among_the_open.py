"""On PostgreSQL an index of the applications that are open, with all that the queue asks of them.

It is built beside the traffic: nobody waits for it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_NAME = "ix_application_pending"
_REST = (
    "candidate_id",
    "job_id",
    "stage",
    "waiting_on_id",
    "interviewed_at",
    "last_contact_at",
    "deleted_at",
)


def upgrade() -> None:
    if op.get_context().dialect.name != "postgresql":
        return
    with op.get_context().autocommit_block():
        # An attempt that was broken off leaves one that is never used.
        op.drop_index(_NAME, "application", if_exists=True, postgresql_concurrently=True)
        op.create_index(
            _NAME,
            "application",
            [sa.text('id COLLATE "C"'), *_REST],
            postgresql_concurrently=True,
            postgresql_where=sa.text("closed_at IS NULL"),
        )


def downgrade() -> None:
    if op.get_context().dialect.name != "postgresql":
        return
    with op.get_context().autocommit_block():
        op.drop_index(_NAME, "application", if_exists=True, postgresql_concurrently=True)
