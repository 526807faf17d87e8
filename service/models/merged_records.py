"""The records that became one person: theirs, those merged into it, and those merged into them."""

from __future__ import annotations

from sqlalchemy import Select, select
from sqlalchemy.orm import aliased

from service.models.candidate import Candidate


def records_of(candidate_id: str) -> Select[tuple[str]]:
    """Return the query for the ids of all records of one person, their own among them."""
    found = select(Candidate.id).where(Candidate.id == candidate_id).cte(recursive=True)
    merged = aliased(Candidate)
    found = found.union(select(merged.id).join(found, merged.merged_into_id == found.c.id))
    return select(found.c.id)
