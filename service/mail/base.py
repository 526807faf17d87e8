"""What Keepword asks of whatever carries its mail, and the answers it acts on.

The answer says what is *known*: a lost answer is ``Uncertain`` and never an invitation to resend.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from service.domain.delivery import EventKind

__all__ = [
    "Accepted",
    "Captured",
    "ChannelDown",
    "Envelope",
    "EventKind",
    "MailEvent",
    "Refused",
    "RetryLater",
    "SendAnswer",
    "Transport",
    "Uncertain",
]


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


@dataclass(frozen=True)
class Accepted:
    """The provider took the request and queued it. Not delivered: not yet a contact."""

    provider_id: str | None


@dataclass(frozen=True)
class Captured:
    """The mail was kept for reading and will never be sent."""


@dataclass(frozen=True)
class Refused:
    """The provider judged this very mail bad; sending it again unchanged is pointless."""

    reason: str


@dataclass(frozen=True)
class RetryLater:
    """Surely not sent. ``not_before`` is the provider's own wish, if it gave one."""

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


SendAnswer = Accepted | Captured | Refused | RetryLater | ChannelDown | Uncertain


class Transport(Protocol):
    """Carries one email. Called with no transaction open; never raises for a provider's fault."""

    name: str

    def send(self, envelope: Envelope) -> SendAnswer:
        """Hand one email over and say what is known about it."""
        ...


@dataclass(frozen=True)
class MailEvent:
    """One provider event about one email.

    ``event_id`` is unique per event (derived from the content where the provider gave none).
    ``message_id`` is ours if it came back, else ``None`` and ``provider_id``/``address`` are the
    only hold. ``reason`` is the provider's own text and may hold an address: never log it.
    """

    event_id: str
    kind: EventKind
    at: datetime
    message_id: str | None
    provider_id: str | None
    address: str | None
    reason: str | None = None
    raw: dict[str, object] = field(default_factory=dict, hash=False)
