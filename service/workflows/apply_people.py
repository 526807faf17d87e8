"""Applies what a source says of persons: new facts, a merge, an erasure."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from service.domain.changes import CandidateErased, CandidatesMerged, CandidateUpdated
from service.models import Application, Candidate, CandidateSource, Connection
from service.workflows.applications import reassign
from service.workflows.applied_again import name_anew
from service.workflows.erase import erase_candidate
from service.workflows.last_erasure import erased_by_rule
from service.workflows.legal_hold import keep_back
from service.workflows.listing_erasures import note_erasure
from service.workflows.merging import move_everything, take_hold_of_both
from service.workflows.people import (
    find_source,
    lock_named,
    resolve,
    take_facts,
    told_beside,
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
    candidate = lock_named(work, source)
    if candidate.erased_at is not None:
        return candidate, ["the person was erased, so nothing was changed"]
    if source.facts_at is None or change.at is None or change.at >= source.facts_at:
        told = told_beside(work, source, candidate, change.candidate)
        take_facts(work, candidate, told, source)
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
    if source.merged_away:
        # Sources remove the empty rest of a merge; the person goes on under the other record.
        candidate = resolve(work, source.candidate_id)
        return candidate, ["the record was merged into another before, so nobody was erased"]
    # Of a hold and this at the same moment the second finds what the first did.
    candidate = lock_named(work, source)
    if candidate.held_at is not None:
        return candidate, [keep_back(work, candidate)]
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
    old, new = _taken_hold_of(work, gone, stays)
    if old.id != new.id and new.erased_at is not None and old.erased_at is None:
        if erased_by_rule(work.session, [new.id]):
            # Time emptied that record, and nobody else's: who is there goes on under its name.
            gone.merged_away = True
            name_anew(work, connection, new, old)
            for application_id in work.session.scalars(
                select(Application.id).where(Application.candidate_id == old.id)
            ):
                record(work, application_id, "candidates_merged", into=old.id, anew_after=new.id)
            return old, []
        if old.held_at is not None:
            # To become part of an empty record would be to be erased.
            return old, [keep_back(work, old)]
    gone.merged_away = True
    if old.id != new.id:
        move_everything(work, old, new)
    return new, []


def _taken_hold_of(
    work: Work, gone: CandidateSource, stays: CandidateSource
) -> tuple[Candidate, Candidate]:
    """Return whom both ids name now, with their rows locked."""
    while True:
        old, new = take_hold_of_both(work, gone.candidate_id, stays.candidate_id)
        # They may have been made anew while we waited.
        for source in (gone, stays):
            work.session.refresh(source)
        named = [resolve(work, source.candidate_id).id for source in (gone, stays)]
        if named == [old.id, new.id]:
            return old, new
