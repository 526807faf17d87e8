"""The offers of an application, so that late word of one opens and closes no other."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    told = sa.JSON(none_as_null=True).with_variant(
        postgresql.JSONB(none_as_null=True), "postgresql"
    )
    op.add_column("application", sa.Column("offers", told, nullable=True))


def downgrade() -> None:
    op.drop_column("application", "offers")
