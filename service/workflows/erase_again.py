"""Erases again whom a backup brought back, by the list that is kept beside the database.

Until that is done a restored database is not worked on: the mark of an unfinished restore is set
in the transaction that stores the rows, and taken away once everybody on the list is erased here
too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.clock import Clock
from service.db import in_chunks
from service.models import (
    Application,
    Candidate,
    CandidateSource,
    Connection,
    ErasedAddress,
    Heartbeat,
    TimelineEntry,
)
from service.secret_box import SealedSecretError
from service.workflows.applied_again import keep_apart
from service.workflows.channel import pause_channel
from service.workflows.erase import erase_candidate
from service.workflows.erasure_list import ErasedPerson, Erasures
from service.workflows.legal_hold import SET
from service.workflows.listing_erasures import known_erasures
from service.workflows.people import resolve, whom_it_became
from service.workflows.work import Office, Work

UNFINISHED = "restore:unfinished"
"""The heartbeat that marks a restored database until its erasures are applied."""

_CHUNK = 500
_WHY = "erased before, and brought back by a backup"
_OLDER = (
    "somebody on the list of erasures is in the database. If it was put back from a backup, run "
    "“keepword db erasures”, see that no other Keepword sends from the same data, and look through "
    "the outbox; if the list is of another database, give this one its own by KEEPWORD_ERASURES. "
    "Then resume"
)


@dataclass(frozen=True)
class Again:
    """What was done: ``people`` erased again, ``listed`` new on the list, and who is on it now.

    ``here`` are on the list and in the database, and were left alone because nobody asked.
    ``listed_before`` is ``None`` where there was no list.
    """

    people: int = 0
    here: int = 0
    listed: int = 0
    listed_before: int | None = None
    last_at: datetime | None = None
    damaged: int = 0


def is_unfinished(session: Session) -> bool:
    """Tell whether a restore was broken off before its erasures were applied."""
    return session.get(Heartbeat, UNFINISHED) is not None


def agree_on_erasures(
    session: Session, clock: Clock, office: Office, *, asked: bool = False
) -> Again:
    """Let the database and the list know the same erasures; commit person by person.

    Whoever stands on the list and is here is erased again after a restore, or where somebody
    ``asked`` for it; who is not here leaves a tombstone. Otherwise mail is paused and nobody
    touched: the database may have been put back, or the list may be that of a copy somebody tried
    things on, and an erasure cannot be taken back. May be broken off anywhere and repeated. Raises
    ``OSError`` where the list cannot be read or written.
    """
    kept = office.erasures
    read = kept.read() if kept is not None else None
    listed = read or Erasures()
    mark = session.get(Heartbeat, UNFINISHED)
    known = known_erasures(session, office.box, listed)
    missing = listed.but(known)
    here = _here(session, missing)
    again = 0
    if here and mark is None:
        pause_channel(session, clock.now(), _OLDER, by_provider=False)
        session.commit()
    # Who asks means everybody listed: an ATS may have brought somebody back under a new id.
    if mark is not None or asked:
        # They are on the list already.
        quiet = replace(office, erasures=None)
        # In their order: of two who bore one name the later is the one whose end counts.
        for person in sorted(missing.people.values(), key=lambda each: each.erased_at):
            again += _erase(Work(session, clock.now(), quiet, source="erasures"), person)
            session.commit()
        for digest, at in missing.addresses.items():
            # Whoever was erased just now has left theirs.
            if session.get(ErasedAddress, digest) is None:
                session.add(ErasedAddress(digest=digest, erased_at=at))
    new = known.but(listed)
    if kept is not None:
        kept.add(new)
    if mark is not None:
        session.delete(mark)
    session.commit()
    return Again(
        people=again,
        here=0 if asked or mark is not None else here,
        listed=len(new.people),
        listed_before=None if read is None else len(read.people),
        last_at=max((each.erased_at for each in listed.people.values()), default=None),
        damaged=listed.damaged,
    )


def _here(session: Session, missing: Erasures) -> int:
    """Count those on the list who are in the database unerased, and that by nobody's will."""
    return sum(
        not _held_since(session, candidate, missing.people[candidate.id].erased_at)
        for chunk in in_chunks(sorted(missing.people), _CHUNK)
        for candidate in session.scalars(
            select(Candidate).where(Candidate.id.in_(chunk), Candidate.erased_at.is_(None))
        )
    )


