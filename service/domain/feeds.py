"""Judges an ATS's feed: does it speak as it usually does, is what it says believed and worked in?

Silence looks like calm, so each fault is told from what a connection did before. The rule of
silence, in working time of the default calendar, so that no weekend is one:

* A silence is an hour or more without a webhook; the latest ``REMEMBERED`` are kept.
* The habit is the silence that nine in ten of them do not exceed: one long outage, once over, does
  not teach that outages are usual.
* A feed is silent after ``PATIENCE_FACTOR`` times its habit, and never before ``SHORTEST``; while
  fewer than ``ENOUGH`` are known, after ``UNTAUGHT``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

WorkingTime = Callable[[datetime, datetime], timedelta]
"""Working time between two instants, the earlier one first."""

Silence = tuple[datetime, datetime]

NOTABLE = timedelta(hours=1)
REMEMBERED = 60
ENOUGH = 5
PATIENCE_FACTOR = 4
SHORTEST = timedelta(hours=16)
"""Two working days of eight hours."""
UNTAUGHT = timedelta(hours=32)
"""Four working days: an ATS in use speaks oftener."""

STRAY = 3
"""Fewer refusals than this from a feed that is otherwise heard are somebody's knocking."""
REFUSED_WITHIN = timedelta(days=3)
"""How long refusals are news; after that the feed is silent, or was never posting."""
HEARD_TOGETHER = timedelta(seconds=10)
"""The last authentic delivery is noted every few seconds: refusals this close to it are old."""

SLOW_AFTER = timedelta(minutes=10)
"""How long a delivery may wait for its first working in."""
SYNC_GRACE = 3
"""After how many of its own intervals without a look at what changed it is late."""
SYNC_SLACK = timedelta(minutes=10)


class Fault(StrEnum):
    """What may be wrong with a feed, the worst first."""

    REFUSED = "refused"
    SILENT = "silent"
    BACKLOG = "backlog"
    API = "api"
    INCOMPLETE = "incomplete"
    SYNC_FAILED = "sync-failed"
    SYNC_LATE = "sync-late"
    FAILED = "failed"
    UNWRITTEN = "unwritten"
    UNMAPPED = "unmapped"
    UNANSWERED = "unanswered"


class Light(StrEnum):
    """How a feed is as a whole."""

    WELL = "well"
    NEW = "waiting for its first delivery"
    CARE = "needs a look"
    BROKEN = "broken"
    OFF = "switched off"


@dataclass(frozen=True)
class Feed:
    """What is known of one connection. ``silences`` are in the order they came.

    ``oldest_waiting_at`` is the receipt of the oldest delivery that was never tried.
    ``missing`` names what its API needs and nobody entered, where no delivery can be worked in
    without asking it; ``unwritten`` counts entries for candidates' profiles that need a person.
    """

    active: bool
    created_at: datetime
    last_authentic_at: datetime | None
    silences: Sequence[Silence]
    refused_since: int
    last_refused_at: datetime | None
    waiting: int
    oldest_waiting_at: datetime | None
    failed: int
    api_fault: str | None
    sync_every: timedelta | None
    last_synced_at: datetime | None
    next_sync_at: datetime | None
    sync_fault: str | None
    unmapped: int
    unanswered: bool
    missing: tuple[str, ...] = ()
    unwritten: int = 0


@dataclass(frozen=True)
class Judged:
    """How a feed stands. ``quiet_after`` is how much working time it may be silent for."""

    light: Light
    faults: tuple[Fault, ...]
    quiet_after: timedelta


_BREAKING = frozenset({Fault.REFUSED, Fault.SILENT, Fault.BACKLOG})


def judge(feed: Feed, now: datetime, working_time: WorkingTime) -> Judged:
    """Say what is wrong with a feed, if anything is."""
    after = quiet_after(feed.silences, working_time)
    if not feed.active:
        return Judged(Light.OFF, (), after)
    found = {
        Fault.REFUSED: _refused(feed, now),
        Fault.SILENT: feed.last_authentic_at is not None
        and feed.last_authentic_at < now
        and working_time(feed.last_authentic_at, now) > after,
        Fault.BACKLOG: feed.oldest_waiting_at is not None
        and now - feed.oldest_waiting_at > SLOW_AFTER,
        Fault.API: feed.api_fault is not None,
        Fault.INCOMPLETE: bool(feed.missing),
        Fault.SYNC_FAILED: feed.sync_fault is not None,
        Fault.SYNC_LATE: feed.sync_fault is None and _sync_late(feed, now),
        Fault.FAILED: feed.failed > 0,
        Fault.UNWRITTEN: feed.unwritten > 0,
        Fault.UNMAPPED: feed.unmapped > 0,
        Fault.UNANSWERED: feed.unanswered,
    }
    faults = tuple(fault for fault in Fault if found[fault])
    return Judged(_light(feed, faults), faults, after)


def quiet_after(silences: Sequence[Silence], working_time: WorkingTime) -> timedelta:
    """Return how much working time a feed may be silent for before that is strange."""
    if len(silences) < ENOUGH:
        return UNTAUGHT
    spans = sorted(working_time(since, until) for since, until in silences)
    habit = spans[(len(spans) * 9 - 1) // 10]
    return max(SHORTEST, PATIENCE_FACTOR * habit)


def with_silence(
    silences: Sequence[Silence], since: datetime | None, until: datetime
) -> tuple[Silence, ...] | None:
    """Return the silences with one more, or ``None`` where it was none to speak of."""
    if since is None or until - since < NOTABLE:
        return None
    return (*silences, (since, until))[-REMEMBERED:]


def silences_stored(silences: Sequence[Silence]) -> list[list[str]]:
    """Return silences as a document holds them: pairs of ISO instants."""
    return [[since.isoformat(), until.isoformat()] for since, until in silences]


def silences_of(stored: Sequence[Sequence[str]]) -> tuple[Silence, ...]:
    """Return what was stored."""
    return tuple(
        (datetime.fromisoformat(since), datetime.fromisoformat(until)) for since, until in stored
    )


def _light(feed: Feed, faults: tuple[Fault, ...]) -> Light:
    if any(fault in _BREAKING for fault in faults):
        return Light.BROKEN
    if faults:
        return Light.CARE
    if feed.last_authentic_at is None and feed.last_synced_at is None:
        return Light.NEW
    return Light.WELL


def _refused(feed: Feed, now: datetime) -> bool:
    at, heard = feed.last_refused_at, feed.last_authentic_at
    if at is None or not feed.refused_since or now - at > REFUSED_WITHIN:
        return False
    if heard is None:
        # While it is being set up a single one says that the secret differs.
        return True
    return at > heard + HEARD_TOGETHER and feed.refused_since >= STRAY


def _sync_late(feed: Feed, now: datetime) -> bool:
    if feed.sync_every is None or feed.next_sync_at is None:
        return False
    since = feed.last_synced_at or feed.created_at
    late_at = since + SYNC_GRACE * feed.sync_every + SYNC_SLACK
    return now > late_at and now > feed.next_sync_at + SYNC_SLACK
