"""What the tests say of SmartRecruiters' one invented application, and how they read an event."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from service.ats.asking import Answer, Ask
from service.ats.smartrecruiters import SmartRecruiters
from service.domain.changes import (
    ApplicationRef,
    CandidateFacts,
    JobFacts,
    JobStatus,
    Person,
    Translation,
)
from tests.doubles import smartrecruiters_bodies as bodies
from tests.unit.ats.requests_seen import understood

ADAPTER = SmartRecruiters()
RECEIVED_AT = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)
FETCHED_AT = datetime(2026, 3, 5, 12, 1, tzinfo=UTC)


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-{text}").replace(tzinfo=UTC)


PERSON = CandidateFacts(
    bodies.CANDIDATE, "Amara", "Okafor", ("amara.okafor@example.com",), ("+1 416 555 0100",)
)
MANAGER = Person(bodies.MANAGER, "Jonas Berg", "jonas.berg@example.com")
RECRUITER = Person(bodies.RECRUITER, "Maria Keller", "maria.keller@example.com")
BOOKBINDER = JobFacts(bodies.JOB, "Bookbinder", JobStatus.OPEN, MANAGER)
KNOWN_SINCE = at("05T08:00")


def ref(label: str = "New", **more: Any) -> ApplicationRef:
    return ApplicationRef(
        bodies.APPLICATION,
        PERSON,
        BOOKBINDER,
        owner=RECRUITER,
        applied_at=at("04T09:00"),
        ats_stage=label,
        **more,
    )


def means(
    event: str = "application.status.updated",
    body: bytes | None = None,
    where: str = f"/candidates/{bodies.CANDIDATE}/jobs/{bodies.JOB}",
    **world: Any,
) -> Translation:
    return understood(
        lambda answers: ADAPTER.translate(
            body or bodies.application_body(), bodies.headers(event, where), RECEIVED_AT, answers
        ),
        answering(**world),
    )


def answering(**world: Any):
    said = bodies.world(**world)

    def answer(ask: Ask) -> Answer:
        record = said.get(ask)
        return Answer(404 if record is None else 200, json.dumps(record).encode(), FETCHED_AT)

    return answer
