"""``keepword connection rotate`` and ``reseal``: secrets change and none is shown again."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import click

from service.cli import connection_answers as answers
from service.cli.running import opened, unusable
from service.cli.showing import as_json, local, note, table
from service.signing import new_standard_secret
from service.workflows.connection_faults import BadConnectionError
from service.workflows.connection_secrets import (
    KEEP_OLD_FOR,
    live_count,
    reseal,
    rotate_secrets,
)

_SPAN = re.compile(r"(\d{1,5}) ?(m|h|d)(?:in(?:utes?)?|ours?|ays?)?")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


@click.command("rotate")
@click.argument("name")
@answers.secret_file
@answers.new_secret
@click.option(
    "--keep-old-for",
    metavar="SPAN",
    help="How long deliveries signed with the old secret are taken: 24h (usual), 30m, 7d, 0h.",
)
@click.option(
    "--add", is_flag=True, help="End no old one: where an ATS signs with several, as Lever does."
)
@answers.as_document
def rotate(
    name: str,
    secret_file: Path | None,
    keep_old_for: str | None,
    *,
    new_secret: bool,
    add: bool,
    as_document: bool,
) -> None:
    """Change the signing secret of NAME; the old one counts for a while, and ends by itself."""
    if add and keep_old_for is not None:
        raise click.UsageError("--add ends no old secret: leave --keep-old-for out.")
    span = KEEP_OLD_FOR if keep_old_for is None else _span(keep_old_for)
    with opened() as keepword:
        answers.named(keepword.session, name)
        keepword.session.rollback()
        made = new_standard_secret() if new_secret else None
        given = answers.read_secrets(secret_file) if made is None else [made]
        work, row = keepword.work(), answers.named(keepword.session, name)
        try:
            until = rotate_secrets(work, row, given, keep_old_for=None if add else span)
        except BadConnectionError as error:
            option = "--keep-old-for" if error.pointer == "/keep_old_hours" else "--secret-file"
            unusable(f"{error}.", option)
        live = live_count(row, work.now)
        keepword.session.commit()
        zone = keepword.core.config.time_zone
    if as_document:
        document = {"name": name, "live_secrets": live, "old_until_at": until}
        as_json(document if made is None else {**document, "secret": made})
        return
    # A secret that was made stands alone on standard output, to be piped on.
    click.echo("The secret is changed." if made is None else made)
    if add:
        note(f"{live} secrets count now.")
    elif until is not None:
        note(f"The old one counts until {local(until, zone)}: change it at the ATS before that.")
    else:
        note("No old one counts any more: what the ATS signs with it is refused from now on.")


@click.command("reseal")
@answers.as_document
def reseal_all(*, as_document: bool) -> None:
    """Seal every secret under SECRET_KEY that was sealed under SECRET_KEY_PREVIOUS."""
    with opened() as keepword:
        found = reseal(keepword.work())
        keepword.session.commit()
    unreadable = [each.name for each in found if each.unreadable]
    if as_document:
        as_json(
            {
                "connections": [
                    {
                        "name": each.name,
                        "sealed_anew": each.previous,
                        "already": each.newest,
                        "unreadable": each.unreadable,
                    }
                    for each in found
                ]
            }
        )
    else:
        table(
            ["name", "sealed anew", "already", "unreadable"],
            [(each.name, each.previous, each.newest, each.unreadable) for each in found],
        )
        if not unreadable:
            note(
                "No connection needs SECRET_KEY_PREVIOUS any more. Where people were erased under "
                "it, leave it set: they are not known again without."
            )
    if unreadable:
        raise click.ClickException(
            f"No key opens what is sealed of {', '.join(unreadable)}: restore the key it was "
            "entered under as SECRET_KEY_PREVIOUS, or enter it again "
            "(keepword connection rotate NAME, keepword connection credentials NAME)."
        )


def _span(text: str) -> timedelta:
    found = _SPAN.fullmatch(text.strip().lower())
    if found is None:
        unusable("write a span such as 24h, 30m, 7d or 0h.", "--keep-old-for")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})