def _erase(work: Work, person: ErasedPerson) -> int:
    """Erase one person, and whoever bears their names at an ATS; else leave a tombstone."""
    session, count = work.session, 0
    candidate = session.get(Candidate, person.id, with_for_update={"key_share": True})
    if candidate is None:
        candidate = Candidate(
            id=person.id, created_at=work.now, can_email=False, erased_at=person.erased_at
        )
        session.add(candidate)
        session.flush()
    elif candidate.erased_at is not None:
        # A rule had emptied the record by the backup, and somebody asked for it after that.
        erase_candidate(work, candidate, _WHY, after_days=person.after_days)
    elif not _held_since(session, candidate, person.erased_at):
        if person.after_days is not None:
            keep_apart(work, candidate, person.erased_at)
        count += _erase_as_before(work, candidate, person)
    for connection_id, sealed in person.known_as:
        count += _close(work, person, connection_id, sealed)
    return count


def _close(work: Work, person: ErasedPerson, connection_id: str, sealed: str) -> int:
    """See that nobody comes back under a name at an ATS; return how many it brought back.

    Whoever applied under it after the erasure came of their own will, and stays.
    """
    session = work.session
    if session.get(Connection, connection_id) is None:
        return 0
    try:
        external_id = work.office.box.open(sealed)
    except SealedSecretError:
        # Under a key that is lost: the person is known by our own id all the same.
        return 0
    source = session.scalars(
        select(CandidateSource).where(
            CandidateSource.connection_id == connection_id,
            CandidateSource.external_id == external_id,
        )
    ).one_or_none()
    if source is None:
        session.add(
            CandidateSource(
                candidate_id=person.id,
                connection_id=connection_id,
                external_id=external_id,
                facts_at=work.now,
            )
        )
        return 0
    bearer = resolve(work, source.candidate_id)
    if bearer.erased_at is not None and bearer.erased_at < person.erased_at:
        # Who had applied again, and was erased too: of the two the later erasure counts.
        source.candidate_id = person.id
    if bearer.erased_at is not None or _applied_since(session, bearer, person.erased_at):
        return 0
    if _held_since(session, bearer, person.erased_at):
        return 0
    return _erase_as_before(work, bearer, person)


def _erase_as_before(work: Work, candidate: Candidate, person: ErasedPerson) -> int:
    """Erase by whom and when they were erased: who applied again after that may not be too late."""
    days, at = person.after_days, person.erased_at
    erase_candidate(work, candidate, _WHY, after_days=days, at=at, despite_hold=True)
    return 1


def _held_since(session: Session, candidate: Candidate, at: datetime) -> bool:
    """Tell whether somebody put them on legal hold after their erasure, knowing that they are back.

    A hold of before was lifted for it, or they would not have been erased: a backup brought it too.
    What holds a person holds every record that became theirs.
    """
    candidate = whom_it_became(session, candidate)
    if candidate.held_at is None or candidate.held_at > at:
        return candidate.held_at is not None
    # A hold that a merge joined to an older one stands since that one.
    set_since = (
        select(TimelineEntry.seq)
        .join(Application, Application.id == TimelineEntry.application_id)
        .where(
            Application.candidate_id == candidate.id,
            TimelineEntry.kind == SET,
            TimelineEntry.recorded_at > at,
        )
    )
    return session.scalars(set_since.limit(1)).first() is not None


def _applied_since(session: Session, candidate: Candidate, at: datetime) -> bool:
    since = select(Application.id).where(
        Application.candidate_id == candidate.id, Application.applied_at > at
    )
    return session.scalars(since.limit(1)).first() is not None
