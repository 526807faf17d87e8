"""Everything one person's page says of them, but their timeline: within somebody's reach, and in a
number of statements that does not grow with what there is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from service.domain.rights import Extent, Reach
from service.domain.wording import to_say
from service.models import (
    Application,
    Candidate,
    CandidateEmail,
    CandidatePhone,
    Decision,
    Job,
    Message,
    User,
)
from service.models.merged_records import records_of
from service.queries.extent import applications_within
from service.queries.people_search import name_of
from service.queries.reach import unreachable

ADDRESS_LETTERS = 200
"""Letters looked through, the newest first, for how mail to each address fared last."""


@dataclass(frozen=True)
class Address:
    """One address. ``suppressed`` says why it gets no mail, ``None`` where it does.

    ``state`` is that of the last letter to it, "" where there was none, written at ``at``.
    """

    address: str
    suppressed: str | None
    state: str
    at: datetime | None


@dataclass(frozen=True)
class Bid:
    """One application. ``decided_at`` is when the decision that stands was made."""

    application_id: str
    version: int
    job_id: str
    job_title: str
    stage: str
    ats_stage: str | None
    owner_id: str | None
    owner: str | None
    waiting_on_id: str | None
    waiting_on: str | None
    applied_at: datetime
    last_contact_at: datetime | None
    decided_at: datetime | None
    deleted: bool


@dataclass(frozen=True)
class Person:
    """One person. ``cut_off`` says why mail reaches them at no address, where it does not.

    ``bids`` are their applications within the reach, the newest first; ``merged`` counts the
    records that were merged into this one. Erased, they have neither name, address nor number.
    """

    candidate_id: str
    name: str
    time_zone: str | None
    erased_at: datetime | None
    cut_off: str | None
    addresses: tuple[Address, ...]
    phones: tuple[str, ...]
    bids: tuple[Bid, ...]
    merged: int

    @property
    def application_ids(self) -> list[str]:
        """Return the ids of the applications that may be shown."""
        return [bid.application_id for bid in self.bids]


@dataclass(frozen=True)
class Namesake:
    """Another record with an address of this person's: perhaps the same person."""

    candidate_id: str
    name: str
    address: str


def surviving_id(session: Session, candidate_id: str) -> str | None:
    """Return the id under which a person goes on after merges; ``None`` where nobody is known."""
    seen: set[str] = set()
    at: str | None = candidate_id
    while at is not None and at not in seen:
        seen.add(at)
        row = session.execute(
            select(Candidate.id, Candidate.merged_into_id).where(Candidate.id == at)
        ).first()
        if row is None:
            return None
        if row.merged_into_id is None:
            return str(row.id)
        at = row.merged_into_id
    return None


def person(session: Session, reach: Reach, candidate_id: str) -> Person | None:
    """Return one person, or ``None`` where there is nobody of this id within the reach."""
    row = session.execute(
        select(
            Candidate.first_name, Candidate.last_name, Candidate.time_zone, Candidate.erased_at
        ).where(Candidate.id == candidate_id)
    ).first()
    if row is None:
        return None
    bids = _bids(session, reach, candidate_id)
    if not bids and reach.extent is not Extent.ALL:
        return None
    merged = len(session.scalars(records_of(candidate_id)).all()) - 1
    phones = session.scalars(
        select(CandidatePhone.number)
        .where(CandidatePhone.candidate_id == candidate_id)
        .order_by(CandidatePhone.position)
    ).all()
    return Person(
        candidate_id=candidate_id,
        name=name_of(row.first_name, row.last_name),
        time_zone=row.time_zone,
        erased_at=row.erased_at,
        cut_off=unreachable(session, [candidate_id]).get(candidate_id),
        addresses=_addresses(session, candidate_id, [bid.application_id for bid in bids]),
        phones=tuple(phones),
        bids=tuple(bids),
        merged=merged,
    )


def namesakes(session: Session, reach: Reach, person: Person, limit: int = 5) -> list[Namesake]:
    """Return other people within the reach who have one of this person's addresses."""
    own, other = aliased(CandidateEmail), aliased(CandidateEmail)
    query = (
        select(Candidate.id, Candidate.first_name, Candidate.last_name, other.address)
        .join(other, other.candidate_id == Candidate.id)
        .join(own, own.address_key == other.address_key)
        .where(
            own.candidate_id == person.candidate_id,
            Candidate.id != person.candidate_id,
            Candidate.merged_into_id.is_(None),
            Candidate.erased_at.is_(None),
        )
        .order_by(Candidate.id)
        .limit(limit)
    )
    if reach.extent is not Extent.ALL:
        theirs = select(Application.candidate_id).where(applications_within(reach))
        query = query.where(Candidate.id.in_(theirs))
    return [
        Namesake(id_, name_of(first, last), address)
        for id_, first, last, address in session.execute(query)
    ]


def _bids(session: Session, reach: Reach, candidate_id: str) -> list[Bid]:
    owner, manager = aliased(User), aliased(User)
    found = session.execute(
        select(Application, Job.title, owner.name, manager.name, Decision.decided_at)
        .join(Job, Job.id == Application.job_id)
        .outerjoin(owner, owner.id == Application.owner_id)
        .outerjoin(manager, manager.id == Application.waiting_on_id)
        .outerjoin(
            Decision,
            (Decision.application_id == Application.id) & Decision.withdrawn_at.is_(None),
        )
        .where(Application.candidate_id == candidate_id, applications_within(reach))
        .order_by(Application.applied_at.desc(), Application.id)
    )
    return [
        Bid(
            application_id=row.id,
            version=row.version,
            job_id=row.job_id,
            job_title=title,
            stage=row.stage,
            ats_stage=row.ats_stage,
            owner_id=row.owner_id,
            owner=owner_name,
            waiting_on_id=row.waiting_on_id,
            waiting_on=manager_name,
            applied_at=row.applied_at,
            last_contact_at=row.last_contact_at,
            decided_at=decided_at,
            deleted=row.deleted_at is not None,
        )
        for row, title, owner_name, manager_name, decided_at in found
    ]


def _addresses(
    session: Session, candidate_id: str, application_ids: Sequence[str]
) -> tuple[Address, ...]:
    last: dict[str, tuple[str, datetime]] = {}
    for address, state, at in session.execute(
        select(Message.to_address, Message.state, Message.created_at)
        .where(Message.application_id.in_(application_ids))
        .order_by(Message.created_at.desc())
        .limit(ADDRESS_LETTERS)
    ):
        last.setdefault(address.casefold(), (state, at))
    found = session.scalars(
        select(CandidateEmail)
        .where(CandidateEmail.candidate_id == candidate_id)
        .order_by(CandidateEmail.position)
    )
    return tuple(
        Address(
            row.address,
            (row.suppressed_reason or to_say("mail to it does not arrive"))
            if row.suppressed_at
            else None,
            *last.get(row.address_key, ("", None)),
        )
        for row in found
    )
