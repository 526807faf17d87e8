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
        if not page.has("data"):
            page.fail("data", "is missing")
        found = tuple(_found(kind, each) for each in page.children("data") or ())
        offset = page.text("next") if page.flag("hasNext") else None
        if offset is None:
            return Listing(found)
        rest = tuple(pair for pair in ask.query if pair[0] != "offset")
        following = Ask(ask.path, (*rest, ("offset", offset)))
        if following == ask:
            raise PayloadError("/next", "leads to the page it stands on")
        return Listing(found, following)


def _found(kind: str, record: JsonObject) -> Found:
    """Not every change moves ``updatedAt`` (consent that runs out), so the content counts too."""
    body = as_record(record)
    changed_at = read.instant(record, "updatedAt") or read.instant(record, "deletedAt")
    moment = changed_at.isoformat() if changed_at else "undated"
    return Found(kind, body_identity(body, f"{kind}/{record.id('id')}/{moment}"), body)
