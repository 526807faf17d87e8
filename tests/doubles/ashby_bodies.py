"""Invented Ashby payloads and answers, shaped after the vendor's OpenAPI description."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from typing import Any

from service.ats.ashby import Ashby
from service.ats.ashby_api import application_info
from service.ats.asking import Answer, Answers, Ask, Needs
from service.domain.changes import (
    ApplicationRef,
    CandidateFacts,
    JobFacts,
    Person,
    Translation,
)

RECEIVED_AT = datetime(2026, 3, 6, 8, 0, tzinfo=UTC)
CREATED_AT = datetime(2026, 3, 2, 9, 14, 31, 964000, tzinfo=UTC)
UPDATED_AT = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)
ARCHIVED_AT = datetime(2026, 3, 5, 11, 0, tzinfo=UTC)

CANDIDATE: dict[str, object] = {
    "id": "c-1",
    "name": "Mira Okafor",
    "primaryEmailAddress": {"value": "mira@example.com", "type": "Personal", "isPrimary": True},
    "primaryPhoneNumber": {"value": "+44 7700 900001", "type": "Mobile", "isPrimary": True},
}
TEAM: list[dict[str, object]] = [
    {"email": "hana.lind@example.org", "firstName": "Hana", "lastName": "Lind",
     "role": "Hiring Manager", "userId": "u-3"},
    {"email": "tess.marlow@example.org", "firstName": "Tess", "lastName": "Marlow",
     "role": "Recruiter", "userId": "u-1"},
    {"email": "pia.brandt@example.org", "firstName": "Pia", "lastName": "Brandt",
     "role": "Recruiting Coordinator", "userId": "u-2"},
]  # fmt: skip
STAGE: dict[str, object] = {
    "id": "s-1", "title": "Onsite", "type": "Active", "orderInInterviewPlan": 3,
}  # fmt: skip
APPLICATION: dict[str, object] = {
    "id": "a-1",
    "createdAt": "2026-03-02T09:14:31.964Z",
    "updatedAt": "2026-03-05T12:00:00.000Z",
    "status": "Active",
    "customFields": [],
    "candidate": CANDIDATE,
    "currentInterviewStage": STAGE,
    "source": {"id": "q-1", "title": "Careers page", "sourceType": {"title": "Inbound"}},
    "archiveReason": None,
    "archivedAt": None,
    "job": {"id": "j-1", "title": "Bookbinder"},
    "hiringTeam": TEAM,
}
REF = ApplicationRef(
    "a-1",
    CandidateFacts("c-1", "Mira", "Okafor", ("mira@example.com",), ("+44 7700 900001",)),
    JobFacts("j-1", "Bookbinder", None, Person("u-3", "Hana Lind", "hana.lind@example.org")),
    Person("u-1", "Tess Marlow", "tess.marlow@example.org"),
    Person("u-2", "Pia Brandt", "pia.brandt@example.org"),
    CREATED_AT,
    "Onsite",
)


def application(**changes: object) -> dict[str, Any]:
    """An application with members replaced; ``...`` leaves one out."""
    members = copy.deepcopy(APPLICATION | changes)
    return {key: value for key, value in members.items() if value is not ...}


def archived(kind: str | None, text: str = "Other offer", **changes: object) -> dict[str, Any]:
    """An archived application; ``kind`` is the reason's type, ``None`` for no reason at all."""
    reason = {"id": "r-1", "text": text, "reasonType": kind} if kind else None
    ended = {"id": "s-9", "title": "Archived", "type": "Archived"}
    state: dict[str, object] = {
        "status": "Archived",
        "archivedAt": "2026-03-05T11:00:00.000Z",
        "archiveReason": reason,
        "currentInterviewStage": ended,
    }
    return application(**{**state, **changes})


def stage(title: str, kind: str = "Active") -> dict[str, object]:
    """A ``currentInterviewStage``."""
    return STAGE | {"title": title, "type": kind}


def schedule(status: str, **changes: object) -> dict[str, Any]:
    """``data`` of an interview schedule with two events, the second a debrief."""
    events = [
        {"id": "e-1", "startTime": "2026-03-05T09:00:00Z", "endTime": "2026-03-05T10:00:00Z",
         "interview": {"title": "Panel", "isDebrief": False}},
        {"id": "e-2", "startTime": "2026-03-05T10:00:00Z", "endTime": "2026-03-05T11:30:00Z",
         "interview": {"title": "Debrief", "isDebrief": True}},
    ]  # fmt: skip
    members = {"id": "i-1", "status": status, "applicationId": "a-1",
               "updatedAt": "2026-03-05T12:00:00Z", "interviewEvents": events}  # fmt: skip
    return {"interviewSchedule": members | changes}


def offer(acceptance: str, process: str, **changes: object) -> dict[str, Any]:
    """``data`` of an offer."""
    members = {"id": "o-1", "applicationId": "a-1", "acceptanceStatus": acceptance,
               "offerStatus": process, "decidedAt": None}  # fmt: skip
    return {"offer": members | changes}


def body(action: str, data: object, action_id: str = "w-1") -> bytes:
    """A webhook body."""
    return json.dumps({"webhookActionId": action_id, "action": action, "data": data}).encode()


def answer(results: object, **more: object) -> Answer:
    """A call's answer."""
    said = {"success": True, "results": results} | more
    return Answer(200, json.dumps(said).encode(), RECEIVED_AT)


def refused(code: str) -> Answer:
    """A call that failed, which Ashby says under status 200."""
    said = {"success": False, "errors": [code], "errorInfo": {"code": code, "message": "No."}}
    return Answer(200, json.dumps(said).encode(), RECEIVED_AT)


def answers(results: object = None, *, to: Ask | None = None) -> Answers:
    """What Ashby says of the application, unless another question is named."""
    found = results if isinstance(results, Answer) else answer(results or APPLICATION)
    known = Answers()
    known.add(to or application_info("a-1"), found)
    return known


def translate(action: str, data: object, known: Answers | None = None) -> Translation:
    """What an event means, which needs no more answers than ``known``."""
    reading = Ashby().translate(body(action, data), {}, RECEIVED_AT, known or Answers())
    assert isinstance(reading, Translation)
    return reading


def needs(action: str, data: object) -> tuple[Ask, ...]:
    """What an event makes the adapter ask first."""
    reading = Ashby().translate(body(action, data), {}, RECEIVED_AT)
    assert isinstance(reading, Needs)
    return reading.asks
