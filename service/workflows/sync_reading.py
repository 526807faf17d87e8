"""Reads one connection's lists of what changed, a page at a time, and stores what they hold.

Every write names the lease; who lost it to another worker stores nothing more and settles nothing.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from service.ats.asking import MARK, Answer, Ask, Found, Listing, Poller
from service.ats.base import PayloadError
from service.clock import Clock
from service.db import in_chunks, new_id
from service.domain.retries import sync_again_in
from service.models import Connection, Delivery
from service.vendors.base import Answered, AskError, Busy, Denied, Reach, Vendors
from service.workflows.heartbeat import beat
from service.workflows.leases import Lease
from service.workflows.reaching import note_api_answers, note_api_fault

LEASE = timedelta(minutes=10)
"""How long a connection is a dead worker's: a page takes seconds, and each renews it."""

MOST_PAGES = 20_000
"""No list is longer: one that is goes on for ever."""

_LONGEST_IDENTITY = 255
_ROWS = 100


@dataclass
class SyncReport:
    """What one connection's sync did. ``fault`` is why it could not read everything, in words.

    ``stored`` records are new here and wait to be worked in; ``known`` ones were here already.
    ``stopped`` tells that it was asked to leave the rest for later.
    """

    name: str
    since: datetime
    pages: int = 0
    stored: int = 0
    known: int = 0
    fault: str | None = None
    stopped: bool = False


