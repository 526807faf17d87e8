# ruff: noqa: ARG002 - the protocols name these arguments
"""An invented vendor whose webhooks are only hints, for the tests of asking and syncing.

A hint is ``{"event": "changed", "id": …}``; ``GET /things/ID`` tells how the person stands, and
where it names a ``job`` that is asked for too. ``GET /changed?since=…&page=…`` lists records.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from service.ats.asking import (
    NO_ANSWERS,
    Answer,
    Answers,
    Ask,
    Field,
    Found,
    Listing,
    Needs,
    Rate,
    TokenRequest,
    needed,
)
from service.ats.base import Adapter, AdapterDefaults, Guide, Incoming, body_identity
from service.ats.body import load_object
from service.ats.payload import JsonObject
from service.ats.registry import adapter_named
from service.clock import instant_text
from service.domain.changes import (
    ApplicationRef,
    Applied,
    CandidateFacts,
    CandidateUpdated,
    JobFacts,
    Translation,
)

NAME = "hintvendor"


class HintApi:
    """Reached by a key, or by a token got for it where the setting ``oauth`` says so."""

    fields = (
        Field("api_key", "API key", "An invented key.", secret=True),
        Field("oauth", "OAuth", "Whether a token is got first.", required=False),
    )
    rate = Rate(1000, timedelta(seconds=1))
    page_headers: tuple[str, ...] = ("link",)

    def base_url(self, settings: Mapping[str, str]) -> str:
        return settings.get("api_url", "https://api.hintvendor.example")

    def headers(self, settings: Mapping[str, str], token: str | None) -> dict[str, str]:
        return {"Authorization": f"Bearer {token or settings['api_key']}"}

    def token_request(self, settings: Mapping[str, str]) -> TokenRequest | None:
        if not settings.get("oauth"):
            return None
        return TokenRequest(
            f"{self.base_url(settings)}/oauth/token",
            (("grant_type", "client_credentials"), ("client_secret", settings["api_key"])),
        )

    def proof(self) -> Ask:
        return Ask("/me")


class HintPoller:
    """Two lists: people who changed, page after page, and people who came."""

    def first(self, since: datetime, settings: Mapping[str, str]) -> tuple[Ask, ...]:
        return tuple(
            Ask(path, (("since", instant_text(since)), ("page", "1"), *_marked(path, settings)))
            for path in ("/changed", "/came")
        )

    def read(self, ask: Ask, answer: Answer, since: datetime) -> Listing:
        page = answer.object()
        things = page.children("things")
        if things is None:
            # A list that is not there is no empty list: nobody may believe it was read.
            page.fail("things", "there is no list")
        found = tuple(
            Found("thing", f"{each.required_id('id')}@{each.text('at')}", _record(each))
            for each in things
        )
        more = page.text("next")
        following = None if more is None else Ask(ask.path, (ask.query[0], ("page", more)))
        mark = page.text("mark")
        return Listing(found, following, {} if mark is None else {ask.path[1:]: mark})


def _marked(path: str, settings: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    mark = settings.get(f"mark:{path[1:]}")
    return () if mark is None else (("mark", mark),)


def _record(thing: JsonObject) -> bytes:
    return json.dumps({"id": thing.required_id("id")}).encode()


class HintVendor(AdapterDefaults):
    """The adapter. Only what concerns stored deliveries is here: it takes no webhook in."""

    name = NAME
    label = "Hint Vendor"
    success_status = 200
    guide = Guide("Settings", ("changed",), "made up here")
    api = HintApi()
    poller = HintPoller()

    def verify(self, incoming: Incoming, secrets: Sequence[str], now: datetime) -> None:
        """Take everything."""

    def identity(self, incoming: Incoming) -> str:
        return body_identity(incoming.body)

    def kept_headers(self, incoming: Incoming) -> dict[str, str]:
        return {}

    def sign(self, body: bytes, secret: str, at: datetime, identity: str) -> dict[str, str]:
        return {}

    def translate(
        self,
        body: bytes,
        headers: Mapping[str, str],
        received_at: datetime,
        answers: Answers = NO_ANSWERS,
    ) -> Translation | Needs:
        hint = load_object(body, strict=True)
        if hint.text("event") == "fat":
            return Translation((), ignored="it says all by itself")
        if hint.text("event") == "endless":
            return Needs((Ask(f"/things/{len(answers._known)}"),))
        return self._about(hint.required_text("id"), answers)

    def translate_found(
        self, kind: str, record: bytes, received_at: datetime, answers: Answers = NO_ANSWERS
    ) -> Translation | Needs:
        return self._about(load_object(record, strict=True).required_id("id"), answers)

    def _about(self, id_: str, answers: Answers) -> Translation | Needs:
        ask = Ask(f"/things/{id_}")
        missing = needed(answers, [ask])
        if missing is not None:
            return missing
        answer = answers.to(ask)
        assert answer is not None
        if answer.gone:
            return Translation((), ignored="the thing is gone")
        thing = answer.object()
        title = None
        if (job_id := thing.id("job_id")) is not None:
            job_ask = Ask(f"/jobs/{job_id}")
            job = answers.to(job_ask)
            if job is None:
                return Needs((job_ask,))
            title = job.object().text("title")
        if (owner_id := thing.id("owner_id")) is not None:
            owner_ask = Ask(f"/users/{owner_id}", optional=True)
            if answers.to(owner_ask) is None:
                return Needs((owner_ask,))
        person = CandidateFacts(
            f"p-{id_}",
            first_name=thing.text("first_name"),
            emails=(thing.required_text("email"),),
        )
        application = ApplicationRef(id_, candidate=person, job=JobFacts("j", title=title))
        at = thing.instant("at")
        return Translation((CandidateUpdated(person, at), Applied(application, at)))


HINT_VENDOR = HintVendor()


def find(name: str) -> HintVendor | Adapter:
    """The adapter of a name: this one beside the real ones."""
    return HINT_VENDOR if name == NAME else adapter_named(name)
