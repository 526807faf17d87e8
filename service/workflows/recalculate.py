"""Recomputes what rules owe after their calendar was edited, such as a holiday announced late.

It never makes a breach: a promise whose new deadline would have passed already keeps its old one,
and one that is overdue stays as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from service.domain.business_time import (
    Calendar,
    Deadline,
    NoOpeningError,
    OutOfReachError,
    TraceStep,
    WallTime,
    resolve_wall,
)
from service.domain.durations import BusinessHours, DurationError, parse
from service.domain.ladders import go_on
from service.domain.promises import Origin, State, minutes_left
from service.models import Application, Promise
from service.models import Calendar as CalendarRow
from service.workflows.promise_making import promise_terms, set_deadline
from service.workflows.timeline import record
from service.workflows.work import Work

BATCH = 200


@dataclass(frozen=True)
class Moved:
    """One promise before and after. ``kept_old`` says why its deadline stayed, if it did."""

    promise_id: str
    application_id: str
    before: datetime
    after: datetime
    kept_old: str | None = None


@dataclass
class Recalculated:
    """What an edit did: how many promises were looked at, and those it concerns."""

    examined: int = 0
    moved: list[Moved] = field(default_factory=list)
    kept_old: list[Moved] = field(default_factory=list)


def recalculate(work: Work, row: CalendarRow, old: Calendar, new: Calendar) -> Recalculated:
    """Recompute the open policy promises measured in a calendar, a batch at a time.

    Spoken promises stay: a person named them, and only a person moves them. Paused ones take the
    new calendar when they resume. The caller commits.
    """
    report = Recalculated()
    last: str | None = ""
    while last is not None:
        batch, last = _batch(work, row.id, last)
        for promise, application in batch:
            report.examined += 1
            _reconsider(work, application, promise, row, old, new, report)
        work.session.flush()
    return report


def _batch(
    work: Work, calendar_id: str, after: str
) -> tuple[list[tuple[Promise, Application]], str | None]:
    """Return the next promises, locked, and behind which id to go on; ``None`` at the end.

    Their applications are locked first, as every change to a promise locks them.
    """
    owed = (
        Promise.calendar_id == calendar_id,
        Promise.origin == Origin.POLICY,
        Promise.state == State.OPEN,
        Promise.due_at >= work.now,
    )
    found = work.session.execute(
        select(Promise.id, Promise.application_id)
        .where(*owed, Promise.id > after)
        .order_by(Promise.id)
        .limit(BATCH)
    ).all()
    if not found:
        return [], None
    applications = {row.application_id for row in found}
    work.session.execute(
        select(Application.id)
        .where(Application.id.in_(applications))
        .order_by(Application.id)
        .with_for_update(key_share=True)
    ).all()
    locked = work.session.scalars(
        select(Promise)
        # Asked again under the lock: some may have been settled meanwhile.
        .where(*owed, Promise.id.in_([row.id for row in found]))
        .order_by(Promise.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    told = work.session.scalars(
        select(Application)
        .where(Application.id.in_(applications))
        .options(selectinload(Application.candidate))
    )
    by_id = {application.id: application for application in told}
    return [(promise, by_id[promise.application_id]) for promise in locked], found[-1].id


def _reconsider(
    work: Work,
    application: Application,
    promise: Promise,
    row: CalendarRow,
    old: Calendar,
    new: Calendar,
    report: Recalculated,
) -> None:
    if promise.trace and promise.trace[0].get("kind") == "named" and promise.wall_local is None:
        return  # A person named this very instant.
    before = promise.due_at
    try:
        found = _deadline(work, promise, old, new)
    except (NoOpeningError, OutOfReachError, DurationError) as error:
        _keep(report, promise, before, str(error))
        return
    if found is None:
        return
    start, deadline = found
    if deadline.due_at <= work.now:
        _keep(report, promise, before, "the new deadline would have passed already")
        return
    promise.calendar_version = row.version
    if move(work, application, promise, new, start, deadline):
        report.moved.append(Moved(promise.id, promise.application_id, before, deadline.due_at))


def move(
    work: Work,
    application: Application,
    promise: Promise,
    calendar: Calendar,
    start: datetime,
    deadline: Deadline,
) -> bool:
    """Give a locked promise a deadline computed anew; tell whether its instant changed."""
    before, told = promise.due_at, promise.next_check_at
    passed = promise.ladder[: promise.rung]
    set_deadline(work, application, promise, promise_terms(promise), calendar, start, deadline)
    promise.ladder = go_on(passed, promise.ladder)
    promise.rung = min(len(passed), len(promise.ladder) - 1)
    promise.next_check_at = datetime.fromisoformat(promise.ladder[promise.rung]["at"])
    if deadline.due_at == before:
        promise.next_check_at = min(promise.next_check_at, told or promise.next_check_at)
        return False
    promise.due_version += 1
    record(
        work,
        promise.application_id,
        "promise_recalculated",
        promise=promise.id,
        before=before.isoformat(),
        due_at=deadline.due_at.isoformat(),
        calendar_version=promise.calendar_version,
    )
    return True


def _deadline(
    work: Work, promise: Promise, old: Calendar, new: Calendar
) -> tuple[datetime, Deadline] | None:
    """Return from when on a promise is counted, and its deadline under the new calendar.

    ``None`` where what is left of it is as long as before.
    """
    if promise.wall_local is not None and promise.wall_zone is not None:
        return promise.start_at, wall_deadline(promise.wall_local, promise.wall_zone, new)
    duration = parse(promise_terms(promise).within)
    if old.add(promise.start_at, duration, trace=False).due_at == promise.due_at:
        return promise.start_at, new.add(promise.start_at, duration)
    # Paused or moved meanwhile: what is left of its working time is what it is owed.
    due_at = promise.due_at
    left, now_left = (each.working_time(work.now, due_at) for each in (old, new))
    if left == now_left and old.is_open(due_at) == new.is_open(due_at):
        return None
    return work.now, new.add(work.now, BusinessHours(minutes_left(old, work.now, due_at)))


def wall_deadline(local: str, zone: str, calendar: Calendar) -> Deadline:
    """Return the deadline that a wall-clock time means under the zone's rules of today."""
    named = datetime.fromisoformat(local)
    wall = WallTime(local, zone)
    due_at = resolve_wall(named, ZoneInfo(zone))
    said = TraceStep("named", f"{named:%a %d %b %Y %H:%M}: the wall-clock time in {zone}")
    return Deadline(due_at, due_at.astimezone(calendar.time_zone), (said,), wall)


def _keep(report: Recalculated, promise: Promise, before: datetime, why: str) -> None:
    report.kept_old.append(Moved(promise.id, promise.application_id, before, before, why))
