"""Adds calendars and gives them new versions; what an edit does to open promises follows at once.

A calendar that never opens is refused here, before any promise is measured in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, update

from service.domain.business_time import Calendar as Compiled
from service.domain.business_time import NoOpeningError
from service.domain.calendars import CalendarDocumentError
from service.domain.promises import PromiseError
from service.domain.wording import to_say
from service.models import Calendar, CalendarVersion
from service.workflows.recalculate import Recalculated, recalculate
from service.workflows.work import Work


def add_calendar(work: Work, document: Mapping[str, Any], *, is_default: bool = False) -> Calendar:
    """Add a calendar in its first version.

    Raises ``CalendarDocumentError`` with every fault, ``PromiseError`` for a name that is taken.
    """
    compiled = compile_document(work, document)
    check_name(work, compiled.name)
    calendar = Calendar(name=compiled.name, created_at=work.now)
    work.session.add(calendar)
    work.session.flush()
    _write(work, calendar, compiled)
    if is_default:
        make_default(work, calendar)
    return calendar


def edit_calendar(work: Work, calendar: Calendar, document: Mapping[str, Any]) -> Recalculated:
    """Give a calendar a new version and recompute what is owed under it.

    The calendar's row is locked. An equal document changes nothing.
    """
    compiled = compile_document(work, document)
    old = compile_document(work, current_document(work, calendar))
    if compiled.spec == old.spec:
        return Recalculated()
    if compiled.name != calendar.name:
        check_name(work, compiled.name)
        calendar.name = compiled.name
    calendar.version += 1
    _write(work, calendar, compiled)
    work.session.flush()
    return recalculate(work, calendar, old, compiled)


def make_default(work: Work, calendar: Calendar) -> None:
    """Make this the company's calendar, for promises made from now on."""
    work.session.execute(
        update(Calendar)
        .where(Calendar.is_default, Calendar.id != calendar.id)
        .values(is_default=False)
    )
    calendar.is_default = True
    work.session.flush()


def compile_document(work: Work, document: Mapping[str, Any]) -> Compiled:
    """Return the calendar a document describes; it must open within two years.

    It is not kept for reuse: its version may never be committed.
    """
    compiled = Compiled.from_document(document, work.office.holidays_for)
    try:
        compiled.next_opening(work.now)
    except NoOpeningError as error:
        raise CalendarDocumentError([("/hours", error.said)]) from error
    return compiled


def current_document(work: Work, calendar: Calendar) -> dict[str, Any]:
    """Return what a calendar says in its current version."""
    document: dict[str, Any] = work.session.scalars(
        select(CalendarVersion.document).where(
            CalendarVersion.calendar_id == calendar.id, CalendarVersion.version == calendar.version
        )
    ).one()
    return document


def check_name(work: Work, name: str) -> None:
    """Refuse a name that another calendar has."""
    if work.session.scalars(select(Calendar.id).where(Calendar.name == name)).first() is not None:
        raise PromiseError("name-taken", to_say("a calendar of this name exists already"), "/name")


def _write(work: Work, calendar: Calendar, compiled: Compiled) -> None:
    work.session.add(
        CalendarVersion(
            calendar_id=calendar.id,
            version=calendar.version,
            document=compiled.spec.to_document(),
            created_at=work.now,
        )
    )
    work.session.flush()
