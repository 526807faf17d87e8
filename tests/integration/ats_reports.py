"""What an ATS reports of one invented candidate, and where it ends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from service.domain.changes import (
    ApplicationRef,
    CandidateFacts,
    Change,
    JobFacts,
)
from service.models import (
    Application,
    Connection,
    Decision,
    Promise,
)
from service.workflows.apply import Applying, apply_changes
from service.workflows.connections import add_connection
from service.workflows.work import Work
from tests.harness import Employer

# A Friday, four days after the invented candidate applied.
NOW = datetime(2026, 3, 6, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
T0 = datetime(2026, 3, 5, 9, 0, tzinfo=UTC)


def ref_of(external_id: str = "a1", candidate: str = "c1", **more: Any) -> ApplicationRef:
    facts = CandidateFacts(candidate, "Ada", "Byron", (f"{candidate}@example.com",), ("+1 555",))
    more = {"applied_at": T0, **more}
    more = {"job": JobFacts("j1", "Clerk"), **more}
    return ApplicationRef(external_id, facts, **more)


def report(employer: Employer, *changes: Change) -> Applying:
    with employer.work("ats:test") as work:
        connection = work.session.scalars(select(Connection)).first()
        if connection is None:
            connection = add_connection(
                work, "test", "greenhouse", ["an invented secret"], rejections_by="keepword"
            )
        return apply_changes(work, connection, changes, work.now)


def standing_of(work: Work, external_id: str) -> dict[str, Any]:
    application = work.session.scalars(
        select(Application).where(Application.external_id == external_id)
    ).one()
    return standing(work, application)


def standing(work: Work, application: Application) -> dict[str, Any]:
    promises = work.session.scalars(
        select(Promise.wording).where(
            Promise.application_id == application.id, Promise.state == "open"
        )
    )
    decisions = work.session.scalars(
        select(Decision.reason).where(
            Decision.application_id == application.id, Decision.withdrawn_at.is_(None)
        )
    )
    return {
        "job": application.job.title,
        "stage": application.stage,
        "stage_at": application.stage_at,
        "closed": application.closed_at is not None,
        "interviewed": application.interviewed_at is not None,
        "unmapped": application.unmapped,
        "decisions": list(decisions),
        "owed": sorted(promises),
    }


def end_of(employer: Employer, external_id: str = "a1") -> dict[str, Any]:
    with employer.work() as work:
        return standing_of(work, external_id)
