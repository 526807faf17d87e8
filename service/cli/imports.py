"""``keepword import``: takes in the people of a CSV file, all of them or nobody.

A dry run does everything but the commit. What is refused is named by its line and column.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click

from service.cli.import_showing import (
    import_document,
    report_document,
    show_imports,
    show_report,
    show_undone,
    undone_document,
)
from service.cli.running import Opened, opened, unusable
from service.cli.showing import as_json, note
from service.db import reading_only
from service.domain.changes import Stage
from service.domain.newcomers import RefusedRow
from service.domain.promises import PromiseError
from service.queries.imports import imports
from service.sheets.columns import Field, field_of
from service.sheets.dates import Order
from service.sheets.people import Sheet, opened_sheet
from service.sheets.refused import RefusedFile
from service.sheets.rows import SEPARATORS
from service.sheets.source import LARGEST, SheetError, Source, open_source
from service.sheets.wanted import Wanted
from service.workflows.import_people import Report
from service.workflows.import_sheet import import_sheet, zone_of_sheets
from service.workflows.import_undo import undo_import

_SIZES = {"": 1, "k": 1_000, "m": 1_000_000, "g": 1_000_000_000}


@click.command("import")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--job", metavar="JOB", help="The job of everybody, where no column says it.")
@click.option("--dry-run", is_flag=True, help="Do everything, and then keep nothing of it.")
@click.option("--skip-bad", is_flag=True, help="Import who can be; write the others to a file.")
@click.option("--refused", type=click.Path(path_type=Path), help="That file; FILE.refused.csv.")
@click.option("--acknowledge", is_flag=True, help="Let the rules acknowledge new applications.")
@click.option(
    "--dates", type=click.Choice([str(each) for each in Order]), help="What 03.11.2026 begins with."
)
@click.option("--stage", metavar="LABEL=STAGE", multiple=True, help="What a label means.")
@click.option("--column", metavar="HEADING=MEANING", multiple=True, help="What a heading means.")
@click.option("--without", metavar="HEADING", multiple=True, help="A column to leave out.")
@click.option("--encoding", help="Where it cannot be told: utf-8, utf-16, windows-1252, …")
@click.option("--delimiter", metavar="SIGN", help="What separates the cells: , ; | or tab.")
@click.option("--max-size", metavar="BYTES", help="The largest file, such as 500M.")
@click.option("--list", "listed", is_flag=True, help="List the imports, the newest first.")
@click.option("--undo", metavar="IMPORT", help="Take an import back.")
@click.option("--json", "as_document", is_flag=True, help="Print JSON for programs.")
def import_(
    file: Path | None,
    job: str | None,
    refused: Path | None,
    dates: str | None,
    stage: tuple[str, ...],
    column: tuple[str, ...],
    without: tuple[str, ...],
    encoding: str | None,
    delimiter: str | None,
    max_size: str | None,
    undo: str | None,
    *,
    dry_run: bool,
    skip_bad: bool,
    acknowledge: bool,
    listed: bool,
    as_document: bool,
) -> None:
    """Take in the people of FILE, a CSV file with headings such as name, email, job and stage.

    All of it or nothing. Who is known already is left as they are, so the same file can be
    imported again. Nobody gets a letter because of an import, unless you say --acknowledge.
    docs/import.md lists the headings and says what each row makes.
    """
    if [file is not None, listed, undo is not None].count(True) != 1:
        raise click.UsageError("Name one FILE to import, or say --list, or --undo IMPORT.")
    if listed:
        _list(as_document=as_document)
        return
    if undo is not None:
        _undo(undo, dry_run=dry_run, as_document=as_document)
        return
    assert file is not None  # noqa: S101 - one of the three was given, and it is no other
    if refused is not None and not skip_bad:
        unusable("it goes with --skip-bad: without that nobody is imported at all.", "--refused")
    source = _source(file, max_size, encoding)
    with opened() as keepword:
        wanted = Wanted(
            now=keepword.now,
            zone=zone_of_sheets(keepword.work()),
            separator=_separator(delimiter),
            order=Order(dates) if dates else None,
            job=job,
            stages=dict(_stage(each) for each in stage),
            names=dict(_meaning(each) for each in column),
            without=without,
        )
        # What was read so far began no change; the file may take long to look at.
        keepword.session.rollback()
        path = refused or file.with_name(f"{file.stem}.refused.csv")
        writes = path if skip_bad and not dry_run else None
        try:
            report, sheet = _run(keepword, source, wanted, writes, acknowledge=acknowledge)
        except SheetError as error:
            keepword.session.rollback()
            raise click.ClickException(f"{file.name} cannot be imported: {error}.") from None
        except KeyboardInterrupt:
            note("\nStopped: nobody was imported.")
            raise
        kept = not dry_run and (skip_bad or not report.refused)
        if kept and report.is_worth_keeping(skip_bad=skip_bad):
            keepword.session.commit()
        else:
            keepword.session.rollback()
    there = writes if writes is not None and report.refused else None
    if as_document:
        as_json(report_document(report, source, sheet, kept=kept, dry_run=dry_run, refused=there))
    else:
        show_report(
            report, source, sheet, kept=kept, dry_run=dry_run, skip_bad=skip_bad, refused=there
        )
    if report.refused and not skip_bad:
        raise click.exceptions.Exit(1)


def _run(
    keepword: Opened, source: Source, wanted: Wanted, refused: Path | None, *, acknowledge: bool
) -> tuple[Report, Sheet]:
    with ExitStack() as stack:
        sheet = stack.enter_context(opened_sheet(source, wanted))
        on_refused = stack.enter_context(_refused_file(refused, sheet))
        advance = stack.enter_context(_progress(source))
        report = import_sheet(
            keepword.work(),
            source,
            sheet,
            wanted,
            acknowledge=acknowledge,
            on_refused=on_refused,
            on_progress=advance,
        )
    return report, sheet


@contextmanager
def _refused_file(path: Path | None, sheet: Sheet) -> Iterator[Callable[[RefusedRow], None] | None]:
    """Write refused rows to a new file, which is made with the first of them."""
    if path is None:
        yield None
        return
    if path.exists():
        unusable(f"{path} is there already: move it away, or name another file.", "--refused")
    with ExitStack() as stack:
        made: list[RefusedFile] = []

        def write(row: RefusedRow) -> None:
            if not made:
                # It names people: nobody else on the machine may read it.
                path.touch(mode=0o600, exist_ok=False)
                file = stack.enter_context(path.open("w", encoding="utf-8-sig", newline=""))
                made.append(RefusedFile(file, sheet.columns.headings, sheet.separator))
            made[0].write(row)

        try:
            yield write
        except BaseException:
            # Nobody was imported, so nobody was refused; the next try finds the place free.
            if made:
                path.unlink(missing_ok=True)
            raise


@contextmanager
def _progress(source: Source) -> Iterator[Callable[[int], None]]:
    """Show how far the reading is, on a terminal's standard error only."""
    if not sys.stderr.isatty():
        yield lambda _position: None
        return
    with click.progressbar(length=source.size, label="Importing", file=sys.stderr) as bar:
        yield lambda position: bar.update(position - bar.pos)


