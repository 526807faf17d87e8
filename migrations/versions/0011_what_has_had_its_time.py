"""What came in is emptied once its time is over: since when it is, and how the next are found.

On PostgreSQL the indexes are built beside the traffic: nobody waits for them, however long the
tables are.
"""

from __future__ import annotations

from contextlib import nullcontext

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_TABLES = ("delivery", "mail_event")
_INDEXES = (
    (
        "ix_delivery_whole",
        "delivery",
        "done_at",
        sa.text("state IN ('done', 'ignored') AND emptied_at IS NULL"),
    ),
    (
        "ix_mail_event_whole",
        "mail_event",
        "folded_at",
        sa.text("folded_at IS NOT NULL AND emptied_at IS NULL"),
    ),
)


def upgrade() -> None:
    beside = _beside_the_traffic()
    for table in _TABLES:
        # An attempt that was broken off among the indexes has made the columns.
        op.add_column(
            table,
            sa.Column("emptied_at", sa.DateTime(timezone=True), nullable=True),
            if_not_exists=beside or None,
        )
    with op.get_context().autocommit_block() if beside else nullcontext():
        for name, table, column, partial in _INDEXES:
            # An attempt that was broken off leaves one that is never used.
            op.drop_index(name, table, if_exists=True, postgresql_concurrently=beside)
            op.create_index(
                name,
                table,
                [column],
                postgresql_concurrently=beside,
                sqlite_where=partial,
                postgresql_where=partial,
            )


def downgrade() -> None:
    beside = _beside_the_traffic()
    with op.get_context().autocommit_block() if beside else nullcontext():
        for name, table, _, _ in _INDEXES:
            op.drop_index(name, table, if_exists=True, postgresql_concurrently=beside)
    for table in _TABLES:
        if beside:
            op.drop_column(table, "emptied_at", if_exists=True)
        else:
            op.execute(f"ALTER TABLE {table} DROP COLUMN emptied_at")


def _beside_the_traffic() -> bool:
    return op.get_context().dialect.name == "postgresql"
