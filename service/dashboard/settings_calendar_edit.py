"""Adds and changes a calendar; before a change is saved, the page shows what it would move.

The trial is rolled back, and the form names the version it was made from.
"""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo, available_timezones

from flask import Response, request
from flask_babel import gettext as _
from flask_babel import ngettext

from service.dashboard.saying import cause, owed_words
from service.dashboard.settings import changed, settings_page
from service.dashboard.settings_calendar_form import CalendarForm
from service.dashboard.settings_year import weekday_heads
from service.dashboard.site import blueprint, needs, no_page, say_at, takes, visitor
from service.dashboard.wording import moment_words
from service.db import db
from service.domain.calendars import CalendarDocumentError
from service.domain.promises import PromiseError
from service.domain.rights import Right
from service.models import Calendar
from service.parts import Parts, parts
from service.queries.by_id import locked_by_id
from service.queries.moved_promises import whose
from service.workflows.calendars import add_calendar, current_document, edit_calendar
from service.workflows.recalculate import Moved, Recalculated
from service.workflows.work import Work

LISTED = 100
"""Promises listed before a calendar is saved; the others are counted."""


@dataclass(frozen=True)
class MovedRow:
    """One promise that an edit moves, or keeps where it is and why."""

    name: str
    job: str
    wording: str
    before: str
    after: str
    why: str


@blueprint.get("/settings/calendars/new")
@needs(Right.SETTINGS)
def settings_calendar_new() -> Response:
    """Show the form of a new calendar, filled in as most companies work."""
    usual = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), "09:00–17:00")
    return _form(parts(), CalendarForm(time_zone=parts().config.time_zone, hours=usual), None)


@blueprint.post("/settings/calendars/new")
@takes(Right.SETTINGS)
def settings_calendar_add() -> Response:
    """Add a calendar."""
    running, form = parts(), CalendarForm.typed(request.form)
    document = form.document()
    if document is None:
        return _form(running, form, None, 422)
    made: list[str] = []
    try:
        why = changed(running, lambda work: made.append(add_calendar(work, document).id))
    except CalendarDocumentError as error:
        db.session.rollback()
        form.blame(error)
        return _form(running, form, None, 422)
    if why is not None:
        form.faults["name"] = why
        return _form(running, form, None, 422)
    return say_at(
        "pages.settings_calendar", "good", _("The calendar is added."), calendar_id=made[0]
    )


@blueprint.get("/settings/calendars/<calendar_id>/edit")
@needs(Right.SETTINGS)
def settings_calendar_form(calendar_id: str) -> Response:
    """Show the form of a calendar."""
    running = parts()
    row = db.session().get(Calendar, calendar_id)
    if row is None:
        return no_page()
    document = current_document(_work(running), row)
    return _form(running, CalendarForm.of(document), row)


@blueprint.post("/settings/calendars/<calendar_id>/edit")
@takes(Right.SETTINGS)
def settings_calendar_save(calendar_id: str) -> Response:
    """Show what saving would move; save where that was seen."""
    running, form = parts(), CalendarForm.typed(request.form)
    work = _work(running)
    row = locked_calendar(work, calendar_id)
    if row is None:
        return no_page()
    document = form.document()
    if request.form.get("version") != str(row.version):
        theirs = CalendarForm.of(current_document(work, row))
        return _form(running, form, row, 409, theirs=theirs)
    if document is None or request.form.get("step") == "back":
        return _form(running, form, row, 422 if form.faults else 200)
    if request.form.get("step") == "save":
        return _save(running, work, row, document, form)
    return _trial(running, work, row, document, form)


def locked_calendar(work: Work, calendar_id: str) -> Calendar | None:
    """Return a calendar as it is now, with the row locked."""
    return locked_by_id(work.session, Calendar, calendar_id)


def _save(
    running: Parts, work: Work, row: Calendar, document: dict[str, object], form: CalendarForm
) -> Response:
    calendar_id = row.id
    try:
        done = edit_calendar(work, row, document)
        work.session.commit()
    except (CalendarDocumentError, PromiseError) as error:
        return _at_fault(running, calendar_id, form, error)
    running.runner.wake("check")
    moved = len(done.moved)
    said = ngettext(
        "The calendar is saved, and %(num)d promise moved.",
        "The calendar is saved, and %(num)d promises moved.",
        moved,
    )
    return say_at("pages.settings_calendar", "good", said, calendar_id=calendar_id)


def _trial(
    running: Parts, work: Work, row: Calendar, document: dict[str, object], form: CalendarForm
) -> Response:
    calendar_id, version = row.id, row.version
    try:
        done = edit_calendar(work, row, document)
        is_changed = row.version != version
    except (CalendarDocumentError, PromiseError) as error:
        return _at_fault(running, calendar_id, form, error)
    # A trial: what it wrote is taken back, and only its report is shown.
    work.session.rollback()
    kept = work.session.get_one(Calendar, calendar_id)
    if not is_changed:
        return say_at(
            "pages.settings_calendar",
            "care",
            _("Nothing was changed: it says so already."),
            calendar_id=calendar_id,
        )
    zone = ZoneInfo(form.time_zone)
    return settings_page(
        running,
        "settings_calendar_trial.html",
        calendar=kept,
        form=form,
        done=done,
        moved=_rows(work, done.moved[:LISTED], zone),
        kept_old=_rows(work, done.kept_old[:LISTED], zone),
        unseen=_unseen(done),
        zone=zone.key,
    )


def _at_fault(
    running: Parts,
    calendar_id: str,
    form: CalendarForm,
    error: CalendarDocumentError | PromiseError,
) -> Response:
    db.session.rollback()
    if isinstance(error, CalendarDocumentError):
        form.blame(error)
    else:
        form.faults[(error.pointer or "/name").strip("/")] = cause(error)
    return _form(running, form, db.session().get_one(Calendar, calendar_id), 422)


def _form(
    running: Parts,
    form: CalendarForm,
    row: Calendar | None,
    status: int = 200,
    theirs: CalendarForm | None = None,
) -> Response:
    return settings_page(
        running,
        "settings_calendar_form.html",
        status=status,
        form=form,
        calendar=row,
        theirs=theirs,
        days=weekday_heads(),
        zones=sorted(available_timezones()),
    )


def _rows(work: Work, moved: list[Moved], zone: ZoneInfo) -> list[MovedRow]:
    people = whose(work.session, [each.promise_id for each in moved])
    return [
        MovedRow(
            people[each.promise_id].name,
            people[each.promise_id].job,
            owed_words(people[each.promise_id].wording),
            moment_words(each.before, zone),
            moment_words(each.after, zone),
            each.kept_old or "",
        )
        for each in moved
        if each.promise_id in people
    ]


def _unseen(done: Recalculated) -> int:
    return max(0, len(done.moved) - LISTED) + max(0, len(done.kept_old) - LISTED)


def _work(running: Parts) -> Work:
    return running.work(actor=visitor().actor, source="page")
