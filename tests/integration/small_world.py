"""The least that rows of every table can hang on: one application, one policy, one connection."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy.orm import Session

from service.models import Application, Candidate, CandidateEmail, Connection, Job, Policy

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class World:
    """One application with what hangs on it."""

    application: Application
    policy: Policy
    connection: Connection


def small_world(session: Session) -> World:
    world = World()
    candidate = Candidate(created_at=NOW, emails=[email_of("amara@example.com")])
    job = Job(title="Bookbinder", status="open", created_at=NOW)
    world.application = Application(
        candidate=candidate, job=job, stage_at=NOW, applied_at=NOW, created_at=NOW
    )
    world.policy = Policy(name="reply", active=True, created_at=NOW)
    world.connection = Connection(
        name="main",
        vendor="greenhouse",
        secrets=[],
        stage_map={},
        rejections_by="keepword",
        created_at=NOW,
    )
    session.add_all([world.application, world.policy, world.connection])
    session.flush()
    return world


def email_of(address: str) -> CandidateEmail:
    return CandidateEmail(address=address, address_key=address)
