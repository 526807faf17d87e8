"""Writes the rows of a sheet that were refused, with the reasons, as a sheet to be corrected.

What a spreadsheet would take for a formula is marked as text with an apostrophe; a sheet that says
in its heading that it is such a file has the marks taken off again when it is read.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import IO

from service.domain.newcomers import Fault, RefusedRow

REASON = "refused because"
"""The heading of the reasons; by it such a file is known again."""

_EVALUATED = ("=", "+", "-", "@", "\t", "\r")


def as_text(cell: str) -> str:
    """Return a cell so that no spreadsheet evaluates it; ``as_written`` is the way back."""
    return f"'{cell}" if cell.lstrip("'").startswith(_EVALUATED) else cell


def as_written(cell: str) -> str:
    """Return a cell that ``as_text`` wrote as it was before."""
    marked = cell.startswith("'") and cell.lstrip("'").startswith(_EVALUATED)
    return cell[1:] if marked else cell


class RefusedFile:
    """Writes refused rows in the order of their sheet, in UTF-8 with a byte order mark.

    ``say`` puts a fault into words; by itself it is told as the command line tells it.
    """

    def __init__(
        self,
        file: IO[str],
        headings: Sequence[str],
        separator: str,
        say: Callable[[Fault], str] = str,
    ) -> None:
        self._say = say
        self._width = len(headings)
        self._writer = csv.writer(file, delimiter=separator, lineterminator="\r\n")
        self._writer.writerow([*(as_text(heading) for heading in headings), REASON])

    def __enter__(self) -> RefusedFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """The file itself belongs to whoever opened it."""

    def write(self, row: RefusedRow) -> None:
        """Write one row and why it was refused.

        What it has too many of stands behind the reason: it is needed to correct the row, and
        until then the row stays too long.
        """
        cells = [as_text(cell) for cell in row.cells]
        cells += [""] * (self._width - len(cells))
        extra = cells[self._width :] if any(cells[self._width :]) else []
        why = "; ".join(map(self._say, row.faults))
        self._writer.writerow([*cells[: self._width], why, *extra])
