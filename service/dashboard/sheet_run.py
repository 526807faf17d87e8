"""Runs a sheet for a page: the whole import in the transaction at hand, to be kept or rolled back.

A look and the import are the same run; what differs between them shows in the report's outline.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace

from service.dashboard.sheet_form import Answers, Sent
from service.domain.newcomers import RefusedRow
from service.domain.rights import Reach
from service.sheets.columns import folded
from service.sheets.people import HeadingError, Sheet, opened_sheet
from service.sheets.source import SheetError, Source
from service.workflows.import_people import Report
from service.workflows.import_sheet import import_sheet, zone_of_sheets
from service.workflows.work import Work


@dataclass
class Ran:
    """What a run found: the report, or the fault of the sheet as a whole, and what was understood.

    ``answers`` are those that the run went by.
    """

    sent: Sent
    answers: Answers
    source: Source | None = None
    sheet: Sheet | None = None
    report: Report | None = None
    fault: SheetError | None = None
    headings: tuple[str, ...] = ()
    refused: list[RefusedRow] = field(default_factory=list)

    @property
    def outline(self) -> str:
        """Return what tells this outcome of this file, read by these answers, from all others."""
        if self.report is None:
            return ""
        told = f"{self.sent.digest} {self.report.outline} {self.answers!r}"
        return hashlib.sha256(told.encode()).hexdigest()


def run(work: Work, sent: Sent, answers: Answers, reach: Reach) -> Ran:
    """Import a sheet in the transaction at hand; whoever asked keeps it or rolls it back."""
    ran = Ran(sent, answers)
    _try(work, ran, reach)
    there = set(map(folded, ran.headings))
    if there and not {folded(name) for name in answers.headings} <= there:
        # Read in another way the first line says other things: what was said of them is moot.
        work.session.rollback()
        kept = {name: said for name, said in answers.headings.items() if folded(name) in there}
        ran = Ran(sent, replace(answers, headings=kept))
        _try(work, ran, reach)
    return ran


def _try(work: Work, ran: Ran, reach: Reach) -> None:
    try:
        ran.source = ran.answers.source(ran.sent)
        wanted = ran.answers.wanted(work.now, zone_of_sheets(work))
        with opened_sheet(ran.source, wanted) as sheet:
            ran.sheet, ran.headings = sheet, sheet.headings
            ran.report = import_sheet(
                work,
                ran.source,
                sheet,
                wanted,
                acknowledge=ran.answers.acknowledge,
                reach=reach,
                on_refused=ran.refused.append,
            )
    except HeadingError as error:
        ran.fault, ran.headings = error, error.headings
    except SheetError as error:
        ran.fault = error
