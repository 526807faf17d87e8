"""Kombo's webhooks and records about invented people."""

from __future__ import annotations

import json
from typing import Any

from service.ats.asking import Ask

RECEIVED = "2026-03-02T08:00:00.000Z"
"""An hour before the tests' receipt: the start of what a webhook makes us ask for."""

CANDIDATE: dict[str, Any] = {
    "id": "c1",
    "remote_id": "32",
    "first_name": "Ada",
    "last_name": "Byron",
    "email_addresses": [
        {"email_address": "ada@work.example.com", "type": "WORK"},
        {"email_address": "ada@example.com", "type": "PRIVATE"},
    ],
    "phone_numbers": [{"phone_number": "+1 416 555 0100", "type": None}],
}

JOB: dict[str, Any] = {
    "id": "j1",
    "remote_id": "7",
    "name": "Backend Engineer",
    "status": "OPEN",
    "changed_at": "2026-02-01T08:00:00.000Z",
    "remote_deleted_at": None,
    "hiring_team": [
        {
            "id": "u1",
            "first_name": "Maria",
            "last_name": "Keller",
            "email": "maria@example.com",
            "hiring_team_roles": ["RECRUITER"],
        },
        {
            "id": "u2",
            "first_name": "Noor",
            "last_name": "Haddad",
            "email": "noor@example.com",
            "hiring_team_roles": ["HIRING_MANAGER"],
        },
    ],
}


def application(**more: Any) -> dict[str, Any]:
    """An application that is open, or as told."""
    return {
        "id": "a1",
        "remote_id": "51",
        "outcome": "PENDING",
        "rejection_reason_name": None,
        "rejected_at": None,
        "current_stage_id": "s1",
        "job_id": "j1",
        "candidate_id": "c1",
        "changed_at": "2026-03-02T08:30:00.000Z",
        "remote_deleted_at": None,
        "remote_created_at": "2026-03-01T09:00:00.000Z",
        "candidate": CANDIDATE,
        "current_stage": {"id": "s1", "remote_id": "3", "name": "Phone Screen", "index": 2},
        "job": {"id": "j1", "remote_id": "7", "name": "Backend Engineer"},
        "interviews": [],
        **more,
    }


def changed(*models: str, **more: Any) -> bytes:
    """A data-changed webhook."""
    return json.dumps(
        {
            "id": "FhghqjnCi9WuAoLT8Z75CFcs",
            "type": "data-changed",
            "data": {
                "integration_id": "bombohr:ats-dev",
                "integration_tool": "bombohr",
                "integration_category": "ATS",
                "changed_models": [{"name": name} for name in models],
            },
            **more,
        }
    ).encode()


def page(*records: dict[str, Any], cursor: str | None = None) -> bytes:
    """One page of a list."""
    return json.dumps(
        {"status": "success", "data": {"next": cursor, "results": list(records)}}
    ).encode()


def list_of(path: str, cursor: str | None = None) -> Ask:
    """What is asked for after a webhook received at the tests' instant."""
    query = (("updated_after", RECEIVED), ("include_deleted", "true"), ("page_size", "250"))
    return Ask(path, query if cursor is None else (*query, ("cursor", cursor)))


JOBS = Ask("/jobs", (("ids", "j1"), ("page_size", "250")))
"""What is asked for to know who answers for the applications of the job."""
