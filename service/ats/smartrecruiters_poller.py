"""Asks SmartRecruiters which candidates and jobs changed since an instant.

A record is named by its id and the time it changed, so that reading a page again finds nothing new.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from service.ats.asking import Answer, Ask, Found, Listing
from service.ats.base import body_identity
from service.ats.json_list import as_record
from service.ats.pages import cursor_in, instant_text, next_by, records_in
from service.ats.payload import JsonObject, PayloadError

CANDIDATE = "candidate"
JOB = "job"
PAGE = 100
"""The most that a page may hold (the documentation, "Search candidates")."""

_LISTS = {"/candidates": CANDIDATE, "/jobs": JOB}
_NEXT = "pageId"


class SmartRecruitersPoller:
    """``GET /candidates`` and ``GET /jobs`` with ``updatedAfter``.

    The next page is named by ``nextPageId``, or, where a list still counts, by ``offset``.
    Candidates without an application are not listed; a deletion is in no list, so only its event
    tells of it.
    """

    def first(
        self,
        since: datetime,
        settings: Mapping[str, str],  # noqa: ARG002 - the protocol's
    ) -> tuple[Ask, ...]:
        """Both lists from their start."""
        query = (("limit", str(PAGE)), ("updatedAfter", instant_text(since)))
        return tuple(Ask(where, query) for where in _LISTS)

    def read(
        self,
        ask: Ask,
        answer: Answer,
        since: datetime,  # noqa: ARG002 - the protocol's; the list is filtered there
    ) -> Listing:
        """One page of either list."""
        kind = _LISTS.get(ask.path)
        if kind is None:
            raise PayloadError("", f"nothing is listed at {ask.path[:60]!r}")
        page = answer.object()
        found = tuple(_found(kind, record) for record in records_in(page, "content"))
        return Listing(found, _next(ask, page, len(found)))


def _found(kind: str, record: JsonObject) -> Found:
    text = as_record(record)
    changed = record.text("updatedOn") or record.text("lastActivityOn") or body_identity(text)
    return Found(kind, f"{record.required_id('id')}:{changed}"[:200], text)


def _next(ask: Ask, page: JsonObject, count: int) -> Ask | None:
    following = cursor_in(page, "nextPageId")
    if following is not None:
        return next_by(ask, _NEXT, following)
    total = page.members.get("totalFound")
    if page.has("nextPageId") or total is None or _NEXT in dict(ask.query):
        return None
    if isinstance(total, bool) or not isinstance(total, int):
        raise PayloadError("/totalFound", "expected a number")
    offset = int(dict(ask.query).get("offset", "0")) + count
    if count == 0 or offset >= total:
        return None
    return next_by(ask, "offset", str(offset))
