"""Answers why a promise is due when it is, in words, from what was stored when it was made."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.domain.wording import when_words
from service.models import Calendar, CalendarVersion, Policy, Promise

_DOES = {
    "send": "the letter “{template}” goes to the candidate",
    "remind": "the owner is reminded",
    "flag": "the owner is told that it is overdue",
    "holding": "a holding message goes to the candidate",
    "escalate": "the owner's manager is told",
}


def explain(session: Session, promise: Promise, now: datetime) -> dict[str, Any]:
    """Return a promise's trace, terms, calendar version and ladder."""
    zone = _zone(session, promise)
    calendar = session.get(Calendar, promise.calendar_id) if promise.calendar_id else None
    policy = session.get(Policy, promise.policy_id) if promise.policy_id else None
    return {
        "promise_id": promise.id,
        "start_at": promise.start_at,
        "due_at": promise.due_at,
        "due_local": promise.due_at.astimezone(ZoneInfo(zone)).isoformat(),
        "first_due_at": promise.first_due_at,
        "time_zone": zone,
        "wall_local": promise.wall_local,
        "trace": promise.trace,
        "terms": promise.terms,
        "policy": policy and _named(policy, promise.policy_version),
        "calendar": calendar and _named(calendar, promise.calendar_version),
        "ladder": [
            _step(rung, index < promise.rung, zone, now)
            for index, rung in enumerate(promise.ladder)
        ],
    }


def _named(row: Policy | Calendar, version: int | None) -> dict[str, Any]:
    return {"id": row.id, "name": row.name, "version": version}


def _zone(session: Session, promise: Promise) -> str:
    document = session.scalars(
        select(CalendarVersion.document).where(
            CalendarVersion.calendar_id == promise.calendar_id,
            CalendarVersion.version == promise.calendar_version,
        )
    ).one_or_none()
    return str(document["time_zone"]) if document else "UTC"


def _step(rung: dict[str, Any], passed: bool, zone: str, now: datetime) -> dict[str, Any]:  # noqa: FBT001 - plain data
    at = datetime.fromisoformat(rung["at"])
    does = _DOES.get(rung["action"], rung["action"]).format(template=rung.get("template"))
    return {
        "at": at,
        "action": rung["action"],
        "template": rung.get("template"),
        "passed": passed,
        "text": f"{when_words(at, zone, now)}: {does}",
    }