class Reading:
    """One sync on its way. ``over`` once it is settled; ``not_before`` while a rate is kept to."""

    def __init__(
        self,
        session: Session,
        clock: Clock,
        vendors: Vendors,
        connection: Connection,
        lease: Lease,
        *,
        poller: Poller,
        reach: Reach,
        since: datetime,
        marks: Mapping[str, str],
    ) -> None:
        self._session = session
        self._clock = clock
        self._vendors = vendors
        self._id = connection.id
        self._every = connection.sync_every_minutes
        self._failures = connection.sync_failures
        self._watermark = connection.watermark_at
        self._lease = lease
        self._poller = poller
        self._reach = reach
        self._since = since
        self._marks = marks
        self._new_marks: dict[str, str] = {}
        self._marks_refused = False
        self._began_at = clock.now()
        self._pages: deque[Ask] | None = None
        self._seen: set[str] = set()
        self._unread: str | None = None
        self.report = SyncReport(connection.name, since)
        self.over = False
        self.not_before: datetime | None = None

    def read_page(self) -> None:
        """Ask for one page and store what it holds, or settle why that cannot be."""
        self.not_before = None
        try:
            self._read_page()
        except (PayloadError, AskError) as error:
            # These texts name a place and a fault, never a value.
            self._session.rollback()
            self.give_up(str(error))
        except Exception as error:  # noqa: BLE001 - one vendor's oddity never stops the others
            self._session.rollback()
            self.give_up(f"its answer could not be worked in ({type(error).__name__})")

    def _read_page(self) -> None:
        if self._pages is None:
            marks = {MARK + name: mark for name, mark in self._marks.items()}
            settings = {**self._reach.settings, **marks}
            self._pages = deque(self._poller.first(self._since, settings))
            self._seen = {ask.key for ask in self._pages}
        if self._pages:
            ask = self._pages.popleft()
            outcome = self._vendors.ask(self._reach, ask)
            if isinstance(outcome, Busy) and outcome.throttled:
                self._pages.appendleft(ask)
                self.not_before = outcome.retry_at
                return
            if isinstance(outcome, Answered):
                self._take(ask, outcome.answer, self._pages)
            else:
                note_api_fault(self._session, self._id, outcome.why, self._clock.now())
                if not isinstance(outcome, Denied) or outcome.status != 403:
                    self.give_up(outcome.why, outcome.retry_at)
                    return
                self._leave_list(outcome.why)
        if self._pages is not None and not self._pages and not self.over:
            self._end()

    def _take(self, ask: Ask, answer: Answer, pages: deque[Ask]) -> None:
        if not 200 <= answer.status < 300:
            self._leave_list(f"the vendor's API answered {answer.status} to what changed")
            return
        try:
            listing = self._poller.read(ask, answer, self._since)
        except PayloadError as error:
            self._leave_list(str(error))
            return
        if not self._store(listing):
            # Somebody else reads it now.
            self.over = self.report.stopped = True
            return
        self.report.pages += 1
        self._new_marks |= listing.marks
        if listing.next is None:
            return
        if listing.next.key in self._seen or len(self._seen) >= MOST_PAGES:
            self._leave_list("the vendor's pages have no end")
            return
        self._seen.add(listing.next.key)
        pages.appendleft(listing.next)

    def _leave_list(self, why: str) -> None:
        """Read the other lists all the same; but this one's rest is missing, so it is no success.

        A permission that one list lacks must not keep the others from being read. Where marks
        were used they may be what is refused: then everything is read again without them.
        """
        self._session.commit()
        if self._marks:
            self._marks, self._new_marks, self._pages = {}, {}, None
            self._marks_refused = True
            return
        self._unread = self._unread or why

    def _end(self) -> None:
        if self._unread is None:
            self._succeed()
        else:
            self.give_up(self._unread)

    def _store(self, listing: Listing) -> bool:
        """Store a page's records and commit; ``False`` where the lease was lost meanwhile."""
        session, now = self._session, self._clock.now()
        if not self._write(lease_until=now + LEASE):
            session.rollback()
            self._lease.missed(session, now, (self._id,))
            session.commit()
            return False
        self._lease.until = now + LEASE
        stored = 0
        for rows in in_chunks([self._row(found, now) for found in listing.found], _ROWS):
            stored += _insert(session, rows)
        note_api_answers(session, self._id, now)
        beat(session, "sync", now, {"pages": self.report.pages + 1})
        session.commit()
        self.report.stored += stored
        self.report.known += len(listing.found) - stored
        return True

    def _row(self, found: Found, now: datetime) -> dict[str, Any]:
        return {
            "id": new_id("dlv"),
            "connection_id": self._id,
            "identity": _identity(found),
            "found": found.kind,
            "headers": {},
            "body": found.record,
            "received_at": now,
            "state": "received",
            "attempts": 0,
            "next_attempt_at": now,
            "duplicates": 0,
        }

    def _succeed(self) -> None:
        now, values = self._clock.now(), dict[str, Any]()
        gapless = self._watermark is None or self._since <= self._watermark
        if gapless:
            # Set back, too: a watermark of the future comes from a clock that was wrong.
            values |= {"sync_marks": self._new_marks, "watermark_at": self._began_at}
        if self._every is not None:
            values["next_sync_at"] = now + timedelta(minutes=self._every)
        self._settle(last_synced_at=now, sync_fault=None, sync_failures=0, **values)

    def give_up(self, why: str, retry_at: datetime | None = None) -> None:
        """Leave the watermark where it is, say why, and come again later and later."""
        now = self._clock.now()
        self.report.fault = why
        values: dict[str, Any] = {"sync_fault": why, "sync_failures": self._failures + 1}
        if self._marks_refused:
            values["sync_marks"] = {}
        if self._every is not None:
            usual = timedelta(minutes=self._every)
            again = now + sync_again_in(self._failures + 1, usual)
            values["next_sync_at"] = max(again, retry_at or again)
        self._settle(**values)

    def leave(self) -> None:
        """Stop here; it is due as before, for whoever looks next."""
        self.report.stopped = True
        self._settle()

    def _settle(self, **values: Any) -> None:
        if not self._write(lease_token=None, lease_until=None, **values):
            self._lease.missed(self._session, self._clock.now(), (self._id,))
        self._session.commit()
        self.over = True

    def _write(self, **values: Any) -> bool:
        held = self._session.execute(
            update(Connection)
            .where(Connection.id == self._id, Connection.lease_token == self._lease.token)
            .values(**values)
            .returning(Connection.id)
            .execution_options(synchronize_session=False)
        ).first()
        return held is not None


def _identity(found: Found) -> str:
    """A record's identity, apart from those of webhooks, and short enough to be one."""
    whole = f"found:{found.kind}:{found.identity}"
    if len(whole) <= _LONGEST_IDENTITY:
        return whole
    return f"found:sha256:{hashlib.sha256(whole.encode()).hexdigest()}"


def _insert(session: Session, rows: Sequence[dict[str, Any]]) -> int:
    """Store those that are new; return how many were."""
    # The two dialects spell it alike but share no class.
    postgres = session.get_bind().dialect.name == "postgresql"
    insert = postgresql.insert(Delivery) if postgres else sqlite.insert(Delivery)
    statement = (
        insert.values(list(rows))
        .on_conflict_do_nothing(index_elements=["connection_id", "identity"])
        .returning(Delivery.id)
    )
    return len(session.execute(statement).all())
