"""Invented deliveries as they lie in the database before they are worked in, each about somebody
else who has just applied.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.orm import Session

from service.ats.base import body_identity
from service.db import new_id
from service.models import Delivery
from tests.doubles import greenhouse_bodies as greenhouse


def applied(number: int) -> bytes:
    """Return what Greenhouse posts when person ``number`` has applied."""
    candidate = greenhouse.CANDIDATE | {
        "id": 1_000_000_000 + number,
        "first_name": f"Mira {number}",
        "email_addresses": [{"value": f"mira.{number}@example.com", "type": "personal"}],
        # Where several name one colleague who is new, they wait for each other.
        "recruiter": None,
        "coordinator": None,
    }
    application = greenhouse.application(id=1_000_000_000 + number, candidate=candidate)
    return greenhouse.body("new_candidate_application", application)


def store_applied(
    session: Session,
    connection_id: str,
    first: int,
    count: int,
    *,
    received_at: datetime,
    next_attempt_at: datetime,
) -> None:
    """Store the deliveries about so many people, from number ``first`` on."""
    bodies = [applied(number) for number in range(first, first + count)]
    session.execute(
        insert(Delivery),
        [
            {
                "id": new_id("dlv"),
                "connection_id": connection_id,
                "identity": body_identity(body),
                "headers": {},
                "body": body,
                "received_at": received_at,
                "state": "received",
                "attempts": 0,
                "next_attempt_at": next_attempt_at,
                "duplicates": 0,
            }
            for body in bodies
        ],
    )
