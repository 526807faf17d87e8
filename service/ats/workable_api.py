"""Workable's API: how it is reached, what is asked, what is polled and how comments are written.

Documented: ``https://<subdomain>.workable.com/spi/v3``, a bearer token, 10 requests in 10 seconds,
lists of up to 100 with ``updated_after`` and ``paging.next``, ``GET /disqualification_reasons``,
and ``POST /candidates/:id/comments`` with a member's id.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

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
from service.ats.json_list import as_record
from service.ats.note_text import note_text
from service.ats.pages import cursor_in, records_in
from service.ats.payload import JsonObject, PayloadError
from service.ats.request_parts import (
    base_address,
    header_value,
    host_label,
    next_page,
    path,
    storable,
)

_PREFIX = "/spi/v3"
_PAGE = "100"
_LISTS = {"/candidates": ("candidates", "candidate"), "/jobs": ("jobs", "job")}
_MOST_OF_A_COMMENT = 10_000
"""From no source: a length that any comment box takes. A longer letter is cut, and says so."""

REASONS = Ask("/disqualification_reasons")
"""The employer's reasons, each with whether it means that the candidate withdrew."""


def candidate_ask(candidate_id: str) -> Ask:
    """A candidate as they stand now."""
    return Ask(path("candidates", candidate_id))


class WorkableApi(KeyedApi):
    """An account's API, asked with an access token."""

    fields: tuple[Field, ...] = (
        Field(
            "subdomain",
            "Subdomain",
            "what stands before .workable.com in the address of your account",
        ),
        Field(
            "api_token",
            "API access token",
            "Settings > Integrations > Apps > Access tokens > Generate new token; scopes r_jobs "
            "and r_candidates, and w_comments or w_candidates for writing back",
            secret=True,
        ),
    )
    rate: Rate = Rate(10, timedelta(seconds=10))

    def base_url(self, settings: Mapping[str, str]) -> str:
        """The account's own host."""
        subdomain = host_label(settings.get("subdomain", "")) or "www"
        return base_address(settings, f"https://{subdomain.lower()}.workable.com{_PREFIX}")

    def headers(
        self,
        settings: Mapping[str, str],
        token: str | None,  # noqa: ARG002 - the protocol's; the key itself is sent
    ) -> dict[str, str]:
        """The access token as a bearer token."""
        token_text = header_value(settings.get("api_token", ""))
        return {"Authorization": f"Bearer {token_text}", "Accept": "application/json"}

    def proof(self) -> Ask:
        """One candidate: what polling needs first."""
        return Ask("/candidates", (("limit", "1"),))


class WorkablePoller:
    """Candidates and jobs changed since. Workable's own comparison is trusted for "changed"."""

    def first(
        self,
        since: datetime,
        settings: Mapping[str, str],  # noqa: ARG002 - the protocol's; every account has both
    ) -> tuple[Ask, ...]:
        """Jobs first, so that a candidate's job is known by its newest title."""
        after = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        query = (("limit", _PAGE), ("updated_after", after))
        return (Ask("/jobs", query), Ask("/candidates", query))

    def read(self, ask: Ask, answer: Answer, since: datetime) -> Listing:
        """One page, and the request for the next, whatever host its link names."""
        member, kind = _LISTS.get(ask.path, ("", ""))
        root = answer.object()
        records = records_in(root, member)
        # A job tells no time of change: one that was found before may be found as it was then.
        salt = kind if kind == "candidate" else f"{kind} {since.isoformat()}"
        found = {body_identity(as_record(each), salt): as_record(each) for each in records}
        return Listing(
            tuple(Found(kind, identity, record) for identity, record in found.items()),
            _next(root, ask),
        )


def _next(root: JsonObject, ask: Ask) -> Ask | None:
    paging = root.required_child("paging") if root.has("paging") else None
    link = cursor_in(paging, "next") if paging else None
    if link is None:
        return None
    following = next_page(link, _PREFIX)
    if following.path != ask.path or following == ask:
        raise PayloadError("/paging/next", "does not lead to the next page of the same list")
    return following


class WorkableComments(WriteBackDefaults):
    """A comment on the candidate's timeline, in the name of one member."""

    fields: tuple[Field, ...] = (
        Field(
            "member_id",
            "Member id",
            "the member in whose name comments are written: an id from GET /spi/v3/members",
        ),
    )

    def request(self, entry: LogEntry, settings: Mapping[str, str]) -> Ask:
        """``POST /candidates/:id/comments``, seen by everybody who works on the job."""
        body = {
            "member_id": storable(settings.get("member_id", "")).strip(),
            "comment": {
                "body": note_text(entry, _MOST_OF_A_COMMENT),
                "policy": ["simple", "recruiter"],
            },
        }
        where = path("candidates", entry.candidate_external_id, "comments")
        return Ask(where, json=json.dumps(body), method="POST")

    def refusal(self, answer: Answer) -> str | None:
        """Workable says it with the status alone."""
        if 200 <= answer.status < 300:
            return None
        if answer.gone:
            return "Workable has no such candidate any more"
        return f"Workable answered {answer.status}"
