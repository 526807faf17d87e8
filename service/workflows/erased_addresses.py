"""Remembers whose data was erased, without their addresses: no sheet makes them again, and no other
ATS with what they had applied for until then.

What is kept is a keyed digest of each address, which tells nothing to whoever lacks the key.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime

from sqlalchemy import ColumnElement, select

from service.db import in_chunks
from service.models import Candidate, ErasedAddress
from service.workflows.last_erasure import erased_by_rule
from service.workflows.work import Work

CHUNK = 500


def remember_erased(work: Work, addresses: Iterable[str], at: datetime) -> None:
    """Remember these addresses as erased at this instant; of two erasures the later one counts."""
    for key in sorted({address.casefold() for address in addresses}):
        digests = work.office.box.digests(key)
        known = select(ErasedAddress).where(ErasedAddress.digest.in_(digests))
        rows = work.session.scalars(known).all()
        for row in rows:
            row.erased_at = max(row.erased_at, at)
        if not rows:
            work.session.add(ErasedAddress(digest=digests[0], erased_at=at))
            # Two spellings of one address are one, and so are two people with it.
            work.session.flush()


def emptied_among(work: Work, keys: Collection[str]) -> dict[str, datetime]:
    """Return those of these folded addresses whose person a rule erased last, with the instant."""
    by_digest = {digest: key for key in keys for digest in work.office.box.digests(key)}
    at_of: dict[str, datetime] = {}
    for chunk in in_chunks(sorted(by_digest), CHUNK):
        known = select(ErasedAddress).where(ErasedAddress.digest.in_(chunk))
        for row in work.session.scalars(known):
            key = by_digest[row.digest]
            at_of[key] = max(row.erased_at, at_of.get(key, row.erased_at))
    bearers: dict[datetime, set[str]] = {}
    for instants in in_chunks(sorted(set(at_of.values())), CHUNK):
        bearer = select(Candidate.id, Candidate.erased_at)
        for id_, at in work.session.execute(bearer.where(*_erased_at(instants))):
            if at is not None:
                bearers.setdefault(at, set()).add(id_)
    by_rule = erased_by_rule(work.session, {id_ for ids in bearers.values() for id_ in ids})
    return {
        key: at for key, at in at_of.items() if bearers.get(at) and bearers[at] <= by_rule.keys()
    }


def erased_among(work: Work, keys: Collection[str]) -> set[str]:
    """Return which of these folded addresses belonged to people who were erased."""
    anybody: bool | None = work.known.get("anybody erased")
    if anybody is None:
        first = work.session.scalars(select(ErasedAddress.digest).limit(1)).first()
        anybody = first is not None
    if not anybody or not keys:
        return set()
    work.known["anybody erased"] = True
    found: set[str] = set()
    for chunk in in_chunks(sorted(keys), CHUNK):
        by_digest = {digest: key for key in chunk for digest in work.office.box.digests(key)}
        known = select(ErasedAddress.digest).where(ErasedAddress.digest.in_(by_digest))
        found |= {by_digest[digest] for digest in work.session.scalars(known)}
    return found


def erased_bearer(
    work: Work, addresses: Iterable[str], applied_at: datetime | None
) -> Candidate | None:
    """Return the empty record of somebody who had one of these addresses and asked to be erased
    after ``applied_at``, if anybody did.

    What they applied for later they did of their own will; of what does not say when, nothing is
    known.
    """
    box = work.office.box
    digests = {digest for each in addresses for digest in box.digests(each.strip().casefold())}
    if not digests or applied_at is None:
        return None
    asked = work.session.scalars(
        select(ErasedAddress.erased_at).where(
            ErasedAddress.digest.in_(sorted(digests)), ErasedAddress.erased_at >= applied_at
        )
    ).all()
    if not asked:
        return None
    bearers = select(Candidate).where(*_erased_at(asked)).order_by(Candidate.id)
    found = work.session.scalars(bearers).all()
    by_rule = erased_by_rule(work.session, [each.id for each in found])
    return next((each for each in found if each.id not in by_rule), None)


def _erased_at(instants: Collection[datetime]) -> Iterator[ColumnElement[bool]]:
    """Yield what tells who had an address: a digest names nobody, but whoever was erased at that
    very instant had it.
    """
    yield Candidate.erased_at.in_(instants)
    yield Candidate.merged_into_id.is_(None)
