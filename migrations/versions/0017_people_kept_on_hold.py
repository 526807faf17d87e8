"""Legal holds of people, and how those are found whose time may be over.

On PostgreSQL the indexes are built beside the traffic: nobody waits for them, however long the
table is.
"""

from __future__ import annotations

from contextlib import nullcontext

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_COLUMNS = (
    ("held_at", sa.DateTime(timezone=True)),
    ("held_by", sa.String()),
    ("held_why", sa.String()),
    ("erasure_asked_at", sa.DateTime(timezone=True)),
)
_INDEXES = (
    (
        "ix_candidate_there",
        ("created_at", "id"),
        sa.text("erased_at IS NULL AND merged_into_id IS NULL"),
    ),
    ("ix_candidate_held", ("held_at",), sa.text("held_at IS NOT NULL")),
)


def upgrade() -> None:
    beside = _beside_the_traffic()
    for name, kind in _COLUMNS:
        # An attempt that was broken off among the indexes has made the columns.
        op.add_column(
            "candidate", sa.Column(name, kind, nullable=True), if_not_exists=beside or None
        )
    with op.get_context().autocommit_block() if beside else nullcontext():
        for name, columns, partial in _INDEXES:
            # An attempt that was broken off leaves one that is never used.
            op.drop_index(name, "candidate", if_exists=True, postgresql_concurrently=beside)
            op.create_index(
                name,
                "candidate",
                list(columns),
                postgresql_concurrently=beside,
                sqlite_where=partial,
                postgresql_where=partial,
            )


def downgrade() -> None:
    """Leave out the holds: a version that knows of none would erase whom somebody asks it to."""
    beside = _beside_the_traffic()
    with op.get_context().autocommit_block() if beside else nullcontext():
        for name, _, _ in _INDEXES:
            op.drop_index(name, "candidate", if_exists=True, postgresql_concurrently=beside)
    for name, _ in reversed(_COLUMNS):
        if beside:
            op.drop_column("candidate", name, if_exists=True)
        else:
            op.execute(f"ALTER TABLE candidate DROP COLUMN {name}")


def _beside_the_traffic() -> bool:
    return op.get_context().dialect.name == "postgresql"
