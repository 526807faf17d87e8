"""Lets wall-clock promises follow their zone: "Friday 17:00" stays that, whatever the rules become.

A government moves its clocks, the new zone data comes with an update, and the stored instant would
be an hour off. No promise becomes late by it.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select

from service.domain.business_time import resolve_wall
from service.domain.promises import State
from service.models import Promise
from service.workflows.promise_changes import lock_application, lock_promise
from service.workflows.recalculate import move, wall_deadline
from service.workflows.work import Work


def follow_zone_rules(work: Work) -> list[str]:
    """Move every open wall-clock promise whose zone's rules changed; return their ids.

    Run at start, when the zone data may be new. The caller commits.
    """
    stored = work.session.execute(
        select(
            Promise.id,
            Promise.application_id,
            Promise.due_at,
            Promise.wall_local,
            Promise.wall_zone,
        )
        .where(
            Promise.state == State.OPEN,
            Promise.due_at > work.now,
            Promise.wall_local.is_not(None),
            Promise.wall_zone.is_not(None),
        )
        .order_by(Promise.application_id, Promise.id)
        .execution_options(yield_per=1000)
    )
    # Read to the end before anything is written: almost always none of them moves.
    elsewhere = [
        (row.application_id, row.id)
        for row in stored
        if _means(row.wall_local, row.wall_zone) != row.due_at
    ]
    return [id_ for application_id, id_ in elsewhere if _move(work, application_id, id_)]


def _means(local: str, zone: str) -> datetime:
    return resolve_wall(datetime.fromisoformat(local), ZoneInfo(zone))


def _move(work: Work, application_id: str, promise_id: str) -> bool:
    application = lock_application(work, application_id)
    promise = lock_promise(work, promise_id)
    if application is None or promise is None:
        return False
    if promise.state != State.OPEN or promise.due_at <= work.now:
        return False
    if promise.wall_local is None or promise.wall_zone is None:
        return False
    if promise.calendar_id is None or promise.calendar_version is None:
        return False
    calendar = work.calendar(promise.calendar_id, promise.calendar_version)
    deadline = wall_deadline(promise.wall_local, promise.wall_zone, calendar)
    if deadline.due_at <= work.now:
        return False
    if promise.first_due_at == promise.due_at:
        # The date was never moved: it is what was said first, told in another instant.
        promise.first_due_at = deadline.due_at
    return move(work, application, promise, calendar, promise.start_at, deadline)
