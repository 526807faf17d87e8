"""What a look at a sheet shows: what it would make, what is wrong, and what a person can answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import ngettext

from service.dashboard.candidate_words import stage_words
from service.dashboard.saying import fault_words
from service.dashboard.sheet_form import LEAVE_OUT
from service.dashboard.sheet_run import Ran
from service.dashboard.sheet_words import field_words
from service.domain.changes import Stage
from service.domain.newcomers import Fault, Newcomer, alike
from service.sheets.cells import StageWords
from service.sheets.columns import Field, folded, shown
from service.sheets.rows import SEPARATORS
from service.workflows.import_people import Report

SHOWN = 50
"""Different faults that a page shows; of the others only the number."""

MOST = 200
"""Headings, and words for a stage, that can be answered at once."""

Choices = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class FaultRow:
    """One kind of fault: the line it first stands in, and how many rows have it too."""

    line: int
    heading: str
    text: str
    also: int


@dataclass(frozen=True)
class FaultList:
    """The faults that are shown, and how many are not."""

    rows: Sequence[FaultRow]
    unshown: int


@dataclass(frozen=True)
class HeadingRow:
    """One heading: what it is read as, and what was said of it."""

    heading: str
    name: str
    read_as: str
    said: str
    is_open: bool


@dataclass(frozen=True)
class WordRow:
    """One word for a stage: what it was taken for, and what was said of it."""

    word: str
    taken_for: str
    said: str
    rows: int


@dataclass(frozen=True)
class FirstRow:
    """One of the first people of a sheet, as they were read."""

    name: str
    address: str
    job: str
    stage: str


@dataclass(frozen=True)
class LookView:
    """A sheet as a look at it found it."""

    fault: str
    report: Report | None
    sentence: str
    ready: str
    others: str
    read_as: str
    faults: FaultList
    warnings: FaultList
    first: Sequence[FirstRow]
    headings: Sequence[HeadingRow]
    words: Sequence[WordRow]
    asks_order: bool
    asks_job: bool


def look_view(ran: Ran) -> LookView:
    """Return what a look found, in words."""
    report = ran.report
    return LookView(
        fault=fault_words(ran.fault.said) if ran.fault is not None else "",
        report=report,
        sentence=would_make(report) if report is not None else "",
        ready=ready_words(report) if report is not None else "",
        others=_count_rows(report.refused) if report is not None else "",
        read_as=_read_as(ran),
        faults=_listed(report.faults, report.unnamed_faults) if report else FaultList((), 0),
        warnings=_listed(report.warnings, report.unnamed_warnings) if report else FaultList((), 0),
        first=[_first(each) for each in report.first] if report else (),
        headings=_headings(ran),
        words=_words(ran),
        asks_order=ran.answers.order is not None
        or (ran.sheet is not None and ran.sheet.understood.two_ways > 0),
        asks_job=bool(ran.answers.job)
        or ran.sheet is None
        or not ran.sheet.columns.places.get(Field.JOB),
    )


def _first(read: Newcomer) -> FirstRow:
    name = " ".join(filter(None, (read.first_name, read.last_name)))
    return FirstRow(name, ", ".join(read.emails), read.job, stage_words(read.stage))


def would_make(report: Report) -> str:
    """Say what is made: ``4 applications of 3 new people, for 1 new job``."""
    applications = ngettext("%(num)s application", "%(num)s applications", report.applications)
    people = ngettext("%(num)s new person", "%(num)s new people", report.candidates)
    jobs = ngettext("%(num)s new job", "%(num)s new jobs", report.jobs)
    return str(
        _(
            "%(applications)s, %(people)s, %(jobs)s",
            applications=applications,
            people=people,
            jobs=jobs,
        )
    )


def ready_words(report: Report) -> str:
    """Say what the button does."""
    return str(
        ngettext("Import %(num)s application", "Import %(num)s applications", report.applications)
    )


def meanings() -> Choices:
    """Return what a heading can mean."""
    return [(field.value, field_words(field)) for field in Field]


def stage_choices() -> Choices:
    """Return the stages that a word can mean."""
    return [(stage.value, stage_words(stage)) for stage in Stage]


def _count_rows(number: int) -> str:
    return str(ngettext("%(num)s row", "%(num)s rows", number))


def _read_as(ran: Ran) -> str:
    if ran.source is None:
        return ""
    if ran.sheet is None:
        return str(_("Read as %(encoding)s.", encoding=ran.source.encoding_name))
    marks = {
        "comma": _("comma"),
        "semicolon": _("semicolon"),
        "tab": _("tab"),
        "pipe": _("vertical bar"),
    }
    mark = SEPARATORS.get(ran.sheet.separator, ran.sheet.separator)
    return str(
        _(
            "Read as %(encoding)s, its cells separated by: %(mark)s.",
            encoding=ran.source.encoding_name,
            mark=marks.get(mark, mark),
        )
    )


def _listed(faults: Sequence[Fault], unnamed: int) -> FaultList:
    different = alike(faults)
    rows = [
        FaultRow(fault.line, fault.column or "", fault_words(fault.text), number - 1)
        for fault, number in different[:SHOWN]
    ]
    return FaultList(rows, sum(number for _fault, number in different[SHOWN:]) + unnamed)


def _headings(ran: Ran) -> Sequence[HeadingRow]:
    read: Mapping[int, Field] = {}
    unclear: frozenset[str] = frozenset()
    if ran.sheet is not None:
        places = ran.sheet.columns.places
        read = {place: field for field, found in places.items() for place in found}
        at_fault = {fault.column for fault in (ran.report.faults if ran.report else ())}
        endings = (ran.sheet.columns.headings[place] for place in ran.sheet.columns.endings)
        unclear = frozenset(heading for heading in endings if heading in at_fault)
    rows: dict[str, HeadingRow] = {}
    for place, heading in enumerate(ran.headings):
        if not folded(heading):
            continue
        said = ran.answers.meaning_of(heading)
        field = read.get(place)
        is_open = shown(heading) in unclear or (field is None and not said)
        rows.setdefault(
            folded(heading),
            HeadingRow(
                heading,
                shown(heading),
                field_words(field) if field is not None else "",
                said,
                is_open and said != LEAVE_OUT,
            ),
        )
    # What was said is always there, so that the next look is told it again. What is not read comes
    # first: it may be what a person wants to say something of.
    kept = sorted(rows.values(), key=lambda row: not row.said)[:MOST]
    return sorted(kept, key=lambda row: not row.is_open)


def _words(ran: Ran) -> Sequence[WordRow]:
    stages = ran.sheet.understood.stages if ran.sheet is not None else StageWords({})
    said = ran.answers.stages
    unknown = [
        WordRow(word, "", said[word].value if word in said else "", rows)
        for word, rows in stages.unknown.items()
    ]
    # A word can be answered and decide nothing, such as a status that ends nothing; or no row was
    # read. What was said of it is always there, so that the next look is told it again.
    meant = {**said, **stages.taken}
    taken = [
        WordRow(word, stage_words(stage), said[word].value if word in said else "", 0)
        for word, stage in meant.items()
        if word not in stages.unknown
    ]
    kept = sorted([*unknown, *taken], key=lambda row: not row.said)[:MOST]
    return sorted(kept, key=lambda row: bool(row.taken_for))
