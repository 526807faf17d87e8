"""Reads one row of a sheet after another: a newcomer, or the row refused with all that is wrong.

No fault quotes a cell, but for an employer's own word for a stage.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from service.domain.changes import CLOSED_STAGES, Stage
from service.domain.contacts import Channel
from service.domain.newcomers import Fault, Newcomer, RefusedRow
from service.domain.wording import to_say, told
from service.sheets import cells
from service.sheets.cells import CellError
from service.sheets.columns import Columns, Field
from service.sheets.dates import AmbiguousDateError, DateError, instant
from service.sheets.rows import Row
from service.sheets.wanted import Understood, Wanted

SKEW = timedelta(minutes=1)
"""How far another clock may run ahead of ours before its instant counts as the future."""

_TOO_MANY = to_say(
    "it has %(cells)s cells and the heading has %(headings)s: look for a separator or a quotation "
    "mark that is missing or too many"
)
_TOO_FEW = to_say(
    "it has %(cells)s cells and the heading has %(headings)s: look for a separator or a quotation "
    "mark that is missing or too many; where a spreadsheet left out the empty cells at the end, "
    "add a last column to it, fill it in every row, and save it again"
)

T = TypeVar("T")


class RowReader:
    """Reads the rows of one sheet."""

    def __init__(self, columns: Columns, wanted: Wanted, understood: Understood) -> None:
        self._columns = columns
        self._wanted = wanted
        self._understood = understood
        self._two_ways = False
        self._width = len(columns.headings)
        self._places = {field: columns.places.get(field, ()) for field in Field}
        self._row: Row = Row(0, [])
        self._faults: list[Fault] = []

    def read(self, row: Row) -> Newcomer | RefusedRow:
        """Return who a row says applied, or the row and its faults."""
        self._row, self._faults, self._two_ways = row, [], False
        if len(row.cells) != self._width and (
            len(row.cells) < self._width or any(row.cells[self._width :])
        ):
            self._fault(
                None,
                told(
                    _TOO_FEW if len(row.cells) < self._width else _TOO_MANY,
                    cells=len(row.cells),
                    headings=self._width,
                ),
            )
            return self._refused()
        newcomer = self._newcomer()
        self._understood.two_ways += self._two_ways
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
                told(
                    "it holds neither a mail address nor an id, so the same person could not be "
                    "told again: add one of them"
                ),
            )
        job = self._text(Field.JOB) or self._wanted.job
        if not job:
            self._fault(
                Field.JOB, told("it does not say which job: fill it in, or say --job TITLE")
            )
        stage, label = self._stage()
        if stage not in CLOSED_STAGES:
            self._look_for_an_end()
        applied_at = self._when(Field.APPLIED_ON)
        promised = self._text(Field.PROMISED, cells.LONGEST_WORDING)
        promised_for = self._text(Field.PROMISED_FOR)
        if (promised is None) != (promised_for is None):
            gap = Field.PROMISED if promised is None else Field.PROMISED_FOR
            self._fault(gap, told("a promise needs both what was promised and when: fill it in"))
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
            return self._understood.stages.read(label, status), label or status
        except CellError as error:
            wrong = getattr(error, "label", None)
            self._fault(Field.STATUS if wrong and wrong != label else Field.STAGE, error.said)
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
                        told(
                            "it seems to tell that this application has ended, and how is not "
                            "guessed: say --column “%(heading)s=status” and what its words mean, "
                            "such as --stage “…=rejected”, or --without “%(heading)s” where it has "
                            "not ended",
                            heading=heading,
                        ),
                    )
                )

    def _when(self, field: Field) -> datetime | None:
        text = self._cell(field)
        if not text or text.isspace():
            return None
        try:
            at = instant(text, self._wanted.zone, self._wanted.order)
        except DateError as error:
            self._two_ways = self._two_ways or isinstance(error, AmbiguousDateError)
            self._fault(field, error.said)
            return None
        if at > self._wanted.now + SKEW:
            self._fault(
                field, told("it lies in the future, and this tells what has happened: check it")
            )
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
            self._fault(field, error.said)
            return None

    def _read(self, field: Field, read: Callable[[str], T | None]) -> T | None:
        text = self._cell(field)
        if not text:
            return None
        try:
            return read(text)
        except CellError as error:
            self._fault(field, error.said)
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
                    Fault(self._row.line, self._columns.headings[place], error.said)
                )
        if len(found) > cells.MOST:
            self._fault(field, told("one person has at most %(number)s of them", number=cells.MOST))
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
