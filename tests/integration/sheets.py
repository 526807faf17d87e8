"""Imports a sheet in a test as the command does, at the instant the test says."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from service.sheets.columns import Field
from service.sheets.people import opened_sheet
from service.sheets.source import open_source
from service.sheets.wanted import Wanted
from service.workflows.import_people import Report, SheetFacts, import_people
from tests.harness import Employer

UTC_ZONE = ZoneInfo("UTC")


def imported(
    employer: Employer, folder: Path, text: str, *, keep: bool = True, **options: Any
) -> Report:
    """Import a sheet; ``keep`` says whether its transaction is committed."""
    path = folder / "people.csv"
    path.write_text(text, encoding="utf-8")
    source = open_source(path)
    wanted = Wanted(now=employer.now, zone=UTC_ZONE, **options.pop("wanted", {}))
    with employer.work() as work, opened_sheet(source, wanted) as sheet:
        report = import_people(
            work,
            sheet.people,
            SheetFacts(path.name, source.digest),
            heading=lambda about: sheet.columns.heading(Field(about)),
            **options,
        )
        if not keep:
            work.session.rollback()
    return report
