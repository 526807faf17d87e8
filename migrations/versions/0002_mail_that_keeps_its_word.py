"""Requests to the provider, letters about several applications, closings, versions of letters."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON(none_as_null=True).with_variant(
    postgresql.JSONB(none_as_null=True), "postgresql"
)

_SENDABLE = "state IN ('held', 'ready', 'retry', 'claimed', 'sending')"
_WATCHED = "due_at IS NOT NULL"
_APPROVED = "state = 'approved'"

# Table, column, its default for rows that are there already, what it refers to.
COLUMNS: tuple[tuple[str, sa.Column[object], str | None, str | None], ...] = (
    ("connection", sa.Column("rejections_by", sa.String()), None, None),
    ("mail_channel", sa.Column("failures", sa.Integer(), nullable=False), "0", None),
    ("mail_channel", sa.Column("retry_at", INSTANT), None, None),
    ("mail_channel", sa.Column("window", sa.Integer()), None, None),
    ("mail_channel", sa.Column("paused_by", sa.String()), None, None),
    ("mail_event", sa.Column("batch_id", sa.String()), None, None),
    ("mail_event", sa.Column("address", sa.String()), None, None),
    ("message", sa.Column("overruled", DOCUMENT, nullable=False), "'[]'", None),
    ("message", sa.Column("urgent", sa.Boolean(), nullable=False), "false", None),
    ("message", sa.Column("promises_on", sa.Date()), None, None),
    ("message", sa.Column("good_until_on", sa.Date()), None, None),
    ("message", sa.Column("lookups", sa.Integer(), nullable=False), "0", None),
    ("message", sa.Column("batch_id", sa.String()), None, "send_batch"),
    ("message", sa.Column("closing_id", sa.String()), None, "job_closing"),
)


def upgrade() -> None:
    op.create_table(
        "send_batch",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("provider_id", sa.String(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("answered_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_send_batch")),
    )
    op.create_index(op.f("ix_send_batch_created_at"), "send_batch", ["created_at"])
    op.create_table(
        "job_closing",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("job_id", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("by_user_id", sa.String(), nullable=True),
        sa.Column("job_status_before", sa.String(), nullable=False),
        sa.Column("second_choice_until_on", sa.Date(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("undone_at", INSTANT, nullable=True),
        sa.Column("undone_by_id", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["by_user_id"], ["app_user.id"], name="fk_job_closing_by_user_id"),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name="fk_job_closing_job_id"),
        sa.ForeignKeyConstraint(
            ["undone_by_id"], ["app_user.id"], name="fk_job_closing_undone_by_id"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_closing")),
    )
    op.create_index(op.f("ix_job_closing_job_id"), "job_closing", ["job_id"])
    op.create_index(op.f("ix_job_closing_created_at"), "job_closing", ["created_at"])
    op.create_table(
        "template_version",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("layout", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("created_by_id", sa.String(), nullable=True),
        sa.Column("approved_at", INSTANT, nullable=True),
        sa.Column("approved_by_id", sa.String(), nullable=True),
        sa.Column("retired_at", INSTANT, nullable=True),
        sa.Column("withdrawn_by_id", sa.String(), nullable=True),
        sa.Column("withdrawn_because", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["approved_by_id"], ["app_user.id"], name="fk_template_version_approved_by_id"
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["app_user.id"], name="fk_template_version_created_by_id"
        ),
        sa.ForeignKeyConstraint(
            ["withdrawn_by_id"], ["app_user.id"], name="fk_template_version_withdrawn_by_id"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_template_version")),
        sa.UniqueConstraint("kind", "digest", name="uq_template_version_kind_digest"),
        sa.UniqueConstraint("kind", "number", name="uq_template_version_kind_number"),
    )
    op.create_index(op.f("ix_template_version_digest"), "template_version", ["digest"])
    op.create_index(op.f("ix_template_version_created_at"), "template_version", ["created_at"])
    op.create_index(
        "uq_template_version_approved",
        "template_version",
        ["kind"],
        unique=True,
        sqlite_where=sa.text(_APPROVED),
        postgresql_where=sa.text(_APPROVED),
    )

    for table, column, default, target in COLUMNS:
        _add(table, column, default, target)
    # There from the start: two workers that note the same failure must not both insert it.
    op.execute(
        "INSERT INTO mail_channel (name, paused_by_provider, failures)"
        " SELECT 'email', false, 0"
        " WHERE NOT EXISTS (SELECT 1 FROM mail_channel WHERE name = 'email')"
    )
    # Letters are listed by their state, the newest first.
    op.drop_index("ix_message_state", table_name="message")
    op.create_index("ix_message_state", "message", ["state", "created_at", "id"])
    op.drop_index("ix_message_provider_id", table_name="message")
    for column in ("batch_id", "closing_id", "provider_id"):
        op.create_index(
            f"ix_message_{column}",
            "message",
            [column],
            sqlite_where=sa.text(f"{column} IS NOT NULL"),
            postgresql_where=sa.text(f"{column} IS NOT NULL"),
        )
    op.create_index(op.f("ix_mail_event_batch_id"), "mail_event", ["batch_id"])
    _watch(_WATCHED)
    op.create_index(op.f("ix_mail_event_received_at"), "mail_event", ["received_at"])

    op.create_table(
        "message_also",
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("application_id", sa.String(), nullable=False),
        sa.Column("decision_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name="fk_message_also_application_id"
        ),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["decision.id"], name="fk_message_also_decision_id"
        ),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_message_also_message_id"),
        sa.PrimaryKeyConstraint("message_id", "application_id", name=op.f("pk_message_also")),
    )
    op.create_index(op.f("ix_message_also_application_id"), "message_also", ["application_id"])
    op.create_table(
        "closing_entry",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("closing_id", sa.String(), nullable=False),
        sa.Column("application_id", sa.String(), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("stage_before", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=True),
        sa.Column("decision_id", sa.String(), nullable=True),
        sa.Column("promise_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name="fk_closing_entry_application_id"
        ),
        sa.ForeignKeyConstraint(
            ["closing_id"], ["job_closing.id"], name="fk_closing_entry_closing_id"
        ),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["decision.id"], name="fk_closing_entry_decision_id"
        ),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_closing_entry_message_id"),
        sa.ForeignKeyConstraint(["promise_id"], ["promise.id"], name="fk_closing_entry_promise_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_closing_entry")),
        sa.UniqueConstraint(
            "closing_id", "application_id", name="uq_closing_entry_closing_id_application_id"
        ),
    )
    op.create_index(op.f("ix_closing_entry_application_id"), "closing_entry", ["application_id"])


def downgrade() -> None:
    op.drop_table("closing_entry")
    op.drop_table("message_also")
    # What only this version knows becomes what the one before calls it: nothing is sent again.
    op.execute("UPDATE message SET state = 'accepted', due_at = NULL WHERE state = 'unconfirmed'")
    op.execute(
        "UPDATE message SET due_at = NULL"
        " WHERE state NOT IN ('held', 'ready', 'retry', 'claimed', 'sending')"
    )
    _watch(_SENDABLE)
    op.drop_index(op.f("ix_mail_event_received_at"), table_name="mail_event")
    op.drop_index(op.f("ix_mail_event_batch_id"), table_name="mail_event")
    for name in ("batch_id", "closing_id", "provider_id"):
        op.drop_index(f"ix_message_{name}", table_name="message")
    op.create_index("ix_message_provider_id", "message", ["provider_id"])
    op.drop_index("ix_message_state", table_name="message")
    op.create_index("ix_message_state", "message", ["state"])
    for table, column, _, target in reversed(COLUMNS):
        if target and not _in_place():
            op.drop_constraint(f"fk_{table}_{column.name}", table, type_="foreignkey")
        op.execute(f'ALTER TABLE {table} DROP COLUMN "{column.name}"')
    op.drop_table("template_version")
    op.drop_table("job_closing")
    op.drop_table("send_batch")


def _in_place() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _add(table: str, column: sa.Column[object], default: str | None, target: str | None) -> None:
    """Add one column. SQLite can take a reference only in the column's own definition, and would
    otherwise rebuild a table that others refer to.
    """
    dialect = op.get_bind().dialect
    kind = column.type.compile(dialect)
    clause = f'ALTER TABLE {table} ADD COLUMN "{column.name}" {kind}'
    if default is not None:
        clause += f" DEFAULT {default} NOT NULL"
    if target is not None:
        clause += f" CONSTRAINT fk_{table}_{column.name} REFERENCES {target} (id)"
    op.execute(clause)
    if default is not None and dialect.name != "sqlite":
        # The default was for the rows that were there; the models name their own.
        op.execute(f'ALTER TABLE {table} ALTER COLUMN "{column.name}" DROP DEFAULT')


def _watch(where: str) -> None:
    op.drop_index("ix_message_due", table_name="message")
    op.create_index(
        "ix_message_due",
        "message",
        ["due_at", "id"],
        sqlite_where=sa.text(where),
        postgresql_where=sa.text(where),
    )
