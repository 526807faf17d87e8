"""``keepword user``: the colleagues who own promises, hear about them and sign in.

One person, one row, however an address is spelt; an ATS's events add colleagues too.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from service.auth.links import Purpose
from service.cli.running import one_line, opened, unusable, user_by_email
from service.cli.showing import as_json, table
from service.cli.user_access import activate, deactivate, first, invite, mail_link, reset
from service.domain.promises import PromiseError
from service.mail.addresses import BadAddressError
from service.queries.colleague_records import with_managers
from service.workflows.users import add_user

ROLES = ("recruiter", "hiring_manager", "administrator", "viewer")


@click.group("user")
def user() -> None:
    """Add and list colleagues, and say who may sign in."""


for _command in (invite, reset, first, deactivate, activate):
    user.add_command(_command)


@user.command("add")
@click.argument("email")
@click.option("--name", required=True, help="As candidates and colleagues call them.")
@click.option("--role", type=click.Choice(ROLES), default="recruiter", show_default=True)
@click.option("--manager", metavar="EMAIL", help="Who hears when a promise stays broken.")
@click.option("--time-zone", metavar="ZONE", help="Such as Europe/Berlin.")
@click.option("--invite", "invited", is_flag=True, help="Write them a letter to choose a password.")
@click.option("--json", "as_document", is_flag=True, help="Print JSON for programs.")
def add(
    email: str,
    name: str,
    role: str,
    manager: str | None,
    time_zone: str | None,
    *,
    invited: bool,
    as_document: bool,
) -> None:
    """Add a colleague; with --invite they can sign in."""
    name = one_line(name, "--name")
    with opened() as keepword:
        session = keepword.session
        facts = {
            "email": email,
            "name": name,
            "role": role,
            "manager_id": user_by_email(session, manager, "--manager").id if manager else None,
            "time_zone": _zone(time_zone),
        }
        try:
            row = add_user(keepword.work(), facts)
        except BadAddressError as error:
            unusable(f"{error}.", "EMAIL")
        except PromiseError:
            unusable("somebody with this address is here already.", "EMAIL")
        if invited:
            mail_link(keepword, row, Purpose.INVITATION)
        session.commit()
        added = {"id": row.id, "email": row.email, "name": row.name, "role": row.role}
        kept = invited and keepword.core.config.mail == "capture"
    if as_document:
        as_json(added)
        return
    click.echo(f"Added {added['email']} as {added['id']}.")
    if kept:
        click.echo(
            "The letter to them is kept here and never sent. The link: "
            f"keepword user invite {added['email']} --print"
        )


@user.command("list")
@click.option("--json", "as_document", is_flag=True, help="Print JSON for programs.")
def show(*, as_document: bool) -> None:
    """List all colleagues by name."""
    with opened() as keepword:
        rows = [
            {
                "id": row.id,
                "email": row.email,
                "name": row.name,
                "role": row.role,
                "manager": manager,
                "time_zone": row.time_zone,
                "active": row.active,
            }
            for row, manager in with_managers(keepword.session)
        ]
    if as_document:
        as_json({"users": rows})
        return
    table(
        ["id", "email", "name", "role", "manager", "zone", "active"],
        [(*list(row.values())[:-1], "yes" if row["active"] else "no") for row in rows],
    )


def _zone(name: str | None) -> str | None:
    if name is None:
        return None
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        unusable(f"“{name}” is no time zone. Write one such as Europe/Berlin.", "--time-zone")
