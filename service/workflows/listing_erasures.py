"""Writes each erasure on the list beside the database, once it is committed.

Nobody stands there whose erasure was taken back: that line would erase them one day. What a crash
or a full disk kept from the list is added at the next start: the database knows whom it erased.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import event, select
from sqlalchemy.orm import Session, SessionTransaction

from service.db import in_chunks
from service.models import Candidate, CandidateSource, ErasedAddress
from service.secret_box import SecretBox
from service.workflows.erasure_list import ErasedPerson, ErasureList, Erasures
from service.workflows.last_erasure import last_erasures
from service.workflows.work import Work

logger = logging.getLogger("keepword.erasures")

_NOTED = "erasures to be listed"
_CHUNK = 500


@dataclass(frozen=True)
class _Note:
    """An erasure of a transaction under way, and the savepoints that it stands or falls with."""

    kept: ErasureList
    erasures: Erasures
    savepoints: tuple[SessionTransaction, ...]


def note_erasure(
    work: Work, candidate: Candidate, addresses: Iterable[str], after_days: int | None = None
) -> None:
    """Let an erasure be listed when the caller commits it; ``after_days`` where a rule did it."""
    kept, session, box = work.office.erasures, work.session, work.office.box
    if kept is None or candidate.erased_at is None:
        return
    names = _names_of(session, box, [candidate.id]).get(candidate.id, ())
    person = ErasedPerson(candidate.id, candidate.erased_at, tuple(names), after_days)
    digests = {box.digests(address.casefold())[0]: candidate.erased_at for address in addresses}
    if _NOTED not in session.info:
        event.listen(session, "after_commit", _write)
        event.listen(session, "after_soft_rollback", _forget_savepoint)
        event.listen(session, "after_transaction_end", _forget_all)
    session.info.setdefault(_NOTED, []).append(
        _Note(kept, Erasures({person.id: person}, digests), _savepoints(session))
    )


def known_erasures(session: Session, box: SecretBox, listed: Erasures) -> Erasures:
    """Return everybody whom the database knows as erased; names only of those not ``listed``.

    The story of a merged record went over to the one that stayed.
    """
    found = Erasures()
    columns = (Candidate.id, Candidate.erased_at, Candidate.merged_into_id)
    at_of: dict[str, datetime] = {}
    into: dict[str, str] = {}
    for id_, at, stays in session.execute(select(*columns).where(Candidate.erased_at.is_not(None))):
        if at is not None:
            at_of[id_] = at
        if stays is not None:
            into[id_] = stays
    told = last_erasures(session, at_of)
    for id_, at in at_of.items():
        whole = id_
        while whole in into:
            whole = into[whole]
        # A record that only the list made has no story: there the list knows better.
        there = listed.people.get(id_)
        days = told.get(whole, there.after_days if there is not None else None)
        found.people[id_] = ErasedPerson(id_, at, after_days=days)
    for chunk in in_chunks(sorted(found.people.keys() - listed.people.keys()), _CHUNK):
        names = _names_of(session, box, chunk)
        for id_ in chunk:
            found.people[id_] = replace(found.people[id_], known_as=tuple(names.get(id_, ())))
    for digest, at in session.execute(select(ErasedAddress.digest, ErasedAddress.erased_at)):
        found.addresses[digest] = at
    return found


def _names_of(
    session: Session, box: SecretBox, ids: Collection[str]
) -> dict[str, list[tuple[str, str]]]:
    """Return what the connections call each of these people, by their ids; sealed."""
    found: dict[str, list[tuple[str, str]]] = {}
    source = CandidateSource
    for candidate_id, connection_id, external_id in session.execute(
        select(source.candidate_id, source.connection_id, source.external_id).where(
            source.candidate_id.in_(ids)
        )
    ):
        found.setdefault(candidate_id, []).append((connection_id, box.seal(external_id)))
    return found


def _savepoints(session: Session) -> tuple[SessionTransaction, ...]:
    inner, found = session.get_nested_transaction(), []
    while inner is not None:
        if inner.nested:
            found.append(inner)
        inner = inner.parent
    return tuple(found)


def _write(session: Session) -> None:
    if session.in_nested_transaction():
        # A savepoint: what it holds may still be taken back.
        return
    notes: list[_Note] = session.info[_NOTED]
    for note in notes:
        try:
            note.kept.add(note.erasures)
        except OSError as error:
            # It is committed, and listed at the next start: whoever asked for it is not refused.
            logger.error(
                "an erasure could not be written to the list of erasures (%s); it is added at the "
                "next start",
                type(error).__name__,
            )
    notes.clear()


def _forget_savepoint(session: Session, ended: SessionTransaction) -> None:
    notes: list[_Note] = session.info[_NOTED]
    notes[:] = [note for note in notes if ended not in note.savepoints]


def _forget_all(session: Session, ended: SessionTransaction) -> None:
    if ended.parent is None:
        session.info[_NOTED].clear()
