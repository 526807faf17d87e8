"""Shows what an import made and what it could not, to people and to programs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from service.cli.showing import local, note, table
from service.domain.newcomers import Fault, alike
from service.models import Import
from service.sheets.people import Sheet
from service.sheets.rows import SEPARATORS
from service.sheets.source import Source
from service.workflows.import_people import Report
from service.workflows.import_undo import Undone

SHOWN = 50
"""Different faults that are shown to a person; --json gives up to a thousand."""


def show_report(
    report: Report,
    source: Source,
    sheet: Sheet,
    *,
    kept: bool,
    dry_run: bool,
    skip_bad: bool,
    refused: Path | None,
) -> None:
    """Print what was, or would be, imported; faults go to standard error."""
    separator = SEPARATORS.get(sheet.separator, sheet.separator)
    note(f"Read as {source.encoding_name}, separated by {separator}.")
    if sheet.columns.left_out:
        note(f"Not read: {', '.join(sheet.columns.left_out)}.")
    _show_faults("", report.faults, report.unnamed_faults)
    _show_faults("Take note: ", report.warnings, report.unnamed_warnings)
    if not kept and not dry_run:
        click.echo(f"Nobody was imported: {_at_fault(report)}")
        return
    if dry_run and report.refused and not skip_bad:
        click.echo(f"Nobody would be imported: {_at_fault(report)}")
        click.echo("With --skip-bad:")
    click.echo(
        f"{'Added' if kept else 'Would add'} {_count(report.applications, 'application')}: "
        f"{_count(report.candidates, 'new person', 'new people')}, "
        f"{_count(report.jobs, 'new job')}. {report.known} were known already."
    )
    if report.refused:
        where = f"; they are in {refused}" if refused else ""
        click.echo(f"Refused {_count(report.refused, 'row')}{where}.")
    if kept and report.applications:
        note(f"Take it back: keepword import --undo {report.id}")


def report_document(
    report: Report,
    source: Source,
    sheet: Sheet,
    *,
    kept: bool,
    dry_run: bool,
    refused: Path | None,
) -> dict[str, Any]:
    """Return the same for programs."""
    return {
        "import": report.id if kept and report.applications else None,
        "dry_run": dry_run,
        "imported": kept,
        "encoding": source.encoding_name,
        "separator": SEPARATORS.get(sheet.separator, sheet.separator),
        "columns": {
            field.value: [sheet.columns.headings[place] for place in places]
            for field, places in sheet.columns.places.items()
        },
        "not_read": list(sheet.columns.left_out),
        "rows": report.rows,
        "applications": report.applications,
        "candidates": report.candidates,
        "jobs": report.jobs,
        "known": report.known,
        "refused": report.refused,
        "refused_file": str(refused) if refused else None,
        "faults": [_fault(each) for each in report.faults],
        "faults_not_listed": report.unnamed_faults,
        "warnings": [_fault(each) for each in report.warnings],
        "warnings_not_listed": report.unnamed_warnings,
    }


def show_imports(found: Sequence[Import], zone: str) -> None:
    """Print a table of imports."""
    table(
        ["id", "file", "at", "applications", "new people", "known", "refused", "taken back"],
        [
            (
                each.id,
                each.file_name,
                local(each.created_at, zone),
                each.applications,
                each.candidates,
                each.known,
                each.refused,
                local(each.undone_at, zone),
            )
            for each in found
        ],
    )


def import_document(row: Import) -> dict[str, Any]:
    """Return one import for programs."""
    return {
        "id": row.id,
        "file": row.file_name,
        "sha256": row.digest,
        "at": row.created_at,
        "applications": row.applications,
        "candidates": row.candidates,
        "jobs": row.jobs,
        "known": row.known,
        "refused": row.refused,
        "undone_at": row.undone_at,
    }


def show_undone(undone: Undone, *, dry_run: bool) -> None:
    """Print what was, or would be, taken back, and what stays."""
    click.echo(
        f"{'Would remove' if dry_run else 'Removed'} "
        f"{_count(undone.applications, 'application')}, "
        f"{_count(undone.candidates, 'person', 'people')} and {_count(undone.jobs, 'job')}."
    )
    if undone.stays:
        note(f"{_count(len(undone.stays), 'application stays', 'applications stay')}:")
        table(["application", "line", "why"], [tuple(each) for each in undone.stays[:SHOWN]])
        if len(undone.stays) > SHOWN:
            note(f"… and {len(undone.stays) - SHOWN} more.")


def undone_document(undone: Undone, *, dry_run: bool) -> dict[str, Any]:
    """Return the same for programs."""
    return {
        "import": undone.import_id,
        "dry_run": dry_run,
        "applications": undone.applications,
        "candidates": undone.candidates,
        "jobs": undone.jobs,
        "stays": [
            {"application_id": id_, "line": line, "why": why} for id_, line, why in undone.stays
        ],
    }


def _show_faults(before: str, faults: Sequence[Fault], unnamed: int) -> None:
    different = alike(faults)
    for fault, rows in different[:SHOWN]:
        also = f" (and in {_count(rows - 1, 'more row')})" if rows > 1 else ""
        note(f"{before}{fault}{also}.")
    more = sum(rows for _, rows in different[SHOWN:]) + unnamed
    if more:
        note(f"… and {more} more; --json lists more of them.")


def _at_fault(report: Report) -> str:
    rows = _count(report.rows, "row")
    return (
        f"{report.refused} of {rows} {'is' if report.refused == 1 else 'are'} at fault. "
        "Correct the file, or import the others with --skip-bad."
    )


def _fault(fault: Fault) -> dict[str, Any]:
    return {"line": fault.line, "column": fault.column, "text": fault.text}


def _count(number: int, one: str, many: str | None = None) -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
