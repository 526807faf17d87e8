"""Asks the vendors what changed, so that what no webhook told is worked in all the same.

A page is stored before the next one is asked for; the watermark moves only when every page of
every list was read, to the instant the reading began. So whatever ends a sync, nothing is missed:
the next one reads from the same place, and what is known already is not stored again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from service.ats.base import Adapter
from service.ats.registry import UnknownAdapterError, adapter_named
from service.clock import Clock
from service.db import claim
from service.models import Connection
from service.vendors.base import Vendors
from service.workflows.connection_settings import LONGEST_SYNC_EVERY, SYNC_EVERY, stop_reading
from service.workflows.leases import Lease
from service.workflows.reaching import NoWayError, SealedWayError, reach_of
from service.workflows.sync_reading import LEASE, Reading, SyncReport
from service.workflows.work import Office, Work, never

__all__ = [
    "FIRST_SPAN",
    "OVERLAP",
    "Pause",
    "SyncPass",
    "SyncRefusedError",
    "SyncReport",
    "ask_for_sync",
    "sync",
    "sync_now",
]

OVERLAP = timedelta(minutes=10)
"""How much is read again: the vendor's clock is not ours, and its lists lag behind its records."""

FIRST_SPAN = timedelta(days=7)
"""How far before a connection's beginning the first sync looks."""

MARKS_LAST = timedelta(days=3)
"""How long a vendor's marks are used: they end by themselves at an instant that nobody is told."""

AT_ONCE = 20
"""How many connections one pass reads page about page."""

_FAR = timedelta(minutes=LONGEST_SYNC_EVERY + 60)
"""No sync is planned for later; one that is comes from a clock that was wrong."""

_USUAL = timedelta(minutes=SYNC_EVERY)
_PATIENCE = 3
"""How often a clock that stands still may be waited for."""

Pause = Callable[[float], object]
"""Waits for some seconds, or until the process is to stop."""


class SyncRefusedError(Exception):
    """This connection cannot be synced now; the text says why and what mends it."""


@dataclass
class SyncPass:
    """What one pass of the step did."""

    synced: int = 0
    faulty: int = 0
    stored: int = 0


def sync(
    session: Session,
    office: Office,
    clock: Clock,
    vendors: Vendors,
    *,
    pause: Pause,
    stop: Callable[[], bool] = never,
    adapters: Callable[[str], Adapter] = adapter_named,
) -> SyncPass:
    """Sync every connection that is due, page about page, so that a slow one delays no other.

    ``pause`` waits where a vendor's rate asks for it; ``stop`` is asked before each page whether
    to leave the rest, which is due again at once.
    """
    done = SyncPass()
    under_way: list[Reading] = []
    while not stop():
        under_way += _begin_due(session, office, clock, vendors, adapters, AT_ONCE - len(under_way))
        if not under_way:
            break
        _go_on(under_way, clock, pause, stop)
        for reading in under_way:
            if reading.over:
                _count(done, reading.report)
        under_way = [reading for reading in under_way if not reading.over]
    for reading in under_way:
        reading.leave()
    session.rollback()
    return done


def sync_now(
    session: Session,
    office: Office,
    clock: Clock,
    vendors: Vendors,
    name: str,
    since: datetime | None = None,
    *,
    pause: Pause,
    stop: Callable[[], bool] = never,
    adapters: Callable[[str], Adapter] = adapter_named,
) -> SyncReport:
    """Sync one connection now, due or not, from ``since`` or else from its watermark.

    Raises ``SyncRefusedError``. It commits page by page; what it stored waits for ``ingest`` and
    ``fetch``.
    """
    found = session.scalars(select(Connection).where(Connection.name == name)).one_or_none()
    if found is None or not found.active:
        raise SyncRefusedError(f"there is no active connection “{name}”")
    lease, ids = _claim(session, clock.now(), Connection.id == found.id, limit=1)
    session.commit()
    if not ids:
        raise SyncRefusedError(f"“{name}” is being synced at this moment by another process")
    try:
        reading = _begin(session, office, clock, vendors, adapters, found.id, lease, since)
    except (NoWayError, UnknownAdapterError) as error:
        _release(session, found.id, lease, clock.now())
        raise SyncRefusedError(str(error)) from None
    while not reading.over:
        if stop():
            reading.leave()
        else:
            _go_on([reading], clock, pause, stop)
    return reading.report


def ask_for_sync(work: Work, connection: Connection, since: datetime | None = None) -> None:
    """Have the loop sync a connection as soon as it looks, from ``since`` if given.

    Raises ``SyncRefusedError`` for one that the loop never syncs. The caller commits.
    """
    if not connection.active or connection.sync_every_minutes is None:
        raise SyncRefusedError(f"“{connection.name}” is not synced by itself")
    connection.next_sync_at = work.now
    if since is not None:
        # Whoever reads just now would settle to where they read from, and this wish were gone.
        stop_reading(work, connection)
        # Everything before it counts as read, what is after it is read again.
        connection.sync_marks = {}
        reach_back = since + OVERLAP
        connection.watermark_at = min(connection.watermark_at or reach_back, reach_back)


