"""Reads Lever's lists of what was updated and what was deleted since an instant.

Documented: ``updated_at_start`` and ``deleted_at_start`` in milliseconds, inclusive; ``next``
goes back as ``offset`` while ``hasNext`` is true. Postings take ``updated_at_start`` too; it is
the only way to hear that a job was closed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from service.ats import lever_payloads as read
from service.ats.asking import Answer, Ask, Found, Listing
from service.ats.base import body_identity
from service.ats.json_list import as_record
from service.ats.lever_api import EXPANDED, PAGE
from service.ats.pages import cursor_in, goes_on, next_by, records_in
from service.ats.payload import JsonObject, PayloadError

_KINDS = {
    "/opportunities": "opportunity",
    "/opportunities/deleted": "deletion",
    "/postings": "posting",
}


class LeverPoller:
    """Opportunities, deleted ones, and postings. Confidential ones are left out by Lever."""

    def first(
        self,
        since: datetime,
        settings: Mapping[str, str],  # noqa: ARG002 - the protocol's
    ) -> tuple[Ask, ...]:
        """The first page of each list."""
        start = str(int(since.timestamp() * 1000))
        people = (("expand", "owner"), ("expand", "hiringManager"))
        return (
            Ask("/opportunities", (("updated_at_start", start), *EXPANDED, ("limit", PAGE))),
            Ask("/opportunities/deleted", (("deleted_at_start", start), ("limit", PAGE))),
            Ask("/postings", (("updated_at_start", start), *people, ("limit", PAGE))),
        )

    def read(
        self,
        ask: Ask,
        answer: Answer,
        since: datetime,  # noqa: ARG002 - the protocol's; Lever has kept to it already
    ) -> Listing:
        """One page."""
        kind = _KINDS.get(ask.path)
        if kind is None:
            raise PayloadError("", "nobody asked for this list")
        page = answer.object()
        found = tuple(_found(kind, each) for each in records_in(page, "data"))
        more, offset = goes_on(page, "hasNext"), cursor_in(page, "next")
        if not more:
            return Listing(found)
        if offset is None:
            raise PayloadError("/next", "is missing, and there is more")
        return Listing(found, next_by(ask, "offset", offset))


def _found(kind: str, record: JsonObject) -> Found:
    """Not every change moves ``updatedAt`` (consent that runs out), so the content counts too."""
    body = as_record(record)
    changed_at = read.instant(record, "updatedAt") or read.instant(record, "deletedAt")
    moment = changed_at.isoformat() if changed_at else "undated"
    return Found(kind, body_identity(body, f"{kind}/{record.id('id')}/{moment}"), body)
