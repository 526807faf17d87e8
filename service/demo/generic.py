"""Writes the demo's events in Keepword's own format, for the source that has no vendor adapter."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from service.clock import instant_text
from service.demo.company import Colleague
from service.demo.people import Applicant


def event(kind: str, at: datetime, data: Mapping[str, object]) -> bytes:
    """Return one event's body."""
    document = {"type": kind, "at": instant_text(at), "data": data}
    return json.dumps(document, ensure_ascii=False).encode()


def applied(person: Applicant) -> dict[str, object]:
    """Return the whole application, as its first event needs it."""
    return {
        "application": {
            "id": person.application,
            "applied_at": instant_text(person.applied_at),
            "ats_stage": person.stage,
            "stage": "applied",
            "owner": staff(person.opening.recruiter),
            "candidate": {
                "id": person.candidate,
                "first_name": person.first_name,
                "last_name": person.last_name,
                "emails": [person.email] if person.email else [],
                "phones": [person.phone],
                "can_email": person.can_email,
                "time_zone": person.time_zone,
            },
            "job": {
                "id": person.opening.number,
                "title": person.opening.title,
                "status": "open",
                "hiring_manager": staff(person.opening.manager),
            },
        }
    }


def about(person: Applicant, *, stage: str | None = None, **more: object) -> dict[str, object]:
    """Return a later event's data: the application's id, its stage, and what else is told."""
    application: dict[str, object] = {"id": person.application}
    if stage is not None:
        application |= {"stage": stage, "ats_stage": person.stage}
    return {"application": application, **more}


def staff(colleague: Colleague) -> dict[str, object]:
    """Return a colleague as the events name them."""
    return {"id": colleague.number, "name": colleague.name, "email": colleague.email}
