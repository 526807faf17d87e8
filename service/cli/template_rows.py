"""What the ``keepword template`` commands share: finding a version, printing it, its findings."""

from __future__ import annotations

from typing import Any, NoReturn

import click

from service.cli.running import Opened, unusable
from service.cli.showing import clean, table
from service.mail.lint.findings import Finding
from service.mail.variables import KINDS
from service.models import TemplateVersion
from service.queries import wordings

as_document_option = click.option(
    "--json", "as_document", is_flag=True, help="Print JSON for programs."
)
kind_argument = click.argument("kind", type=click.Choice(sorted(KINDS)), metavar="KIND")


def version_of(keepword: Opened, kind: str, number: int | None) -> TemplateVersion:
    """Return a version by its number, or the one in force; a usage error where there is none."""
    row = wordings.version(keepword.session, kind, number)
    if row is None:
        what = "no version in force" if number is None else f"no version {number}"
        unusable(f"{kind} has {what}. “keepword template versions {kind}” shows all.")
    return row


def refuse(error: Exception) -> NoReturn:
    """End the command as failed: exit code 1, with what is wrong."""
    raise click.ClickException(clean(f"{error}."))


def finding_row(finding: Finding) -> dict[str, str]:
    """Return a finding for programs."""
    return {
        "rule": finding.rule,
        "part": finding.part,
        "severity": str(finding.severity),
        "text": finding.text,
    }


def print_findings(rows: list[tuple[str, int | None, dict[str, Any]]]) -> None:
    """Print findings as a table: the kind, the version's number if it has one, the finding."""
    table(
        ["letter", "part", "severity", "finding"],
        [
            (
                kind if number is None else f"{kind} {number}",
                each["part"],
                each["severity"],
                f"{each['text']} ({each['rule']})",
            )
            for kind, number, each in rows
        ],
    )


def summary(row: TemplateVersion) -> dict[str, Any]:
    """Return a version for programs, without its words."""
    names = ("id", "kind", "number", "digest", "origin", "state", "note", "created_at")
    more = ("created_by_id", "approved_at", "approved_by_id", "retired_at", "withdrawn_because")
    return {name: getattr(row, name) for name in (*names, *more)}


def whole(row: TemplateVersion, findings: list[Finding]) -> dict[str, Any]:
    """Return a version for programs, with its words and what the lint says of them."""
    parts = {"subject": row.subject, "text": row.text, "html": row.html}
    return {**summary(row), **parts, "findings": [finding_row(each) for each in findings]}
