"""Lever's API: how it is reached, and every question that is asked of it.

Documented (hire.lever.co/developer/documentation): the key as Basic user name without a password,
``data`` around every answer, repeated ``expand`` parameters, paging by ``next`` and ``hasNext``
into ``offset``, instants in milliseconds. Ten requests a second are allowed; eight are made.
Whatever is not expanded in spite of being asked for is an id, and is asked for by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from service.ats.asking import Answer, Answers, Ask, Field, KeyedApi, Rate
from service.ats.payload import JsonObject
from service.ats.request_parts import base_address, basic, path

PAGE = "100"
"""Lever's largest page."""

EXPANDED = tuple(("expand", part) for part in ("applications", "stage", "owner", "contact"))


def opportunity(id_: str) -> Ask:
    """One opportunity as it stands now."""
    return Ask(path("opportunities", id_), EXPANDED)


def application(opportunity_id: str, id_: str) -> Ask:
    """The application of an opportunity, where it was not expanded."""
    return Ask(path("opportunities", opportunity_id, "applications", id_))


def interviews(opportunity_id: str) -> Ask:
    """The interviews of an opportunity; nobody has more than a page of them."""
    return Ask(path("opportunities", opportunity_id, "interviews"), (("limit", PAGE),))


def interview(opportunity_id: str, id_: str) -> Ask:
    """One interview."""
    return Ask(path("opportunities", opportunity_id, "interviews", id_))


def posting(id_: str) -> Ask:
    """One posting with the people responsible for it."""
    expanded = (("expand", "owner"), ("expand", "hiringManager"))
    return Ask(path("postings", id_), expanded, optional=True)


def stage(id_: str) -> Ask:
    """One stage of the employer's."""
    return Ask(path("stages", id_))


def archive_reason(id_: str) -> Ask:
    """One of the employer's reasons for archiving."""
    return Ask(path("archive_reasons", id_))


def user(id_: str) -> Ask:
    """A member of the employer's staff."""
    return Ask(path("users", id_), optional=True)


def contact(id_: str) -> Ask:
    """A person, over all of their opportunities."""
    return Ask(path("contacts", id_))


class Known:
    """The answers so far, and what is asked for on the way and not answered yet."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self.missing: dict[Ask, None] = {}

    def answer(self, ask: Ask) -> Answer | None:
        """The answer; an unanswered question is noted as missing."""
        found = self._answers.to(ask)
        if found is None:
            self.missing[ask] = None
        return found

    def thing(self, ask: Ask) -> JsonObject | None:
        """What ``data`` holds; ``None`` while it is not answered, or where Lever shows nothing."""
        found = self.answer(ask)
        if found is None or not 200 <= found.status < 300:
            return None
        return found.object().child("data")

    def things(self, ask: Ask) -> tuple[JsonObject, ...]:
        """What ``data`` lists."""
        found = self.answer(ask)
        if found is None or not 200 <= found.status < 300:
            return ()
        return found.object().children("data") or ()


class LeverApi(KeyedApi):
    """``https://api.lever.co/v1``; the key needs to read all that is asked for here."""

    fields: tuple[Field, ...] = (
        Field(
            "api_key",
            "API key",
            "Settings > Integrations and API > API Credentials > Generate New Key; to read: "
            "opportunities, applications, archive reasons, contacts, interviews, postings, stages "
            "and users; to write: notes, if letters are to be noted in the profile. Leave "
            "confidential data off",
            secret=True,
        ),
    )
    rate = Rate(8, timedelta(seconds=1))

    def base_url(self, settings: Mapping[str, str]) -> str:
        """Lever has one address; its sandbox is ``https://api.sandbox.lever.co/v1``."""
        return base_address(settings, "https://api.lever.co/v1")

    def headers(
        self,
        settings: Mapping[str, str],
        token: str | None,  # noqa: ARG002 - the protocol's; the key itself is sent
    ) -> dict[str, str]:
        """Basic, the key as user name, no password."""
        return {
            "Accept": "application/json",
            "Authorization": basic(settings.get("api_key", "")),
        }

    def proof(self) -> Ask:
        """One opportunity: what everything else here needs the permission for, too."""
        return Ask("/opportunities", (("limit", "1"),))
