"""Writes a table of figures as CSV that a spreadsheet reads and never evaluates.

Text that a spreadsheet would take for a formula is marked as text with an apostrophe; numbers stay
numbers, instants are UTC.
"""

from __future__ import annotations

import csv
import io
from datetime import date, datetime

from service.queries.numbers_tables import Cell, Table
from service.sheets.refused import as_text


def as_csv(table: Table) -> str:
    """Return a table as CSV, its columns' names in the first line."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(table.columns)
    for row in table.rows:
        writer.writerow(plain(cell) for cell in row)
    return buffer.getvalue()


def plain(cell: Cell) -> str | int | float:
    """Return a cell as a file holds it; nothing is an empty text."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.isoformat().replace("+00:00", "Z")
    if isinstance(cell, date):
        return cell.isoformat()
    return as_text(cell) if isinstance(cell, str) else cell
