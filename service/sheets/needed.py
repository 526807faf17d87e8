"""Says what a sheet must at least hold: somebody who can be told again, and the job they want.

A sheet that lacks it is refused as a whole, before a row of it is read.
"""

from __future__ import annotations

from service.domain.wording import Told, told
from service.sheets.columns import Columns, Field
from service.sheets.source import SheetError


def refuse_without(columns: Columns, job: str | None) -> None:
    """Refuse a sheet whose headings do not say enough; ``job`` is everybody's, where it is given.

    Raises ``SheetError``, with the headings that were not understood.
    """
    there = columns.places
    if not there:
        raise SheetError(
            _with(
                told(
                    "no heading of it is known; the first line must hold headings such as name, "
                    "email, job"
                ),
                columns,
            )
        )
    if not {Field.EMAIL, Field.CANDIDATE_ID, Field.APPLICATION_ID} & there.keys():
        raise SheetError(
            _with(
                told(
                    "no column holds a mail address or an id, so nobody could be told apart: add a "
                    "column “email” or “candidate id”"
                ),
                columns,
            )
        )
    if Field.JOB not in there and job is None:
        raise SheetError(
            _with(
                told("no column says which job: add a column “job”, or say --job TITLE"),
                columns,
                Field.JOB,
            )
        )
    if Field.PROMISED in there and Field.PROMISED_FOR not in there:
        raise SheetError(told("“promised” needs a column “promised for” that says when"))


def _with(fault: Told, columns: Columns, meaning: Field = Field.EMAIL) -> Told:
    """Return a fault with how to say what a heading means that is not known, if there is one."""
    if not columns.left_out:
        return fault
    named = ", ".join(f"“{heading}”" for heading in columns.left_out[:_NAMED])
    more = len(columns.left_out) - _NAMED
    named += f" and {more} more" if more > 0 else ""
    return told(
        "%(fault)s. Not understood: %(headings)s; what one means is said with --column "
        "“HEADING=%(meaning)s”",
        fault=fault,
        headings=named,
        meaning=meaning,
    )


_NAMED = 8
