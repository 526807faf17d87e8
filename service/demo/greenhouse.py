"""Writes what Greenhouse would post about an applicant: its documented shapes, invented content."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from service.clock import instant_text
from service.demo.company import Colleague, Opening
from service.demo.people import Applicant

_STAGE_IDS = {
    name: 40 + place
    for place, name in enumerate(
        ("Application Review", "Phone Screen", "Take Home Test", "Onsite Interview", "Offer")
    )
}


def application(person: Applicant, at: datetime, **changes: object) -> dict[str, object]:
    """Return the payload of an application's event as Greenhouse knows it now."""
    stage = {
        "id": _STAGE_IDS[person.stage],
        "name": person.stage,
        "interviews": [dict(step) for step in person.steps],
    }
    return {
        "application": {
            "id": person.application,
            "status": "active",
            "prospect": False,
            "applied_at": instant_text(person.applied_at),
            "last_activity_at": instant_text(at),
            "rejected_at": None,
            "rejection_reason": None,
            "current_stage": stage,
            "candidate": candidate(person),
            "jobs": [_job(person.opening)],
            **changes,
        }
    }


def candidate(person: Applicant) -> dict[str, object]:
    """Return the person as Greenhouse writes them."""
    recruiter = person.opening.recruiter
    return {
        "id": person.candidate,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "is_private": False,
        "can_email": person.can_email,
        "phone_numbers": [{"value": person.phone, "type": "mobile"}],
        "email_addresses": [{"value": person.email, "type": "personal"}] if person.email else [],
        "recruiter": {
            "id": recruiter.number,
            "email": recruiter.email,
            "name": recruiter.name,
            "employee_id": None,
        },
        "coordinator": None,
    }


def rejection(person: Applicant, at: datetime, by: Colleague, reason: str) -> dict[str, object]:
    """Return the payload of a rejection."""
    return application(
        person,
        at,
        status="rejected",
        rejected_at=instant_text(at),
        rejected_by_user_id=by.number,
        rejection_reason={
            "id": 1,
            "name": reason,
            "type": {"id": 2, "name": "We rejected them"},
        },
    )


def offer(person: Applicant, *, status: str, at: datetime) -> dict[str, object]:
    """Return the payload of an offer event."""
    return {
        "id": 300 + person.number,
        "application_id": person.application,
        "job_id": person.opening.number,
        "offer_status": status,
        "version": 1,
        "sent_on": at.date().isoformat(),
        "resolved_at": instant_text(at) if status == "accepted" else None,
    }


def body(action: str, payload: Mapping[str, object]) -> bytes:
    """Return a webhook body as Greenhouse spells it: ``<`` and ``>`` are escaped."""
    text = json.dumps({"action": action, "payload": payload}, ensure_ascii=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").encode()


def _job(opening: Opening) -> dict[str, object]:
    return {
        "id": opening.number,
        "name": opening.title,
        "status": "open",
        "closed_at": None,
        "hiring_team": {
            "hiring_managers": [{"user_id": opening.manager.number, "employee_id": None}],
            "recruiters": [{"user_id": opening.recruiter.number, "employee_id": None}],
        },
    }
