"""Lists the people somebody may know of, the newest first, and finds them by name or address.

A page costs the same few statements however many people there are; who is outside the reach, was
erased or was merged into somebody else is not among them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from service.domain.rights import Extent, Reach
from service.folding import fold, folded
from service.models import Application, Candidate, CandidateEmail, Job
from service.queries.extent import applications_within
from service.queries.keyset import Key, Page, page

LONGEST_SEARCH = 100
"""Characters of a search that are looked at."""

MOST_WORDS = 5
"""Words of a search that are looked at: each is one more test for every row."""


@dataclass(frozen=True)
class Place:
    """One job that somebody is or was considered for."""

    job_id: str
    job_title: str
    stage: str


@dataclass(frozen=True)
class Listed:
    """One person in the list. ``last_contact_at`` is the latest of all shown applications."""

    candidate_id: str
    name: str
    places: tuple[Place, ...]
    last_contact_at: datetime | None


def people(
    session: Session, reach: Reach, *, search: str = "", after: Key | None, limit: int
) -> Page[Listed]:
    """Return up to ``limit`` people behind ``after``; ``search`` is words of a name or address."""
    query = select(Candidate).where(
        Candidate.merged_into_id.is_(None), Candidate.erased_at.is_(None)
    )
    if reach.extent is not Extent.ALL:
        theirs = select(Application.candidate_id).where(applications_within(reach))
        query = query.where(Candidate.id.in_(theirs))
    for word in search[:LONGEST_SEARCH].split()[:MOST_WORDS]:
        query = query.where(_holds(word))
    by = (Candidate.created_at, Candidate.id)
    found = page(session, query, by, after=after, limit=limit, newest_first=True)
    return Page(_listed(session, reach, found.rows), found.next)


def name_of(first: str | None, last: str | None) -> str:
    """Return how a person is called, "" where no name is known."""
    return " ".join(part for part in (first, last) if part)


def _listed(session: Session, reach: Reach, rows: Sequence[Candidate]) -> list[Listed]:
    places: dict[str, list[Place]] = defaultdict(list)
    heard: dict[str, datetime] = {}
    for candidate_id, job_id, title, stage, last in session.execute(
        select(
            Application.candidate_id,
            Job.id,
            Job.title,
            Application.stage,
            Application.last_contact_at,
        )
        .join(Job, Job.id == Application.job_id)
        .where(
            Application.candidate_id.in_([row.id for row in rows]),
            Application.deleted_at.is_(None),
            applications_within(reach),
        )
        .order_by(Application.applied_at.desc(), Application.id)
    ):
        places[candidate_id].append(Place(job_id, title, stage))
        if last is not None:
            heard[candidate_id] = max(last, heard.get(candidate_id, last))
    return [
        Listed(
            row.id, name_of(row.first_name, row.last_name), tuple(places[row.id]), heard.get(row.id)
        )
        for row in rows
    ]


def _holds(word: str) -> ColumnElement[bool]:
    """Return the test for people who have a word in a name or an address."""
    addressed = select(CandidateEmail.candidate_id).where(
        CandidateEmail.address_key.contains(word.casefold(), autoescape=True)
    )
    return or_(is_called(word), Candidate.id.in_(addressed))


def is_called(word: str) -> ColumnElement[bool]:
    """Return the test for candidates who have a word in their name, whatever its accents."""
    name = func.coalesce(Candidate.first_name, "") + " " + func.coalesce(Candidate.last_name, "")
    return or_(
        folded(name).contains(fold(word), autoescape=True), name.icontains(word, autoescape=True)
    )
