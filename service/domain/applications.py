"""Applications: where one stands after a change, in whatever order the changes arrive.

The newest fact wins, by the source's time; at the same instant a closing stage wins over an open
one, so that every order of the same facts ends in the same standing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from service.domain.changes import CLOSED_STAGES, Stage

_ORDER = list(Stage)


@dataclass(frozen=True)
class Standing:
    """The stage of an application and the source's time of it."""

    stage: Stage
    at: datetime

    @property
    def closed(self) -> bool:
        """Tell whether nothing more is decided about it."""
        return self.stage in CLOSED_STAGES


def settle(current: Standing, stage: Stage, at: datetime | None, received_at: datetime) -> Standing:
    """Return the standing after a source reported ``stage``.

    A report without a time counts as of its receipt, but never reopens a closed application:
    nobody knows whether it is older than the closing.
    """
    if at is None and current.closed and stage not in CLOSED_STAGES:
        return current
    reported = Standing(stage, at or received_at)
    return max(current, reported, key=_rank)


def _rank(standing: Standing) -> tuple[datetime, bool, int]:
    return standing.at, standing.closed, _ORDER.index(standing.stage)


def reopen(current: Standing, stage: Stage, at: datetime | None, received_at: datetime) -> Standing:
    """Return the standing after a rejection or a hire was expressly taken back.

    Taking back is about the closing it follows, so without a time of its own it counts as newer
    than what is known; with an older time it changes nothing.
    """
    when = at or max(received_at, current.at)
    if when < current.at or not current.closed:
        return current
    return Standing(stage, when)
