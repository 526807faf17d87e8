"""What is changed about a connection: its API's fields, its habits, who tells, and its end."""

from __future__ import annotations

import click

from service.ats.registry import adapter_named
from service.cli import connection_answers as answers
from service.cli.running import opened, unusable
from service.cli.showing import as_json, note
from service.models import Connection, Delivery
from service.queries.traffic import count_deliveries
from service.workflows.connection_faults import BadConnectionError
from service.workflows.connection_settings import (
    asked_fields,
    missing_for_api,
    set_fields,
    set_sync_every,
    set_write_back,
)
from service.workflows.connections import set_active, set_rejections_by
from service.workflows.who_tells import RejectionsBy

_WHO = click.Choice([who.value for who in RejectionsBy])
_SWITCH = click.Choice(["on", "off"])


@click.command("credentials")
@click.argument("name")
@answers.settings
@answers.credential_files
@click.option("--forget", multiple=True, metavar="FIELD", help="Take one away; several times.")
@answers.as_document
def credentials(
    name: str,
    settings: tuple[str, ...],
    credential_files: tuple[str, ...],
    forget: tuple[str, ...],
    *,
    as_document: bool,
) -> None:
    """Enter what the API of NAME asks for: by options, files, the environment or a prompt."""
    with opened() as keepword:
        row = answers.named(keepword.session, name)
        adapter = adapter_named(row.vendor)
        fields = asked_fields(adapter)
        keepword.session.rollback()
        if not fields:
            unusable(f"{adapter.label} asks for nothing: it only sends.", "NAME")
        told = answers.told_fields(fields, settings, credential_files)
        told |= dict.fromkeys(forget)
        if not told:
            if not answers.on_a_terminal():
                names = ", ".join(each.name for each in fields)
                unusable(
                    f"give {names} by --set, --credential-file or {answers.FIELD_VARIABLE}NAME.",
                    "--credential-file",
                )
            told = answers.asked_of_a_person(fields, told)
        row = answers.named(keepword.session, name)
        try:
            set_fields(keepword.work(), row, told)
        except BadConnectionError as error:
            unusable(f"{error}.", error.pointer.rpartition("/")[2])
        keepword.session.commit()
    _answer(row, as_document=as_document)


@click.command("settings")
@click.argument("name")
@answers.settings
@click.option(
    "--sync-every", metavar="MINUTES", help="Ask the API so often what changed; “never” for never."
)
@answers.as_document
def settings(
    name: str, settings: tuple[str, ...], sync_every: str | None, *, as_document: bool
) -> None:
    """Show or change what is no secret about how NAME is asked: --set NAME=VALUE, --sync-every."""
    with opened() as keepword:
        row, work = answers.named(keepword.session, name), keepword.work()
        fields = asked_fields(adapter_named(row.vendor))
        try:
            told = answers.told_fields((), settings, ())
            secret = sorted({each.name for each in fields if each.secret} & set(told))
            if secret:
                unusable(
                    f"{secret[0]} is a secret: keepword connection credentials {name}.", "--set"
                )
            set_fields(work, row, told)
            if sync_every is not None:
                set_sync_every(work, row, _minutes(sync_every))
        except BadConnectionError as error:
            option = "--sync-every" if error.pointer == "/sync_every_minutes" else "--set"
            unusable(f"{error}.", option)
        keepword.session.commit()
    _answer(row, as_document=as_document)


@click.command("writeback")
@click.argument("name")
@click.argument("switch", type=_SWITCH)
@answers.as_document
def writeback(name: str, switch: str, *, as_document: bool) -> None:
    """Write letters that arrived and promises kept into the profiles of NAME: on or off."""
    with opened() as keepword:
        row = answers.named(keepword.session, name)
        label = adapter_named(row.vendor).label
        try:
            set_write_back(row, on=switch == "on")
        except BadConnectionError as error:
            unusable(f"{error} (keepword connection credentials {name}).", "SWITCH")
        keepword.session.commit()
    if as_document:
        as_json({"name": name, "write_back": row.write_back})
    elif row.write_back:
        click.echo(f"Letters that arrived and promises kept are noted in {label} from now on.")
    else:
        click.echo(f"Nothing is written into {label} from now on.")


@click.command("rejections")
@click.argument("name")
@click.argument("who", type=_WHO)
@answers.as_document
def rejections(name: str, who: str, *, as_document: bool) -> None:
    """Say who sends the rejections of NAME: keepword or ats, never both."""
    with opened() as keepword:
        set_rejections_by(answers.named(keepword.session, name), who)
        keepword.session.commit()
    if as_document:
        as_json({"name": name, "rejections_by": who})
        return
    click.echo(
        f"Keepword sends the rejections of {name}. Switch the ATS's own letters off."
        if who == RejectionsBy.KEEPWORD
        else f"The ATS sends the rejections of {name}, and Keepword sends none."
    )


@click.command("remove")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@answers.as_document
def remove(name: str, *, yes: bool, as_document: bool) -> None:
    """Take no more deliveries for NAME; what it brought stays."""
    with opened() as keepword:
        session = keepword.session
        answers.named(session, name)
        session.rollback()
        if not yes:
            _confirmed(f"Take no more deliveries from {name}?")
        row = answers.named(session, name)
        kept = count_deliveries(session, Delivery.connection_id == row.id)
        set_active(keepword.work(), row, active=False)
        session.commit()
    if as_document:
        as_json({"name": name, "active": False, "deliveries_kept": kept})
        return
    click.echo(f"Posts to {name} are now answered 404; its {kept} deliveries are kept.")


def _confirmed(question: str) -> None:
    """Ask, and go on after a yes alone."""
    try:
        click.confirm(question, abort=True, err=True)
    except click.Abort:
        if not answers.on_a_terminal():
            note("")
            unusable("nothing was changed: nobody said yes. Say --yes.", "--yes")
        raise


@click.command("restore")
@click.argument("name")
@answers.as_document
def restore(name: str, *, as_document: bool) -> None:
    """Take deliveries for NAME again, which was removed; its secrets are those of then."""
    with opened() as keepword:
        row = answers.named(keepword.session, name)
        set_active(keepword.work(), row, active=True)
        keepword.session.commit()
    if as_document:
        as_json({"name": name, "active": True})
        return
    click.echo(f"Posts to {name} are taken again.")
    note(f"What was posted meanwhile was refused: keepword connection sync {name}")


def _answer(row: Connection, *, as_document: bool) -> None:
    missing = missing_for_api(row)
    if as_document:
        as_json(
            {
                "name": row.name,
                "settings": row.settings,
                "credentials": sorted(row.credentials),
                "missing": missing,
                "sync_every_minutes": row.sync_every_minutes,
                "next_sync_at": row.next_sync_at,
            }
        )
        return
    for field, value in sorted(row.settings.items()):
        click.echo(f"{field} = {value}")
    for field in sorted(row.credentials):
        click.echo(f"{field} is set")
    if row.sync_every_minutes is None:
        click.echo("It is never asked what changed.")
    else:
        click.echo(f"It is asked what changed every {row.sync_every_minutes} minutes.")
    if missing:
        note(f"Missing before it can be asked: {', '.join(missing)}.")
    else:
        note(f"Try it: keepword connection test {row.name}")


def _minutes(text: str) -> int | None:
    if text.strip().lower() == "never":
        return None
    if not text.strip().isdecimal() or len(text.strip()) > 6:
        unusable("write minutes, such as 15, or never.", "--sync-every")
    return int(text)
