"""Remembers whose data was erased, without their addresses: no sheet makes them again.

What is kept is a keyed digest of each address, which tells nothing to whoever lacks the key.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import select

from service.db import in_chunks
from service.models import ErasedAddress
from service.workflows.work import Work

CHUNK = 500


def remember_erased(work: Work, addresses: Iterable[str]) -> None:
    """Remember these addresses as erased; harmless for those that are."""
    keys = {address.casefold() for address in addresses}
    digests = {work.office.box.digests(key)[0] for key in keys - erased_among(work, keys)}
    work.session.add_all(
        ErasedAddress(digest=digest, erased_at=work.now) for digest in sorted(digests)
    )


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
