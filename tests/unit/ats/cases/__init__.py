"""What the contract suite must know of each adapter: one module a vendor, found by itself.

To put a vendor under the contract, add ``<vendor>.py`` here with a ``CASE``; nothing else.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from service.ats.asking import Ask
from service.ats.base import Adapter, Incoming
from service.ats.registry import adapter_named

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DELIVERY_ID = "delivery-1"


def whole(body: bytes) -> object:
    """What is signed of a body: all of it."""
    return body


@dataclass(frozen=True)
class Greeting:
    """An unsigned request that wants its answer before anything is signed; nothing is stored."""

    headers: Mapping[str, str]
    body: bytes
    status: int = 200
    answer_headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """One adapter under the contract.

    ``event`` and ``more_events`` are bodies as the vendor writes them, before any signature goes
    into them; ``event`` changes something, or needs answers first.
    """

    name: str
    secret: str
    other_secret: str
    event: bytes

    event_at: tuple[str, ...] = ()
    """Where in the body the event's name stands; empty where ``event_header`` names it."""
    event_header: str | None = None
    more_events: tuple[bytes, ...] = ()

    signature_header: str | None = None
    """Lower-case; ``None`` where the signature is in the body, at ``signature_at``."""
    signature_at: tuple[str, ...] = ()
    signed: Callable[[bytes], object] = whole
    """What of a body is signed; a change that leaves this as it was may pass. May raise."""

    ping: bytes | None = None
    """A test delivery that is signed like any other: ignored with a word about the ping."""
    greetings: tuple[Greeting, ...] = ()
    success_status: int = 200
    id_header: str | None = None
    """The header that carries the vendor's delivery id, where there is one: kept for people."""

    settings: Mapping[str, str] = field(default_factory=dict)
    """What ``api.fields`` and ``write_back.fields`` ask for, as a person would fill it in."""
    records: tuple[bytes, ...] = ()
    """Answers of the API that the hints lead to, for the fuzzing: any answer to any question."""
    page: bytes | None = None
    """One page with at least one record, as the answer to the poller's first request."""
    more_pages: tuple[bytes, ...] = ()
    """The same for the poller's other first requests, in their order."""
    written: bytes = b"{}"
    """What the API answers when it took an entry of the write-back."""

    @property
    def adapter(self) -> Adapter:
        return adapter_named(self.name)

    def body(self, raw: bytes | None = None, secret: str | None = None) -> bytes:
        """A body as the vendor would send it; ``raw`` is the event unless given."""
        wanted = self.event if raw is None else raw
        return self.adapter.signed_body(wanted, secret or self.secret, NOW, DELIVERY_ID)

    def headers(self, body: bytes | None = None, secret: str | None = None) -> dict[str, str]:
        """The headers that belong to a body as sent, names in lower case."""
        sent = self.body(secret=secret) if body is None else body
        signed = self.adapter.sign(sent, secret or self.secret, NOW, DELIVERY_ID)
        return {name.lower(): value for name, value in signed.items()}

    def incoming(
        self,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        secret: str | None = None,
    ) -> Incoming:
        """A delivery: the authentic event unless its headers or its body are replaced."""
        sent = self.body(secret=secret) if body is None else body
        sent_headers = self.headers(sent, secret) if headers is None else headers
        return Incoming.of(sent_headers.items(), sent, NOW)

    def signature(self, secret: str | None = None) -> str:
        """The signature of the event, from its header or its body."""
        if self.signature_header is not None:
            return self.headers(secret=secret)[self.signature_header]
        found = json.loads(self.body(secret=secret))
        for key in self.signature_at:
            found = found[key]
        return str(found)

    def signed_with(self, signature: str | None) -> Incoming:
        """The event under another signature, or under none."""
        body, headers = self.body(), self.headers()
        if self.signature_header is None:
            return self.incoming(headers, with_member(body, self.signature_at, signature))
        del headers[self.signature_header]
        if signature is not None:
            headers[self.signature_header] = signature
        return self.incoming(headers, body)

    def kept(self, body: bytes | None = None) -> dict[str, str]:
        """The headers as stored beside a delivery."""
        return self.adapter.kept_headers(self.incoming(body=body))

    def polled(self, since: datetime) -> list[tuple[Ask, bytes]]:
        """The poller's first requests, each with its page."""
        assert self.adapter.poller is not None
        assert self.page is not None, "a case whose adapter polls needs a page"
        asks = self.adapter.poller.first(since, self.settings)
        return list(zip(asks, (self.page, *self.more_pages), strict=False))

    def named(self, event: object) -> tuple[bytes, dict[str, str]]:
        """The event's body and kept headers under another event name."""
        if self.event_header is not None:
            return self.event, self.kept() | {self.event_header: str(event)}
        return with_member(self.event, self.event_at, event), self.kept()


def with_member(body: bytes, place: tuple[str, ...], value: object) -> bytes:
    """A body with one member replaced."""
    root = json.loads(body)
    holder = root
    for key in place[:-1]:
        holder = holder[key]
    holder[place[-1]] = value
    return json.dumps(root).encode()


def all_cases() -> tuple[Case, ...]:
    """The case of every module here, by name."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return tuple(importlib.import_module(f"{__name__}.{name}").CASE for name in names)