def _go_on(under_way: list[Reading], clock: Clock, pause: Pause, stop: Callable[[], bool]) -> None:
    """Read one page of each, or wait until one may be read."""
    for reading in under_way:
        if not stop() and (reading.not_before is None or reading.not_before <= clock.now()):
            reading.read_page()
    waits = [None if each.over else each.not_before for each in under_way]
    until = [wait for wait in waits if wait is not None]
    if len(until) < len(under_way) or stop():
        return
    for _ in range(_PATIENCE):
        before = clock.now()
        pause(max(0.0, (min(until) - before).total_seconds()))
        if clock.now() > before or stop():
            return
    for reading in under_way:
        reading.give_up("the vendor's rate allows no more requests", reading.not_before)


def _begin_due(
    session: Session,
    office: Office,
    clock: Clock,
    vendors: Vendors,
    adapters: Callable[[str], Adapter],
    room: int,
) -> list[Reading]:
    now = clock.now()
    lease, ids = _claim(
        session,
        now,
        Connection.active.is_(True),
        Connection.sync_every_minutes.is_not(None),
        or_(Connection.next_sync_at <= now, Connection.next_sync_at > now + _FAR),
        limit=room,
    )
    session.commit()
    begun = []
    for connection_id in ids:
        try:
            begun.append(
                _begin(session, office, clock, vendors, adapters, connection_id, lease, None)
            )
        except SealedWayError as error:
            # The key may come back with the next start.
            again, why = now + _USUAL, str(error)
            _release(session, connection_id, lease, now, next_sync_at=again, sync_fault=why)
        except (NoWayError, UnknownAdapterError):
            # Nothing to ask, or nothing to ask with: whoever mends that plans the next sync.
            _release(session, connection_id, lease, now, next_sync_at=None)
    return begun


def _claim(
    session: Session, now: datetime, *where: ColumnElement[bool], limit: int
) -> tuple[Lease, list[str]]:
    token, ids = claim(
        session,
        Connection,
        or_(
            Connection.lease_until.is_(None),
            Connection.lease_until <= now,
            # Taken by a clock that was ahead: nobody leases for so long.
            Connection.lease_until > now + 2 * LEASE,
        ),
        *where,
        order_by=Connection.next_sync_at,
        limit=limit,
        until=now + LEASE,
    )
    return Lease("sync", Connection, token, now + LEASE), ids


def _begin(
    session: Session,
    office: Office,
    clock: Clock,
    vendors: Vendors,
    adapters: Callable[[str], Adapter],
    connection_id: str,
    lease: Lease,
    since: datetime | None,
) -> Reading:
    connection = session.get_one(Connection, connection_id, populate_existing=True)
    adapter = adapters(connection.vendor)
    if adapter.poller is None:
        raise NoWayError(f"{adapter.label} cannot be asked what changed")
    reach = reach_of(office, connection, adapter)
    marks = _marks(connection, clock.now()) if since is None else {}
    now, watermark = clock.now(), connection.watermark_at
    if since is None and watermark is not None:
        # One of the future comes from a clock that was wrong, nobody knows for how long.
        since = watermark - OVERLAP if watermark <= now else now - FIRST_SPAN
    session.commit()
    return Reading(
        session,
        clock,
        vendors,
        connection,
        # Of several that were claimed together each is renewed by itself.
        replace(lease),
        poller=adapter.poller,
        reach=reach,
        since=since or connection.created_at - FIRST_SPAN,
        marks=marks,
    )


def _marks(connection: Connection, now: datetime) -> dict[str, str]:
    """Return the vendor's marks of the last reading, while they may be used."""
    read_at = connection.last_synced_at
    if read_at is None or connection.watermark_at is None or now - read_at > MARKS_LAST:
        return {}
    return {name: str(mark) for name, mark in connection.sync_marks.items()}


def _release(
    session: Session, connection_id: str, lease: Lease, now: datetime, **values: object
) -> None:
    released = session.scalars(
        update(Connection)
        .where(Connection.id == connection_id, Connection.lease_token == lease.token)
        .values(lease_token=None, lease_until=None, **values)
        .returning(Connection.id)
        .execution_options(synchronize_session=False)
    ).all()
    lease.missed(session, now, () if released else (connection_id,))
    session.commit()


def _count(done: SyncPass, report: SyncReport) -> None:
    done.synced += report.fault is None and not report.stopped
    done.faulty += report.fault is not None
    done.stored += report.stored
