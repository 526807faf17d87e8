"""What every workflow is given: one session, one instant, who acts, and the office they act for.

One ``Work`` spans one transaction and has one ``now``; whoever made it commits it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.domain.business_time import Calendar
from service.domain.calendars import HolidaySource
from service.domain.policies import Terms
from service.domain.retention import RAW_DAYS
from service.mail.templates import Template, TemplateSet
from service.models import Application, CalendarVersion, Job
from service.models import Calendar as CalendarRow
from service.secret_box import SecretBox
from service.workflows.door import Door
from service.workflows.erasure_list import ErasureList


@dataclass(frozen=True)
class Office:
    """The employer: its name, its sender, its letters. What was compiled is kept for reuse."""

    company: str
    mail_from: str
    mail_from_name: str
    base_url: str
    time_zone: str
    templates: TemplateSet
    box: SecretBox
    holidays_for: Callable[[str, str | None], HolidaySource]
    letters_a_minute: int = 0
    """How many letters may leave a minute, whoever sends them; 0 sets no limit."""
    erasures: ErasureList | None = None
    """Where it is noted who was erased, beside the database; ``None`` notes nobody."""
    raw_days: int = RAW_DAYS
    """How long what came in is kept as it came; 0 is for ever."""
    people_days: int = 0
    """How many days after the end people are kept before a rule erases them; 0 is for ever."""
    compiled: dict[tuple[str, int], Calendar] = field(default_factory=dict)
    parsed: dict[tuple[str, int], Terms] = field(default_factory=dict)
    wordings: dict[str, Template] = field(default_factory=dict)
    doors: dict[str, Door] = field(default_factory=dict, repr=False)


TOGETHER = "together"
"""Where a unit of work notes that its writes are held back (see :mod:`together`)."""


def never() -> bool:
    """Answer a long step that asks whether to stop early: it need not."""
    return False


@dataclass(frozen=True)
class Work:
    """One unit of work. ``actor`` is ``user:…``, ``ats:…``, ``key:…`` or ``keepword``."""

    session: Session
    now: datetime
    office: Office
    actor: str = "keepword"
    source: str = "keepword"
    # What the rules are does not change within a unit of work, but is asked for many times.
    known: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def flush(self) -> None:
        """Write what is pending, unless it is held back to be written with the rest."""
        if TOGETHER not in self.known:
            self.session.flush()

    def calendar(self, calendar_id: str, version: int) -> Calendar:
        """Return a compiled calendar in one of its versions."""
        key = (calendar_id, version)
        known = self.office.compiled.get(key)
        if known is None:
            document = self.session.scalars(
                select(CalendarVersion.document).where(
                    CalendarVersion.calendar_id == calendar_id, CalendarVersion.version == version
                )
            ).one()
            known = Calendar.from_document(document, self.office.holidays_for)
            self.office.compiled[key] = known
        return known

    def calendar_row(self, job: Job | None = None) -> CalendarRow:
        """Return the calendar that promises about this job are measured in."""
        if job is not None and job.calendar_id is not None:
            return self.session.get_one(CalendarRow, job.calendar_id)
        default: CalendarRow | None = self.known.get("calendar")
        if default is None:
            default = self.session.scalars(select(CalendarRow).where(CalendarRow.is_default)).one()
            self.known["calendar"] = default
        return default

    def calendar_of(self, application: Application) -> Calendar:
        """Return the compiled calendar of an application's job, in its current version."""
        row = self.calendar_row(application.job)
        return self.calendar(row.id, row.version)
