"""Applies what a source says of persons: new facts, a merge, an erasure."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from service.domain.changes import CandidateErased, CandidatesMerged, CandidateUpdated
from service.models import Application, Candidate, CandidateSource, Connection
from service.workflows.applications import reassign
from service.workflows.erase import erase_candidate
from service.workflows.listing_erasures import note_erasure
from service.workflows.people import (
    find_source,
    lock_person,
    resolve,
    set_emails,
    set_phones,
    take_facts,
    user_of,
)
from service.workflows.timeline import record
from service.workflows.work import Work


def apply_person(
    work: Work,
    connection: Connection,
    change: CandidateUpdated | CandidateErased | CandidatesMerged,
    received_at: datetime,
) -> tuple[Candidate | None, list[str]]:
    """Apply one change; return the person concerned and what could not be done, in words."""
    match change:
        case CandidateUpdated():
            return _update(work, connection, change)
        case CandidateErased():
            return _erase(work, connection, change, received_at)
        case CandidatesMerged():
            return _merge(work, connection, change)


def _update(
    work: Work, connection: Connection, change: CandidateUpdated
) -> tuple[Candidate | None, list[str]]:
    source = find_source(work, connection, change.candidate.external_id)
    if source is None:
        # Without an application nothing is owed to anybody, so nobody is made.
        return None, ["it speaks of a person without an application here"]
    # An erasure at this very moment ends before or begins after.
    candidate = lock_person(work, resolve(work, source.candidate_id))
    if candidate.erased_at is not None:
        return candidate, ["the person was erased, so nothing was changed"]
    # Somebody else may have told more of them while we waited.
    work.session.refresh(source)
    if source.facts_at is None or change.at is None or change.at >= source.facts_at:
        take_facts(work, candidate, change.candidate)
        source.facts_at = change.at or source.facts_at
    owner = user_of(work, change.owner)
    if owner is not None:
        nobodys = (
            select(Application)
            .where(Application.candidate_id == candidate.id, Application.owner_id.is_(None))
            .order_by(Application.id)
        )
        for application in work.session.scalars(nobodys.with_for_update(key_share=True)).all():
            reassign(work, application, owner.id)
    return candidate, []


def _erase(
    work: Work, connection: Connection, change: CandidateErased, received_at: datetime
) -> tuple[Candidate | None, list[str]]:
    source = find_source(work, connection, change.external_id)
    if source is None:
        # The tombstone comes first, so that an event still on its way makes nobody.
        candidate = Candidate(created_at=work.now, can_email=False, erased_at=work.now)
        work.session.add(candidate)
        work.session.flush()
        work.session.add(
            CandidateSource(
                candidate_id=candidate.id,
                connection_id=connection.id,
                external_id=change.external_id,
                facts_at=change.at or received_at,
            )
        )
        work.session.flush()
        note_erasure(work, candidate, ())
        return candidate, ["nothing was known of this person; it stays so"]
    candidate = resolve(work, source.candidate_id)
    if source.merged_away:
        # Sources remove the empty rest of a merge; the person goes on under the other record.
        return candidate, ["the record was merged into another before, so nobody was erased"]
    erase_candidate(work, candidate, "the person's data was erased in the ATS")
    return candidate, []


def _merge(
    work: Work, connection: Connection, change: CandidatesMerged
) -> tuple[Candidate | None, list[str]]:
    if change.external_id == change.into:
        return None, ["it merges a person into themselves, so nothing was done"]
    gone = find_source(work, connection, change.external_id)
    stays = find_source(work, connection, change.into)
    if gone is None or stays is None:
        known = gone or stays
        if known is None:
            # Whoever of them is spoken of later is the same person: kept as one without a name.
            nobody = Candidate(created_at=work.now, can_email=True)
            work.session.add(nobody)
            work.session.flush()
        # From now on the id that is unknown leads to the person we have.
        candidate_id = nobody.id if known is None else known.candidate_id
        made = [
            CandidateSource(
                candidate_id=candidate_id,
                connection_id=connection.id,
                external_id=external_id,
                merged_away=external_id == change.external_id,
            )
            for external_id, found in ((change.external_id, gone), (change.into, stays))
            if found is None
        ]
        work.session.add_all(made)
        if gone is not None:
            gone.merged_away = True
        work.session.flush()
        return resolve(work, candidate_id), []
    gone.merged_away = True
    old, new = _taken_hold_of(work, gone, stays)
    if old.id == new.id:
        return new, []
    _move_everything(work, old, new)
    return new, []


def _taken_hold_of(
    work: Work, gone: CandidateSource, stays: CandidateSource
) -> tuple[Candidate, Candidate]:
    """Return two persons as they are now, with their rows locked: an erasure of one of them ends
    before anything of the other's becomes theirs, or begins after.
    """
    held: set[str] = set()
    while True:
        old, new = resolve(work, gone.candidate_id), resolve(work, stays.candidate_id)
        missing = {old.id, new.id} - held
        if not missing:
            return old, new
        # In one order, whoever merges them and which way round.
        for candidate_id in sorted(missing):
            held |= {
                candidate_id,
                lock_person(work, work.session.get_one(Candidate, candidate_id)).id,
            }


def _move_everything(work: Work, old: Candidate, new: Candidate) -> None:
    if new.erased_at is not None:
        erase_candidate(work, old, "merged into a person whose data was erased")
    for application in work.session.scalars(
        select(Application).where(Application.candidate_id == old.id)
    ):
        application.candidate = new
        record(work, application.id, "candidates_merged", into=new.id)
    if new.erased_at is None:
        addresses = [email.address for email in [*new.emails, *old.emails]]
        suppressed = {
            email.address_key: email for email in old.emails if email.suppressed_at is not None
        }
        if old.erased_at is None:
            new.can_email = new.can_email and old.can_email
        new.first_name = new.first_name or old.first_name
        new.last_name = new.last_name or old.last_name
        set_emails(work, new, tuple(addresses))
        set_phones(work, new, tuple(phone.number for phone in [*new.phones, *old.phones]))
        for email in new.emails:
            known = suppressed.get(email.address_key)
            if known is not None:
                email.suppressed_at = known.suppressed_at
                email.suppressed_reason = known.suppressed_reason
    old.merged_into_id = new.id
    work.session.flush()
