"""Asking an ATS how things stand, what it answered, and what is written back to it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON(none_as_null=True).with_variant(
    postgresql.JSONB(none_as_null=True), "postgresql"
)
_TO_LOOK_AT = "over_at IS NOT NULL"
_WAITING = "state IN ('waiting', 'sending')"

# Decisions that the application's source did not report are the ones that were made here.
_CLOSED_HERE = """
    UPDATE application SET closed_here = true
    WHERE stage = 'rejected' AND EXISTS (
        SELECT 1 FROM decision JOIN connection ON connection.id = application.connection_id
        WHERE decision.application_id = application.id AND decision.withdrawn_at IS NULL
        AND decision.source <> connection.name
    )
"""

# Column and its default for connections that are there already.
COLUMNS: tuple[tuple[sa.Column[object], str | None], ...] = (
    (sa.Column("settings", DOCUMENT, nullable=False), "'{}'"),
    (sa.Column("credentials", DOCUMENT, nullable=False), "'{}'"),
    (sa.Column("api_fault", sa.String()), None),
    (sa.Column("api_fault_at", INSTANT), None),
    (sa.Column("write_back", sa.Boolean(), nullable=False), "false"),
    (sa.Column("sync_every_minutes", sa.Integer()), None),
    (sa.Column("next_sync_at", INSTANT), None),
    (sa.Column("watermark_at", INSTANT), None),
    (sa.Column("sync_marks", DOCUMENT, nullable=False), "'{}'"),
    (sa.Column("last_synced_at", INSTANT), None),
    (sa.Column("sync_fault", sa.String()), None),
    (sa.Column("sync_failures", sa.Integer(), nullable=False), "0"),
    (sa.Column("lease_token", sa.String()), None),
    (sa.Column("lease_until", INSTANT), None),
    (sa.Column("silences", DOCUMENT, nullable=False), "'[]'"),
    (sa.Column("refused_since", sa.Integer(), nullable=False), "0"),
)


def upgrade() -> None:
    for column, default in COLUMNS:
        _add("connection", column, default)
    for name, kind in (("open_stage", sa.String()), ("open_stage_at", INSTANT)):
        _add("application", sa.Column(name, kind), None)
    _add("application", sa.Column("ats_stage_at", INSTANT), None)
    _add("application", sa.Column("closed_here", sa.Boolean(), nullable=False), "false")
    op.execute(_CLOSED_HERE)
    _add("candidate_source", sa.Column("merged_away", sa.Boolean(), nullable=False), "false")
    _add("interview", sa.Column("said_at", INSTANT), None)
    _add("interview", sa.Column("over_at", INSTANT), None)
    _add("interview", sa.Column("assumed", sa.Boolean(), nullable=False), "false")
    # Those still to come will be looked at; who was met before is no news of today.
    op.execute(
        "UPDATE interview SET over_at = COALESCE(ends_at, starts_at)"
        " WHERE done_at IS NULL AND cancelled_at IS NULL AND starts_at > CURRENT_TIMESTAMP"
    )
    op.create_index(
        "ix_interview_over",
        "interview",
        ["over_at", "id"],
        sqlite_where=sa.text(_TO_LOOK_AT),
        postgresql_where=sa.text(_TO_LOOK_AT),
    )
    _add("decision", sa.Column("tell_not_before_at", INSTANT), None)
    _add("decision", sa.Column("tell_unclear", sa.Boolean(), nullable=False), "false")
    op.create_index(
        "ix_application_unmapped",
        "application",
        ["connection_id", "ats_stage"],
        sqlite_where=sa.text("unmapped = 1"),
        postgresql_where=sa.text("unmapped"),
    )
    op.create_index(op.f("ix_connection_next_sync_at"), "connection", ["next_sync_at"])
    op.add_column("delivery", sa.Column("found", sa.String(), nullable=True))
    op.add_column("delivery", sa.Column("asked_at", INSTANT, nullable=True))
    op.create_table(
        "delivery_answer",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("delivery_id", sa.String(), nullable=False),
        sa.Column("ask", sa.String(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("headers", DOCUMENT, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("fetched_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["delivery.id"], name="fk_delivery_answer_delivery_id"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_answer")),
        sa.UniqueConstraint("delivery_id", "ask", name="uq_delivery_answer_delivery_id_ask"),
    )
    op.create_table(
        "profile_entry",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("connection_id", sa.String(), nullable=False),
        sa.Column("application_id", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=True),
        sa.Column("promise_id", sa.String(), nullable=True),
        sa.Column("dedupe_key", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("first_tried_at", INSTANT, nullable=True),
        sa.Column("next_attempt_at", INSTANT, nullable=False),
        sa.Column("lease_token", sa.String(), nullable=True),
        sa.Column("lease_until", INSTANT, nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("done_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name="fk_profile_entry_application_id"
        ),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name="fk_profile_entry_connection_id"
        ),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_profile_entry_message_id"),
        sa.ForeignKeyConstraint(["promise_id"], ["promise.id"], name="fk_profile_entry_promise_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_profile_entry")),
        sa.UniqueConstraint("dedupe_key", name="uq_profile_entry_dedupe_key"),
    )
    for column_name in ("connection_id", "application_id", "message_id", "promise_id", "state"):
        op.create_index(op.f(f"ix_profile_entry_{column_name}"), "profile_entry", [column_name])
    op.create_index(
        "ix_profile_entry_waiting",
        "profile_entry",
        ["next_attempt_at", "id"],
        sqlite_where=sa.text(_WAITING),
        postgresql_where=sa.text(_WAITING),
    )


def downgrade() -> None:
    op.drop_table("profile_entry")
    op.drop_table("delivery_answer")
    op.execute("ALTER TABLE delivery DROP COLUMN asked_at")
    op.execute("ALTER TABLE delivery DROP COLUMN found")
    op.drop_index(op.f("ix_connection_next_sync_at"), "connection")
    op.drop_index("ix_application_unmapped", "application")
    for name in ("closed_here", "ats_stage_at", "open_stage_at", "open_stage"):
        op.execute(f"ALTER TABLE application DROP COLUMN {name}")
    op.drop_index("ix_interview_over", "interview")
    for name in ("assumed", "over_at", "said_at"):
        op.execute(f"ALTER TABLE interview DROP COLUMN {name}")
    op.execute("ALTER TABLE candidate_source DROP COLUMN merged_away")
    op.execute("ALTER TABLE decision DROP COLUMN tell_unclear")
    op.execute("ALTER TABLE decision DROP COLUMN tell_not_before_at")
    for column, _ in reversed(COLUMNS):
        op.execute(f'ALTER TABLE connection DROP COLUMN "{column.name}"')


def _add(table: str, column: sa.Column[object], default: str | None) -> None:
    """Add one column in place: SQLite would rebuild a table that others refer to."""
    dialect = op.get_bind().dialect
    clause = f'ALTER TABLE {table} ADD COLUMN "{column.name}" {column.type.compile(dialect)}'
    if default is not None:
        clause += f" DEFAULT {default} NOT NULL"
    op.execute(clause)
    if default is not None and dialect.name != "sqlite":
        # The default was for the rows that were there; the models name their own.
        op.execute(f'ALTER TABLE {table} ALTER COLUMN "{column.name}" DROP DEFAULT')
