"""What a sheet's reader is told by a person, and what it made of the sheet's words.

Whatever a person says of a heading, a word or a date is believed; nothing is guessed beyond it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from service.domain.changes import Stage
from service.sheets.cells import StageWords
from service.sheets.columns import Field
from service.sheets.dates import Order


@dataclass(frozen=True)
class Wanted:
    """How a sheet is to be read, where it does not say so itself.

    ``job`` is the job of everybody where there is no such column; ``zone`` is where its times are.
    ``most_rows`` is where a sheet ends to be read, ``None`` for any length.
    """

    now: datetime
    zone: ZoneInfo
    separator: str | None = None
    order: Order | None = None
    job: str | None = None
    stages: Mapping[str, Stage] = field(default_factory=dict)
    names: Mapping[str, Field] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    most_rows: int | None = None


@dataclass
class Understood:
    """What was made of a sheet's words; it grows as its people are read.

    ``two_ways`` counts the rows with a date whose day and month could be exchanged.
    """

    stages: StageWords
    two_ways: int = 0
