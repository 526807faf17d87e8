"""Reads Ashby's lists of applications, jobs and interview schedules for what changed.

Documented (developers.ashbyhq.com, "Pagination and Incremental Synchronization"): ``limit`` up to
100, ``moreDataAvailable`` with ``nextCursor``, ``createdAfter`` in milliseconds, and on the last
page a ``syncToken``, which the next reading gives back to be told only what changed since. A token
ends by itself, and is refused too where it would lead through too many pages
(``sync_token_expired``, ``incremental_sync_too_large``): then whoever reads begins without it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta

from service.ats.ashby_api import call, error_code
from service.ats.asking import MARK, Answer, Ask, Found, Listing
from service.ats.base import body_identity
from service.ats.json_list import as_record
from service.ats.pages import cursor_in, goes_on, records_in
from service.ats.payload import CLOCK_SKEW, JsonObject, PayloadError

PAGE = 100
"""Ashby's largest page."""

LOOK_BACK = timedelta(days=400)
"""How old an application may be and still be read again for changes, where there is no token.

Without one, Ashby's lists cannot be asked for what was *changed* since an instant, only for what
was *created* since.
"""

LISTS: Mapping[str, tuple[str, bool]] = {
    "/application.list": ("application", True),
    "/job.list": ("job", False),
    "/interviewSchedule.list": ("interviewSchedule", True),
}
"""The lists that are read: what they hold, and whether they take ``createdAfter``."""

_TOKEN = "syncToken"  # noqa: S105 - the name of a parameter
_LONGEST_TOKEN = 1_500


class AshbyPoller:
    """A list whose last reading left a token is read from there, any other from its beginning."""

    def first(self, since: datetime, settings: Mapping[str, str]) -> tuple[Ask, ...]:
        """The first page of each list."""
        return tuple(
            call(path.removeprefix("/"), {"limit": PAGE, **_from(path, since, settings)})
            for path in LISTS
        )

    def read(self, ask: Ask, answer: Answer, since: datetime) -> Listing:
        """One page: what was changed since, or says not when, or is listed after a token."""
        if ask.path not in LISTS:
            raise PayloadError("", "nobody asked for this list")
        code = error_code(answer)
        if code is not None:
            raise PayloadError("", f"Ashby answered {ask.path} with {code}")
        page = answer.object()
        kind, _ = LISTS[ask.path]
        asked = json.loads(ask.json or "{}")
        found = tuple(
            _found(kind, each)
            for each in records_in(page, "results")
            if _TOKEN in asked or _is_news(each, since)
        )
        more, cursor = goes_on(page, "moreDataAvailable"), cursor_in(page, "nextCursor")
        if not more:
            return Listing(found, marks=_marks(kind, page))
        if cursor is None:
            raise PayloadError("/nextCursor", "is missing, and there is more")
        if asked.get("cursor") == cursor:
            raise PayloadError("/nextCursor", "leads to the page it stands on")
        return Listing(found, call(ask.path.removeprefix("/"), {**asked, "cursor": cursor}))


def _from(path: str, since: datetime, settings: Mapping[str, str]) -> dict[str, object]:
    kind, by_creation = LISTS[path]
    token = settings.get(f"{MARK}{kind}")
    if token:
        return {_TOKEN: token}
    if not by_creation:
        return {}
    return {"createdAfter": int((since - LOOK_BACK).timestamp() * 1000)}


def _marks(kind: str, page: JsonObject) -> dict[str, str]:
    """The token for the next reading; one that is none costs a longer reading, and nothing else."""
    token = page.members.get(_TOKEN)
    if not isinstance(token, str) or not 0 < len(token) <= _LONGEST_TOKEN:
        return {}
    return {kind: token}


def _is_news(record: JsonObject, since: datetime) -> bool:
    changed_at = record.instant("updatedAt")
    return changed_at is None or changed_at >= since - CLOCK_SKEW


def _found(kind: str, record: JsonObject) -> Found:
    body = as_record(record)
    changed_at = record.instant("updatedAt")
    moment = changed_at.isoformat() if changed_at else "undated"
    id_ = record.id("id") or "unnamed"
    return Found(kind, body_identity(body, f"{kind}/{id_}/{moment}"), body)
