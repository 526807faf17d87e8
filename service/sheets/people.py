"""Reads a whole sheet: its heading, then one newcomer or one refused row after another.

Nothing is kept but the row at hand, so a sheet of any length is read in the same memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

from service.domain.newcomers import Fault, Newcomer, RefusedRow
from service.domain.wording import told
from service.sheets.cells import StageWords
from service.sheets.columns import Columns, folded, known_headings
from service.sheets.needed import refuse_without
from service.sheets.reader import RowReader
from service.sheets.refused import REASON, as_written
from service.sheets.rows import Row, first_line, rows, separator_of
from service.sheets.source import SheetError, Source
from service.sheets.wanted import Understood, Wanted


@dataclass(frozen=True)
class Sheet:
    """An opened sheet: how it was understood, and its people, to be read once.

    ``headings`` are its first line as it stands there.
    """

    headings: tuple[str, ...]
    columns: Columns
    separator: str
    people: Iterator[Newcomer | RefusedRow]
    position: Callable[[], int]
    understood: Understood


class HeadingError(SheetError):
    """The headings do not say enough, or two things for one; ``headings`` are they."""

    def __init__(self, said: str, headings: tuple[str, ...]) -> None:
        self.headings = headings
        super().__init__(said)


class TooLongError(SheetError):
    """The sheet has more rows than are read here; ``most`` is how many are."""

    def __init__(self, most: int) -> None:
        self.most = most
        super().__init__(told("it has more than %(number)s rows: split it", number=f"{most:,}"))


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
            raise SheetError(told("there is nothing in it"))
        try:
            columns = Columns.of(head.cells, names=wanted.names, without=wanted.without)
            refuse_without(columns, wanted.job)
        except SheetError as error:
            raise HeadingError(error.said, tuple(head.cells)) from None
        if folded(REASON) in map(folded, columns.headings):
            found = _unmarked(found)
        understood = Understood(StageWords(wanted.stages))
        people = _people(head, found, columns, wanted, understood)
        yield Sheet(
            tuple(head.cells),
            columns,
            separator,
            people,
            lambda: _position(source, text),
            understood,
        )


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
    head: Row, found: Iterator[Row], columns: Columns, wanted: Wanted, understood: Understood
) -> Iterator[Newcomer | RefusedRow]:
    reader = RowReader(columns, wanted, understood)
    repeated = [folded(cell) for cell in head.cells]
    for number, row in enumerate(found):
        if wanted.most_rows is not None and number >= wanted.most_rows:
            raise TooLongError(wanted.most_rows)
        if row.cells[0] == head.cells[0] and [folded(cell) for cell in row.cells] == repeated:
            again = Fault(row.line, None, told("this is the heading again: take the line out"))
            yield RefusedRow(row.line, tuple(row.cells), (again,))
            continue
        yield reader.read(row)
