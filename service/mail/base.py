"""What Keepword asks of whatever carries its mail, and the answers it acts on.

The answer says what is *known*: a lost answer is ``Uncertain`` and never an invitation to resend.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from service.domain.delivery import EventKind

__all__ = [
    "Accepted",
    "CannotTell",
    "Captured",
    "ChannelDown",
    "Envelope",
    "EventKind",
    "Found",
    "LogAnswer",
    "MailEvent",
    "NotFound",
    "Refused",
    "RefusedSome",
    "RetryLater",
    "SendAnswer",
    "Skeleton",
    "Slot",
    "Sorted",
    "Sought",
    "TooLarge",
    "Transport",
    "Uncertain",
]


@dataclass(frozen=True)
class Slot:
    """A place in a letter where one recipient's value stands."""

    name: str


@dataclass(frozen=True)
class Skeleton:
    """What all letters of one wording share: literal text and the places of the values.

    ``key`` is equal for two letters exactly when all three parts are. Filling the slots with a
    letter's ``values`` (HTML-escaped in ``html``) gives that letter as it was rendered.
    """

    key: str
    subject: tuple[str | Slot, ...] = field(compare=False, repr=False)
    text: tuple[str | Slot, ...] = field(compare=False, repr=False)
    html: tuple[str | Slot, ...] = field(compare=False, repr=False)


@dataclass(frozen=True)
class Envelope:
    """One rendered email, ready for a provider.

    ``message_id`` is Keepword's own opaque id; it travels with the mail so that events find
    their way back. ``automatic`` marks mail no person wrote (it gets ``Auto-Submitted``).
    """

    message_id: str
    kind: str
    to_address: str
    to_name: str
    from_address: str
    from_name: str
    reply_to_address: str | None
    reply_to_name: str | None
    subject: str
    text: str
    html: str
    automatic: bool
    attempt: int = 1
    # Without a skeleton the letter goes singly, whole. Values are what one may never log.
    skeleton: Skeleton | None = None
    values: Mapping[str, str] = field(default_factory=dict, repr=False, hash=False)


@dataclass(frozen=True)
class Sorted:
    """Letters put together for as few requests as may be, by checks that need no network.

    Every group fits within every limit of the provider. ``refused`` names, by message id, the
    letters that the provider would refuse, with a reason that names nobody.
    """

    groups: tuple[tuple[Envelope, ...], ...]
    refused: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Accepted:
    """The provider took the request and queued it. Not delivered: not yet a contact."""

    provider_id: str | None


@dataclass(frozen=True)
class Captured:
    """The mail was kept for reading and will never be sent."""


@dataclass(frozen=True)
class Refused:
    """The provider judged this request bad; nothing of it was sent. For a single letter, sending
    it again unchanged is pointless; of several it is not known which one is at fault.
    """

    reason: str


@dataclass(frozen=True)
class RefusedSome:
    """The provider named the letters at fault (message id to reason); nothing at all was sent."""

    refused: Mapping[str, str]


@dataclass(frozen=True)
class TooLarge:
    """The request was too large; nothing of it was sent. Smaller ones may fit."""

    reason: str


@dataclass(frozen=True)
class RetryLater:
    """Surely not sent. ``not_before`` is the provider's own wish, if it gave one; it is about all
    mail, not this letter.
    """

    reason: str
    not_before: datetime | None = None


@dataclass(frozen=True)
class ChannelDown:
    """Surely not sent, and no other mail will be either until a person mends it (key, credits)."""

    reason: str


@dataclass(frozen=True)
class Uncertain:
    """Perhaps sent: the answer was lost. Only an event or a person may settle it."""

    reason: str


SendAnswer = (
    Accepted | Captured | Refused | RefusedSome | TooLarge | RetryLater | ChannelDown | Uncertain
)


@dataclass(frozen=True)
class Sought:
    """One letter whose answer was lost, to be looked for in the provider's log.

    ``sent_at`` is when it was handed over, or may have been.
    """

    message_id: str
    batch_id: str
    to_address: str
    sent_at: datetime


@dataclass(frozen=True)
class Found:
    """The provider's log holds this letter or another of its request: the request was accepted.

    ``alone``: it holds the letter under another of our requests, from when it was sent before.
    The letter was taken, and nothing is known of the request asked about.
    """

    provider_id: str | None
    alone: bool = False


@dataclass(frozen=True)
class NotFound:
    """The log shows nothing of it. That proves nothing: entries come late, or never."""


@dataclass(frozen=True)
class CannotTell:
    """The log could not be read (no permission, no such service, no answer)."""

    reason: str


LogAnswer = Found | NotFound | CannotTell


class Transport(Protocol):
    """Carries mail. Called with no transaction open; never raises for a provider's fault."""

    name: str

    def sort(self, envelopes: Sequence[Envelope]) -> Sorted:
        """Put letters together for as few requests as may be. No network, no clock."""
        ...

    def send(self, group: Sequence[Envelope], batch_id: str) -> SendAnswer:
        """Hand over one of ``sort``'s groups (or a part of one) in one request.

        ``batch_id`` is our opaque id of the request; events about any of its letters carry it.
        """
        ...

    def probe(self) -> SendAnswer:
        """Ask whether mail would be taken, without sending any: ``Accepted`` if so."""
        ...

    def look_up(self, sought: Sought) -> LogAnswer:
        """Look for one letter in the provider's log."""
        ...


@dataclass(frozen=True)
class MailEvent:
    """One provider event about one email.

    ``event_id`` is unique per event (derived from the content where the provider gave none).
    ``message_id`` and ``batch_id`` are ours if they came back, else ``None`` and
    ``provider_id``/``address`` are the only hold. ``reason`` is the provider's own text and may
    hold an address: never log it.
    """

    event_id: str
    kind: EventKind
    at: datetime
    message_id: str | None
    provider_id: str | None
    address: str | None
    batch_id: str | None = None
    reason: str | None = None
    raw: dict[str, object] = field(default_factory=dict, hash=False)
