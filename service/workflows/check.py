"""The checker: finds the promises whose next rung has come and has them judged and written down.

A run costs what is due and not what exists: it reads keyset batches off a partial index, without
a cap. While news that may settle promises waits to be worked in, it flags nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, Text, and_, cast, func, or_, select
from sqlalchemy.orm import Session

from service.domain.lateness import added
from service.domain.wording import ENGLISH, Speech
from service.models import Connection, Delivery, Heartbeat, MailEvent, Promise
from service.workflows.heartbeat import beat
from service.workflows.judged_writes import SET_ASIDE, DueRow
from service.workflows.judging import CheckReport, Judging
from service.workflows.work import Office, Work, never

__all__ = [
    "BACKLOG_BOUND",
    "BATCH",
    "SET_ASIDE",
    "VENDOR_BOUND",
    "CheckReport",
    "VendorBehind",
    "backlog",
    "backlog_of",
    "backlog_queries",
    "check",
    "vendors_behind",
]

BATCH = 2500
"""Promises judged in one transaction: on SQLite everybody else waits for its end, a quarter of a
second for this many; more of them at once would take hardly less time for each."""
BACKLOG_BOUND = timedelta(minutes=2)
"""News older than this must be worked in first: it may say that a promise was kept."""

VENDOR_BOUND = timedelta(minutes=15)
"""For how long hints that a vendor's API leaves unanswered count as such news: one vendor that is
down must not end all watching."""

_promise = Promise.__table__
_COLUMNS = tuple(
    # As text: one damaged ladder must not fail the reading of the whole batch, and many are alike.
    cast(column, Text()).label(name) if name == "ladder" else column
    for name, column in ((name, _promise.c[name]) for name in DueRow._fields)
)

LATENESS = "check-lateness"
"""Under this name a heartbeat keeps how late flags were, over all runs."""


def check(
    session: Session,
    office: Office,
    now: datetime,
    *,
    dry_run: bool = False,
    batch: int = BATCH,
    stop: Callable[[], bool] = never,
) -> CheckReport:
    """Judge everything that has come due by ``now``; commit batch by batch.

    ``stop`` is asked before each batch whether to leave the rest to the next run.
    """
    report = CheckReport(at=now, dry_run=dry_run)
    report.not_ready = backlog(session, now)
    if report.not_ready is None:
        run = Judging(Work(session, now, office, source="checker"), report)
        after: tuple[datetime, str] | None = None
        while not stop() and (rows := _due(session, now, after, batch)):
            after = (rows[-1].next_check_at, rows[-1].id)
            run.take(rows)
    session.rollback()
    if not dry_run:
        if report.flagged:
            known = session.get(Heartbeat, LATENESS, with_for_update=True, populate_existing=True)
            kept = added(known.data if known else {}, report.lateness, report.lateness_total_in)
            beat(session, LATENESS, now, kept)
        beat(session, "check", now, {k: v for k, v in report.to_document().items() if k != "at"})
        session.commit()
    return report


def backlog(session: Session, now: datetime) -> str | None:
    """Say why nothing may be flagged yet: news that may settle promises waits to be worked in."""
    read = {name: session.execute(asked).all() for name, asked in backlog_queries(now).items()}
    return backlog_of(read, now)


def backlog_queries(now: datetime) -> dict[str, Select[*tuple[Any, ...]]]:
    """Return the questions behind ``backlog_of``: they may be read with others at once."""
    bound = now - BACKLOG_BOUND
    return {
        "news": select(func.count())
        .select_from(Delivery)
        .where(
            Delivery.state == "received",
            Delivery.asked_at.is_(None),
            Delivery.attempts == 0,
            Delivery.received_at < bound,
        ),
        "behind": _behind_query(now),
        "events": select(func.count())
        .select_from(MailEvent)
        .where(MailEvent.folded_at.is_(None), MailEvent.received_at < bound),
    }


def backlog_of(
    read: Mapping[str, Sequence[Any]], now: datetime, speech: Speech = ENGLISH
) -> str | None:
    """Say why nothing may be flagged yet, from the answers to ``backlog_queries``."""
    ((deliveries,),), ((events,),) = read["news"], read["events"]
    deliveries += sum(
        late.hints for late in _behind(read["behind"]) if now - late.since <= VENDOR_BOUND
    )
    if not deliveries and not events:
        return None
    return speech.say(
        "%(deliveries)s deliveries and %(events)s mail events wait to be worked in: "
        "nobody is flagged until they are",
        deliveries=deliveries,
        events=events,
    )


@dataclass(frozen=True)
class VendorBehind:
    """A connection whose vendor's API owes answers: since when, and for how many hints."""

    connection_id: str
    since: datetime
    hints: int


def vendors_behind(session: Session, now: datetime) -> list[VendorBehind]:
    """Return the connections with hints that wait for longer than news may.

    One that has been behind for longer than ``VENDOR_BOUND`` keeps nobody from being flagged, and
    is to be shown as a fault instead.
    """
    return _behind(session.execute(_behind_query(now).order_by(Delivery.connection_id)))


def _behind(found: Iterable[Any]) -> list[VendorBehind]:
    return [VendorBehind(of, since, hints) for of, since, hints in found if since is not None]


def _behind_query(now: datetime) -> Select[*tuple[Any, ...]]:
    return (
        select(Delivery.connection_id, func.min(Delivery.asked_at), func.count())
        .join(Connection, Connection.id == Delivery.connection_id)
        .where(
            Connection.active,
            Delivery.state == "received",
            Delivery.asked_at.is_not(None),
            Delivery.attempts == 0,
            Delivery.received_at < now - BACKLOG_BOUND,
        )
        .group_by(Delivery.connection_id)
    )


def _due(
    session: Session, now: datetime, after: tuple[datetime, str] | None, batch: int
) -> Sequence[DueRow]:
    query = (
        select(*_COLUMNS)
        .where(_promise.c.next_check_at <= now)
        .order_by(_promise.c.next_check_at, _promise.c.id)
        .limit(batch)
        .with_for_update(skip_locked=True)
    )
    if after is not None:
        at, id_ = after
        query = query.where(
            # Said twice, so that the index is entered here and not at its beginning.
            _promise.c.next_check_at >= at,
            or_(
                _promise.c.next_check_at > at,
                and_(_promise.c.next_check_at == at, _promise.c.id > id_),
            ),
        )
    return [DueRow._make(row) for row in session.execute(query)]
