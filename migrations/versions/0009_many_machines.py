"""What several processes agree on about pace: a step's last turn, and a bucket of letters."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "step_turn",
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("begun_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("step", name=op.f("pk_step_turn")),
    )
    op.create_table(
        "send_rate",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("letters", sa.Double(), nullable=False),
        sa.Column("filled_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("channel", name=op.f("pk_send_rate")),
    )


def downgrade() -> None:
    # Both fill themselves again.
    op.drop_table("send_rate")
    op.drop_table("step_turn")
