"""``keepword template``: what the letters say; draft, look at, approve and withdraw wordings.

A wording that was not approved is never sent, and approving names the person who did.
"""

from __future__ import annotations

from typing import Any

import click

from service.cli.running import opened, unusable
from service.cli.showing import as_json, local, table
from service.cli.template_changes import approve_one, draft, withdraw_one
from service.cli.template_rows import (
    as_document_option,
    finding_row,
    kind_argument,
    print_findings,
    refuse,
    summary,
    version_of,
    whole,
)
from service.domain.promises import PromiseError
from service.mail.lint.findings import Finding
from service.mail.lint.letters import lint, lint_folder
from service.mail.variables import CANDIDATE_KINDS, KINDS, OPTIONAL, TemplateError
from service.models import Application
from service.queries import wordings
from service.resources import resource_folder
from service.workflows.template_preview import preview_version
from service.workflows.template_versions import source_of

_which = click.option(
    "--number", type=click.IntRange(min=1), help="Which version; the one in force if left out."
)


@click.group("template")
def template() -> None:
    """Read, lint, draft and approve the letters."""


for command in (draft, approve_one, withdraw_one):
    template.add_command(command)


@template.command("list")
@as_document_option
def show_all(*, as_document: bool) -> None:
    """List the kinds of letter, the version in force, and the variables each may name."""
    with opened() as keepword:
        approved, drafts = wordings.in_force(keepword.session), wordings.waiting(keepword.session)
    rows: list[dict[str, Any]] = [
        {
            "kind": kind,
            "to": "candidates" if kind in CANDIDATE_KINDS else "colleagues",
            "number": approved[kind].number if kind in approved else None,
            "version": approved[kind].digest if kind in approved else None,
            "origin": approved[kind].origin if kind in approved else None,
            "newest_draft": drafts.get(kind),
            "variables": sorted(KINDS[kind]),
            "optional": sorted(OPTIONAL[kind]),
        }
        for kind in sorted(KINDS)
    ]
    if as_document:
        as_json({"templates": rows})
        return
    table(
        ["kind", "to", "in force", "draft", "variables"],
        [
            (
                row["kind"],
                row["to"],
                f"{row['number']} ({row['origin']})" if row["number"] else "none: nothing is sent",
                row["newest_draft"],
                " ".join([*row["variables"], *(f"[{name}]" for name in row["optional"])]),
            )
            for row in rows
        ],
    )


@template.command("versions")
@kind_argument
@as_document_option
def versions(kind: str, *, as_document: bool) -> None:
    """List all versions of one KIND, the newest first."""
    with opened() as keepword:
        rows = wordings.versions(keepword.session, kind, after=None, limit=1000).rows
        zone = keepword.core.office.time_zone
    if as_document:
        as_json({"versions": [summary(row) for row in rows]})
        return
    table(
        ["number", "state", "origin", "written", "approved", "note"],
        [
            (
                row.number,
                row.state,
                row.origin,
                local(row.created_at, zone),
                local(row.approved_at, zone),
                row.note,
            )
            for row in rows
        ],
    )


@template.command("show")
@kind_argument
@_which
@click.option("--html", "in_html", is_flag=True, help="Print the HTML part instead.")
@as_document_option
def show_one(kind: str, number: int | None, *, in_html: bool, as_document: bool) -> None:
    """Print the words of one KIND of letter, its variables as {{name}}."""
    with opened() as keepword:
        row = version_of(keepword, kind, number)
    if as_document:
        as_json(whole(row, lint(source_of(row))))
    elif in_html:
        click.echo(row.html)
    else:
        click.echo(f"Subject: {row.subject}\n\n{row.text}")


@template.command("lint")
@click.option("--stored", is_flag=True, help="Lint what is approved or drafted here instead.")
@as_document_option
def lint_all(*, stored: bool, as_document: bool) -> None:
    """Look for what would mislead, hurt or be unreadable; exit code 1 where there is something.

    Reads the shipped letters, without a database.
    """
    found: list[tuple[str, int | None, list[Finding]]]
    if stored:
        with opened() as keepword:
            rows = wordings.in_use(keepword.session)
        found = [(row.kind, row.number, lint(source_of(row))) for row in rows]
    else:
        folder = lint_folder(resource_folder("templates/email"))
        found = [(kind, None, findings) for kind, findings in sorted(folder.items())]
    findings: list[dict[str, Any]] = [
        {"kind": kind, "number": number, **finding_row(each)}
        for kind, number, several in found
        for each in several
    ]
    if as_document:
        as_json({"letters": len(found), "findings": findings})
    elif findings:
        print_findings([(each["kind"], each["number"], each) for each in findings])
    else:
        click.echo(f"{len(found)} letters, nothing found.")
    if findings:
        click.get_current_context().exit(1)


@template.command("preview")
@kind_argument
@_which
@click.option("--application", metavar="ID", help="Whose data to use; else an invented person's.")
@click.option("--set", "given", multiple=True, metavar="NAME=TEXT", help="The text of a variable.")
@click.option("--html", "in_html", is_flag=True, help="Print the HTML part instead.")
@as_document_option
def preview(
    kind: str,
    number: int | None,
    application: str | None,
    given: tuple[str, ...],
    *,
    in_html: bool,
    as_document: bool,
) -> None:
    """Print KIND as a person would read it; nothing is stored or sent."""
    values = {}
    for pair in given:
        name, equals, text = pair.partition("=")
        if not equals:
            unusable(f"“{pair}” is no NAME=TEXT.", "--set")
        values[name] = text
    with opened() as keepword:
        person = keepword.session.get(Application, application) if application else None
        if application and person is None:
            unusable(f"there is no application {application}.", "--application")
        try:
            letter = preview_version(
                keepword.work(), version_of(keepword, kind, number), person, values
            )
        except (TemplateError, PromiseError) as error:
            refuse(error)
    if as_document:
        as_json({"subject": letter.subject, "text": letter.text, "html": letter.html})
    elif in_html:
        click.echo(letter.html)
    else:
        click.echo(f"Subject: {letter.subject}\n\n{letter.text}", nl=False)
