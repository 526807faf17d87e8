"""What asking a vendor's API takes and what may come of it, as values.

Whoever asks is told one of four things and never catches a network's exception. No text here
holds a name, an address, a key or anything of what was asked or answered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from service.ats.asking import Answer, Ask, VendorApi


@dataclass(frozen=True)
class Reach:
    """One connection's way to its vendor's API. ``settings`` holds its secrets, opened."""

    connection_id: str
    api: VendorApi
    settings: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True)
class Answered:
    """The API answered the question: 2xx, or a 4xx that is about the question itself."""

    answer: Answer


@dataclass(frozen=True)
class Denied:
    """The API does not take our credentials (401) or they may not ask this (403)."""

    status: int
    why: str
    retry_at: datetime


@dataclass(frozen=True)
class Busy:
    """It was surely not done: too many requests (429, a rest), or more than the rate allows.

    ``throttled`` tells that only our own keeping to the rate is in the way, which is no fault.
    """

    retry_at: datetime
    why: str
    throttled: bool = False


@dataclass(frozen=True)
class Unreachable:
    """No usable answer. ``perhaps_sent`` tells that the request may have arrived all the same."""

    why: str
    retry_at: datetime
    perhaps_sent: bool
    status: int | None = None


Outcome = Answered | Denied | Busy | Unreachable


class AskError(ValueError):
    """A request that must not be made as it stands, such as one whose path leaves the API."""


class Vendors(Protocol):
    """Asks the vendors' APIs. Safe to share between threads."""

    def ask(self, reach: Reach, ask: Ask) -> Outcome:
        """Make one request, once. Raises ``AskError`` for one that must not be made.

        It does not wait for the rate to allow it: then the outcome is ``Busy``, throttled.
        """
