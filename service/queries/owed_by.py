"""What one colleague owes, as a calendar needs it: a few words and an instant each.

It holds what is theirs today: their own, and that of colleagues they stand in for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.domain.promises import State
from service.domain.rights import Reach
from service.models import Application, Candidate, Job, Promise
from service.queries.extent import applications_within
from service.queries.overdue import IN_OPEN_INDEX
from service.queries.queue_belonging import colleagues_on

MOST = 500
"""How many promises a calendar shows; those due first. More would help nobody's day."""


@dataclass(frozen=True)
class OwedBy:
    """One open promise."""

    promise_id: str
    kind: str
    wording: str
    made_at: datetime
    due_at: datetime
    due_version: int
    first_name: str | None
    last_name: str | None
    job_title: str


def owed_by(session: Session, user_id: str, reach: Reach, today: date) -> list[OwedBy]:
    """Return somebody's open promises that they may know of, the first due first.

    What is paused is due at no instant.
    """
    _, held = colleagues_on(session, today)
    owners = [user_id, *(away for away, holder in held.items() if holder == user_id)]
    found = session.execute(
        select(
            Promise.id,
            Promise.kind,
            Promise.wording,
            Promise.made_at,
            Promise.due_at,
            Promise.due_version,
            Candidate.first_name,
            Candidate.last_name,
            Job.title,
        )
        .join(Application, Application.id == Promise.application_id)
        .join(Candidate, Candidate.id == Application.candidate_id)
        .join(Job, Job.id == Application.job_id)
        .where(
            IN_OPEN_INDEX,
            Promise.state == State.OPEN,
            Promise.owner_id.in_(owners),
            applications_within(reach),
        )
        .order_by(Promise.due_at, Promise.id)
        .limit(MOST)
    )
    return [OwedBy(*row) for row in found]
