"""Cuts a sheet's text into rows of cells, each with the line it begins on.

Memory stays bounded whatever the file holds: a line and a cell have a longest length, and a quote
that never closes ends at it.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO

from service.domain.wording import Told, told
from service.sheets.source import SheetError

LONGEST_LINE = 1_000_000
"""Characters of one line."""

MOST_COLUMNS = 1000

SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}
"""The separators that are recognised, and how they are called."""


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of one row, and the line of the file that it begins on (the first is 1)."""

    line: int
    cells: list[str]


def separator_of(header: str, known: Callable[[list[str]], int]) -> str:
    """Return what separates the cells: whatever makes most known headings of the first line.

    ``known`` counts the headings that are understood. Raises ``SheetError`` where two separators
    do equally well, since then nothing is certain.
    """
    if header[:4].casefold() == "sep=" and len(header.rstrip("\r\n")) == 5:
        return header[4]
    scores = {mark: known(_cells(header, mark)) for mark in SEPARATORS}
    best = max(scores.values())
    leaders = [mark for mark, score in scores.items() if score == best]
    present = [mark for mark in leaders if mark in header]
    if len(present) > 1 and best:
        names = " and ".join(SEPARATORS[mark] for mark in present)
        raise SheetError(
            told("%(names)s do equally well as separators: say which with --delimiter", names=names)
        )
    if best:
        return present[0] if present else ","
    return max(SEPARATORS, key=header.count)


def rows(text: IO[str], separator: str) -> Iterator[Row]:
    """Yield the rows that hold anything, in the order of the file.

    Raises ``SheetError``, with the line, where the rest cannot be told apart any more.
    """
    lines = _lines(text)
    reader = csv.reader(lines, delimiter=separator, strict=True)
    begins = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise SheetError(_told(begins, error)) from None
        except UnicodeError:
            raise SheetError(
                told("line %(line)s: the encoding is wrong here: say --encoding", line=begins)
            ) from None
        if len(cells) > MOST_COLUMNS:
            raise SheetError(
                told(
                    "line %(line)s has more than %(number)s cells", line=begins, number=MOST_COLUMNS
                )
            )
        line, begins = begins, reader.line_num + 1
        if any(cells) and any(map(str.strip, cells)):
            yield Row(line, cells)


def first_line(text: IO[str]) -> str:
    """Return the first line, bounded."""
    return next(_lines(text), "")


def _lines(text: IO[str]) -> Iterator[str]:
    number = 0
    while line := text.readline(LONGEST_LINE):
        number += 1
        if len(line) >= LONGEST_LINE:
            raise SheetError(
                told(
                    "line %(line)s is longer than %(number)s characters: this is no sheet of "
                    "people",
                    line=number,
                    number=f"{LONGEST_LINE:,}",
                )
            )
        yield line


def _cells(line: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        return []


def _told(line: int, error: csv.Error) -> Told:
    said = str(error)
    if "field larger" in said:
        return told(
            "line %(line)s: a cell is longer than %(number)s characters; most likely a quotation "
            "mark is not closed",
            line=line,
            number=f"{csv.field_size_limit():,}",
        )
    if "unexpected end" in said:
        return told("line %(line)s: a quotation mark is opened and never closed", line=line)
    if "expected after" in said:
        return told(
            "line %(line)s: a quotation mark stands inside a quoted cell; double it, or leave the "
            "quotation marks out",
            line=line,
        )
    return told("line %(line)s: this is no row of a sheet (%(said)s)", line=line, said=said)