def _source(file: Path, max_size: str | None, encoding: str | None) -> Source:
    if str(file) in ("-", "/dev/stdin"):
        unusable("a sheet is read twice, so it must be a file: save it first.", "FILE")
    try:
        return open_source(file, largest=_bytes(max_size), encoding=encoding)
    except FileNotFoundError:
        unusable(f"there is no file {file}.", "FILE")
    except (PermissionError, IsADirectoryError):
        unusable(f"{file} cannot be read.", "FILE")
    except SheetError as error:
        raise click.ClickException(f"{file.name} cannot be imported: {error}.") from None


def _bytes(text: str | None) -> int:
    if text is None:
        return LARGEST
    number, unit = text.strip().lower().removesuffix("b"), ""
    if number[-1:] in _SIZES and number[-1:]:
        number, unit = number[:-1], number[-1]
    if not number.isascii() or not number.isdigit() or not int(number):
        unusable("write a number of bytes, such as 200000000 or 500M.", "--max-size")
    return int(number) * _SIZES[unit]


def _separator(text: str | None) -> str | None:
    if text is None:
        return None
    names = {name: sign for sign, name in SEPARATORS.items()} | {"\\t": "\t"}
    sign = names.get(text.lower(), text)
    if sign not in SEPARATORS:
        unusable("the cells are separated by a comma, a semicolon, a tab or a |.", "--delimiter")
    return sign


def _stage(text: str) -> tuple[str, Stage]:
    label, _, word = text.rpartition("=")
    if not label.strip() or word.strip().lower() not in list(Stage):
        unusable(
            f"write LABEL=STAGE, such as “Phone screen=screening”; the stages are "
            f"{', '.join(Stage)}.",
            "--stage",
        )
    return label, Stage(word.strip().lower())


def _meaning(text: str) -> tuple[str, Field]:
    heading, _, word = text.rpartition("=")
    field = field_of(word)
    if not heading.strip() or field is None:
        unusable(
            f"write HEADING=MEANING, such as “Kontakt=email”; the meanings are {', '.join(Field)}.",
            "--column",
        )
    return heading, field


def _list(*, as_document: bool) -> None:
    with opened() as keepword, reading_only():
        found = imports(keepword.session)
        zone = keepword.core.config.time_zone
    if as_document:
        as_json({"imports": [import_document(each) for each in found]})
    elif found:
        show_imports(found, zone)
    else:
        click.echo("Nothing was imported yet.")


def _undo(import_id: str, *, dry_run: bool, as_document: bool) -> None:
    with opened() as keepword:
        try:
            undone = undo_import(keepword.work(), import_id)
        except PromiseError as error:
            message = f"{str(error)[:1].upper()}{str(error)[1:]}."
            if error.code == "not-found":
                unusable(message, "--undo")
            raise click.ClickException(message) from None
        if dry_run:
            keepword.session.rollback()
        else:
            keepword.session.commit()
    if as_document:
        as_json(undone_document(undone, dry_run=dry_run))
    else:
        show_undone(undone, dry_run=dry_run)
        if undone.stays and not dry_run:
            note("Once what keeps them is gone, --undo the same import again.")
