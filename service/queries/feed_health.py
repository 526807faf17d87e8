"""How each connection's feed is doing, in words, with what mends it.

Read from the connections' own rows and over indexes of what waits or failed, so that a million
deliveries that were worked in cost nothing. Nothing here names a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from service.ats.registry import adapter_named
from service.domain.feeds import Fault, Feed, Light, WorkingTime, judge, silences_of
from service.domain.wording import ENGLISH, Speech
from service.models import Connection, Delivery
from service.queries.at_once import read_at_once
from service.queries.feed_words import detail_of, words_of
from service.queries.profile_entries import for_a_person_query
from service.queries.stage_labels import unmapped_query

_GRAVE = frozenset(
    {
        Fault.REFUSED,
        Fault.SILENT,
        Fault.BACKLOG,
        Fault.API,
        Fault.INCOMPLETE,
        Fault.SYNC_FAILED,
        Fault.SYNC_LATE,
    }
)

ONLY_HINTS = frozenset({"lever", "smartrecruiters", "teamtailor", "merge", "kombo"})
"""The vendors whose webhooks say that something changed and not what: without their API nothing
of them can be worked in (docs/ats/README.md)."""


@dataclass(frozen=True)
class FaultWords:
    """One fault in a sentence, what a person does about it, and what the ATS's API said."""

    fault: Fault
    text: str
    remedy: str
    detail: str = ""

    @property
    def grave(self) -> bool:
        """Whether it keeps news from coming in, as against what is only left to be done."""
        return self.fault in _GRAVE


@dataclass(frozen=True)
class FeedHealth:
    """One connection's feed. ``faults`` has the worst first; ``quiet_after`` is working time."""

    connection_id: str
    name: str
    vendor: str
    feed: Feed
    light: Light
    quiet_after: timedelta
    faults: tuple[FaultWords, ...]

    @property
    def words(self) -> str:
        """How it is, in a word or some."""
        if self.light is not Light.BROKEN:
            return self.light.value
        first = {Fault.REFUSED: "its signatures fail", Fault.SILENT: "silent"}
        return first.get(self.faults[0].fault, "its news is not worked in")

    def has(self, fault: Fault) -> bool:
        """Tell whether this is wrong with it."""
        return any(each.fault is fault for each in self.faults)


def feed_health(
    session: Session, now: datetime, working_time: WorkingTime, speech: Speech = ENGLISH
) -> list[FeedHealth]:
    """Return every connection's health, by name. ``working_time`` is the default calendar's."""
    read = read_at_once(session, feed_queries(session))
    return feeds_from(session, read, now, working_time, speech)


def feed_queries(session: Session) -> dict[str, Select[*tuple[Any, ...]]]:
    """Return the questions behind ``feeds_from``: they may be read with others at once."""
    return {
        "deliveries": _counts_query(),
        "unmapped": unmapped_query(session),
        "unwritten": for_a_person_query(),
    }


def feeds_from(
    session: Session,
    read: Mapping[str, list[tuple[Any, ...]]],
    now: datetime,
    working_time: WorkingTime,
    speech: Speech = ENGLISH,
) -> list[FeedHealth]:
    """Return every connection's health from the answers to ``feed_queries``."""
    counts = {row[0]: _Counts(*row[1:]) for row in read["deliveries"]}
    unmapped, unwritten = dict(read["unmapped"]), dict(read["unwritten"])
    found = []
    for row in session.scalars(select(Connection).order_by(Connection.name)):
        feed = _feed(
            row, counts.get(row.id, _Counts()), unmapped.get(row.id, 0), unwritten.get(row.id, 0)
        )
        judged = judge(feed, now, working_time)
        faults = tuple(
            FaultWords(
                fault, *words_of(fault, row.name, feed, judged, speech), detail_of(fault, feed)
            )
            for fault in judged.faults
        )
        found.append(
            FeedHealth(row.id, row.name, row.vendor, feed, judged.light, judged.quiet_after, faults)
        )
    return found


@dataclass(frozen=True)
class _Counts:
    waiting: int = 0
    failed: int = 0
    oldest_waiting_at: datetime | None = None


def _counts_query() -> Select[*tuple[Any, ...]]:
    """Return the question what waits and what failed, by connection."""
    waits, failed = Delivery.state == "received", Delivery.state == "failed"
    return (
        select(
            Delivery.connection_id,
            func.count().filter(waits).label("waiting"),
            func.count().filter(failed).label("failed"),
            func.min(Delivery.received_at).filter(waits, Delivery.attempts == 0).label("oldest"),
        )
        .where(Delivery.state.in_(("received", "failed")))
        .group_by(Delivery.connection_id)
    )


def _missing(row: Connection) -> tuple[str, ...]:
    """Return what a person calls the answers that the vendor's API waits for."""
    if row.vendor not in ONLY_HINTS:
        return ()
    api = adapter_named(row.vendor).api
    given = {**row.settings, **row.credentials}
    return tuple(
        each.label
        for each in (api.fields if api else ())
        if each.required and not given.get(each.name)
    )


def _feed(row: Connection, counts: _Counts, unmapped: int, unwritten: int) -> Feed:
    minutes = row.sync_every_minutes
    return Feed(
        active=row.active,
        created_at=row.created_at,
        last_authentic_at=row.last_authentic_at,
        silences=silences_of(row.silences),
        refused_since=row.refused_since,
        last_refused_at=row.last_refused_at,
        waiting=counts.waiting,
        oldest_waiting_at=counts.oldest_waiting_at,
        failed=counts.failed,
        api_fault=row.api_fault,
        sync_every=None if minutes is None else timedelta(minutes=minutes),
        last_synced_at=row.last_synced_at,
        next_sync_at=row.next_sync_at,
        sync_fault=row.sync_fault,
        unmapped=unmapped,
        unanswered=row.rejections_by is None,
        missing=_missing(row),
        unwritten=unwritten,
    )
