"""``keepword connection``: the ATSs that post to us, their secrets, and their deliveries again.

A secret is made here, or comes from a file, standard input, the environment or a prompt; never
from an argument, which every user of the machine could read. It is never shown again.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.ats.registry import all_adapters
from service.cli.running import opened, unusable
from service.cli.showing import as_json, local, note, table
from service.models import Connection, Delivery
from service.queries.figures import connection_figures
from service.signing import new_standard_secret
from service.workflows.connections import (
    BadConnectionError,
    add_connection,
    live_secrets,
    set_rejections_by,
    set_secrets,
)
from service.workflows.ingest import replay as put_back
from service.workflows.who_tells import RejectionsBy

SECRET_VARIABLE = "KEEPWORD_CONNECTION_SECRET"  # noqa: S105 - a variable's name

_secret_file = click.option(
    "--secret-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path, allow_dash=True),
    help=f"A file with the signing secret; “-” is standard input. Else {SECRET_VARIABLE}, else "
    "a prompt.",
)

_WHO = click.Choice([who.value for who in RejectionsBy])

_new_secret = click.option(
    "--new-secret", is_flag=True, help="Make a signing secret and show it, this once."
)


@click.group("connection")
def connection() -> None:
    """Connect an ATS."""


@connection.command("add")
@click.argument("name")
@click.option("--vendor", required=True, type=click.Choice([each.name for each in all_adapters()]))
@click.option(
    "--rejections-by",
    required=True,
    type=_WHO,
    help="Who tells people that they were rejected; never both.",
)
@_secret_file
@_new_secret
@click.option("--json", "as_document", is_flag=True, help="Print JSON for programs.")
def add(
    name: str,
    vendor: str,
    rejections_by: str,
    secret_file: Path | None,
    *,
    new_secret: bool,
    as_document: bool,
) -> None:
    """Add a connection called NAME, and print the address to enter at the ATS."""
    with opened() as keepword:
        given = new_standard_secret() if new_secret else _secret(secret_file)
        try:
            row = add_connection(
                keepword.work(), name, vendor, [given], rejections_by=rejections_by
            )
        except BadConnectionError as error:
            unusable(f"{error}.", error.pointer.strip("/").removesuffix("/0"))
        keepword.session.commit()
        url = f"{keepword.core.config.base_url}/hooks/ats/{row.name}"
        added = {
            "id": row.id,
            "name": row.name,
            "vendor": row.vendor,
            "rejections_by": rejections_by,
            "url": url,
        }
    if new_secret:
        added["secret"] = given
    if as_document:
        as_json(added)
    else:
        click.echo(url)
        if new_secret:
            click.echo(given)
        note(f"Enter this address and the same secret in {vendor}'s webhook settings.")


@connection.command("secret")
@click.argument("name")
@_secret_file
@_new_secret
@click.option("--keep-old", is_flag=True, help="Take deliveries signed with the old one, too.")
def secret(name: str, secret_file: Path | None, *, new_secret: bool, keep_old: bool) -> None:
    """Change the signing secret of NAME."""
    with opened() as keepword:
        work, row = keepword.work(), _named(keepword.session, name)
        old = live_secrets(work, row) if keep_old else []
        given = new_standard_secret() if new_secret else _secret(secret_file)
        try:
            set_secrets(work, row, [given, *old])
        except BadConnectionError as error:
            unusable(f"{error}.", "--keep-old" if keep_old else "--secret-file")
        keepword.session.commit()
    # A secret that was made stands alone on standard output, to be piped on.
    click.echo(given if new_secret else "The secret is changed.")


@connection.command("rejections")
@click.argument("name")
@click.argument("who", type=_WHO)
def rejections(name: str, who: str) -> None:
    """Say who sends the rejections of NAME: keepword or ats, never both."""
    with opened() as keepword:
        set_rejections_by(_named(keepword.session, name), who)
        keepword.session.commit()
    click.echo(
        f"Keepword sends the rejections of {name}. Switch the ATS's own letters off."
        if who == RejectionsBy.KEEPWORD
        else f"The ATS sends the rejections of {name}, and Keepword sends none."
    )


@connection.command("list")
@click.option("--json", "as_document", is_flag=True, help="Print JSON for programs.")
def show(*, as_document: bool) -> None:
    """List all connections with what waits, failed and was refused."""
    with opened() as keepword:
        found = connection_figures(keepword.session)
        config = keepword.core.config
    if as_document:
        as_json(
            {
                "connections": [
                    {**vars(each), "url": f"{config.base_url}/hooks/ats/{each.name}"}
                    for each in found
                ]
            }
        )
        return
    table(
        [
            "name",
            "vendor",
            "active",
            "rejections by",
            "waiting",
            "failed",
            "refused",
            "last heard",
        ],
        [
            (
                each.name,
                each.vendor,
                "yes" if each.active else "no",
                each.rejections_by or "not answered: say who sends rejections",
                each.waiting,
                each.failed,
                each.refused,
                local(each.last_authentic_at, config.time_zone),
            )
            for each in found
        ],
    )


@connection.command("replay")
@click.argument("delivery_ids", nargs=-1, metavar="[DELIVERY]…")
@click.option("--failed", "of", metavar="NAME", help="All failed deliveries of this connection.")
@click.option("--dry-run", is_flag=True, help="Say how many would be replayed, and change nothing.")
def replay(delivery_ids: tuple[str, ...], of: str | None, *, dry_run: bool) -> None:
    """Put stored deliveries back in line; working one in twice does no harm."""
    if bool(delivery_ids) == bool(of):
        raise click.UsageError("Name deliveries by their ids, or --failed NAME.")
    with opened() as keepword:
        session, work = keepword.session, keepword.work()
        if of is not None:
            where = (Delivery.connection_id == _named(session, of).id, Delivery.state == "failed")
            rows = session.scalars(select(Delivery).where(*where).order_by(Delivery.seq)).all()
        else:
            rows = session.scalars(
                select(Delivery).where(Delivery.id.in_(delivery_ids)).order_by(Delivery.seq)
            ).all()
            unknown = sorted(set(delivery_ids) - {row.id for row in rows})
            if unknown:
                unusable(f"there is no delivery {', '.join(unknown)}.", "DELIVERY")
        whole = [row for row in rows if row.body]
        if not dry_run:
            for row in whole:
                put_back(work, row)
            session.commit()
    click.echo(f"{len(whole)} {'would be' if dry_run else 'are'} back in line.")
    if len(whole) < len(rows):
        note(f"{len(rows) - len(whole)} were erased with their person and cannot be replayed.")


@connection.command("remove")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove(name: str, *, yes: bool) -> None:
    """Take no more deliveries for NAME; what it brought stays."""
    with opened() as keepword:
        session = keepword.session
        row = _named(session, name)
        if not yes:
            click.confirm(f"Take no more deliveries from {row.name}?", abort=True)
        kept = session.scalars(
            select(func.count()).select_from(Delivery).where(Delivery.connection_id == row.id)
        ).one()
        row.active = False
        session.commit()
    click.echo(f"Posts to {name} are now answered 404; its {kept} deliveries are kept.")


def _named(session: Session, name: str) -> Connection:
    row = session.scalars(select(Connection).where(Connection.name == name)).one_or_none()
    if row is None:
        unusable(f"there is no connection “{name}”. “keepword connection list” shows all.", "NAME")
    return row


def _secret(path: Path | None) -> str:
    if path is not None:
        try:
            with click.open_file(str(path), encoding="utf-8") as file:
                return str(file.read(10_000)).strip()
        except (OSError, UnicodeDecodeError):
            unusable(f"{path} cannot be read as text.", "--secret-file")
    given = os.environ.get(SECRET_VARIABLE, "").strip()
    if given:
        return given
    if not sys.stdin.isatty():
        unusable(f"give the signing secret by --secret-file or {SECRET_VARIABLE}.", "--secret-file")
    return str(click.prompt("Signing secret", hide_input=True, err=True)).strip()
