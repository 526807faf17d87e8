"""``keepword connection add``: a new connection, and what to do at the vendor's side.

A person at a terminal is asked for what was not given; a program is told what is missing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from service.ats.base import Adapter
from service.ats.registry import adapter_named, all_adapters
from service.cli import connection_answers as answers
from service.cli.connection_address import (
    address_fault,
    guide_document,
    guide_lines,
    hook_path,
    hook_url,
    secret_is_ours,
    shown_url,
)
from service.cli.running import opened, unusable
from service.cli.showing import as_json, note
from service.config import Config
from service.models import Connection
from service.signing import new_standard_secret
from service.workflows.connection_faults import BadConnectionError
from service.workflows.connection_settings import asked_fields, missing_for_api
from service.workflows.connections import add_connection, check_name
from service.workflows.who_tells import RejectionsBy

VENDORS = [each.name for each in all_adapters()]
WHO = [who.value for who in RejectionsBy]


@click.command("add")
@click.argument("name", required=False)
@click.option("--vendor", type=click.Choice(VENDORS))
@click.option(
    "--rejections-by",
    type=click.Choice(WHO),
    help="Who tells people that they were rejected; never both.",
)
@answers.secret_file
@answers.new_secret
@answers.settings
@answers.credential_files
@answers.as_document
def add(
    name: str | None,
    vendor: str | None,
    rejections_by: str | None,
    secret_file: Path | None,
    settings: tuple[str, ...],
    credential_files: tuple[str, ...],
    *,
    new_secret: bool,
    as_document: bool,
) -> None:
    """Add a connection called NAME, and print the address to enter at the ATS."""
    with opened() as keepword:
        config = keepword.core.config
        try:
            name = name or _asked_name()
            check_name(keepword.work(), name)
            # Nothing is held in the database while a person thinks about an answer.
            keepword.session.rollback()
            adapter = adapter_named(vendor or _asked_vendor())
            who = rejections_by or _asked_who()
            if not new_secret and answers.on_a_terminal():
                note(f"The signing secret is {adapter.guide.secret}.")
            ours = secret_is_ours(adapter)
            empty = "make one up" if ours else "later"
            given = [] if new_secret else answers.read_secrets(secret_file, if_empty=empty)
            made = None if given or secret_file is not None else new_standard_secret()
            fields = answers.told_fields(asked_fields(adapter), settings, credential_files)
            if answers.on_a_terminal() and adapter.api is not None:
                note(f"Keepword can also ask {adapter.label} how things stand.")
                fields = answers.asked_of_a_person(asked_fields(adapter), fields)
            row = add_connection(
                keepword.work(),
                name,
                adapter.name,
                given if made is None else [made],
                rejections_by=who,
                fields=fields,
            )
        except BadConnectionError as error:
            unusable(f"{error}.", error.pointer.strip("/").removesuffix("/0"))
        keepword.session.commit()
        document = _document(config, row, adapter)
    if made is not None:
        document["secret"] = made
    if as_document:
        as_json(document)
        return
    click.echo(shown_url(config, row.name))
    if made is not None:
        click.echo(made)
        note("The second line is the signing secret. It is shown this once.")
    _tell(config, row, adapter)
    if made is not None and not secret_is_ours(adapter):
        note(
            f"To do: {adapter.label} signs with a secret of its own, {adapter.guide.secret}. Until "
            f"you enter it, what it posts is refused: keepword connection rotate {row.name}"
        )


def _document(config: Config, row: Connection, adapter: Adapter) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "vendor": row.vendor,
        "rejections_by": row.rejections_by,
        "url": hook_url(config, row.name),
        "path": hook_path(row.name),
        "guide": guide_document(adapter),
        "missing": missing_for_api(row),
        "state": "waiting for the first delivery",
    }


def _tell(config: Config, row: Connection, adapter: Adapter) -> None:
    note("")
    for line in guide_lines(adapter, shown_url(config, row.name)):
        note(line)
    note("")
    fault = address_fault(config)
    if fault is not None:
        note(fault)
    missing = missing_for_api(row)
    if missing:
        note(
            f"Keepword cannot ask {adapter.label} anything yet ({', '.join(missing)} missing): "
            f"keepword connection credentials {row.name}"
        )
    note(f"Try it: keepword connection test {row.name}")
    note(
        f"It is waiting for the first delivery and turns green with it: "
        f"keepword connection show {row.name}"
    )


def _asked_name() -> str:
    if not answers.on_a_terminal():
        unusable("name the connection, such as greenhouse-main.", "NAME")
    return str(click.prompt("Name, such as greenhouse-main", err=True)).strip()


def _asked_vendor() -> str:
    if not answers.on_a_terminal():
        unusable(f"say which ATS: {', '.join(VENDORS)}.", "--vendor")
    return str(click.prompt("Which ATS", type=click.Choice(VENDORS), err=True))


def _asked_who() -> str:
    if not answers.on_a_terminal():
        unusable("say who sends rejections: keepword or ats; never both.", "--rejections-by")
    return str(click.prompt("Who sends rejections, never both", type=click.Choice(WHO), err=True))
