"""Reads a whole sheet: its heading, then one newcomer or one refused row after another.

Nothing is kept but the row at hand, so a sheet of any length is read in the same memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import IO, TypeVar
from zoneinfo import ZoneInfo

from service.domain.changes import CLOSED_STAGES, Stage
from service.domain.contacts import Channel
from service.domain.newcomers import Fault, Newcomer, RefusedRow
from service.sheets import cells
from service.sheets.cells import CellError, StageWords
from service.sheets.columns import Columns, Field, folded, known_headings
from service.sheets.dates import DateError, Order, instant
from service.sheets.needed import refuse_without
from service.sheets.refused import REASON, as_written
from service.sheets.rows import Row, first_line, rows, separator_of
from service.sheets.source import SheetError, Source

SKEW = timedelta(minutes=1)
"""How far another clock may run ahead of ours before its instant counts as the future."""

_LEFT_OUT = (
    "; where a spreadsheet left out the empty cells at the end, add a last column to it, fill it "
    "in every row, and save it again"
)

T = TypeVar("T")


@dataclass(frozen=True)
class Wanted:
    """How a sheet is to be read, where it does not say so itself.

    ``job`` is the job of everybody where there is no such column; ``zone`` is where its times are.
    """

    now: datetime
    zone: ZoneInfo
    separator: str | None = None
    order: Order | None = None
    job: str | None = None
    stages: Mapping[str, Stage] = field(default_factory=dict)
    names: Mapping[str, Field] = field(default_factory=dict)
    without: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sheet:
    """An opened sheet: how it was understood, and its people, to be read once."""

    columns: Columns
    separator: str
    people: Iterator[Newcomer | RefusedRow]
    position: Callable[[], int]


@contextmanager
def opened_sheet(source: Source, wanted: Wanted) -> Iterator[Sheet]:
    """Open a sheet and read its heading.

    Raises ``SheetError`` where the heading cannot be used, and while reading where the rest of the
    file cannot be told apart.
    """
    with source.opened() as text:
        separator = wanted.separator or _separator(source)
        found = rows(text, separator)
        head = next(found, None)
        if head is not None and head.line == 1 and _names_separator(head, separator):
            head = next(found, None)
        if head is None:
            raise SheetError("there is nothing in it")
        columns = Columns.of(head.cells, names=wanted.names, without=wanted.without)
        refuse_without(columns, wanted.job)
        if folded(REASON) in map(folded, columns.headings):
            found = _unmarked(found)
        people = _people(head, found, columns, wanted)
        yield Sheet(columns, separator, people, lambda: _position(source, text))


def _unmarked(found: Iterator[Row]) -> Iterator[Row]:
    """Yield the rows of a file of refused ones as their sheet had them."""
    for row in found:
        yield Row(row.line, [as_written(cell) for cell in row.cells])


def _position(source: Source, text: IO[str]) -> int:
    return min(source.position(text), source.size)


def _separator(source: Source) -> str:
    with source.opened() as text:
        line = first_line(text)
        while line and not line.strip():
            line = text.readline(len(line) + 1000)
    return separator_of(line, known_headings)


def _names_separator(head: Row, separator: str) -> bool:
    """Tell whether a row is Excel's own line ``sep=;``."""
    return separator.join(head.cells).casefold().strip(" ") == f"sep={separator}"


def _people(
    head: Row, found: Iterator[Row], columns: Columns, wanted: Wanted
) -> Iterator[Newcomer | RefusedRow]:
    reader = _Reader(columns, wanted)
    repeated = [folded(cell) for cell in head.cells]
    for row in found:
        if row.cells[0] == head.cells[0] and [folded(cell) for cell in row.cells] == repeated:
            again = Fault(row.line, None, "this is the heading again: take the line out")
            yield RefusedRow(row.line, tuple(row.cells), (again,))
            continue
        yield reader.read(row)


