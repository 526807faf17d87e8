"""People who sign in: passwords, passkeys, sessions, links, and teams of jobs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON(none_as_null=True).with_variant(
    postgresql.JSONB(none_as_null=True), "postgresql"
)


def upgrade() -> None:
    op.create_table(
        "team",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team")),
        sa.UniqueConstraint("name", name=op.f("uq_team_name")),
    )
    op.create_table(
        "team_member",
        sa.Column("team_id", sa.String(), nullable=False),
        _user_column(),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name="fk_team_member_team_id"),
        _user_key("team_member"),
        sa.PrimaryKeyConstraint("team_id", "user_id", name=op.f("pk_team_member")),
    )
    op.create_index(op.f("ix_team_member_user_id"), "team_member", ["user_id"])
    # In place: SQLite would rebuild a table that others refer to.
    op.execute(
        "ALTER TABLE job ADD COLUMN team_id VARCHAR CONSTRAINT fk_job_team_id REFERENCES team (id)"
    )
    op.create_index(op.f("ix_job_team_id"), "job", ["team_id"])
    op.add_column("app_user", sa.Column("locale", sa.String(), nullable=True))
    op.add_column("app_user", sa.Column("preferences", DOCUMENT, nullable=True))
    op.create_table(
        "password",
        _user_column(),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("set_at", INSTANT, nullable=False),
        _user_key("password"),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_password")),
    )
    op.create_table(
        "passkey",
        sa.Column("id", sa.String(), nullable=False),
        _user_column(),
        sa.Column("credential_id", sa.String(), nullable=False),
        sa.Column("public_key", sa.String(), nullable=False),
        sa.Column("sign_count", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("last_used_at", INSTANT, nullable=True),
        _user_key("passkey"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkey")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkey_credential_id")),
    )
    op.create_index(op.f("ix_passkey_user_id"), "passkey", ["user_id"])
    op.create_table(
        "passkey_challenge",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("bound_to", sa.String(), nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_passkey_challenge")),
    )
    op.create_index(op.f("ix_passkey_challenge_expires_at"), "passkey_challenge", ["expires_at"])
    op.create_table(
        "sign_in_session",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        _user_column(),
        sa.Column("how", sa.String(), nullable=False),
        sa.Column("user_agent", sa.String(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("last_seen_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("revoked_at", INSTANT, nullable=True),
        _user_key("sign_in_session"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_session")),
        sa.UniqueConstraint("digest", name=op.f("uq_sign_in_session_digest")),
    )
    for column in ("user_id", "expires_at"):
        op.create_index(op.f(f"ix_sign_in_session_{column}"), "sign_in_session", [column])
    op.create_table(
        "sign_in_link",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT, nullable=True),
        _user_key("sign_in_link"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_link")),
        sa.UniqueConstraint("digest", name=op.f("uq_sign_in_link_digest")),
    )
    op.create_index(op.f("ix_sign_in_link_user_id"), "sign_in_link", ["user_id"])
    op.create_table(
        "sign_in_attempt",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=True),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("counts", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_attempt")),
    )
    op.create_index("ix_sign_in_attempt_account_at", "sign_in_attempt", ["account", "at"])
    op.create_index("ix_sign_in_attempt_address_at", "sign_in_attempt", ["address", "at"])
    op.create_index(op.f("ix_sign_in_attempt_at"), "sign_in_attempt", ["at"])
    op.create_table(
        "outside_identity",
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        _user_column(),
        sa.Column("created_at", INSTANT, nullable=False),
        _user_key("outside_identity"),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f("pk_outside_identity")),
    )
    op.create_index(op.f("ix_outside_identity_user_id"), "outside_identity", ["user_id"])
    op.create_table(
        "user_absence",
        sa.Column("id", sa.String(), nullable=False),
        _user_column(),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("substitute_id", sa.String(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        _user_key("user_absence"),
        sa.ForeignKeyConstraint(
            ["substitute_id"], ["app_user.id"], name="fk_user_absence_substitute_id"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_absence")),
    )
    op.create_index("ix_user_absence_user_id", "user_absence", ["user_id", "until_on"])
    op.create_table(
        "calendar_feed",
        _user_column(),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("names_people", sa.Boolean(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        _user_key("calendar_feed"),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_calendar_feed")),
        sa.UniqueConstraint("digest", name=op.f("uq_calendar_feed_digest")),
    )
    op.create_index("ix_promise_first_due_at", "promise", ["first_due_at"])
    op.create_index(op.f("ix_application_applied_at"), "application", ["applied_at"])
    _index_the_queue()


def downgrade() -> None:
    op.drop_index("ix_application_interviewed", "application")
    op.drop_index("ix_promise_open_warn", "promise")
    op.drop_index("ix_promise_open_due", "promise")
    _partial("ix_promise_open_due", "promise", ["due_at", "id"], _OPEN)
    op.drop_index(op.f("ix_application_applied_at"), "application")
    op.drop_index("ix_promise_first_due_at", "promise")
    for table in (
        "calendar_feed",
        "user_absence",
        "outside_identity",
        "sign_in_attempt",
        "sign_in_link",
        "sign_in_session",
        "passkey_challenge",
        "passkey",
        "password",
    ):
        op.drop_table(table)
    # An older version has no wording for these and would not know what they are.
    kinds = "('sign-in-invitation', 'sign-in-reset', 'staff-morning')"
    op.execute(
        "UPDATE notice SET message_id = NULL WHERE message_id IN "  # noqa: S608 - kinds of ours
        f"(SELECT id FROM message WHERE kind IN {kinds})"
    )
    op.execute(f"DELETE FROM message WHERE kind IN {kinds}")  # noqa: S608 - kinds of ours
    op.execute(f"DELETE FROM template_version WHERE kind IN {kinds}")  # noqa: S608 - kinds of ours
    op.execute("ALTER TABLE app_user DROP COLUMN preferences")
    op.execute("ALTER TABLE app_user DROP COLUMN locale")
    op.drop_index(op.f("ix_job_team_id"), "job")
    op.execute("ALTER TABLE job DROP COLUMN team_id")
    op.drop_table("team_member")
    op.drop_table("team")


_OPEN = "state IN ('open', 'paused')"


def _index_the_queue() -> None:
    """The queue reads nothing but these of those that wait, however many there are."""
    op.drop_index("ix_promise_open_due", "promise")
    asked = ["due_at", "id", "application_id", "owner_id", "kind", "state", "warn_at"]
    _partial("ix_promise_open_due", "promise", asked, _OPEN)
    asked = ["warn_at", "due_at", "application_id", "owner_id", "kind", "state"]
    _partial("ix_promise_open_warn", "promise", asked, f"{_OPEN} AND breached_at IS NULL")
    _partial(
        "ix_application_interviewed",
        "application",
        ["interviewed_at"],
        "interviewed_at IS NOT NULL AND closed_at IS NULL",
    )


def _partial(name: str, table: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, sqlite_where=condition, postgresql_where=condition)


def _user_column() -> sa.Column[str]:
    return sa.Column("user_id", sa.String(), nullable=False)


def _user_key(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=f"fk_{table}_user_id")
