"""Tells who was erased by a rule and who on request, by the story that an erasure leaves.

The last erasure counts: whoever asks after a rule did it is erased on request from then on. A
record without a story counts as erased on request, since nothing says otherwise.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.db import in_chunks
from service.models import Application, Candidate, TimelineEntry

ERASED = "candidate_erased"
"""The entry that an erasure leaves; ``after_days`` in it tells that a rule did it."""

_CHUNK = 500


def erased_by_rule(session: Session, candidate_ids: Collection[str]) -> dict[str, int]:
    """Return those of these people whom a rule erased, with the days after which it did."""
    told = last_erasures(session, candidate_ids)
    return {id_: days for id_, days in told.items() if days is not None}


def last_erasures(session: Session, candidate_ids: Collection[str]) -> dict[str, int | None]:
    """Return of whom of these people a story tells that they were erased: after how many days by a
    rule, or ``None`` on request.
    """
    found: dict[str, int | None] = {}
    for chunk in in_chunks(sorted(candidate_ids), _CHUNK):
        told = (
            select(Candidate.id, TimelineEntry.data)
            .join(Application, Application.candidate_id == Candidate.id)
            .join(TimelineEntry, TimelineEntry.application_id == Application.id)
            .where(
                Candidate.id.in_(chunk),
                Candidate.erased_at.is_not(None),
                TimelineEntry.kind == ERASED,
            )
            .order_by(TimelineEntry.seq)
        )
        for id_, data in session.execute(told):
            days = data.get("after_days")
            found[id_] = days if isinstance(days, int) else None
    return found