class _Reader:
    def __init__(self, columns: Columns, wanted: Wanted) -> None:
        self._columns = columns
        self._wanted = wanted
        self._stages = StageWords(wanted.stages)
        self._width = len(columns.headings)
        self._places = {field: columns.places.get(field, ()) for field in Field}
        self._row: Row = Row(0, [])
        self._faults: list[Fault] = []

    def read(self, row: Row) -> Newcomer | RefusedRow:
        self._row, self._faults = row, []
        if len(row.cells) != self._width and (
            len(row.cells) < self._width or any(row.cells[self._width :])
        ):
            self._fault(
                None,
                f"it has {len(row.cells)} cells and the heading has {self._width}: look for a "
                "separator or a quotation mark that is missing or too many"
                + (_LEFT_OUT if len(row.cells) < self._width else ""),
            )
            return self._refused()
        newcomer = self._newcomer()
        return self._refused() if self._faults or newcomer is None else newcomer

    def _refused(self) -> RefusedRow:
        return RefusedRow(self._row.line, tuple(self._row.cells), tuple(self._faults))

    def _newcomer(self) -> Newcomer | None:
        first, last = self._names()
        emails = self._several(Field.EMAIL, cells.addresses)
        candidate_id = self._id(Field.CANDIDATE_ID)
        application_id = self._id(Field.APPLICATION_ID)
        if not (emails or candidate_id or application_id) and not self._faults:
            self._fault(
                None,
                "it holds neither a mail address nor an id, so the same person could not be told "
                "again: add one of them",
            )
        job = self._text(Field.JOB) or self._wanted.job
        if not job:
            self._fault(Field.JOB, "it does not say which job: fill it in, or say --job TITLE")
        stage, label = self._stage()
        if stage not in CLOSED_STAGES:
            self._look_for_an_end()
        applied_at = self._when(Field.APPLIED_ON)
        promised = self._text(Field.PROMISED, cells.LONGEST_WORDING)
        promised_for = self._text(Field.PROMISED_FOR)
        if (promised is None) != (promised_for is None):
            gap = Field.PROMISED if promised is None else Field.PROMISED_FOR
            self._fault(gap, "a promise needs both what was promised and when: fill it in")
        return Newcomer(
            line=self._row.line,
            candidate_id=candidate_id,
            application_id=application_id,
            first_name=first,
            last_name=last,
            emails=emails,
            phones=self._several(Field.PHONE, cells.numbers),
            time_zone=self._read(Field.TIME_ZONE, cells.zone),
            locale=self._text(Field.LOCALE, 35),
            job=job or "",
            stage=stage,
            label=label,
            applied_at=applied_at,
            last_contact_at=self._when(Field.LAST_CONTACT_ON),
            last_contact_by=self._read(Field.LAST_CONTACT_BY, cells.channel) or Channel.EMAIL,
            interviewed_at=self._when(Field.INTERVIEWED_ON),
            owner=self._read(Field.OWNER, cells.colleague),
            hiring_manager=self._read(Field.HIRING_MANAGER, cells.colleague),
            promised=promised,
            promised_for=promised_for,
            cells=tuple(self._row.cells),
        )

    def _names(self) -> tuple[str | None, str | None]:
        first, last = self._text(Field.FIRST_NAME), self._text(Field.LAST_NAME)
        whole = self._text(Field.NAME)
        if whole is None or (first and last):
            return first, last
        # Beside a column for one half, “Name” holds the other half or both.
        if first:
            return first, _rest(whole, first)
        if last:
            return _rest(whole, last), last
        return cells.first_and_last(whole)

    def _stage(self) -> tuple[Stage, str | None]:
        label, status = self._text(Field.STAGE), self._text(Field.STATUS)
        try:
            return self._stages.read(label, status), label or status
        except CellError as error:
            wrong = getattr(error, "label", None)
            self._fault(Field.STATUS if wrong and wrong != label else Field.STAGE, str(error))
            return Stage.APPLIED, None

    def _look_for_an_end(self) -> None:
        """Refuse somebody who may long have been told no: they would be written to as if not."""
        for place in self._columns.endings:
            if cells.says_something(self._row.cells[place]):
                heading = self._columns.headings[place]
                self._faults.append(
                    Fault(
                        self._row.line,
                        heading,
                        "it seems to tell that this application has ended, and how is not "
                        f"guessed: say --column “{heading}=status” and what its words mean, such "
                        f"as --stage “…=rejected”, or --without “{heading}” where it has not ended",
                    )
                )

    def _when(self, field: Field) -> datetime | None:
        text = self._cell(field)
        if not text or text.isspace():
            return None
        try:
            at = instant(text, self._wanted.zone, self._wanted.order)
        except DateError as error:
            self._fault(field, str(error))
            return None
        if at > self._wanted.now + SKEW:
            self._fault(field, "it lies in the future, and this tells what has happened: check it")
        return at

    def _id(self, field: Field) -> str | None:
        return self._text(field, cells.LONGEST_ID)

    def _text(self, field: Field, longest: int = cells.LONGEST_TEXT) -> str | None:
        text = self._cell(field)
        if not text:
            return None
        try:
            return cells.plain(text, longest)
        except CellError as error:
            self._fault(field, str(error))
            return None

    def _read(self, field: Field, read: Callable[[str], T | None]) -> T | None:
        text = self._cell(field)
        if not text:
            return None
        try:
            return read(text)
        except CellError as error:
            self._fault(field, str(error))
            return None

    def _several(self, field: Field, read: Callable[[str], list[str]]) -> tuple[str, ...]:
        found: dict[str, str] = {}
        for place in self._places[field]:
            text = self._row.cells[place]
            if not text:
                continue
            try:
                for each in read(text):
                    found.setdefault(each.casefold(), each)
            except CellError as error:
                self._faults.append(
                    Fault(self._row.line, self._columns.headings[place], str(error))
                )
        if len(found) > cells.MOST:
            self._fault(field, f"one person has at most {cells.MOST} of them")
        return tuple(found.values())

    def _cell(self, field: Field) -> str:
        places = self._places[field]
        return self._row.cells[places[0]] if places else ""

    def _fault(self, field: Field | None, text: str) -> None:
        column = self._columns.heading(field) if field is not None else None
        self._faults.append(Fault(self._row.line, column, text))


def _rest(whole: str, half: str) -> str | None:
    """Return what a name says besides one half of it; all of it where it lacks that half."""
    words, known = whole.replace(",", " ").split(), half.casefold().split()
    folded_words = [word.casefold() for word in words]
    for at in (0, len(words) - len(known)):
        if at >= 0 and folded_words[at : at + len(known)] == known:
            return " ".join(words[:at] + words[at + len(known) :]) or None
    return whole
