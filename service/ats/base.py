"""What Keepword asks of an adapter for one ATS, and how a webhook request reaches it.

An adapter is stateless and does no I/O: it verifies, names and translates; others store and apply.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from service.ats.asking import NO_ANSWERS, Answers, Needs, Poller, VendorApi, WriteBack
from service.ats.payload import PayloadError
from service.domain.changes import Translation
from service.signing import SignatureError

__all__ = [
    "Adapter",
    "AdapterDefaults",
    "Guide",
    "HandshakeAnswer",
    "Incoming",
    "PayloadError",
    "SignatureError",
    "body_identity",
]

_MAX_KEPT_HEADER = 255


@dataclass(frozen=True)
class Incoming:
    """One POST as it arrived: nothing decoded, nothing merged.

    ``headers`` maps lower-case names to every value sent under that name, in order, so that a
    header sent twice is seen. ``received_at`` is aware, in UTC.
    """

    headers: Mapping[str, tuple[str, ...]]
    body: bytes
    received_at: datetime

    @classmethod
    def of(cls, headers: Iterable[tuple[str, str]], body: bytes, received_at: datetime) -> Incoming:
        """Collect name and value pairs as a web server gives them."""
        collected: dict[str, tuple[str, ...]] = {}
        for name, value in headers:
            key = name.lower()
            collected[key] = (*collected.get(key, ()), value)
        return cls(collected, body, received_at)

    def only(self, name: str) -> str | None:
        """The value of a header sent at most once; ``None`` if it was not sent.

        Raises ``SignatureError`` if it was sent twice: whoever checks one value and whoever reads
        the other would not be talking about the same delivery.
        """
        values = self.headers.get(name, ())
        if len(values) > 1:
            raise SignatureError(f"the header {name} was sent more than once")
        return values[0] if values else None

    def kept(self, *names: str) -> dict[str, str]:
        """The first value of each named header that was sent, printable and at most 255 long."""
        found = {name: self.headers[name][0] for name in names if self.headers.get(name)}
        return {
            name: "".join(c for c in value if c.isprintable())[:_MAX_KEPT_HEADER]
            for name, value in found.items()
        }


@dataclass(frozen=True)
class HandshakeAnswer:
    """What a vendor wants to hear before it sends any delivery."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class Guide:
    """What a person does at the vendor's side: where, and which events to tick there."""

    where: str
    events: tuple[str, ...]
    secret: str
    """Where the signing secret comes from: shown by the vendor, or made up here."""


class Adapter(Protocol):
    """One ATS. ``name`` is stored with a connection; ``label`` is for people.

    ``success_status`` is the very code the vendor takes for success; duplicates get it too.
    ``api``, ``poller`` and ``write_back`` are ``None`` where the vendor offers no such thing.
    """

    name: str
    label: str
    success_status: int
    guide: Guide
    api: VendorApi | None
    poller: Poller | None
    write_back: WriteBack | None

    def handshake(self, incoming: Incoming) -> HandshakeAnswer | None:
        """Answer a vendor's greeting that comes *before* anything is signed; else ``None``.

        Whatever is answered here is neither verified nor stored. A ping that is signed like any
        delivery is no handshake: it is verified, stored, and translated as ignored.
        """

    def secret_fault(self, secret: str) -> str | None:
        """Why no delivery could ever be verified with this secret, in words; else ``None``."""

    def verify(self, incoming: Incoming, secrets: Sequence[str], now: datetime) -> None:
        """Return if the delivery is authentic under any of ``secrets``, else ``SignatureError``."""

    def identity(self, incoming: Incoming) -> str:
        """What makes two deliveries of one connection the same; at most 255 characters.

        Called after ``verify``; never raises on an authentic delivery, however broken its body.
        """

    def kept_headers(self, incoming: Incoming) -> dict[str, str]:
        """The headers stored beside the body: what ``translate`` or a person needs; no secrets."""

    def translate(
        self,
        body: bytes,
        headers: Mapping[str, str],
        received_at: datetime,
        answers: Answers = NO_ANSWERS,
    ) -> Translation | Needs:
        """What the delivery means, from what was stored. Raises ``PayloadError`` if it is broken.

        A pure function of its arguments: replaying a stored delivery gives the same answer.
        Where the body is only a hint, ``Needs`` says what to ask the vendor first; it is called
        again with the answers, and may need more, a few times.
        """

    def translate_found(
        self, kind: str, record: bytes, received_at: datetime, answers: Answers = NO_ANSWERS
    ) -> Translation | Needs:
        """What a record means that ``poller`` found; else like ``translate``."""

    def sign(self, body: bytes, secret: str, at: datetime, identity: str) -> dict[str, str]:
        """The headers the vendor would send with ``body``: for the demo, tests and "send a test".

        ``identity`` is the vendor's delivery id. ``body`` is what ``signed_body`` gave.
        """

    def signed_body(self, body: bytes, secret: str, at: datetime, identity: str) -> bytes:
        """The body as the vendor would send it: some put the signature inside."""


class AdapterDefaults:
    """What holds for an adapter unless it says otherwise: it only takes signed webhooks in."""

    api: VendorApi | None = None
    poller: Poller | None = None
    write_back: WriteBack | None = None

    def handshake(
        self,
        incoming: Incoming,  # noqa: ARG002 - the protocol's
    ) -> HandshakeAnswer | None:
        """None: a greeting, if there is one, is signed like any delivery."""
        return None

    def secret_fault(
        self,
        secret: str,  # noqa: ARG002 - the protocol's
    ) -> str | None:
        """None: any text is a key."""
        return None

    def kept_headers(self, incoming: Incoming) -> dict[str, str]:
        """The content type: all else is in the body."""
        return incoming.kept("content-type")

    def signed_body(
        self,
        body: bytes,
        secret: str,  # noqa: ARG002 - the protocol's
        at: datetime,  # noqa: ARG002 - the protocol's
        identity: str,  # noqa: ARG002 - the protocol's
    ) -> bytes:
        """The body itself: the signature is in a header."""
        return body

    def translate_found(
        self,
        kind: str,
        record: bytes,  # noqa: ARG002 - the protocol's
        received_at: datetime,  # noqa: ARG002 - the protocol's
        answers: Answers = NO_ANSWERS,  # noqa: ARG002 - the protocol's
    ) -> Translation | Needs:
        """Refuse: nobody polls it, so nothing can have been found."""
        raise PayloadError("", f"nothing of the kind {kind[:60]!r} is ever found here")


def body_identity(body: bytes, salt: str = "") -> str:
    """A delivery's identity from its content, and ``salt`` where content alone is too little."""
    digest = hashlib.sha256(salt.encode("utf-8", "surrogatepass") + b"\n" + body if salt else body)
    return f"sha256:{digest.hexdigest()}"
