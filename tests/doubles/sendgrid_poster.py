"""Posts the double's events the way a real webhook does: late, doubled, out of order, or never.

Every choice follows from a seed, so that a run can be repeated.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tests.doubles.sendgrid_events import AcceptedMail, EventSigner

Deliver = Callable[[Sequence[Mapping[str, Any]]], int]
"""Carries one batch to the hook, signed, and returns the status it was answered with."""


@dataclass(frozen=True)
class Manners:
    """How events reach the hook. Shares are of 1; delays are uniform between nothing and theirs."""

    doubled: float = 0.0
    lost: float = 0.0
    late_by: timedelta = timedelta(0)
    shuffled: bool = False
    together: int = 50
    """Events in one POST at most."""


class EventPoster:
    """Holds events until they are due and hands them over with the manners it was given.

    A batch that is not answered with 2xx is kept for the next time, as SendGrid does for a day.
    """

    def __init__(
        self, signer: EventSigner, deliver: Deliver, manners: Manners | None = None, seed: int = 0
    ) -> None:
        self._signer = signer
        self._deliver = deliver
        self._manners = manners or Manners()
        self._chance = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
        self._waiting: list[tuple[datetime, dict[str, Any]]] = []
        self.posted: list[dict[str, Any]] = []
        """What the hook took, in the order it came, doubles included."""
        self.lost: list[dict[str, Any]] = []
        """What it will never hear of."""

    @property
    def waiting(self) -> int:
        """How many events are still to be posted."""
        return len(self._waiting)

    @property
    def next_at(self) -> datetime | None:
        """When the next of them is due."""
        return min((at for at, _ in self._waiting), default=None)

    def happens(
        self, mail: AcceptedMail, name: str, *, at: datetime, **extra: Any
    ) -> dict[str, Any]:
        """Make one event and plan when the hook hears of it, once, twice or never."""
        event = self._signer.event(mail, name, at=at, **extra)
        if self._chance.random() < self._manners.lost:
            self.lost.append(event)
            return event
        for _ in range(2 if self._chance.random() < self._manners.doubled else 1):
            self._waiting.append((at + self._manners.late_by * self._chance.random(), event))
        return event

    def post_due(self, now: datetime) -> list[int]:
        """Post what is due, in batches; return the status of each."""
        due = sorted((entry for entry in self._waiting if entry[0] <= now), key=lambda e: e[0])
        self._waiting = [entry for entry in self._waiting if entry[0] > now]
        if self._manners.shuffled:
            self._chance.shuffle(due)
        statuses = []
        for start in range(0, len(due), self._manners.together):
            batch = due[start : start + self._manners.together]
            statuses.append(self._deliver([event for _, event in batch]))
            if 200 <= statuses[-1] < 300:
                self.posted.extend(event for _, event in batch)
            else:
                self._waiting.extend(batch)
        return statuses
