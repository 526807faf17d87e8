"""What letters of one wording share is stored once, and fewer indexes are scattered over."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from service.domain.letter_forms import filled_html, filled_text

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
_AT_ONCE = 500
_WATCHED = "due_at IS NOT NULL"


def upgrade() -> None:
    """Letters that are there keep their parts as their own."""
    op.create_table(
        "letter_form",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter_form")),
    )
    # In place: SQLite would rebuild a table that others refer to.
    op.execute("ALTER TABLE message ADD COLUMN form_id VARCHAR")
    _index("ix_message_due", ["due_at"], _WATCHED)
    _index("ix_message_state", ["state", "created_at"])


def downgrade() -> None:
    """Write each letter out again, whole."""
    _index("ix_message_due", ["due_at", "id"], _WATCHED)
    _index("ix_message_state", ["state", "created_at", "id"])
    connection = op.get_bind()
    message = sa.table(
        "message",
        sa.column("id", sa.String()),
        sa.column("form_id", sa.String()),
        sa.column("values", sa.JSON()),
        sa.column("text", sa.Text()),
        sa.column("html", sa.Text()),
    )
    form = sa.table(
        "letter_form",
        sa.column("id", sa.String()),
        sa.column("text", sa.Text()),
        sa.column("html", sa.Text()),
    )
    sharing = (
        sa.select(message.c.id, message.c["values"], form.c.text, form.c.html)
        .join_from(message, form, form.c.id == message.c.form_id)
        .order_by(message.c.id)
        .limit(_AT_ONCE)
    )
    while rows := connection.execute(sharing).all():
        for id_, values, text, html in rows:
            connection.execute(
                sa.update(message)
                .where(message.c.id == id_)
                .values(
                    form_id=None, text=filled_text(text, values), html=filled_html(html, values)
                )
            )
    op.execute("ALTER TABLE message DROP COLUMN form_id")
    op.drop_table("letter_form")


def _index(name: str, columns: list[str], where: str | None = None) -> None:
    partial = (
        {}
        if where is None
        else {"sqlite_where": sa.text(where), "postgresql_where": sa.text(where)}
    )
    op.drop_index(name, table_name="message")
    op.create_index(name, "message", columns, **partial)
