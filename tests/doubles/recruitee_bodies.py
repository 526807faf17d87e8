"""Invented Recruitee payloads and records, shaped after the vendor's own."""

from __future__ import annotations

import copy
import json

CANDIDATE: dict[str, object] = {
    "id": 44,
    "name": "Mira Okafor",
    "emails": ["mira@example.com"],
    "phones": ["+44 7700 900001"],
}
OFFER: dict[str, object] = {
    "id": 71,
    "title": "Bookbinder",
    "kind": "job",
    "slug": "bookbinder",
    "status": "published",
}
POOL: dict[str, object] = {"id": 72, "title": "Later", "kind": "talent_pool"}
APPLIED: dict[str, object] = {"id": 1, "name": "Applied", "category": "apply"}
PHONE: dict[str, object] = {"id": 2, "name": "Phone call", "category": "phone_screen"}
TEAM: dict[str, object] = {"id": 3, "name": "Meet the team", "category": "interview"}
HIRED: dict[str, object] = {"id": 5, "name": "Signed", "category": "hire"}
STAGES = {stage["id"]: stage for stage in (APPLIED, PHONE, TEAM, HIRED)}
ADMIN: dict[str, object] = {
    "id": 31,
    "type": "Admin",
    "first_name": "Tess",
    "last_name": "Marlow",
    "email": "tess.marlow@example.org",
}
PLACEMENT: dict[str, object] = {
    "id": 9001,
    "candidate_id": 44,
    "offer_id": 71,
    "stage_id": 2,
    "created_at": "2026-03-02T09:14:31.341931Z",
    "updated_at": "2026-03-05T12:00:00.178555Z",
    "hired_at": None,
    "hired_in_this_placement": False,
}


def event(
    name: str,
    subtype: str | None = None,
    details: object = None,
    created_at: object = "2026-03-05T12:00:00Z",
    **payload: object,
) -> bytes:
    """A webhook's body; ``...`` takes a member away."""
    said: dict[str, object] = {
        "candidate": CANDIDATE,
        "offer": OFFER,
        "company": {"id": 7, "name": "Example Works"},
        "details": details or ...,
    } | payload
    envelope: dict[str, object] = {
        "id": 1,
        "attempt_count": 1,
        "created_at": created_at,
        "event_type": name,
        "event_subtype": subtype or ...,
        "payload": _told(said),
    }
    return json.dumps(_told(envelope)).encode()


def moved(to: dict[str, object] = PHONE, **more: object) -> bytes:
    """A candidate moved to another stage."""
    details: dict[str, object] = {"from_stage": APPLIED, "to_stage": to}
    return event("candidate_moved", "stage_changed", **{"details": details, **more})


def disqualified(**more: object) -> bytes:
    """A candidate was disqualified."""
    details: dict[str, object] = {"disqualify_reason": "Wrong skill set"}
    return event("candidate_moved", "disqualified", **{"details": details, **more})


def placement(**changes: object) -> dict[str, object]:
    """A placement with members replaced; ``...`` takes one away."""
    return _told(PLACEMENT | changes)


def person(*placements: dict[str, object], **changes: object) -> dict[str, object]:
    """A candidate with placements."""
    own: dict[str, object] = {
        "created_at": "2026-03-02T09:14:31.341931Z",
        "updated_at": "2026-03-02T09:14:31.341931Z",
        "admin_id": None,
        "my_upcoming_event": False,
        "placements": list(placements or (placement(),)),
    }
    return _told(CANDIDATE | own | changes)


def record(*placements: dict[str, object], **changes: object) -> bytes:
    """A candidate as the API gives one."""
    return json.dumps(
        {"candidate": person(*placements, **changes), "references": _references()}
    ).encode()


def page(*people: dict[str, object]) -> bytes:
    """A page of the list of candidates."""
    return json.dumps({"candidates": people, "references": _references()}).encode()


def _references() -> list[dict[str, object]]:
    offers = [{**each, "type": "Offer"} for each in (OFFER, POOL)]
    return [*offers, *({**stage, "type": "Stage"} for stage in STAGES.values()), ADMIN]


def _told(members: dict[str, object]) -> dict[str, object]:
    return copy.deepcopy({key: value for key, value in members.items() if value is not ...})
