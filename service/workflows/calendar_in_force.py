"""The calendar that something is measured in today, by its id."""

from __future__ import annotations

from service.domain.business_time import Calendar
from service.models import Calendar as CalendarRow
from service.workflows.work import Work


def calendar_in_force(work: Work, calendar_id: str | None) -> Calendar:
    """Return a calendar in its present version; the company's own for ``None``."""
    row = (
        work.calendar_row()
        if calendar_id is None
        else work.session.get_one(CalendarRow, calendar_id)
    )
    return work.calendar(row.id, row.version)
