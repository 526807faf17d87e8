"""Measures working time in the default calendar, or by the clock where there is none to use."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.exc import NoResultFound

from service.domain.calendars import CalendarDocumentError
from service.domain.feeds import WorkingTime
from service.workflows.work import Work

_USUAL_SHARE = 5 * 8 / (7 * 24)
"""What five days of eight hours are of a week."""


def usual_working_time(work: Work) -> WorkingTime:
    """Return what measures working time; it never fails for want of a calendar.

    A calendar that is missing or cannot be used is a fault of its own, which the doctor names; it
    must not keep a page from being shown.
    """
    try:
        row = work.calendar_row()
        return work.calendar(row.id, row.version).working_time
    except (NoResultFound, CalendarDocumentError):
        return _by_the_clock


def _by_the_clock(since: datetime, until: datetime) -> timedelta:
    return (until - since) * _USUAL_SHARE
