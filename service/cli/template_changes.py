"""``keepword template draft``, ``approve``, ``withdraw``: new words, and who answers for them."""

from __future__ import annotations

from pathlib import Path

import click

from service.cli.running import one_line, opened, unusable, user_by_email
from service.cli.showing import as_json, note
from service.cli.template_rows import (
    as_document_option,
    finding_row,
    kind_argument,
    print_findings,
    refuse,
    version_of,
    whole,
)
from service.domain.promises import PromiseError
from service.mail.lint.letters import has_faults, lint
from service.mail.variables import TemplateError
from service.queries import wordings
from service.workflows.template_versions import Wording, approve, save_draft, source_of, withdraw


@click.command("draft")
@kind_argument
@click.option(
    "--from",
    "folder",
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder with subject.txt, body.txt and body.html.",
)
@click.option("--note", "about", help="What is new, for colleagues.")
@click.option("--by", "email", metavar="EMAIL", help="The colleague who wrote it.")
@as_document_option
def draft(
    kind: str, folder: Path, about: str | None, email: str | None, *, as_document: bool
) -> None:
    """Keep new words for KIND as a draft; nothing is sent with them until they are approved."""
    subject, text, html = (
        _file(folder / part) for part in ("subject.txt", "body.txt", "body.html")
    )
    with opened() as keepword:
        wording = Wording(
            kind,
            subject,
            text,
            html,
            note=one_line(about, "--note") if about else None,
            by_user_id=user_by_email(keepword.session, email, "--by").id if email else None,
        )
        try:
            row = save_draft(keepword.work(), wording)
        except (TemplateError, PromiseError) as error:
            refuse(error)
        keepword.session.commit()
        findings = lint(source_of(row))
    if as_document:
        as_json(whole(row, findings))
        return
    click.echo(f"{kind} has a draft, version {row.number}.")
    if findings:
        print_findings([(kind, row.number, finding_row(each)) for each in findings])
    if not has_faults(findings):
        note(f"Put it in force: keepword template approve {kind} {row.number} --by EMAIL")


@click.command("approve")
@kind_argument
@click.argument("number", type=click.IntRange(min=1))
@click.option(
    "--by", "email", metavar="EMAIL", required=True, help="The administrator who approves it."
)
def approve_one(kind: str, number: int, email: str) -> None:
    """Put version NUMBER of KIND in force for letters written from now on."""
    with opened() as keepword:
        user = user_by_email(keepword.session, email, "--by")
        if user.role != "administrator" or not user.active:
            unusable(f"{email} is no administrator here.", "--by")
        try:
            approve(keepword.work(), version_of(keepword, kind, number), user.id)
        except (TemplateError, PromiseError) as error:
            refuse(error)
        keepword.session.commit()
    click.echo(f"Version {number} of {kind} is in force.")


@click.command("withdraw")
@kind_argument
@click.argument("number", type=click.IntRange(min=1))
@click.option("--because", required=True, help="What is wrong with it, for colleagues.")
@click.option("--by", "email", metavar="EMAIL", help="The colleague who withdraws it.")
def withdraw_one(kind: str, number: int, because: str, email: str | None) -> None:
    """Take a wrong version of KIND out of use: its letters that wait will not leave."""
    with opened() as keepword:
        user = user_by_email(keepword.session, email, "--by") if email else None
        reason = one_line(because, "--because")
        try:
            version = version_of(keepword, kind, number)
            withdraw(keepword.work(), version, reason, user.id if user else None)
        except PromiseError as error:
            refuse(error)
        keepword.session.commit()
        left = kind in wordings.in_force(keepword.session)
    click.echo(f"Version {number} of {kind} is withdrawn.")
    if not left:
        note(f"No {kind} can be written until another version is approved.")


def _file(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        unusable(f"{path.name} cannot be read; it must be a file in UTF-8.", "--from")
