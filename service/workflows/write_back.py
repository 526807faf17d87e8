"""Writes into candidates' profiles at the ATS what waits to be written: once, and never in a hurry.

``sending`` is committed before the first byte leaves, and no transaction is open while bytes
travel. What may or may not have arrived is never written again by itself, unless the vendor
drops a second one; nothing here holds up mail or deliveries.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from service.ats.asking import Ask, WriteBack
from service.ats.registry import UnknownAdapterError, adapter_named
from service.clock import Clock
from service.db import LEASE, claim
from service.models import Connection, ProfileEntry
from service.vendors.base import AskError, Reach, Vendors
from service.workflows.heartbeat import beat
from service.workflows.leases import Lease
from service.workflows.profile_answers import Written
from service.workflows.profile_entries import CANCELLED, FAILED, SENDING, UNCERTAIN, WAITING
from service.workflows.profile_ledger import Ledger, WriteBackReport
from service.workflows.profile_words import Unwanted, words_of
from service.workflows.reaching import NoWayError, reach_of
from service.workflows.work import Office, Work, never

BATCH = 50

LOST = "the worker stopped while this was being written, so nobody knows whether it arrived"

ASK_AGAIN_AFTER = timedelta(minutes=10)
"""How long all entries of a connection wait that has no way to its vendor's API."""


def write_back(
    session: Session,
    office: Office,
    clock: Clock,
    vendors: Vendors,
    *,
    chance: random.Random | None = None,
    stop: Callable[[], bool] = never,
) -> WriteBackReport:
    """Write everything that is due; commit entry by entry. ``stop`` is asked before each."""
    ledger = Ledger(session, clock, chance or random.SystemRandom())
    run = _Run(session, office, clock, vendors, ledger)
    run.expire()
    while not stop() and run.turn(stop):
        pass
    if any(vars(ledger.report).values()):
        beat(session, "write-back", clock.now(), dict(vars(ledger.report)))
        session.commit()
    session.rollback()
    return ledger.report


@dataclass(frozen=True)
class _Run:
    """One pass over what waits."""

    session: Session
    office: Office
    clock: Clock
    vendors: Vendors
    ledger: Ledger

    def expire(self) -> None:
        """Call what was being written when its worker died by its name."""
        now, report = self.clock.now(), self.ledger.report
        expired = self.session.execute(
            select(ProfileEntry, Connection.vendor)
            .join(Connection, Connection.id == ProfileEntry.connection_id)
            .where(ProfileEntry.state == SENDING, ProfileEntry.lease_until <= now)
            .order_by(ProfileEntry.id)
            .with_for_update(of=ProfileEntry, skip_locked=True)
        ).all()
        for entry, vendor in expired:
            # The lease's token stays: an answer that comes after all still tells the truth.
            if _repeatable(vendor, letter=entry.message_id is not None):
                entry.state, entry.next_attempt_at = WAITING, now
                report.retried += 1
            else:
                entry.state, entry.error = UNCERTAIN, LOST
                report.uncertain += 1
        self.session.commit()

    def turn(self, stop: Callable[[], bool]) -> bool:
        """Claim once and write what was claimed; tell whether there may be more."""
        now = self.clock.now()
        token, ids = claim(
            self.session,
            ProfileEntry,
            ProfileEntry.state == WAITING,
            ProfileEntry.next_attempt_at <= now,
            order_by=ProfileEntry.next_attempt_at,
            limit=BATCH,
            until=now + LEASE,
            values={"next_attempt_at": now + LEASE},
        )
        self.session.commit()
        lease = Lease("write-back", ProfileEntry, token, now + LEASE)
        # In the order in which they came to be.
        ordered = self.session.scalars(
            select(ProfileEntry.id)
            .where(ProfileEntry.id.in_(ids))
            .order_by(ProfileEntry.created_at, ProfileEntry.id)
        ).all()
        self.session.commit()
        for entry_id in ordered:
            if stop():
                self.ledger.hand_back(lease)
                return False
            # Each is renewed by itself, once it is begun.
            self._write(entry_id, replace(lease))
        return bool(ids)

    def _write(self, entry_id: str, lease: Lease) -> None:
        # Others write between two entries: nothing read for the last one counts any more.
        self.session.expunge_all()
        try:
            begun = self._begin(entry_id, lease, self.clock.now())
        except SQLAlchemyError:
            raise
        except Exception as error:  # noqa: BLE001 - one poison entry never stops the others
            self.session.rollback()
            why = f"it could not be put into words: {type(error).__name__}"
            self.ledger.end(entry_id, lease, FAILED, why)
            return
        if begun is None:
            return
        try:
            outcome = self.vendors.ask(begun.reach, begun.ask)
        except AskError as error:
            self.ledger.end(entry_id, lease, FAILED, str(error))
            return
        written = Written(
            self.ledger, begun.connection, begun.rules, entry_id, lease, letter=begun.letter
        )
        written.take(outcome)

    def _begin(self, entry_id: str, lease: Lease, now: datetime) -> _Begun | None:
        """Look once more, commit that it leaves, and return what leaves; ``None`` for nothing."""
        entry = self.session.scalars(
            select(ProfileEntry)
            .where(
                ProfileEntry.id == entry_id,
                ProfileEntry.lease_token == lease.token,
                ProfileEntry.lease_until > now,
                ProfileEntry.state == WAITING,
            )
            .with_for_update()
        ).one_or_none()
        if entry is None:
            self.session.rollback()
            self.ledger.missed(entry_id, lease)
            return None
        work = Work(self.session, now, self.office, source="write-back")
        connection = self.session.get_one(Connection, entry.connection_id)
        words = words_of(work, connection, entry)
        if isinstance(words, Unwanted):
            self.ledger.end(entry_id, lease, CANCELLED, words.reason)
            return None
        adapter = adapter_named(connection.vendor)
        rules = _rules(connection.vendor)
        try:
            reach = reach_of(self.office, connection, adapter)
        except NoWayError as error:
            self.session.rollback()
            later = now + ASK_AGAIN_AFTER
            self.ledger.refused_us(connection.id, entry_id, lease, str(error), later, all_wait=True)
            return None
        ask = rules.request(words, reach.settings)
        entry.state = SENDING
        entry.attempts += 1
        entry.first_tried_at = entry.first_tried_at or now
        entry.lease_until = lease.until = now + LEASE
        # From here on a crash is uncertain: the row says so before the first byte leaves.
        self.session.commit()
        return _Begun(connection, rules, reach, ask, letter=entry.message_id is not None)


@dataclass(frozen=True)
class _Begun:
    """What is about to leave."""

    connection: Connection
    rules: WriteBack
    reach: Reach
    ask: Ask
    letter: bool


def _rules(vendor: str) -> WriteBack:
    rules = adapter_named(vendor).write_back
    if rules is None:
        raise UnknownAdapterError("the ATS takes no entries")
    return rules


def _repeatable(vendor: str, *, letter: bool) -> bool:
    try:
        return _rules(vendor).repeatable(letter=letter)
    except UnknownAdapterError:
        return False
