"""What somebody says of a person who applied, before anything is known of them here.

A newcomer is read from a sheet, a form or one API call; what was not said is ``None``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from service.domain.changes import Stage
from service.domain.contacts import Channel


@dataclass(frozen=True, slots=True)
class Newcomer:
    """One person's bid for one job. ``line`` is where a sheet says so; 0 where no sheet did.

    ``emails`` come most preferred first. ``job`` is a title or one of our ids; ``owner`` and
    ``hiring_manager`` are colleagues' mail addresses. The ``…_id`` of another system are its own.
    """

    line: int = 0
    candidate_id: str | None = None
    application_id: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    time_zone: str | None = None
    locale: str | None = None
    job: str = ""
    stage: Stage = Stage.APPLIED
    label: str | None = None
    applied_at: datetime | None = None
    last_contact_at: datetime | None = None
    last_contact_by: Channel = Channel.EMAIL
    interviewed_at: datetime | None = None
    owner: str | None = None
    hiring_manager: str | None = None
    promised: str | None = None
    promised_for: str | None = None
    cells: tuple[str, ...] = field(default=(), repr=False, compare=False)

    @property
    def keys(self) -> tuple[str, ...]:
        """Return the addresses in the one form that two spellings of a mailbox share."""
        return tuple(address.casefold() for address in self.emails)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong at one place of a sheet, and what to do; never the cell's own text.

    ``column`` is the heading as the sheet has it, ``None`` where the row as a whole is at fault.
    """

    line: int
    column: str | None
    text: str

    def __str__(self) -> str:
        where = f"line {self.line}" + (f", column “{self.column}”" if self.column else "")
        return f"{where}: {self.text}"


def alike(faults: Iterable[Fault]) -> list[tuple[Fault, int]]:
    """Return each different fault once, where it comes first, and in how many rows it stands.

    The same fault in every row would hide the others.
    """
    first: dict[tuple[str | None, str], Fault] = {}
    rows: Counter[tuple[str | None, str]] = Counter()
    for fault in faults:
        first.setdefault((fault.column, fault.text), fault)
        rows[fault.column, fault.text] += 1
    return [(fault, rows[key]) for key, fault in first.items()]


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that makes nobody: what it held, and every fault found in it."""

    line: int
    cells: tuple[str, ...] = field(repr=False)
    faults: tuple[Fault, ...] = ()
