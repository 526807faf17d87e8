"""The calendars: what each says, its year, and a box to try a length of time in it.

Everything shown is computed by the code that dates promises, in the version they are made under.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response, request
from flask_babel import gettext as _

from service.dashboard.settings import changed, settings_page
from service.dashboard.settings_calendar_edit import locked_calendar
from service.dashboard.settings_calendar_form import CalendarForm
from service.dashboard.settings_due_test import due_test
from service.dashboard.settings_year import weekday_heads, year_of
from service.dashboard.site import blueprint, needs, no_page, say_at, takes, visitor
from service.db import db
from service.domain.business_time import Calendar as Compiled
from service.domain.rights import Right
from service.models import Calendar
from service.parts import Parts, parts
from service.queries.moved_promises import all_calendars, jobs_by_calendar
from service.queries.rules import documents_of
from service.workflows.calendars import compile_document, current_document, make_default
from service.workflows.work import Work

FIRST_YEAR, LAST_YEAR = 2000, 2100


@dataclass(frozen=True)
class Summary:
    """One calendar in the list."""

    id: str
    name: str
    is_default: bool
    zone: str
    region: str
    jobs: int


@blueprint.get("/settings/calendars")
@needs(Right.SEE_SETTINGS)
def settings_calendars() -> Response:
    """List the calendars."""
    session = db.session()
    rows = list(all_calendars(session))
    documents, jobs = documents_of(session, rows), jobs_by_calendar(session)
    shown = [
        Summary(
            row.id,
            row.name,
            row.is_default,
            documents[row.id]["time_zone"],
            _region(documents[row.id].get("holidays")),
            jobs.get(row.id, 0),
        )
        for row in rows
    ]
    return settings_page(parts(), "settings_calendars.html", calendars=shown)


@blueprint.get("/settings/calendars/<calendar_id>")
@needs(Right.SEE_SETTINGS)
def settings_calendar(calendar_id: str) -> Response:
    """Show one calendar: its week, its year, and what a length of time amounts to in it."""
    running, session = parts(), db.session()
    row = session.get(Calendar, calendar_id)
    if row is None:
        return no_page()
    compiled = _compiled(running, row)
    today = running.now().astimezone(compiled.time_zone).date()
    year = _year(request.args.get("year", ""), today.year)
    return settings_page(
        running,
        "settings_calendar.html",
        calendar=row,
        form=CalendarForm.of(compiled.spec.to_document()),
        region=_region(compiled.spec.to_document()["holidays"]),
        year=year,
        years=(max(FIRST_YEAR, year - 1), min(LAST_YEAR, year + 1)),
        months=year_of(compiled, year),
        heads=weekday_heads(),
        test=due_test(compiled, request.args, running.now()),
    )


@blueprint.post("/settings/calendars/<calendar_id>/default")
@takes(Right.SETTINGS)
def settings_calendar_default(calendar_id: str) -> Response:
    """Make a calendar the company's, for promises made from now on."""
    running = parts()
    row = locked_calendar(_work(running), calendar_id)
    if row is None:
        return no_page()
    why = changed(running, lambda work: make_default(work, row))
    said = why or _("New promises are measured in this calendar, where a job names no other.")
    return say_at(
        "pages.settings_calendar", "care" if why else "good", said, calendar_id=calendar_id
    )


def _compiled(running: Parts, row: Calendar) -> Compiled:
    work = _work(running)
    return compile_document(work, current_document(work, row))


def _work(running: Parts) -> Work:
    return running.work(actor=visitor().actor, source="page")


def _region(found: object) -> str:
    region = found if isinstance(found, dict) else {}
    return "-".join(part for part in (region.get("country"), region.get("subdivision")) if part)


def _year(said: str, usual: int) -> int:
    known = said.isascii() and said.isdigit() and FIRST_YEAR <= int(said[:5]) <= LAST_YEAR
    return int(said) if known else usual
