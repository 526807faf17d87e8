"""What an adapter asks of its vendor's API, and the answers, as values without any I/O.

An adapter says what it needs to know; others fetch it, store it beside the delivery and ask the
adapter again, so that a replay reads the stored answers and ends where the first reading did.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Protocol

from service.ats.body import load_object
from service.ats.payload import JsonObject, PayloadError

_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Ask:
    """One request to a vendor's API.

    ``path`` starts with ``/`` and is relative to the API's base address; ``query`` are its
    parameters in order; ``json`` is the body's text (some APIs only take POST), else ``None``.
    ``optional`` is set where the delivery makes sense without the answer: if the credentials may
    not ask it (403), the adapter is told so instead of waiting for somebody to allow it.
    """

    path: str
    query: tuple[tuple[str, str], ...] = ()
    json: str | None = None
    method: str = "GET"
    optional: bool = field(default=False, compare=False)

    @property
    def key(self) -> str:
        """What names this request beside a delivery: equal requests have equal keys."""
        query = "&".join(f"{name}={value}" for name, value in self.query)
        return " ".join(part for part in (self.method, self.path, query, self.json) if part)


@dataclass(frozen=True)
class Answer:
    """What a vendor's API said. ``headers`` (lower-case names) hold what paging needs, no more."""

    status: int
    body: bytes
    fetched_at: datetime
    headers: Mapping[str, str] = field(default_factory=lambda: _NOTHING)

    @property
    def gone(self) -> bool:
        """Whether the vendor says that there is no such thing (404 or 410)."""
        return self.status in {404, 410}

    @property
    def forbidden(self) -> bool:
        """Whether the credentials may not ask this (403): only an optional question ends so."""
        return self.status == 403

    def object(self) -> JsonObject:
        """The body as one JSON object; ``PayloadError`` where it is none, or an error's.

        What one person wrote into a form must not hide a whole list of others, so a text that
        cannot be stored is mended.
        """
        if not 200 <= self.status < 300:
            raise PayloadError("", f"the vendor's API answered {self.status}")
        return load_object(self.body, strict=False)


class Answers:
    """The answers that are known so far, by request."""

    def __init__(self, known: Mapping[str, Answer] = MappingProxyType({})) -> None:
        self._known = dict(known)

    def to(self, ask: Ask) -> Answer | None:
        """The answer to a request, or ``None`` while it was not asked."""
        return self._known.get(ask.key)

    def add(self, ask: Ask, answer: Answer) -> None:
        """Note an answer."""
        self._known[ask.key] = answer


NO_ANSWERS = Answers()


@dataclass(frozen=True)
class Needs:
    """A delivery cannot be understood before these are answered."""

    asks: tuple[Ask, ...]


def needed(answers: Answers, asks: Iterable[Ask]) -> Needs | None:
    """Those of ``asks`` that nobody has answered yet; ``None`` where there are none."""
    missing = tuple(ask for ask in asks if answers.to(ask) is None)
    return Needs(missing) if missing else None


@dataclass(frozen=True)
class Field:
    """One thing to ask for before a vendor's API can be used. ``secret`` ones are sealed."""

    name: str
    label: str
    help: str
    secret: bool = False
    required: bool = True


@dataclass(frozen=True)
class Rate:
    """At most this many requests within the span, for all of a connection's requests together."""

    requests: int
    within: timedelta


@dataclass(frozen=True)
class TokenRequest:
    """How to get an access token (OAuth client credentials): an absolute address and a form."""

    url: str
    form: tuple[tuple[str, str], ...]
    headers: tuple[tuple[str, str], ...] = ()


class VendorApi(Protocol):
    """How a vendor's API is reached. ``settings`` holds what was asked for, secrets opened."""

    fields: tuple[Field, ...]
    rate: Rate
    page_headers: tuple[str, ...]
    """The answers' headers that paging needs, lower-case; most vendors page in the body."""

    def base_url(self, settings: Mapping[str, str]) -> str:
        """The API's base address: ``https://host[/prefix]``, without a slash at its end."""

    def headers(self, settings: Mapping[str, str], token: str | None) -> dict[str, str]:
        """The headers that say who asks."""

    def token_request(self, settings: Mapping[str, str]) -> TokenRequest | None:
        """How to get the ``token`` for ``headers``; ``None`` where the key itself is sent."""

    def proof(self) -> Ask:
        """A cheap request that succeeds exactly where the credentials are good."""


class KeyedApi:
    """What holds for an API that takes the key itself and pages in its answers' bodies."""

    page_headers: tuple[str, ...] = ()

    def token_request(
        self,
        settings: Mapping[str, str],  # noqa: ARG002 - the protocol's
    ) -> TokenRequest | None:
        """None: the key itself is sent."""
        return None


@dataclass(frozen=True)
class Found:
    """One record that changed at the vendor. ``identity`` differs when the record does."""

    kind: str
    identity: str
    record: bytes


@dataclass(frozen=True)
class Listing:
    """One page of what changed, and the request for the next page, if there is one.

    ``marks`` are the vendor's own words for how far was read, such as a sync token, by a name of
    the poller's. Once everything was read they are kept, and handed to the next ``first``.
    """

    found: tuple[Found, ...]
    next: Ask | None = None
    marks: Mapping[str, str] = field(default_factory=lambda: _NOTHING)


MARK = "mark:"
"""Before a mark's name among the settings that a poller is given."""


class Poller(Protocol):
    """Asks a vendor what changed since an instant. What is found is stored like a delivery."""

    def first(self, since: datetime, settings: Mapping[str, str]) -> tuple[Ask, ...]:
        """The first page of every list to read.

        ``settings`` also hold the marks of the last reading as ``mark:<name>``, where they may be
        used. If a list that is read by a mark is refused or makes no sense, all lists are read
        again without marks.
        """

    def read(self, ask: Ask, answer: Answer, since: datetime) -> Listing:
        """What a page says. Raises ``PayloadError`` where it cannot be understood."""


@dataclass(frozen=True)
class LogEntry:
    """What is written into the candidate's profile: a letter that arrived, or a promise kept.

    ``id`` is ours and never repeats. ``html`` is set for letters alone, as are ``sender`` and
    ``to``, which are plain addresses.
    """

    id: str
    candidate_external_id: str
    application_external_id: str
    at: datetime
    subject: str
    text: str
    html: str | None = None
    sender: str | None = None
    to: str | None = None


class WriteBack(Protocol):
    """Writes an entry into a candidate's profile at the vendor."""

    fields: tuple[Field, ...]
    """What must be known besides the API's own fields, such as the user who writes notes."""

    def repeatable(self, *, letter: bool) -> bool:
        """Whether the vendor drops a second entry of the same id, a letter or another one.

        If so, a lost answer may be followed by the same request again.
        """

    def request(self, entry: LogEntry, settings: Mapping[str, str]) -> Ask:
        """The request that writes the entry."""

    def refusal(self, answer: Answer) -> str | None:
        """Why the vendor did not take it, in words and without personal data; ``None`` if it did.

        Some vendors answer 200 with an error inside.
        """


class WriteBackDefaults:
    """What holds for a vendor that takes plain notes: nothing more to know, none ever dropped."""

    fields: tuple[Field, ...] = ()

    def repeatable(
        self,
        *,
        letter: bool,  # noqa: ARG002 - the protocol's
    ) -> bool:
        """No: a second note would stand beside the first."""
        return False
