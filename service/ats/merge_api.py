"""How Merge's unified ATS API is reached and what changed there is listed.

Documented (docs.merge.dev): ``Authorization: Bearer`` and ``X-Account-Token``, the token of one
linked account; api.merge.dev, api-eu.merge.dev and api-ap.merge.dev; lists take
``modified_after``, ``include_deleted_data``, ``expand``, ``page_size`` and ``cursor``, and answer
``{next, previous, results}``. The rate depends on the plan; from memory, 100 requests a minute for
one linked account is the least.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from service.ats.asking import Answer, Ask, Field, KeyedApi, Listing, Rate
from service.ats.pages import cursor_in, found_in, instant_text, next_by
from service.ats.payload import JsonObject, PayloadError
from service.ats.request_parts import base_address, header_value, path

_BASE = "https://api.merge.dev/api/ats/v1"

KINDS: dict[str, str] = {
    "/jobs": "job",
    "/candidates": "candidate",
    "/applications": "application",
    "/interviews": "interview",
    "/offers": "offer",
}
"""The lists, in the order in which their records are best worked in, and what each is found as."""

EXPANDED: dict[str, str] = {
    "/jobs": "hiring_managers,recruiters",
    "/applications": "candidate,current_stage,job,reject_reason",
}
"""What is asked for whole instead of by its id."""


class MergeApi(KeyedApi):
    """An API key of the organization and the token of the one linked account."""

    fields: tuple[Field, ...] = (
        Field("api_key", "API key", "Merge's dashboard: Advanced > API keys", secret=True),
        Field(
            "account_token",
            "Account token",
            "Merge's dashboard: the linked account's own page",
            secret=True,
        ),
    )
    rate: Rate = Rate(90, timedelta(minutes=1))

    def base_url(self, settings: Mapping[str, str]) -> str:
        """America's address; ``api_url`` is for https://api-eu.merge.dev/api/ats/v1."""
        return base_address(settings, _BASE)

    def headers(
        self,
        settings: Mapping[str, str],
        token: str | None,  # noqa: ARG002 - the protocol's; the key itself is sent
    ) -> dict[str, str]:
        """The key, and which linked account is asked about."""
        return {
            "Accept": "application/json",
            "Authorization": f"Bearer {header_value(settings.get('api_key', ''))}",
            "X-Account-Token": header_value(settings.get("account_token", "")),
        }

    def proof(self) -> Ask:
        """One application."""
        return Ask("/applications", (("page_size", "1"),))


class MergePoller:
    """The lists of jobs, candidates, applications, interviews and offers."""

    def first(
        self,
        since: datetime,
        settings: Mapping[str, str],  # noqa: ARG002 - the protocol's
    ) -> tuple[Ask, ...]:
        """The first page of each list, what was deleted included."""
        at = instant_text(since)
        return tuple(
            Ask(where, (("modified_after", at), ("page_size", "100"), *_shown(where)))
            for where in KINDS
        )

    def read(
        self,
        ask: Ask,
        answer: Answer,
        since: datetime,  # noqa: ARG002 - the protocol's; the list is filtered there
    ) -> Listing:
        """One page, and its cursor."""
        kind = KINDS.get(ask.path)
        if kind is None:
            raise PayloadError("", "nothing is listed there")
        page = answer.object()
        results = page.children("results")
        if results is None:
            raise PayloadError("/results", "is missing")
        return Listing(found_in(kind, results), _following(ask, page))


def record_ask(where: str, id_: str) -> Ask:
    """One record, whole, whether it was deleted or not."""
    return Ask(f"{where}{path(id_)}", _shown(where))


def _shown(where: str) -> tuple[tuple[str, str], ...]:
    expand = EXPANDED.get(where)
    deleted = ("include_deleted_data", "true")
    return (deleted, ("expand", expand)) if expand else (deleted,)


def _following(ask: Ask, page: JsonObject) -> Ask | None:
    cursor = cursor_in(page, "next")
    return next_by(ask, "cursor", cursor) if cursor is not None else None
