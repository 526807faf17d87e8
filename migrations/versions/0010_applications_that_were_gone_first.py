"""Applications that their source deleted before they were known here."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "gone_application",
        sa.Column("connection_id", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("gone_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name="fk_gone_application_connection_id"
        ),
        sa.PrimaryKeyConstraint("connection_id", "external_id", name=op.f("pk_gone_application")),
    )


def downgrade() -> None:
    op.drop_table("gone_application")
