"""Imports the people of a sheet in one transaction: all of them, or nobody, as the caller commits.

The sheet is read as it is written, a thousand rows at a time, so that memory does not grow with
it. Running the same sheet again makes nobody twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice

from sqlalchemy import func, select

from service.domain.newcomers import Fault, Newcomer, RefusedRow
from service.domain.rights import EVERYWHERE, Reach
from service.models import Import, ImportedApplication, TimelineEntry
from service.workflows.newcomer_rows import Made
from service.workflows.receive_newcomers import Known, Reception, Refused
from service.workflows.work import Work

AT_ONCE = 1000
"""Rows that one round takes in."""

FIRST = 3
"""People of a sheet that are shown as they were read."""

MOST_FAULTS = 1000
"""Faults that are kept to be shown; beyond them they are only counted."""


@dataclass(frozen=True)
class SheetFacts:
    """What an import remembers of its sheet: its name, its bytes' digest, how it was read."""

    file_name: str
    digest: str
    options: Mapping[str, str | bool | None] = field(default_factory=dict)


@dataclass
class Report:
    """What an import made, and what it could not. ``refused`` counts rows, ``faults`` names why;
    ``first`` are the first of the people as they were read.
    """

    id: str
    rows: int = 0
    applications: int = 0
    candidates: int = 0
    jobs: int = 0
    known: int = 0
    refused: int = 0
    faults: list[Fault] = field(default_factory=list)
    unnamed_faults: int = 0
    warnings: list[Fault] = field(default_factory=list)
    unnamed_warnings: int = 0
    first: list[Newcomer] = field(default_factory=list, repr=False)
    _outcomes: hashlib._Hash = field(default_factory=hashlib.sha256, repr=False, compare=False)

    @property
    def outline(self) -> str:
        """Return a digest of what became of every row: two runs of it are alike or differ."""
        whole = self._outcomes.copy()
        whole.update(f"{self.applications} {self.candidates} {self.jobs} {self.known}".encode())
        return whole.hexdigest()

    def is_worth_keeping(self, *, skip_bad: bool) -> bool:
        """Tell whether to commit: all of the sheet, or what is good of it where that was asked."""
        return (skip_bad or not self.refused) and bool(self.applications or self.jobs)

    def note(self, line: int, outcome: str) -> None:
        """Take down what became of one row."""
        self._outcomes.update(f"{line}:{outcome}\n".encode())

    def _fault(self, fault: Fault) -> None:
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(fault)
        else:
            self.unnamed_faults += 1

    def refuse(self, faults: Iterable[Fault]) -> None:
        """Count one refused row."""
        self.refused += 1
        for fault in faults:
            self._fault(fault)

    def warn(self, warnings: Iterable[Fault]) -> None:
        """Keep some warnings."""
        for fault in warnings:
            if len(self.warnings) < MOST_FAULTS:
                self.warnings.append(fault)
            else:
                self.unnamed_warnings += 1


def import_people(
    work: Work,
    people: Iterable[Newcomer | RefusedRow],
    sheet: SheetFacts,
    *,
    acknowledge: bool = False,
    new_jobs: bool = True,
    reach: Reach = EVERYWHERE,
    heading: Callable[[str], str] = str,
    on_refused: Callable[[RefusedRow], None] | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> Report:
    """Take in everybody who can be; the caller commits, or does not.

    ``reach`` is that of who imports: a row about another team's job is refused. ``heading`` turns
    what a fault is about into the sheet's own heading. ``on_refused`` is told each refused row in
    the order of the sheet; ``on_progress`` the number of rows so far.
    """
    row = Import(
        file_name=sheet.file_name,
        digest=sheet.digest,
        options=dict(sheet.options),
        actor=work.actor,
        created_at=work.now,
    )
    work.session.add(row)
    work.session.flush()
    report = Report(row.id)
    reception = Reception(
        work, import_id=row.id, acknowledge=acknowledge, new_jobs=new_jobs, reach=reach
    )
    source = iter(people)
    while lot := list(islice(source, AT_ONCE)):
        _take(reception, lot, report, heading, on_refused)
        report.jobs = reception.jobs_made
        if on_progress is not None:
            on_progress(report.rows)
    _note(work, row, report)
    return report


def _take(
    reception: Reception,
    lot: list[Newcomer | RefusedRow],
    report: Report,
    heading: Callable[[str], str],
    on_refused: Callable[[RefusedRow], None] | None,
) -> None:
    readable = [each for each in lot if isinstance(each, Newcomer)]
    report.first += readable[: FIRST - len(report.first)]
    outcomes = iter(reception.take(readable))
    for each in lot:
        report.rows += 1
        if isinstance(each, RefusedRow):
            faults: tuple[Fault, ...] = each.faults
        else:
            outcome = next(outcomes)
            if isinstance(outcome, Made):
                report.applications += 1
                report.candidates += outcome.new_candidate
                report.note(each.line, f"made {outcome.new_candidate:d}")
                continue
            if isinstance(outcome, Known):
                report.known += 1
                report.note(each.line, "known")
                continue
            faults = (_placed(outcome, heading),)
        report.refuse(faults)
        report.note(each.line, "; ".join(map(str, faults)))
        if on_refused is not None:
            on_refused(RefusedRow(each.line, each.cells, faults))
    for warning in reception.warnings:
        # What a person was told to know is part of what they agreed to.
        report.note(warning.line, warning.text)
    report.warn(
        Fault(each.line, heading(each.column) if each.column else None, each.text)
        for each in reception.warnings
    )
    reception.warnings.clear()


def _placed(refused: Refused, heading: Callable[[str], str]) -> Fault:
    fault = refused.fault
    return Fault(fault.line, heading(fault.column) if fault.column else None, fault.text)


def _note(work: Work, row: Import, report: Report) -> None:
    """Write down what the import made, and where its part of the story ends."""
    row.candidates, row.applications, row.jobs = (
        report.candidates,
        report.applications,
        report.jobs,
    )
    row.known, row.refused = report.known, report.refused
    row.story_until = (
        work.session.scalars(
            select(func.max(TimelineEntry.seq))
            .join(
                ImportedApplication,
                ImportedApplication.application_id == TimelineEntry.application_id,
            )
            .where(ImportedApplication.import_id == row.id)
        ).one()
        or 0
    )
    work.session.flush()
