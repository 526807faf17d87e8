"""``keepword db``: where the schema stands, moving it up or down; and what moves what it holds.

Migrating up to the newest revision also adds the calendar and the default policies where there
are none; migrating down drops tables with what is in them, so it asks first.
"""

from __future__ import annotations

import click
from alembic.util.exc import CommandError

from service.cli import db_erasures, db_moves
from service.cli.running import bring_up_to_date, core, unusable
from service.cli.showing import as_json
from service.workflows import migrate


@click.group("db")
def database() -> None:
    """Migrate, copy, back up and restore the database."""


for _move in (db_moves.copy, db_moves.backup, db_moves.restore, db_erasures.erasures):
    database.add_command(_move)


@database.command("upgrade")
def upgrade() -> None:
    """Migrate to the newest revision; add the default calendar and policies if missing."""
    with core() as built:
        before = migrate.current(built.engine)
        bring_up_to_date(built)
        after = migrate.current(built.engine)
    click.echo(f"The database is at {after}" + (", as before." if before == after else "."))


@database.command("downgrade")
@click.option("--to", "revision", required=True, help="The revision to go back to, or “base”.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def downgrade(revision: str, *, yes: bool) -> None:
    """Migrate back; what the dropped tables and columns hold is gone."""
    if not yes:
        click.confirm(
            f"Go back to {revision}? What later revisions added is lost with its data.", abort=True
        )
    with core() as built:
        try:
            migrate.downgrade(built.engine, revision)
        except CommandError as error:
            unusable(f"{error}.", "--to")
        there = migrate.current(built.engine)
    click.echo(f"The database is at {there}." if there else "The database is empty.")


@database.command("current")
@click.option("--json", "as_document", is_flag=True, help="Print JSON for programs.")
def current(*, as_document: bool) -> None:
    """Say which revision the database is at, and which one this version works on."""
    with core() as built:
        there, wanted = migrate.current(built.engine), migrate.head(built.engine)
    if as_document:
        as_json({"current": there, "head": wanted, "up_to_date": there == wanted})
    elif there == wanted:
        click.echo(f"The database is at {there}, the newest.")
    else:
        where = f"at {there}" if there else "empty"
        click.echo(f"The database is {where}; the newest is {wanted}. Run: keepword db upgrade")
