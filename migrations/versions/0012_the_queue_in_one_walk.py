"""The index that the queue reads keeps its ids in the order of their bytes, on PostgreSQL.

SQLite compares bytes anyway. It is built anew beside the traffic: nobody waits for it, and until
it is whole the queue looks each application up in the table.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_NAME = "ix_application_standing"
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
    _replace('id COLLATE "C"')


def downgrade() -> None:
    _replace("id")


def _replace(first: str) -> None:
    if op.get_context().dialect.name != "postgresql":
        return
    with op.get_context().autocommit_block():
        op.drop_index(_NAME, "application", if_exists=True, postgresql_concurrently=True)
        op.create_index(
            _NAME, "application", [sa.text(first), *_REST], postgresql_concurrently=True
        )
