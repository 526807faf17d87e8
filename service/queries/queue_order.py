"""Who stands before whom in the queue: a total, stable order, the same here and in the database.

The law comes first, then what is overdue, at risk, due today, and what only needs a look. Within
one rank the further stage goes first, then who has waited longest; the person's id ends every tie.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum

from service.domain.changes import Stage

LEGAL_SPAN = timedelta(days=45)
"""How long an employer may leave somebody without word after the last interview (Ontario,
Employment Standards Act Part III.1, O. Reg. 476/24): whether a decision has been made."""

LEGAL_WARNING = timedelta(days=40)
"""From when on that span is about to end: the last working week of it."""

KNOWS = frozenset({Stage.HIRED, Stage.WITHDRAWN})
"""Stages in which somebody knows how it ended: the law asks for no further word."""


class Rank(IntEnum):
    """Why somebody stands in the queue; the smaller, the more urgent."""

    LAW = 0
    OVERDUE = 1
    AT_RISK = 2
    TODAY = 3
    LOOK = 4
    """Nothing is due, but a letter to them is stopped until a person looks."""


STAGE_WEIGHTS: dict[str, int] = {
    Stage.OFFER: 0,
    Stage.INTERVIEW: 1,
    Stage.ASSESSMENT: 2,
    Stage.SCREENING: 3,
    Stage.APPLIED: 4,
}
"""Who has come further goes first: they have put in more, and stand to lose more."""

CLOSED_WEIGHT = 5
"""The weight of every stage that is not in the table: the application is closed."""


@dataclass(frozen=True)
class Standing:
    """One reason for a person to stand in the queue. ``since`` is the instant it counts from."""

    rank: Rank
    stage: str
    since: datetime

    @property
    def key(self) -> str:
        """Return what the order compares, as the database writes it."""
        return f"{self.rank:d}{weight_of(self.stage)}{instant_key(self.since)}"


def weight_of(stage: str) -> int:
    """Return the weight of a stage."""
    return STAGE_WEIGHTS.get(stage, CLOSED_WEIGHT)


def instant_key(at: datetime) -> str:
    """Return an instant as text that sorts as the instants do: ``2026-03-02 09:00:00.000000``."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"


def rank_of(due_at: datetime, warn_at: datetime | None, now: datetime) -> Rank:
    """Return how urgent one open promise is that is in the queue; what is not late is due today."""
    if due_at < now:
        return Rank.OVERDUE
    return Rank.AT_RISK if warn_at is not None and warn_at <= now else Rank.TODAY


def legal_rank(
    interviewed_at: datetime | None, last_contact_at: datetime | None, now: datetime
) -> Rank | None:
    """Return what the law makes of a silence since an interview: passed, soon, or nothing."""
    if interviewed_at is None:
        return None
    if last_contact_at is not None and last_contact_at >= interviewed_at:
        return None
    silent_for = now - interviewed_at
    if silent_for >= LEGAL_SPAN:
        return Rank.LAW
    return Rank.AT_RISK if silent_for >= LEGAL_WARNING else None


def foremost(standings: Iterable[Standing]) -> Standing:
    """Return the reason that decides where somebody stands."""
    return min(standings, key=lambda each: each.key)
