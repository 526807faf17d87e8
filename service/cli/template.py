"""``keepword template``: the letters Keepword can write, as they stand in their files."""

from __future__ import annotations

import click

from service.cli.showing import as_json, table
from service.mail.templates import load_templates
from service.mail.variables import CANDIDATE_KINDS
from service.resources import resource_folder


@click.group("template")
def template() -> None:
    """List and show the letters."""


@template.command("list")
@click.option("--json", "as_document", is_flag=True, help="Print JSON for programs.")
def show_all(*, as_document: bool) -> None:
    """List the kinds of letter, their versions and what each needs to be told."""
    letters = load_templates(resource_folder("templates/email"))
    rows = [
        {
            "kind": kind,
            "to": "candidates" if kind in CANDIDATE_KINDS else "colleagues",
            "version": letters[kind].version,
            "variables": sorted(letters[kind].variables),
        }
        for kind in sorted(letters)
    ]
    if as_document:
        as_json({"templates": rows})
    else:
        table(
            ["kind", "to", "version", "variables"],
            [(r["kind"], r["to"], r["version"], " ".join(r["variables"])) for r in rows],
        )


@template.command("show")
@click.argument("kind")
def show_one(kind: str) -> None:
    """Print the subject and the text of one KIND of letter, its variables as {{name}}."""
    folder = resource_folder("templates/email")
    known = sorted(load_templates(folder))
    if kind not in known:
        raise click.BadParameter(f"“{kind}” is none of {', '.join(known)}.", param_hint="KIND")
    subject, body = (
        (folder / kind / part).read_text(encoding="utf-8").strip()
        for part in ("subject.txt", "body.txt")
    )
    click.echo(f"Subject: {subject}\n\n{body}")
