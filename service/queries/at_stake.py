"""What the erasure of one person would end, whom an address names, and whether somebody's reach
holds all of a person: an erasure knows no half.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.domain.delivery import CANCELLABLE
from service.domain.promises import OPEN_STATES
from service.domain.rights import Extent, Reach
from service.models import (
    Application,
    Candidate,
    CandidateEmail,
    CandidateSource,
    Connection,
    Message,
    Promise,
)
from service.models.merged_records import records_of
from service.queries.candidate_page import Person, surviving_id
from service.queries.extent import applications_within


@dataclass(frozen=True)
class AtStake:
    """What goes with one person: open promises, letters that have not left, and where else they
    are known: ``connections`` are the names of the connections whose ATS speaks of them.

    ``stamp`` is another once the record, what was merged into it or what they applied for is.
    """

    candidate_id: str
    erased_at: datetime | None
    applications: int
    promises: int
    letters: int
    connections: tuple[str, ...]
    stamp: str


def at_stake(session: Session, candidate_id: str) -> AtStake | None:
    """Return what the erasure of a person would end, or ``None`` where there is nobody."""
    row = session.execute(
        select(Candidate.version, Candidate.erased_at).where(Candidate.id == candidate_id)
    ).one_or_none()
    if row is None:
        return None
    records = session.scalars(records_of(candidate_id)).all()
    theirs = select(Application.id).where(Application.candidate_id == candidate_id)
    applications = applications_of(session, candidate_id)
    promises = session.scalars(
        select(func.count()).where(
            Promise.application_id.in_(theirs), Promise.state.in_(OPEN_STATES)
        )
    ).one()
    letters = session.scalars(
        select(func.count()).where(
            Message.application_id.in_(theirs), Message.state.in_(CANCELLABLE)
        )
    ).one()
    connections = session.scalars(
        select(Connection.name)
        .join(CandidateSource, CandidateSource.connection_id == Connection.id)
        .where(CandidateSource.candidate_id.in_(records))
        .distinct()
        .order_by(Connection.name)
    ).all()
    return AtStake(
        candidate_id=candidate_id,
        erased_at=row.erased_at,
        applications=applications,
        promises=promises,
        letters=letters,
        connections=tuple(connections),
        stamp=f"{row.version}.{len(records)}.{applications}",
    )


def applications_of(session: Session, candidate_id: str) -> int:
    """Count all that somebody applied for, whoever may know of it."""
    return session.scalars(
        select(func.count()).where(Application.candidate_id == candidate_id)
    ).one()


def is_wholly_within(session: Session, reach: Reach, person: Person) -> bool:
    """Tell whether a person whom somebody may see has applied for nothing outside their reach."""
    if reach.extent is Extent.ALL:
        return True
    return applications_of(session, person.candidate_id) == len(person.bids)


def wholly_within(session: Session, reach: Reach, candidate_ids: Collection[str]) -> set[str]:
    """Return who of these people applied for nothing outside somebody's reach, and for something
    within it where that is not everything.
    """
    if reach.extent is Extent.ALL:
        return set(candidate_ids)
    found = session.execute(
        select(
            Application.candidate_id,
            func.count(),
            func.count().filter(applications_within(reach)),
        )
        .where(Application.candidate_id.in_(candidate_ids))
        .group_by(Application.candidate_id)
    )
    return {candidate_id for candidate_id, every, within in found if every == within}


def people_at(session: Session, keys: Collection[str]) -> list[str]:
    """Return the ids of the people who have an address, by its folded spellings.

    Who was merged into another is that other; who was erased has no address any more.
    """
    found = session.scalars(
        select(CandidateEmail.candidate_id).where(CandidateEmail.address_key.in_(keys))
    )
    surviving = {surviving_id(session, each) for each in set(found.all())}
    return sorted(each for each in surviving if each is not None)
