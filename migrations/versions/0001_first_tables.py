"""The first tables: people, jobs, applications, promises, contacts, mail, and what feeds them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON(none_as_null=True).with_variant(
    postgresql.JSONB(none_as_null=True), "postgresql"
)

# Promises, contacts and messages name each other. SQLite takes a reference to a table that does
# not exist yet; PostgreSQL gets these once all tables are there.
CIRCULAR = (
    ("promise", "caused_by_contact_id", "contact"),
    ("promise", "kept_by_contact_id", "contact"),
    ("message", "promise_id", "promise"),
    ("contact", "answers_with_id", "promise"),
)


def _in_place() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def upgrade() -> None:
    op.create_table(
        "app_user",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("manager_id", sa.String(), nullable=True),
        sa.Column("time_zone", sa.String(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["manager_id"], ["app_user.id"], name=op.f("fk_app_user_manager_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_app_user")),
    )
    op.create_table(
        "calendar",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar")),
        sa.UniqueConstraint("name", name=op.f("uq_calendar_name")),
    )
    op.create_table(
        "candidate",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("first_name", sa.String(), nullable=True),
        sa.Column("last_name", sa.String(), nullable=True),
        sa.Column("time_zone", sa.String(), nullable=True),
        sa.Column("locale", sa.String(), nullable=True),
        sa.Column("can_email", sa.Boolean(), nullable=False),
        sa.Column("merged_into_id", sa.String(), nullable=True),
        sa.Column("erased_at", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["merged_into_id"], ["candidate.id"], name=op.f("fk_candidate_merged_into_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_candidate")),
    )
    op.create_index(op.f("ix_candidate_created_at"), "candidate", ["created_at"], unique=False)
    op.create_index(
        op.f("ix_candidate_merged_into_id"), "candidate", ["merged_into_id"], unique=False
    )

    op.create_table(
        "connection",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("vendor", sa.String(), nullable=False),
        sa.Column("secrets", DOCUMENT, nullable=False),
        sa.Column("stage_map", DOCUMENT, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("first_authentic_at", INSTANT, nullable=True),
        sa.Column("last_authentic_at", INSTANT, nullable=True),
        sa.Column("refused_count", sa.Integer(), nullable=False),
        sa.Column("last_refused_at", INSTANT, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connection")),
        sa.UniqueConstraint("name", name=op.f("uq_connection_name")),
    )
    op.create_table(
        "heartbeat",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("data", DOCUMENT, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_heartbeat")),
    )
    op.create_table(
        "idempotent_request",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("headers", DOCUMENT, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idempotent_request")),
        sa.UniqueConstraint("owner", "key", name=op.f("uq_idempotent_request_owner_key")),
    )
    op.create_index(
        op.f("ix_idempotent_request_created_at"), "idempotent_request", ["created_at"], unique=False
    )

    op.create_table(
        "mail_channel",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("paused_at", INSTANT, nullable=True),
        sa.Column("paused_reason", sa.String(), nullable=True),
        sa.Column("paused_by_provider", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_mail_channel")),
    )
    op.create_table(
        "mail_event",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("provider_event_id", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=True),
        sa.Column("provider_id", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("raw", DOCUMENT, nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("folded_at", INSTANT, nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_event")),
        sa.UniqueConstraint("provider_event_id", name=op.f("uq_mail_event_provider_event_id")),
    )
    op.create_index(op.f("ix_mail_event_message_id"), "mail_event", ["message_id"], unique=False)
    op.create_index(
        "ix_mail_event_unfolded",
        "mail_event",
        ["received_at", "id"],
        unique=False,
        sqlite_where=sa.text("folded_at IS NULL"),
        postgresql_where=sa.text("folded_at IS NULL"),
    )

    op.create_table(
        "policy",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy")),
        sa.UniqueConstraint("name", name=op.f("uq_policy_name")),
    )
    op.create_table(
        "api_key",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("start", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("scopes", DOCUMENT, nullable=False),
        sa.Column("user_id", sa.String(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=True),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.Column("last_used_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_api_key_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_key_digest")),
    )
    op.create_table(
        "calendar_version",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("calendar_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", DOCUMENT, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["calendar_id"], ["calendar.id"], name=op.f("fk_calendar_version_calendar_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_version")),
        sa.UniqueConstraint(
            "calendar_id", "version", name=op.f("uq_calendar_version_calendar_id_version")
        ),
    )
    op.create_table(
        "candidate_email",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("candidate_id", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("address_key", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("suppressed_at", INSTANT, nullable=True),
        sa.Column("suppressed_reason", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["candidate_id"], ["candidate.id"], name=op.f("fk_candidate_email_candidate_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_candidate_email")),
        sa.UniqueConstraint(
            "candidate_id", "address_key", name=op.f("uq_candidate_email_candidate_id_address_key")
        ),
    )
    op.create_index(
        op.f("ix_candidate_email_address_key"), "candidate_email", ["address_key"], unique=False
    )

    op.create_table(
        "candidate_phone",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("candidate_id", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["candidate_id"], ["candidate.id"], name=op.f("fk_candidate_phone_candidate_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_candidate_phone")),
    )
    op.create_index(
        op.f("ix_candidate_phone_candidate_id"), "candidate_phone", ["candidate_id"], unique=False
    )

    op.create_table(
        "candidate_source",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("candidate_id", sa.String(), nullable=False),
        sa.Column("connection_id", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("facts_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["candidate_id"], ["candidate.id"], name=op.f("fk_candidate_source_candidate_id")
        ),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_candidate_source_connection_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_candidate_source")),
        sa.UniqueConstraint(
            "connection_id",
            "external_id",
            name=op.f("uq_candidate_source_connection_id_external_id"),
        ),
    )
    op.create_index(
        op.f("ix_candidate_source_candidate_id"), "candidate_source", ["candidate_id"], unique=False
    )

    op.create_table(
        "delivery",
        sa.Column(
            "seq",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("connection_id", sa.String(), nullable=False),
        sa.Column("identity", sa.String(), nullable=False),
        sa.Column("headers", DOCUMENT, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", INSTANT, nullable=False),
        sa.Column("lease_token", sa.String(), nullable=True),
        sa.Column("lease_until", INSTANT, nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("candidate_id", sa.String(), nullable=True),
        sa.Column("done_at", INSTANT, nullable=True),
        sa.Column("duplicates", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["candidate_id"], ["candidate.id"], name=op.f("fk_delivery_candidate_id")
        ),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_delivery_connection_id")
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_delivery")),
        sa.UniqueConstraint(
            "connection_id", "identity", name=op.f("uq_delivery_connection_id_identity")
        ),
        sa.UniqueConstraint("id", name=op.f("uq_delivery_id")),
    )
    op.create_index(op.f("ix_delivery_candidate_id"), "delivery", ["candidate_id"], unique=False)
    op.create_index("ix_delivery_received", "delivery", ["received_at", "id"], unique=False)
    op.create_index(op.f("ix_delivery_state"), "delivery", ["state"], unique=False)
    op.create_index(
        "ix_delivery_waiting",
        "delivery",
        ["next_attempt_at", "seq"],
        unique=False,
        sqlite_where=sa.text("state = 'received'"),
        postgresql_where=sa.text("state = 'received'"),
    )

    op.create_table(
        "job",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("status_at", INSTANT, nullable=True),
        sa.Column("connection_id", sa.String(), nullable=True),
        sa.Column("external_id", sa.String(), nullable=True),
        sa.Column("owner_id", sa.String(), nullable=True),
        sa.Column("hiring_manager_id", sa.String(), nullable=True),
        sa.Column("calendar_id", sa.String(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["calendar_id"], ["calendar.id"], name=op.f("fk_job_calendar_id")),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_job_connection_id")
        ),
        sa.ForeignKeyConstraint(
            ["hiring_manager_id"], ["app_user.id"], name=op.f("fk_job_hiring_manager_id")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["app_user.id"], name=op.f("fk_job_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
        sa.UniqueConstraint(
            "connection_id", "external_id", name=op.f("uq_job_connection_id_external_id")
        ),
    )
    op.create_index(op.f("ix_job_created_at"), "job", ["created_at"], unique=False)

    op.create_table(
        "policy_version",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("policy_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("terms", DOCUMENT, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["policy_id"], ["policy.id"], name=op.f("fk_policy_version_policy_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_version")),
        sa.UniqueConstraint(
            "policy_id", "version", name=op.f("uq_policy_version_policy_id_version")
        ),
    )
    op.create_table(
        "application",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("candidate_id", sa.String(), nullable=False),
        sa.Column("job_id", sa.String(), nullable=False),
        sa.Column("connection_id", sa.String(), nullable=True),
        sa.Column("external_id", sa.String(), nullable=True),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("stage_at", INSTANT, nullable=False),
        sa.Column("ats_stage", sa.String(), nullable=True),
        sa.Column("unmapped", sa.Boolean(), nullable=False),
        sa.Column("owner_id", sa.String(), nullable=True),
        sa.Column("waiting_on_id", sa.String(), nullable=True),
        sa.Column("applied_at", INSTANT, nullable=False),
        sa.Column("interviewed_at", INSTANT, nullable=True),
        sa.Column("last_contact_at", INSTANT, nullable=True),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.Column("reopened_at", INSTANT, nullable=True),
        sa.Column("deleted_at", INSTANT, nullable=True),
        sa.Column("open_offer", sa.String(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["candidate_id"], ["candidate.id"], name=op.f("fk_application_candidate_id")
        ),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_application_connection_id")
        ),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_application_job_id")),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["app_user.id"], name=op.f("fk_application_owner_id")
        ),
        sa.ForeignKeyConstraint(
            ["waiting_on_id"], ["app_user.id"], name=op.f("fk_application_waiting_on_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application")),
        sa.UniqueConstraint(
            "connection_id", "external_id", name=op.f("uq_application_connection_id_external_id")
        ),
    )
    op.create_index(
        op.f("ix_application_candidate_id"), "application", ["candidate_id"], unique=False
    )
    op.create_index(op.f("ix_application_created_at"), "application", ["created_at"], unique=False)
    op.create_index(op.f("ix_application_job_id"), "application", ["job_id"], unique=False)
    op.create_index(op.f("ix_application_owner_id"), "application", ["owner_id"], unique=False)

    op.create_table(
        "decision",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("application_id", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("decided_by_id", sa.String(), nullable=True),
        sa.Column("decided_at", INSTANT, nullable=False),
        sa.Column("withdrawn_at", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_decision_application_id")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["app_user.id"], name=op.f("fk_decision_decided_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
    )
    op.create_index(
        op.f("ix_decision_application_id"), "decision", ["application_id"], unique=False
    )
    op.create_index(
        "uq_decision_standing",
        "decision",
        ["application_id"],
        unique=True,
        sqlite_where=sa.text("withdrawn_at IS NULL"),
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )

    op.create_table(
        "interview",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("application_id", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("starts_at", INSTANT, nullable=True),
        sa.Column("ends_at", INSTANT, nullable=True),
        sa.Column("done_at", INSTANT, nullable=True),
        sa.Column("cancelled_at", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_interview_application_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interview")),
        sa.UniqueConstraint(
            "application_id", "external_id", name=op.f("uq_interview_application_id_external_id")
        ),
    )
    op.create_table(
        "promise",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("application_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("wording", sa.String(), nullable=False),
        sa.Column("owner_id", sa.String(), nullable=True),
        sa.Column("promised_by_id", sa.String(), nullable=True),
        sa.Column("policy_id", sa.String(), nullable=True),
        sa.Column("policy_version", sa.Integer(), nullable=True),
        sa.Column("calendar_id", sa.String(), nullable=True),
        sa.Column("calendar_version", sa.Integer(), nullable=True),
        sa.Column("terms", DOCUMENT, nullable=False),
        sa.Column("cause", sa.String(), nullable=True),
        sa.Column("caused_by_contact_id", sa.String(), nullable=True),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("start_at", INSTANT, nullable=False),
        sa.Column("first_due_at", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("due_version", sa.Integer(), nullable=False),
        sa.Column("wall_local", sa.String(), nullable=True),
        sa.Column("wall_zone", sa.String(), nullable=True),
        sa.Column("warn_at", INSTANT, nullable=True),
        sa.Column("trace", DOCUMENT, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("ladder", DOCUMENT, nullable=False),
        sa.Column("rung", sa.Integer(), nullable=False),
        sa.Column("next_check_at", INSTANT, nullable=True),
        sa.Column("breached_at", INSTANT, nullable=True),
        sa.Column("kept_at", INSTANT, nullable=True),
        sa.Column("kept_by_contact_id", sa.String(), nullable=True),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.Column("close_reason", sa.String(), nullable=True),
        sa.Column("replaced_by_id", sa.String(), nullable=True),
        sa.Column("candidate_told", sa.Boolean(), nullable=True),
        sa.Column("reopened_count", sa.Integer(), nullable=False),
        sa.Column("paused_at", INSTANT, nullable=True),
        sa.Column("paused_left_minutes", sa.Integer(), nullable=True),
        sa.Column("pause_ends_at", INSTANT, nullable=True),
        sa.Column("check_failures", sa.Integer(), nullable=False),
        sa.Column("check_error", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_promise_application_id")
        ),
        sa.ForeignKeyConstraint(
            ["calendar_id"], ["calendar.id"], name=op.f("fk_promise_calendar_id")
        ),
        sa.ForeignKeyConstraint(
            ["caused_by_contact_id"],
            ["contact.id"],
            name=op.f("fk_promise_caused_by_contact_id"),
            use_alter=True,
        ),
        sa.ForeignKeyConstraint(
            ["kept_by_contact_id"],
            ["contact.id"],
            name=op.f("fk_promise_kept_by_contact_id"),
            use_alter=True,
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["app_user.id"], name=op.f("fk_promise_owner_id")),
        sa.ForeignKeyConstraint(["policy_id"], ["policy.id"], name=op.f("fk_promise_policy_id")),
        sa.ForeignKeyConstraint(
            ["promised_by_id"], ["app_user.id"], name=op.f("fk_promise_promised_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["replaced_by_id"], ["promise.id"], name=op.f("fk_promise_replaced_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promise")),
        sa.UniqueConstraint(
            "application_id", "cause", name=op.f("uq_promise_application_id_cause")
        ),
    )
    op.create_index(
        "ix_promise_application", "promise", ["application_id", "made_at"], unique=False
    )
    op.create_index(op.f("ix_promise_calendar_id"), "promise", ["calendar_id"], unique=False)
    op.create_index(
        op.f("ix_promise_caused_by_contact_id"), "promise", ["caused_by_contact_id"], unique=False
    )
    op.create_index(
        op.f("ix_promise_kept_by_contact_id"), "promise", ["kept_by_contact_id"], unique=False
    )
    op.create_index(
        "ix_promise_next_check",
        "promise",
        ["next_check_at", "id"],
        unique=False,
        sqlite_where=sa.text("next_check_at IS NOT NULL"),
        postgresql_where=sa.text("next_check_at IS NOT NULL"),
    )
    op.create_index(
        "ix_promise_open_due",
        "promise",
        ["due_at", "id"],
        unique=False,
        sqlite_where=sa.text("state IN ('open', 'paused')"),
        postgresql_where=sa.text("state IN ('open', 'paused')"),
    )
    op.create_index(op.f("ix_promise_owner_id"), "promise", ["owner_id"], unique=False)
    op.create_index(
        "uq_promise_open_policy",
        "promise",
        ["application_id", "policy_id"],
        unique=True,
        sqlite_where=sa.text("origin = 'policy' AND state IN ('open', 'paused')"),
        postgresql_where=sa.text("origin = 'policy' AND state IN ('open', 'paused')"),
    )

    op.create_table(
        "timeline",
        sa.Column(
            "seq",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("application_id", sa.String(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("data", DOCUMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_timeline_application_id")
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_timeline")),
    )
    op.create_index(
        "ix_timeline_application", "timeline", ["application_id", "at", "seq"], unique=False
    )

    op.create_table(
        "message",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("application_id", sa.String(), nullable=True),
        sa.Column("user_id", sa.String(), nullable=True),
        sa.Column("promise_id", sa.String(), nullable=True),
        sa.Column("decision_id", sa.String(), nullable=True),
        sa.Column("by_user_id", sa.String(), nullable=True),
        sa.Column("automatic", sa.Boolean(), nullable=False),
        sa.Column("dedupe_key", sa.String(), nullable=False),
        sa.Column("expected_stage", sa.String(), nullable=True),
        sa.Column("to_address", sa.String(), nullable=False),
        sa.Column("to_name", sa.String(), nullable=False),
        sa.Column("from_address", sa.String(), nullable=False),
        sa.Column("from_name", sa.String(), nullable=False),
        sa.Column("reply_to_address", sa.String(), nullable=True),
        sa.Column("reply_to_name", sa.String(), nullable=True),
        sa.Column("template_version", sa.String(), nullable=False),
        sa.Column("values", DOCUMENT, nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("hold_until", INSTANT, nullable=True),
        sa.Column("due_at", INSTANT, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("first_tried_at", INSTANT, nullable=True),
        sa.Column("lease_token", sa.String(), nullable=True),
        sa.Column("lease_until", INSTANT, nullable=True),
        sa.Column("provider", sa.String(), nullable=True),
        sa.Column("provider_id", sa.String(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("accepted_at", INSTANT, nullable=True),
        sa.Column("delivered_at", INSTANT, nullable=True),
        sa.Column("bounced_at", INSTANT, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_message_application_id")
        ),
        sa.ForeignKeyConstraint(
            ["by_user_id"], ["app_user.id"], name=op.f("fk_message_by_user_id")
        ),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["decision.id"], name=op.f("fk_message_decision_id")
        ),
        sa.ForeignKeyConstraint(
            ["promise_id"], ["promise.id"], name=op.f("fk_message_promise_id"), use_alter=True
        ),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_message_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_message_dedupe_key")),
    )
    op.create_index(
        "ix_message_application", "message", ["application_id", "created_at"], unique=False
    )
    op.create_index(op.f("ix_message_created_at"), "message", ["created_at"], unique=False)
    op.create_index(
        "ix_message_due",
        "message",
        ["due_at", "id"],
        unique=False,
        sqlite_where=sa.text("state IN ('held', 'ready', 'retry', 'claimed', 'sending')"),
        postgresql_where=sa.text("state IN ('held', 'ready', 'retry', 'claimed', 'sending')"),
    )
    op.create_index(op.f("ix_message_provider_id"), "message", ["provider_id"], unique=False)
    op.create_index(op.f("ix_message_state"), "message", ["state"], unique=False)

    op.create_table(
        "contact",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("application_id", sa.String(), nullable=False),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("automatic", sa.Boolean(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("by_user_id", sa.String(), nullable=True),
        sa.Column("message_id", sa.String(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("meant_for", DOCUMENT, nullable=False),
        sa.Column("after_broken_promise", sa.Boolean(), nullable=False),
        sa.Column("answers_with_id", sa.String(), nullable=True),
        sa.Column("taken_back_at", INSTANT, nullable=True),
        sa.Column("taken_back_reason", sa.String(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["answers_with_id"],
            ["promise.id"],
            name=op.f("fk_contact_answers_with_id"),
            use_alter=True,
        ),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_contact_application_id")
        ),
        sa.ForeignKeyConstraint(
            ["by_user_id"], ["app_user.id"], name=op.f("fk_contact_by_user_id")
        ),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_contact_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
        sa.UniqueConstraint(
            "message_id", "application_id", name=op.f("uq_contact_message_id_application_id")
        ),
    )
    op.create_index(
        op.f("ix_contact_answers_with_id"), "contact", ["answers_with_id"], unique=False
    )
    op.create_index("ix_contact_application", "contact", ["application_id", "at"], unique=False)
    op.create_index(op.f("ix_contact_created_at"), "contact", ["created_at"], unique=False)

    op.create_table(
        "notice",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("promise_id", sa.String(), nullable=False),
        sa.Column("rung", sa.Integer(), nullable=False),
        sa.Column("due_version", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("told_at", INSTANT, nullable=True),
        sa.Column("message_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_notice_message_id")),
        sa.ForeignKeyConstraint(["promise_id"], ["promise.id"], name=op.f("fk_notice_promise_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint(
            "promise_id", "rung", "due_version", name=op.f("uq_notice_promise_id_rung_due_version")
        ),
    )
    op.create_index(
        "ix_notice_untold",
        "notice",
        ["created_at"],
        unique=False,
        sqlite_where=sa.text("told_at IS NULL"),
        postgresql_where=sa.text("told_at IS NULL"),
    )
    op.create_index("ix_contact_at", "contact", ["at", "id"], unique=False)
    op.create_index("ix_decision_decided_at", "decision", ["decided_at", "id"], unique=False)
    op.create_index("ix_promise_due_at", "promise", ["due_at", "id"], unique=False)
    op.create_index(op.f("ix_interview_external_id"), "interview", ["external_id"], unique=False)
    # One person, one row, however an address is spelled.
    op.create_index("uq_app_user_email_lower", "app_user", [sa.text("lower(email)")], unique=True)
    if not _in_place():
        for table, column, target in CIRCULAR:
            op.create_foreign_key(op.f(f"fk_{table}_{column}"), table, target, [column], ["id"])


def downgrade() -> None:
    if not _in_place():
        for table, column, _target in CIRCULAR:
            op.drop_constraint(op.f(f"fk_{table}_{column}"), table, type_="foreignkey")
    op.drop_index(op.f("ix_interview_external_id"), table_name="interview")
    op.drop_index("ix_promise_due_at", table_name="promise")
    op.drop_index("ix_decision_decided_at", table_name="decision")
    op.drop_index("ix_contact_at", table_name="contact")
    op.drop_index(
        "ix_notice_untold",
        table_name="notice",
        sqlite_where=sa.text("told_at IS NULL"),
        postgresql_where=sa.text("told_at IS NULL"),
    )

    op.drop_table("notice")
    op.drop_index(op.f("ix_contact_created_at"), table_name="contact")
    op.drop_index("ix_contact_application", table_name="contact")
    op.drop_index(op.f("ix_contact_answers_with_id"), table_name="contact")

    op.drop_table("contact")
    op.drop_index(op.f("ix_message_state"), table_name="message")
    op.drop_index(op.f("ix_message_provider_id"), table_name="message")
    op.drop_index(
        "ix_message_due",
        table_name="message",
        sqlite_where=sa.text("state IN ('held', 'ready', 'retry', 'claimed', 'sending')"),
        postgresql_where=sa.text("state IN ('held', 'ready', 'retry', 'claimed', 'sending')"),
    )
    op.drop_index(op.f("ix_message_created_at"), table_name="message")
    op.drop_index("ix_message_application", table_name="message")

    op.drop_table("message")
    op.drop_index("ix_timeline_application", table_name="timeline")

    op.drop_table("timeline")
    op.drop_index(
        "uq_promise_open_policy",
        table_name="promise",
        sqlite_where=sa.text("origin = 'policy' AND state IN ('open', 'paused')"),
        postgresql_where=sa.text("origin = 'policy' AND state IN ('open', 'paused')"),
    )
    op.drop_index(op.f("ix_promise_owner_id"), table_name="promise")
    op.drop_index(
        "ix_promise_open_due",
        table_name="promise",
        sqlite_where=sa.text("state IN ('open', 'paused')"),
        postgresql_where=sa.text("state IN ('open', 'paused')"),
    )
    op.drop_index(
        "ix_promise_next_check",
        table_name="promise",
        sqlite_where=sa.text("next_check_at IS NOT NULL"),
        postgresql_where=sa.text("next_check_at IS NOT NULL"),
    )
    op.drop_index(op.f("ix_promise_kept_by_contact_id"), table_name="promise")
    op.drop_index(op.f("ix_promise_caused_by_contact_id"), table_name="promise")
    op.drop_index(op.f("ix_promise_calendar_id"), table_name="promise")
    op.drop_index("ix_promise_application", table_name="promise")

    op.drop_table("promise")
    op.drop_table("interview")
    op.drop_index(
        "uq_decision_standing",
        table_name="decision",
        sqlite_where=sa.text("withdrawn_at IS NULL"),
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.drop_index(op.f("ix_decision_application_id"), table_name="decision")

    op.drop_table("decision")
    op.drop_index(op.f("ix_application_owner_id"), table_name="application")
    op.drop_index(op.f("ix_application_job_id"), table_name="application")
    op.drop_index(op.f("ix_application_created_at"), table_name="application")
    op.drop_index(op.f("ix_application_candidate_id"), table_name="application")

    op.drop_table("application")
    op.drop_table("policy_version")
    op.drop_index(op.f("ix_job_created_at"), table_name="job")

    op.drop_table("job")
    op.drop_index(
        "ix_delivery_waiting",
        table_name="delivery",
        sqlite_where=sa.text("state = 'received'"),
        postgresql_where=sa.text("state = 'received'"),
    )
    op.drop_index(op.f("ix_delivery_state"), table_name="delivery")
    op.drop_index("ix_delivery_received", table_name="delivery")
    op.drop_index(op.f("ix_delivery_candidate_id"), table_name="delivery")

    op.drop_table("delivery")
    op.drop_index(op.f("ix_candidate_source_candidate_id"), table_name="candidate_source")

    op.drop_table("candidate_source")
    op.drop_index(op.f("ix_candidate_phone_candidate_id"), table_name="candidate_phone")

    op.drop_table("candidate_phone")
    op.drop_index(op.f("ix_candidate_email_address_key"), table_name="candidate_email")

    op.drop_table("candidate_email")
    op.drop_table("calendar_version")
    op.drop_table("api_key")
    op.drop_table("policy")
    op.drop_index(
        "ix_mail_event_unfolded",
        table_name="mail_event",
        sqlite_where=sa.text("folded_at IS NULL"),
        postgresql_where=sa.text("folded_at IS NULL"),
    )
    op.drop_index(op.f("ix_mail_event_message_id"), table_name="mail_event")

    op.drop_table("mail_event")
    op.drop_table("mail_channel")
    op.drop_index(op.f("ix_idempotent_request_created_at"), table_name="idempotent_request")

    op.drop_table("idempotent_request")
    op.drop_table("heartbeat")
    op.drop_table("connection")
    op.drop_index(op.f("ix_candidate_merged_into_id"), table_name="candidate")
    op.drop_index(op.f("ix_candidate_created_at"), table_name="candidate")

    op.drop_table("candidate")
    op.drop_table("calendar")
    op.drop_table("app_user")
