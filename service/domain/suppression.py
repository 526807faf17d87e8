"""When an address gets no more mail: a pure function of everything heard about mail to it.

In whatever order the events came, the same set of them ends in the same answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from service.domain.delivery import EventKind, arrived, suppresses
from service.domain.wording import to_say

REFUSALS_IN_A_ROW = 3
"""A mailbox's server that refuses this many letters one after the other will refuse the next."""

REFUSED_IN_A_ROW = to_say("three letters in a row were refused by the mailbox's server")
AMBIGUOUS_BOUNCE = to_say("mail to this address bounced, and the bounce did not say which letter")


REFUSALS = frozenset({EventKind.BOUNCED, EventKind.BLOCKED})


@dataclass(frozen=True)
class Heard:
    """One event about one letter to an address."""

    message_id: str
    kind: EventKind
    reason: str | None
    at: datetime


@dataclass(frozen=True)
class Suppression:
    """Since when and why an address gets no more mail."""

    at: datetime
    reason: str


def suppression(heard: Iterable[Heard]) -> Suppression | None:
    """Return why an address must get no more mail after these events, or ``None``.

    What speaks against the address itself comes before refusals that may pass.
    """
    events = sorted(heard, key=lambda event: (event.at, event.kind, event.message_id))
    for event in events:
        reason = suppresses(event.kind, event.reason)
        if reason is not None:
            return Suppression(event.at, reason)
    return _refused_in_a_row(events)


def _refused_in_a_row(events: list[Heard]) -> Suppression | None:
    """Count the letters refused since the last that arrived; a refusal outranks an arrival."""
    kinds: dict[str, set[EventKind]] = {}
    for event in events:
        kinds.setdefault(event.message_id, set()).add(event.kind)
    arrivals = {id_ for id_, seen in kinds.items() if arrived(seen)}
    refused: dict[str, datetime] = {}
    for event in events:
        if event.message_id in arrivals:
            if arrived({event.kind}):
                refused.clear()
        elif event.kind is EventKind.BLOCKED:
            refused.setdefault(event.message_id, event.at)
    if len(refused) < REFUSALS_IN_A_ROW:
        return None
    return Suppression(sorted(refused.values())[REFUSALS_IN_A_ROW - 1], REFUSED_IN_A_ROW)
