"""Merge's webhooks and common models about invented people."""

from __future__ import annotations

import json
from typing import Any

from service.ats.asking import Ask

CANDIDATE: dict[str, Any] = {
    "id": "c1",
    "remote_id": "32",
    "modified_at": "2026-03-02T08:20:00Z",
    "first_name": "Ada",
    "last_name": "Byron",
    "is_private": False,
    "can_email": True,
    "email_addresses": [
        {"value": "ada@work.example.com", "email_address_type": "WORK"},
        {"value": "ada@example.com", "email_address_type": "PERSONAL"},
    ],
    "phone_numbers": [{"value": "+1 416 555 0100", "phone_number_type": "MOBILE"}],
    "remote_was_deleted": False,
}

JOB: dict[str, Any] = {
    "id": "j1",
    "remote_id": "7",
    "modified_at": "2026-02-01T08:00:00Z",
    "name": "Backend Engineer",
    "status": "OPEN",
    "recruiters": [
        {"id": "u1", "first_name": "Maria", "last_name": "Keller", "email": "maria@example.com"}
    ],
    "hiring_managers": [
        {"id": "u2", "first_name": "Noor", "last_name": "Haddad", "email": "noor@example.com"}
    ],
    "remote_was_deleted": False,
}

INTERVIEW: dict[str, Any] = {
    "id": "i1",
    "modified_at": "2026-03-02T08:40:00Z",
    "application": "a1",
    "start_at": "2026-03-02T08:00:00Z",
    "end_at": "2026-03-02T08:45:00Z",
    "status": "COMPLETE",
    "remote_was_deleted": False,
}

OFFER: dict[str, Any] = {
    "id": "o1",
    "modified_at": "2026-03-02T08:40:00Z",
    "application": "a1",
    "status": "SENT",
    "remote_was_deleted": False,
}


def application(**more: Any) -> dict[str, Any]:
    """An application that is open, whole; or as told."""
    return {
        "id": "a1",
        "remote_id": "51",
        "modified_at": "2026-03-02T08:30:00Z",
        "candidate": CANDIDATE,
        "job": {"id": "j1", "name": "Backend Engineer", "status": "OPEN"},
        "applied_at": "2026-03-01T09:00:00Z",
        "rejected_at": None,
        "current_stage": {"id": "s1", "name": "Phone Screen"},
        "reject_reason": None,
        "remote_was_deleted": False,
        **more,
    }


def body(event: str, id_: str = "a1", **data: Any) -> bytes:
    """A webhook. Its data is the model as it stood when it was sent, related ones by id."""
    return json.dumps(
        {
            "hook": {
                "id": "cb1fe0a7-c2a1-4bd6-8cf5-57e70c7f1d53",
                "event": event,
                "target": "https://keepword.example.com/hooks/ats/merge",
            },
            "linked_account": {
                "id": "a3602c03-aba7-4d9d-a349-dbc338504092",
                "integration": "Greenhouse",
                "category": "ats",
                "end_user_origin_id": "example-works",
            },
            "data": {"id": id_, "modified_at": "2026-03-02T08:30:00Z", **data},
        }
    ).encode()


def page(*records: dict[str, Any], cursor: str | None = None) -> bytes:
    """One page of a list."""
    return json.dumps({"next": cursor, "previous": None, "results": list(records)}).encode()


APPLICATION_ASKED = Ask(
    "/applications/a1",
    (("include_deleted_data", "true"), ("expand", "candidate,current_stage,job,reject_reason")),
)
JOB_ASKED = Ask(
    "/jobs/j1", (("include_deleted_data", "true"), ("expand", "hiring_managers,recruiters"))
)
CANDIDATE_ASKED = Ask("/candidates/c1", (("include_deleted_data", "true"),))
INTERVIEW_ASKED = Ask("/interviews/i1", (("include_deleted_data", "true"),))
OFFER_ASKED = Ask("/offers/o1", (("include_deleted_data", "true"),))
