"""Who looks at which person now, so that two colleagues do not call the same one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "presence",
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("candidate_id", sa.String(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["app_user.id"], name=op.f("fk_presence_user_id_app_user")
        ),
        sa.ForeignKeyConstraint(
            ["candidate_id"],
            ["candidate.id"],
            name=op.f("fk_presence_candidate_id_candidate"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "candidate_id", name=op.f("pk_presence")),
    )
    op.create_index(op.f("ix_presence_candidate_id"), "presence", ["candidate_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_presence_candidate_id"), table_name="presence")
    op.drop_table("presence")
