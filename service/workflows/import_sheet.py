"""Imports a sheet that was opened: what a command and a page do alike, the commit left to them.

A sheet that changes while it is read, or that holds nobody, imports nobody.
"""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

from service.domain.newcomers import RefusedRow
from service.domain.rights import EVERYWHERE, Reach
from service.domain.wording import told
from service.sheets.columns import Field
from service.sheets.people import Sheet
from service.sheets.source import SheetError, Source
from service.sheets.wanted import Wanted
from service.workflows.import_people import Report, SheetFacts, import_people
from service.workflows.work import Work


def zone_of_sheets(work: Work) -> ZoneInfo:
    """Return where the times of a sheet are that names no zone: that of the company's calendar."""
    company = work.calendar_row()
    return work.calendar(company.id, company.version).time_zone


def import_sheet(
    work: Work,
    source: Source,
    sheet: Sheet,
    wanted: Wanted,
    *,
    acknowledge: bool = False,
    reach: Reach = EVERYWHERE,
    on_refused: Callable[[RefusedRow], None] | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> Report:
    """Take in everybody who can be; the caller commits, or does not. Raises ``SheetError``.

    ``Report.is_worth_keeping`` says which of the two. ``on_progress`` is told the bytes read.
    """
    report = import_people(
        work,
        sheet.people,
        SheetFacts(
            source.name,
            source.digest,
            {"encoding": source.encoding_name, "acknowledge": acknowledge, "job": wanted.job},
        ),
        acknowledge=acknowledge,
        reach=reach,
        heading=lambda about: sheet.columns.heading(Field(about)),
        on_refused=on_refused,
        on_progress=(lambda _rows: on_progress(sheet.position())) if on_progress else None,
    )
    source.refuse_change()
    if not report.rows:
        raise SheetError(told("there is nobody in it, only the heading"))
    return report
