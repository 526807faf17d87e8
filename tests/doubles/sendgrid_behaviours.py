"""The ways in which the SendGrid double can treat one sound request.

An unsound request is refused whatever was asked for, as SendGrid would.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Behaviour:
    """What the double does with one sound request; an unsound one is always refused."""

    status: int = 202
    errors: Sequence[Mapping[str, Any]] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    page: bytes | None = None
    """A body that is not SendGrid's, as a proxy in front of it sends."""
    keep: bool = True
    """Whether the mail counts as accepted, whatever the client gets to hear."""
    show_id: bool = True
    """Whether a 202 carries ``X-Message-Id``."""
    ending: str = "answer"
    """``answer``, ``silent``, ``drip``, ``reset`` or ``hang_up``."""
    wait_seconds: float = 0.0
    gate: threading.Event | None = None
    """Holds the answer back, after keeping the mail, until it is set."""


ACCEPT = Behaviour()


def answer(
    status: int,
    message: str = "refused on request",
    *,
    field: str | None = None,
    headers: Mapping[str, str] | None = None,
    page: bytes | None = None,
) -> Behaviour:
    """Answer with this status and one of SendGrid's errors, or with a whole page; keep nothing."""
    errors = [{"message": message, "field": field}]
    return Behaviour(status=status, errors=errors, headers=headers or {}, page=page, keep=False)


def refused_at(*places: int, message: str = "does not contain a valid address") -> Behaviour:
    """Answer 400 and blame the recipients at these places; keep nothing."""
    errors = [
        {"message": message, "field": f"personalizations.{place}.to.0.email"} for place in places
    ]
    return Behaviour(status=400, errors=errors, keep=False)


def rate_limited(reset_at: int | str | None = None) -> Behaviour:
    """Answer 429, with ``X-RateLimit-Reset`` (epoch seconds) where one is given."""
    headers = {} if reset_at is None else {"X-RateLimit-Reset": str(reset_at)}
    return answer(429, "too many requests", headers=headers)


def slow(seconds: float) -> Behaviour:
    """Accept, and answer only after a while (for benches; a test rather uses ``held``)."""
    return Behaviour(wait_seconds=seconds)


def held(gate: threading.Event) -> Behaviour:
    """Accept, and answer once the event is set."""
    return Behaviour(gate=gate)


def silent(*, accepted: bool) -> Behaviour:
    """Say nothing until the client gives up."""
    return Behaviour(keep=accepted, ending="silent")


def drip(*, accepted: bool) -> Behaviour:
    """Send one byte of the headers at a time and never come to their end."""
    return Behaviour(keep=accepted, ending="drip")


def reset(*, accepted: bool) -> Behaviour:
    """Reset the connection after reading the request, having kept it or not."""
    return Behaviour(keep=accepted, ending="reset")


def hang_up(*, accepted: bool) -> Behaviour:
    """Close the connection in good order without an answer."""
    return Behaviour(keep=accepted, ending="hang_up")
