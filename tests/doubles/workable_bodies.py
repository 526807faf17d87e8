"""Invented Workable payloads and records, shaped after the vendor's documentation."""

from __future__ import annotations

import json

CANDIDATE: dict[str, object] = {
    "id": "3f7a9c2e1b",
    "name": "Mira Okafor",
    "firstname": "Mira",
    "lastname": "Okafor",
    "headline": "Bookbinder",
    "account": {"subdomain": "example-works", "name": "Example Works"},
    "job": {"shortcode": "GRO001", "title": "Bookbinder"},
    "stage": "Phone Screen",
    "disqualified": False,
    "disqualified_at": None,
    "disqualification_reason": None,
    "hired_at": None,
    "sourced": False,
    "email": "mira@example.com",
    "phone": "+44 7700 900001",
    "created_at": "2026-03-02T09:14:31Z",
    "updated_at": "2026-03-05T12:00:00Z",
}
REASONS: list[dict[str, object]] = [
    {"id": "r1", "description": "Underqualified", "candidate_withdrew": False, "position": 0},
    {"id": "r2", "description": "Took a break", "candidate_withdrew": True, "position": 1},
]


def candidate(**changes: object) -> dict[str, object]:
    """A candidate with members replaced; ``...`` takes one away."""
    merged = CANDIDATE | changes
    return {key: value for key, value in merged.items() if value is not ...}


def event(name: str = "candidate_moved", /, **changes: object) -> bytes:
    """A webhook's body."""
    envelope = {
        "id": "evt-1",
        "event_type": name,
        "resource_type": "candidate",
        "fired_at": "2026-03-05T12:00:01Z",
        "data": candidate(**changes),
    }
    return json.dumps(envelope).encode()


def record(**changes: object) -> bytes:
    """A candidate as the API gives one."""
    return json.dumps({"candidate": candidate(**changes)}).encode()


def reasons() -> bytes:
    """The list of reasons as the API gives it."""
    return json.dumps({"disqualification_reasons": REASONS}).encode()


def page(*found: dict[str, object], following: str | None = None, of: str = "candidates") -> bytes:
    """A page of a list, with the link to the next one."""
    return json.dumps({of: found, "paging": {"next": following} if following else {}}).encode()
