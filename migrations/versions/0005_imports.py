"""Imports of sheets, what each one made, and who must not come back by one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON(none_as_null=True).with_variant(
    postgresql.JSONB(none_as_null=True), "postgresql"
)


def upgrade() -> None:
    op.create_table(
        "import_run",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("options", DOCUMENT, nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("candidates", sa.Integer(), nullable=False),
        sa.Column("applications", sa.Integer(), nullable=False),
        sa.Column("jobs", sa.Integer(), nullable=False),
        sa.Column("known", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("story_until", sa.BigInteger(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("undone_at", INSTANT, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_run")),
    )
    op.create_index(op.f("ix_import_run_digest"), "import_run", ["digest"])
    op.create_index(op.f("ix_import_run_created_at"), "import_run", ["created_at"])
    op.create_table(
        "imported_application",
        sa.Column("application_id", sa.String(), nullable=False),
        sa.Column("import_id", sa.String(), nullable=False),
        sa.Column("candidate_id", sa.String(), nullable=False),
        sa.Column("made_candidate", sa.Boolean(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("candidate_key", sa.String(), nullable=True),
        sa.Column("application_key", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name="fk_imported_application_application_id"
        ),
        sa.ForeignKeyConstraint(
            ["candidate_id"], ["candidate.id"], name="fk_imported_application_candidate_id"
        ),
        sa.ForeignKeyConstraint(
            ["import_id"], ["import_run.id"], name="fk_imported_application_import_id"
        ),
        sa.PrimaryKeyConstraint("application_id", name=op.f("pk_imported_application")),
    )
    for column in ("import_id", "candidate_id", "candidate_key", "application_key"):
        op.create_index(op.f(f"ix_imported_application_{column}"), "imported_application", [column])
    op.create_table(
        "imported_job",
        sa.Column("job_id", sa.String(), nullable=False),
        sa.Column("import_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["import_run.id"], name="fk_imported_job_import_id"),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name="fk_imported_job_job_id"),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_imported_job")),
    )
    op.create_index(op.f("ix_imported_job_import_id"), "imported_job", ["import_id"])
    op.create_table(
        "erased_address",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("erased_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_erased_address")),
    )
    replaced = sa.text("replaced_by_id IS NOT NULL")
    op.create_index(
        "ix_promise_replaced_by",
        "promise",
        ["replaced_by_id"],
        sqlite_where=replaced,
        postgresql_where=replaced,
    )


def downgrade() -> None:
    op.drop_index("ix_promise_replaced_by", "promise")
    op.drop_table("erased_address")
    op.drop_table("imported_job")
    op.drop_table("imported_application")
    op.drop_table("import_run")
