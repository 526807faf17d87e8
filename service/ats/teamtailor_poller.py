"""Asks Teamtailor which applications, candidates and jobs changed since an instant.

What is found is kept as a document of its own: the record, and what it points to of the page.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from service.ats.asking import Answer, Ask, Found, Listing
from service.ats.base import body_identity
from service.ats.pages import cursor_in, instant_text, records_in
from service.ats.payload import JsonObject, PayloadError
from service.ats.request_parts import next_page
from service.ats.teamtailor_records import APPLICATION_INCLUDES, JOB_INCLUDES, member

PAGE = 30
"""The most that a page may hold (the documentation, "Pagination")."""

# What to ask each list for besides the time. Jobs that are no longer published count too.
_LISTS: dict[str, tuple[str, tuple[tuple[str, str], ...]]] = {
    "/v1/job-applications": ("job-application", (("include", APPLICATION_INCLUDES),)),
    "/v1/candidates": ("candidate", ()),
    "/v1/jobs": ("job", (("include", JOB_INCLUDES), ("filter[status]", "all"))),
}


class TeamtailorPoller:
    """Three lists, each filtered by ``updated-at`` and followed by ``links.next``.

    Teamtailor lists nothing that was deleted: only the webhook tells of that.
    """

    def first(
        self,
        since: datetime,
        settings: Mapping[str, str],  # noqa: ARG002 - the protocol's
    ) -> tuple[Ask, ...]:
        """The first page of each list; applications first, for they bring their people along."""
        after = ("filter[updated-at][from]", instant_text(since))
        return tuple(
            Ask(where, (after, ("page[size]", str(PAGE)), *more))
            for where, (_, more) in _LISTS.items()
        )

    def read(
        self,
        ask: Ask,
        answer: Answer,
        since: datetime,  # noqa: ARG002 - the protocol's; the list is filtered there
    ) -> Listing:
        """One page of any of the lists."""
        if ask.path not in _LISTS:
            raise PayloadError("", f"nothing is listed at {ask.path[:60]!r}")
        kind, _ = _LISTS[ask.path]
        page = answer.object()
        records = records_in(page, "data")
        included = _by_name(page.children("included") or ())
        links = page.required_child("links") if page.has("links") else None
        following = cursor_in(links, "next") if links else None
        onward = next_page(following, "") if following else None
        if onward == ask:
            raise PayloadError("/links/next", "leads to the same page again")
        if onward is not None and onward.path != ask.path:
            raise PayloadError("/links/next", "leads to another list")
        return Listing(tuple(_found(kind, each, included) for each in records), onward)


def _by_name(records: tuple[JsonObject, ...]) -> dict[tuple[str | None, str | None], JsonObject]:
    return {(record.text("type"), record.id("id")): record for record in records}


def _found(
    kind: str,
    record: JsonObject,
    included: Mapping[tuple[str | None, str | None], JsonObject],
) -> Found:
    """One record with what it points to, named by its id and the time of its last change."""
    pointed = [included[name] for name in _points_to(record) if name in included]
    document = {"data": record.members, "included": [each.members for each in pointed]}
    text = json.dumps(document, ensure_ascii=False, sort_keys=True).encode()
    attributes = record.child("attributes")
    changed = member(attributes, "updated-at").text() if attributes else None
    named = f"{record.required_id('id')}:{changed or body_identity(text)}"
    return Found(kind, named[:200], text)


def _points_to(record: JsonObject) -> list[tuple[str | None, str | None]]:
    relationships = record.child("relationships")
    found = []
    for name in relationships.members if relationships else ():
        relationship = relationships.child(name) if relationships else None
        data = relationship.child("data") if relationship else None
        if data is not None:
            found.append((data.text("type"), data.id("id")))
    return found
