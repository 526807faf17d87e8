"""Invented Greenhouse payloads, shaped after the vendor's documentation, and what is read there."""

from __future__ import annotations

import copy
import dataclasses
import json
from collections.abc import Mapping
from datetime import UTC, datetime

from service.ats.greenhouse import Greenhouse
from service.domain.changes import (
    ApplicationRef,
    CandidateFacts,
    JobFacts,
    JobStatus,
    Person,
    Translation,
)

CANDIDATE: dict[str, object] = {
    "id": 501,
    "first_name": "Mira",
    "last_name": "Okafor",
    "is_private": False,
    "can_email": True,
    "phone_numbers": [{"value": "+44 20 7946 0001", "type": "work"},
                      {"value": "+44 7700 900001", "type": "mobile"}],
    "email_addresses": [{"value": "m.okafor@work.example.com", "type": "work"},
                        {"value": "mira@example.com", "type": "personal"}],
    "recruiter": {"id": 31, "email": "tess.marlow@example.org", "name": "Tess Marlow",
                  "employee_id": None},
    "coordinator": {"id": 32, "email": "pia.brandt@example.org", "name": "Pia Brandt",
                    "employee_id": None},
}  # fmt: skip

JOB: dict[str, object] = {
    "id": 71,
    "name": "Bookbinder",
    "status": "open",
    "closed_at": None,
    "hiring_team": {"hiring_managers": [{"user_id": 91, "employee_id": "x-1"}],
                    "recruiters": [{"user_id": 33, "employee_id": None}]},
}  # fmt: skip

APPLICATION: dict[str, object] = {
    "id": 9001,
    "status": "active",
    "prospect": False,
    "applied_at": "2026-03-02T09:14:31Z",
    "last_activity_at": "2026-03-05T12:00:00Z",
    "rejected_at": None,
    "rejection_reason": None,
    "current_stage": {"id": 11, "name": "Phone Interview", "interviews": []},
    "candidate": CANDIDATE,
    "jobs": [JOB],
}


def application(**changes: object) -> dict[str, object]:
    """``payload`` of an application event, with members of the application replaced."""
    return {"application": copy.deepcopy(APPLICATION | changes)}


def stage(name: str, *steps: tuple[int, str, str]) -> dict[str, object]:
    """``current_stage`` with interview steps given as id, name, status."""
    interviews = [{"id": id_, "name": step, "status": status} for id_, step, status in steps]
    return {"id": 11, "name": name, "interviews": interviews}


def body(action: str, payload: Mapping[str, object]) -> bytes:
    """A webhook body as Greenhouse spells it: ``<`` and ``>`` are escaped."""
    text = json.dumps({"action": action, "payload": payload})
    return text.replace("<", "\\u003c").replace(">", "\\u003e").encode()


RECEIVED_AT = datetime(2026, 3, 6, 8, 0, tzinfo=UTC)
APPLIED_AT = datetime(2026, 3, 2, 9, 14, 31, tzinfo=UTC)
ACTIVE_AT = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)
REJECTED_AT = datetime(2026, 3, 5, 11, 0, tzinfo=UTC)

MIRA = CandidateFacts(
    "501", "Mira", "Okafor",
    ("mira@example.com", "m.okafor@work.example.com"),
    ("+44 7700 900001", "+44 20 7946 0001"),
    can_email=True,
)  # fmt: skip
TESS = Person("31", "Tess Marlow", "tess.marlow@example.org")
BOOKBINDER = JobFacts("71", "Bookbinder", JobStatus.OPEN, Person("91"))
REF = ApplicationRef(
    "9001", MIRA, BOOKBINDER, TESS, Person("32", "Pia Brandt", "pia.brandt@example.org"),
    APPLIED_AT, "Phone Interview",
)  # fmt: skip


def at_stage(label: str) -> ApplicationRef:
    """What is read of the application when it stands at another stage."""
    return dataclasses.replace(REF, ats_stage=label)


def translate(action: str, payload: dict[str, object]) -> Translation:
    """Run one action through the adapter, received on 6 March 2026."""
    said = Greenhouse().translate(body(action, payload), {}, RECEIVED_AT)
    assert isinstance(said, Translation)
    return said
