"""Recruitee's API: how it is reached, what is asked, what is polled and how notes are written.

Documented: ``https://api.recruitee.com/c/<company id>``, a personal token as bearer token,
``GET /candidates`` with ``limit`` and ``offset``, ``GET /candidates/:id``. Seen in public code:
``POST /candidates/:id/notes`` with ``note.body`` and ``note.visibility``. Not found: the pace
that is allowed; half of what is said of trial accounts is used.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from service.ats.asking import (
    Answer,
    Ask,
    Field,
    Found,
    KeyedApi,
    Listing,
    LogEntry,
    Rate,
    WriteBackDefaults,
)
from service.ats.base import body_identity
from service.ats.note_text import note_text
from service.ats.pages import records_in
from service.ats.payload import JsonObject, PayloadError
from service.ats.request_parts import base_address, header_value, path

PAGE = 500
"""How many candidates a page holds: about a megabyte."""

_OVERLAP = 5
"""How many of a page are read again with the next, for those deleted in between."""

_FURTHEST = 500_000
_NOT_IN_AN_ID = re.compile(r"[^A-Za-z0-9_-]")
_MOST_OF_A_NOTE = 10_000
"""From no source: a length that any note takes. A longer letter is cut, and says so."""

_TIMES = ("created_at", "updated_at", "last_activity_at", "disqualified_at", "hired_at")
_CANDIDATE = (
    "id", "name", "emails", "phones", "admin_id", "assigned_admins_ids", "updated_at",
)  # fmt: skip
_REFERRED = (("offer_id", "Offer"), ("stage_id", "Stage"))


def candidate_ask(candidate_id: str) -> Ask:
    """A candidate with all placements, as they stand now."""
    return Ask(path("candidates", candidate_id))


class RecruiteeApi(KeyedApi):
    """A company's API, asked with a personal token."""

    fields: tuple[Field, ...] = (
        Field(
            "company_id",
            "Company id",
            "Settings > Apps and plugins > Personal API tokens shows it above the tokens",
        ),
        Field(
            "api_token",
            "Personal API token",
            "Settings > Apps and plugins > Personal API tokens > New token; notes are written "
            "in the name of its owner, who must see all jobs",
            secret=True,
        ),
    )
    rate: Rate = Rate(50, timedelta(minutes=1))

    def base_url(self, settings: Mapping[str, str]) -> str:
        """The company's part of the API."""
        company = _NOT_IN_AN_ID.sub("", settings.get("company_id", "")) or "0"
        return base_address(settings, f"https://api.recruitee.com/c/{company}")

    def headers(
        self,
        settings: Mapping[str, str],
        token: str | None,  # noqa: ARG002 - the protocol's; the key itself is sent
    ) -> dict[str, str]:
        """The personal token as a bearer token."""
        token_text = header_value(settings.get("api_token", ""))
        return {"Authorization": f"Bearer {token_text}", "Accept": "application/json"}

    def proof(self) -> Ask:
        """One candidate: what polling needs."""
        return Ask("/candidates", (("limit", "1"),))


class RecruiteePoller:
    """Everybody, page by page, kept where a time in their record says that something changed.

    Recruitee's list cannot be asked for what changed since an instant. Its search can, but drops
    filters that it does not know without a word, and a candidate's ``updated_at`` stays as it was
    when a placement moves, so what it would leave out cannot be told. Hence the whole list, a
    request for each 500 candidates, and no trust in its order.
    """

    def first(
        self,
        since: datetime,  # noqa: ARG002 - the protocol's; the list takes no instant
        settings: Mapping[str, str],  # noqa: ARG002 - the protocol's; the list is the company's
    ) -> tuple[Ask, ...]:
        """The first page of all candidates."""
        return (_page(0),)

    def read(self, ask: Ask, answer: Answer, since: datetime) -> Listing:
        """Those of a page who changed, and the next page until there is nobody on it.

        A page that is not full is no end: how many Recruitee gives at most is not documented.
        """
        root = answer.object()
        candidates = records_in(root, "candidates")
        references = root.children("references") or ()
        found: dict[str, Found] = {}
        for candidate in candidates:
            if _changed(candidate, since):
                one = _found(candidate, references)
                found[one.identity] = one
        return Listing(tuple(found.values()), _next(ask, len(candidates)))


def _page(offset: int) -> Ask:
    return Ask("/candidates", (("limit", str(PAGE)), ("offset", str(offset))))


def _next(ask: Ask, read: int) -> Ask | None:
    if read == 0:
        return None
    offset = int(dict(ask.query).get("offset", "0"))
    if offset >= _FURTHEST:
        raise PayloadError("", f"the list of candidates does not end after {_FURTHEST} of them")
    # Few are the rest of a list: reading them again would go on for ever.
    return _page(offset + read - (_OVERLAP if read > 2 * _OVERLAP else 0))


def _changed(candidate: JsonObject, since: datetime) -> bool:
    """Whether a time in the record is as late as ``since``, or there is none to go by."""
    parts = [candidate, *(candidate.children("placements") or ())]
    times = [part.instant(name) for part in parts for name in _TIMES]
    known = [time for time in times if time is not None]
    return not known or max(known) >= since


def _found(candidate: JsonObject, references: tuple[JsonObject, ...]) -> Found:
    """One candidate with what their placements refer to, as ``GET /candidates/:id`` gives them.

    The record also tells of views, ratings and reminders, which change every day; only what is
    read here makes it another record.
    """
    placements = candidate.children("placements") or ()
    admins = [*candidate.ids("assigned_admins_ids"), candidate.id("admin_id")]
    wanted = {("Admin", each) for each in admins}
    wanted |= {(kind, each.id(name)) for each in placements for name, kind in _REFERRED}
    named = [
        each.members for each in references if (each.text("type") or "", each.id("id")) in wanted
    ]
    told = {name: candidate.members.get(name) for name in _CANDIDATE}
    told["placements"] = [each.members for each in placements]
    told["references"] = named
    record = {"candidate": candidate.members, "references": named}
    identity = body_identity(json.dumps(told, sort_keys=True).encode(), "candidate")
    return Found("candidate", identity, json.dumps(record, sort_keys=True).encode())


class RecruiteeNotes(WriteBackDefaults):
    """A note on the candidate, in the name of the token's owner."""

    def request(
        self,
        entry: LogEntry,
        settings: Mapping[str, str],  # noqa: ARG002 - the protocol's; the token says who writes
    ) -> Ask:
        """``POST /candidates/:id/notes``, seen by everybody who sees the candidate."""
        text = note_text(entry, _MOST_OF_A_NOTE)
        body = {"note": {"body": text, "visibility": {"level": "public"}}}
        where = path("candidates", entry.candidate_external_id, "notes")
        return Ask(where, json=json.dumps(body), method="POST")

    def refusal(self, answer: Answer) -> str | None:
        """Recruitee says it with the status alone."""
        if 200 <= answer.status < 300:
            return None
        if answer.gone:
            return "Recruitee has no such candidate any more"
        return f"Recruitee answered {answer.status}"
