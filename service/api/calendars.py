"""``/calendars``: working time, and when something promised in it is due."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from service.api.lookups import found
from service.api.operation import Answer, Call, Resource, paged
from service.api.problems import invalid
from service.api.schemas.base import EARLIEST, LATEST, PageQuery, page_of
from service.api.schemas.calendar import (
    CalendarChangedSchema,
    CalendarChangeQuery,
    CalendarChangeSchema,
    CalendarNewSchema,
    CalendarSchema,
    DueAnswerSchema,
    DueQuestionSchema,
)
from service.domain.business_time import resolve_wall
from service.domain.durations import DurationError, parse
from service.models import Calendar
from service.queries import rules
from service.queries.keyset import Key, Page
from service.workflows.calendars import (
    add_calendar,
    compile_document,
    current_document,
    edit_calendar,
    make_default,
)
from service.workflows.recalculate import Recalculated

resource = Resource("calendars", "Working time: opening hours, holidays and own days, in a zone.")
_SHOWN = 200


@resource.operation(
    "GET", "/calendars", scope="read", query=PageQuery, returns=page_of(CalendarSchema)
)
def list_calendars(call: Call, args: dict[str, Any]) -> Any:
    """List calendars.

    By name, each in its current version.
    """

    def fetch(after: Key | None, limit: int) -> Page[Any]:
        read = rules.calendars(call.session, after=after, limit=limit)
        documents = rules.documents_of(call.session, read.rows)
        return Page([_shown(row, documents[row.id]) for row in read.rows], read.next)

    return paged("calendars", args, fetch)


@resource.operation(
    "POST", "/calendars", scope="admin", body=CalendarNewSchema, status=201, returns=CalendarSchema
)
def create_calendar(call: Call, body: dict[str, Any]) -> Answer:
    """Add a calendar.

    One that does not open within two years is refused.
    """
    is_default = body.pop("is_default", False)
    calendar = add_calendar(call.work, body, is_default=is_default)
    return Answer(_current(call, calendar), version_of(calendar), f"/calendars/{calendar.id}")


@resource.operation("GET", "/calendars/<calendar_id>", scope="read", returns=CalendarSchema)
def get_calendar(call: Call, calendar_id: str) -> Answer:
    """Show a calendar.

    Its opening hours, holidays and own days, in the version that new promises are measured in.
    """
    calendar = found(call, Calendar, calendar_id, "calendar")
    return Answer(_current(call, calendar), version_of(calendar))


@resource.operation(
    "PATCH",
    "/calendars/<calendar_id>",
    scope="admin",
    body=CalendarChangeSchema,
    query=CalendarChangeQuery,
    returns=CalendarChangedSchema,
    if_match="required",
)
def change_calendar(
    call: Call, body: dict[str, Any], args: dict[str, Any], calendar_id: str
) -> Answer:
    """Change a calendar.

    Open promises of rules are recomputed and the answer shows each before and after. None becomes
    overdue by it: where the new deadline would have passed already, the old one stays. What a
    person promised stays as it was said. `dry_run=true` shows the same and changes nothing.
    """
    calendar = found(call, Calendar, calendar_id, "calendar", lock=True)
    call.check(version_of(calendar))
    trying = call.session.begin_nested()
    is_default = body.pop("is_default", None)
    done = edit_calendar(call.work, calendar, {**current_document(call.work, calendar), **body})
    if is_default is False and calendar.is_default:
        raise invalid("/is_default", "One calendar is the default: make another one so instead.")
    if is_default:
        make_default(call.work, calendar)
    answer = _changed(_current(call, calendar), done, dry_run=args["dry_run"])
    if args["dry_run"]:
        trying.rollback()
        call.session.refresh(calendar)
    else:
        trying.commit()
    return Answer(answer, version_of(calendar))


@resource.operation(
    "POST",
    "/calendars/<calendar_id>/due",
    scope="read",
    body=DueQuestionSchema,
    returns=DueAnswerSchema,
)
def compute_due(call: Call, body: dict[str, Any], calendar_id: str) -> Any:
    """Say when something is due.

    From a start and a length of time in this calendar's working time, with the reasons.
    """
    calendar = found(call, Calendar, calendar_id, "calendar")
    compiled = compile_document(call.work, current_document(call.work, calendar))
    start = _start(body["start"], compiled.time_zone)
    try:
        deadline = compiled.add(start, parse(body["amount"]))
    except DurationError as error:
        raise invalid("/in", str(error), "duration-not-understood") from error
    return {
        "due_at": deadline.due_at,
        "due_local": deadline.due_local.isoformat(),
        "trace": [step.to_document() for step in deadline.trace],
    }


def version_of(calendar: Calendar) -> str:
    """Return what changes with every change: the version, and whether it is the default."""
    return f"{calendar.version}-{'default' if calendar.is_default else 'own'}"


def _start(text: str, zone: ZoneInfo) -> datetime:
    try:
        start = datetime.fromisoformat(text)
        start = resolve_wall(start, zone) if start.tzinfo is None else start
        within = EARLIEST <= start < LATEST
    except (ValueError, OverflowError):
        within = False
    if not within:
        raise invalid(
            "/from", "This is no instant between 2000 and 2100, such as 2026-03-27T16:00."
        )
    return start


def _current(call: Call, calendar: Calendar) -> dict[str, Any]:
    return _shown(calendar, current_document(call.work, calendar))


def _shown(calendar: Calendar, document: dict[str, Any]) -> dict[str, Any]:
    return {
        "holidays": None,
        "days": {},
        **document,
        "id": calendar.id,
        "name": calendar.name,
        "is_default": calendar.is_default,
        "version": calendar.version,
        "created_at": calendar.created_at,
    }


def _changed(shown: dict[str, Any], done: Recalculated, *, dry_run: bool) -> dict[str, Any]:
    return {
        "calendar": shown,
        "dry_run": dry_run,
        "examined": done.examined,
        "moved_count": len(done.moved),
        "kept_old_count": len(done.kept_old),
        "moved": done.moved[:_SHOWN],
        "kept_old": done.kept_old[:_SHOWN],
    }
