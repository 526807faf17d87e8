"""Asks Harvest v3 what changed: applications, candidates, interviews, offers and jobs.

Documented: every list takes ``updated_at`` with operators (``gte|…|lte|…``), ``per_page`` up to
500, and goes on where the ``Link`` header's ``rel="next"`` leads. What was deleted is in no list:
only the webhooks tell of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from service.ats.asking import Answer, Ask, Listing
from service.ats.json_list import objects_of
from service.ats.pages import found_in
from service.ats.payload import PayloadError
from service.ats.request_parts import next_page

_PREFIX = "/v3"
_NEXT = re.compile(r'<([^<>]{1,4000})>\s*;\s*rel="?next"?')
# The reference's own request builder gives both ends; a lower one alone is shown in no example of
# it. Nothing is updated this long after it is asked for.
_HORIZON = timedelta(days=3650)

KINDS: dict[str, str] = {
    "/jobs": "job",
    "/candidates": "candidate",
    "/applications": "application",
    "/interviews": "interview",
    "/offers": "offer",
}
"""The lists, in the order in which their records are best worked in, and what each is found as."""


class GreenhousePoller:
    """The lists of Harvest v3."""

    def first(
        self,
        since: datetime,
        settings: Mapping[str, str],  # noqa: ARG002 - the protocol's
    ) -> tuple[Ask, ...]:
        """The first page of each list, as large as they come."""
        window = f"gte|{_instant(since)}|lte|{_instant(since + _HORIZON)}"
        query = (("updated_at", window), ("per_page", "500"))
        return tuple(Ask(path, query) for path in KINDS)

    def read(
        self,
        ask: Ask,
        answer: Answer,
        since: datetime,  # noqa: ARG002 - the protocol's; the cursor remembers it
    ) -> Listing:
        """One page, and where its ``Link`` header leads. Raises ``PayloadError``."""
        kind = KINDS.get(ask.path)
        if kind is None:
            raise PayloadError("", "nobody asked for this list")
        return Listing(
            found_in(kind, objects_of(answer)), _next(ask, answer.headers.get("link", ""))
        )


def _next(ask: Ask, header: str) -> Ask | None:
    """The page after this one. What cannot be understood never counts as the end of a list."""
    if "next" not in header:
        return None
    link = _NEXT.search(header)
    page = next_page(link[1], _PREFIX) if link else None
    if page is None or page.path != ask.path:
        raise PayloadError("", "the Link header leads to no further page of this list")
    return page


def _instant(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
