"""``keepword key``: API keys, made once, listed by their start, revoked at once.

A key is printed when it is made and can never be read again.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import click

from service.auth.keys import SCOPES, make_key, revoke_key
from service.cli.running import one_line, opened, unusable, user_by_email
from service.cli.showing import as_json, local, note, table
from service.models import ApiKey
from service.queries.keys import keys, keys_called


@click.group("key")
def key() -> None:
    """Make, list and revoke API keys."""


@key.command("add")
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(SCOPES),
    default=["write"],
    show_default=True,
    help="read sees, write acts on candidates and promises, admin changes rules and keys.",
)
@click.option("--user", "email", metavar="EMAIL", help="The colleague in whose name it acts.")
@click.option("--days", type=click.IntRange(1, 3650), help="End after so many days; default never.")
@click.option("--json", "as_document", is_flag=True, help="Print JSON for programs.")
def add(
    name: str, scopes: tuple[str, ...], email: str | None, days: int | None, *, as_document: bool
) -> None:
    """Make a key called NAME and print it, this once."""
    name = one_line(name, "NAME")
    with opened() as keepword:
        session, now = keepword.session, keepword.now
        row, secret = make_key(
            session,
            now,
            name,
            scopes,
            user_id=user_by_email(session, email, "--user").id if email else None,
            expires_at=now + timedelta(days=days) if days else None,
        )
        session.commit()
        document = _document(row, email, now)
    if as_document:
        as_json(document | {"key": secret})
    else:
        click.echo(secret)
        note("Keep it safe: it is shown this once and can only be replaced.")


@key.command("list")
@click.option("--json", "as_document", is_flag=True, help="Print JSON for programs.")
def show(*, as_document: bool) -> None:
    """List all keys, the newest first."""
    with opened() as keepword:
        rows = [
            _document(row, user.email if user else None, keepword.now)
            for row, user in keys(keepword.session)
        ]
        zone = keepword.core.office.time_zone
    if as_document:
        as_json({"keys": rows})
        return
    table(
        ["id", "name", "begins", "scopes", "user", "made", "last used", "ends", "state"],
        [
            (
                row["id"],
                row["name"],
                f"{row['start']}…",
                " ".join(row["scopes"]),
                row["user"],
                local(row["created_at"], zone),
                local(row["last_used_at"], zone),
                local(row["expires_at"], zone),
                row["state"],
            )
            for row in rows
        ],
    )


@key.command("revoke")
@click.argument("which", metavar="ID")
def revoke(which: str) -> None:
    """End a key at once; ID is its id, its name, or how it begins."""
    with opened() as keepword:
        found = keys_called(keepword.session, which)
        live = [row for row in found if row.revoked_at is None]
        if not found:
            unusable(f"there is no key “{which}”. “keepword key list” shows all.", "ID")
        if len(live) > 1:
            unusable(f"{len(live)} live keys are called “{which}”: name one by its id.", "ID")
        for row in live:
            revoke_key(row, keepword.now)
        keepword.session.commit()
    click.echo("The key is revoked." if live else "The key was revoked before.")


def _document(row: ApiKey, email: str | None, now: datetime) -> dict[str, Any]:
    expired = row.expires_at is not None and row.expires_at <= now
    return {
        "id": row.id,
        "name": row.name,
        "start": row.start,
        "scopes": row.scopes,
        "user": email,
        "created_at": row.created_at,
        "expires_at": row.expires_at,
        "last_used_at": row.last_used_at,
        "revoked_at": row.revoked_at,
        "state": "revoked" if row.revoked_at else "expired" if expired else "live",
    }
