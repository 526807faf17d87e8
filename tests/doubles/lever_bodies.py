"""Invented Lever payloads and answers, shaped after the vendor's documentation."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from service.ats.asking import Answer, Answers, Ask, Needs
from service.ats.lever import Lever
from service.domain.changes import (
    ApplicationRef,
    CandidateFacts,
    Change,
    JobFacts,
    JobStatus,
    JobUpdated,
    Person,
    Translation,
)

TRIGGERED_AT = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)
RECEIVED_AT = datetime(2026, 3, 5, 12, 1, tzinfo=UTC)
FETCHED_AT = datetime(2026, 3, 5, 12, 2, tzinfo=UTC)
CREATED_AT = datetime(2026, 3, 2, 9, 14, 31, tzinfo=UTC)
UPDATED_AT = datetime(2026, 3, 5, 11, 59, tzinfo=UTC)
ARCHIVED_AT = datetime(2026, 3, 5, 11, 0, tzinfo=UTC)
POSTED_AT = datetime(2026, 2, 1, 8, 0, tzinfo=UTC)


def millis(at: datetime) -> int:
    """An instant as Lever writes it."""
    return round(at.timestamp() * 1000)


OWNER: dict[str, object] = {
    "id": "u-1", "name": "Tess Marlow", "email": "tess.marlow@example.org",
}  # fmt: skip
MANAGER: dict[str, object] = {
    "id": "u-3", "name": "Hana Lind", "email": "hana.lind@example.org",
}  # fmt: skip
POSTING: dict[str, object] = {
    "id": "p-1",
    "text": "Bookbinder",
    "state": "published",
    "updatedAt": millis(POSTED_AT),
    "owner": OWNER,
    "hiringManager": MANAGER,
}
APPLICATION: dict[str, object] = {
    "id": "a-1",
    "type": "posting",
    "createdAt": millis(CREATED_AT),
    "posting": "p-1",
    "archived": None,
}
OPPORTUNITY: dict[str, object] = {
    "id": "o-1",
    "name": "Mira Okafor",
    "contact": {"id": "c-1", "name": "Mira Okafor", "isAnonymized": False},
    "emails": ["mira@example.com"],
    "phones": [{"type": "mobile", "value": "+44 7700 900001"}],
    "createdAt": millis(CREATED_AT),
    "updatedAt": millis(UPDATED_AT),
    "lastAdvancedAt": millis(UPDATED_AT),
    "archived": None,
    "stage": {"id": "s-1", "text": "On-site interview"},
    "owner": OWNER,
    "origin": "applied",
    "applications": [APPLICATION],
    "dataProtection": {"store": {"allowed": True, "expiresAt": None},
                       "contact": {"allowed": True, "expiresAt": None}},
    "isAnonymized": False,
}  # fmt: skip
JOB = JobFacts(
    "p-1", "Bookbinder", JobStatus.OPEN, Person("u-3", "Hana Lind", "hana.lind@example.org")
)
JOB_STATED: tuple[Change, ...] = (JobUpdated(JOB, POSTED_AT),)
REF = ApplicationRef(
    "o-1",
    CandidateFacts(
        "c-1", "Mira", "Okafor", ("mira@example.com",), ("+44 7700 900001",), can_email=True
    ),
    JOB,
    Person("u-1", "Tess Marlow", "tess.marlow@example.org"),
    None,
    CREATED_AT,
    "On-site interview",
)


def opportunity(**changes: object) -> dict[str, Any]:
    """An opportunity with members replaced; ``...`` leaves one out."""
    members = copy.deepcopy(OPPORTUNITY | changes)
    return {key: value for key, value in members.items() if value is not ...}


def archived(reason: object = "r-1", at: datetime = ARCHIVED_AT) -> dict[str, object]:
    """The member ``archived`` of an opportunity that is."""
    return {"archivedAt": millis(at), "reason": reason}


def interview(**changes: object) -> dict[str, Any]:
    """An interview of an hour on the fifth at nine."""
    at = datetime(2026, 3, 5, 9, 0, tzinfo=UTC)
    members: dict[str, object] = {
        "id": "i-1",
        "subject": "On-site",
        "createdAt": millis(datetime(2026, 3, 3, 9, 0, tzinfo=UTC)),
        "date": millis(at),
        "duration": 60,
        "canceledAt": None,
    }
    return members | changes


def body(event: str, **data: object) -> bytes:
    """A webhook body before anything is signed; about the one opportunity unless told."""
    about = {"opportunityId": "o-1", "candidateId": "k-1", "contactId": "c-1"} | data
    members = {"triggeredAt": millis(TRIGGERED_AT), "event": event, "data": about}
    return json.dumps(members).encode()


def said(data: object, status: int = 200) -> Answer:
    """An answer of the API."""
    return Answer(status, json.dumps({"data": data}).encode(), FETCHED_AT)


GONE = Answer(404, b'{"code":"ResourceNotFound","message":"Not found"}', FETCHED_AT)


def lever_has(*changes: Mapping[str, object | Answer], **state: object) -> dict[str, Answer]:
    """What Lever has, by path: the opportunity (with ``state``) and what it leads to."""
    has: dict[str, object | Answer] = {
        "/opportunities/o-1": opportunity(**state),
        "/opportunities/o-1/interviews": [],
        "/postings/p-1": POSTING,
        "/archive_reasons/r-1": {"id": "r-1", "text": "Underqualified", "type": "non-hired"},
        "/contacts/c-1": OPPORTUNITY["contact"],
    }
    for each in changes:
        has.update(each)
    return {
        path: found if isinstance(found, Answer) else said(found) for path, found in has.items()
    }


def understand(raw: bytes, has: Mapping[str, Answer], *, kind: str | None = None) -> Translation:
    """What an event (or a record of ``kind`` that was found) means once Lever has answered."""
    known = Answers()
    for _ in range(6):
        reading = (
            Lever().translate(raw, {}, RECEIVED_AT, known)
            if kind is None
            else Lever().translate_found(kind, raw, RECEIVED_AT, known)
        )
        if isinstance(reading, Translation):
            return reading
        for ask in reading.asks:
            known.add(ask, has.get(ask.path, GONE))
    raise AssertionError("it asks for more and more")


def needs(raw: bytes, known: Answers | None = None) -> tuple[Ask, ...]:
    """What an event makes the adapter ask next."""
    reading = Lever().translate(raw, {}, RECEIVED_AT, known or Answers())
    assert isinstance(reading, Needs)
    return reading.asks
