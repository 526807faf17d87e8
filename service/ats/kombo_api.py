"""How Kombo's API is reached and what changed there is listed.

Documented (docs.kombo.dev, API reference): ``Authorization: Bearer`` and ``X-Integration-Id``;
lists take ``updated_after``, ``include_deleted``, ``page_size`` (at most 250) and ``cursor``, and
answer ``{"status", "data": {"next", "results"}}``; the API stands at api.kombo.dev (EU) and
api.us.kombo.dev (US). Not documented: a rate; ours is modest.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from service.ats.asking import Answer, Ask, Field, KeyedApi, Listing, Rate
from service.ats.pages import cursor_in, found_in, instant_text, next_by
from service.ats.payload import JsonObject, PayloadError
from service.ats.request_parts import base_address, header_value

_BASE = "https://api.kombo.dev/v1/ats"

KINDS: dict[str, str] = {
    "/jobs": "job",
    "/candidates": "candidate",
    "/applications": "application",
}
"""The lists, in the order in which their records are best worked in, and what each is found as."""


class KomboApi(KeyedApi):
    """An environment's API key and the one integration that this connection is."""

    fields: tuple[Field, ...] = (
        Field("api_key", "API key", "Kombo's dashboard: Secrets > API keys", secret=True),
        Field(
            "integration_id",
            "Integration ID",
            "Kombo's dashboard: the integration's own page, such as tool:id",
        ),
    )
    rate: Rate = Rate(10, timedelta(seconds=1))

    def base_url(self, settings: Mapping[str, str]) -> str:
        """Europe's address; ``api_url`` is for https://api.us.kombo.dev/v1/ats."""
        return base_address(settings, _BASE)

    def headers(
        self,
        settings: Mapping[str, str],
        token: str | None,  # noqa: ARG002 - the protocol's; the key itself is sent
    ) -> dict[str, str]:
        """The key, and which integration is asked about."""
        return {
            "Accept": "application/json",
            "Authorization": f"Bearer {header_value(settings.get('api_key', ''))}",
            "X-Integration-Id": header_value(settings.get("integration_id", "")),
        }

    def proof(self) -> Ask:
        """A small page of applications."""
        return Ask("/applications", (("page_size", "2"),))


class KomboPoller:
    """The lists of jobs, candidates and applications."""

    def first(
        self,
        since: datetime,
        settings: Mapping[str, str],  # noqa: ARG002 - the protocol's
    ) -> tuple[Ask, ...]:
        """The first page of each list, what was deleted included."""
        return tuple(list_ask(path, since) for path in KINDS)

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
        return Listing(found_in(kind, results_of(page)), following(ask, page))


def list_ask(path: str, since: datetime) -> Ask:
    """The first page of what changed since an instant."""
    at = instant_text(since)
    return Ask(path, (("updated_after", at), ("include_deleted", "true"), ("page_size", "250")))


def results_of(page: JsonObject) -> tuple[JsonObject, ...]:
    """The records of a page. ``PayloadError`` where it has none to show."""
    results = page.required_child("data").children("results")
    if results is None:
        raise PayloadError("/data/results", "is missing")
    return results


def following(ask: Ask, page: JsonObject) -> Ask | None:
    """The page after this one: the same filters and the cursor it names."""
    data = page.required_child("data")
    if data.members.get("next") == "":
        raise PayloadError("/data/next", "expected a cursor")
    cursor = cursor_in(data, "next")
    return next_by(ask, "cursor", cursor) if cursor is not None else None
