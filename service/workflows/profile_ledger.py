"""Writes down what became of an entry for a candidate's profile, each change committed at once.

Only the worker whose lease it was changes an entry; an answer that comes after its lease was given
up for lost still counts, unless somebody has chosen another way since.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from service.clock import Clock
from service.db import LEASE
from service.domain.retries import next_attempt_at, out_of_patience
from service.models import ProfileEntry
from service.workflows.leases import Lease
from service.workflows.profile_entries import DONE, FAILED, SENDING, UNCERTAIN, WAITING
from service.workflows.reaching import note_api_answers, note_api_fault

_OPEN = (WAITING, SENDING, UNCERTAIN)


@dataclass
class WriteBackReport:
    """What one pass did with the entries it took."""

    done: int = 0
    cancelled: int = 0
    retried: int = 0
    failed: int = 0
    uncertain: int = 0


@dataclass(frozen=True)
class Ledger:
    """One worker's session, and what it did so far."""

    session: Session
    clock: Clock
    jitter: random.Random
    report: WriteBackReport = field(default_factory=WriteBackReport)

    def end(self, entry_id: str, lease: Lease, state: str, why: str | None = None) -> None:
        """End an entry, unless it is no longer this worker's."""
        ended = self.change(
            *_mine(entry_id, lease),
            state=state,
            error=why,
            done_at=self.clock.now() if state == DONE else None,
            # An uncertain one can still be told by its token what became of it.
            lease_token=lease.token if state == UNCERTAIN else None,
            lease_until=None,
        )
        if ended:
            setattr(self.report, state, getattr(self.report, state) + 1)
        else:
            self.missed(entry_id, lease)

    def again(
        self,
        entry_id: str,
        lease: Lease,
        why: str,
        not_before: datetime | None = None,
        *,
        exactly: bool = False,
        forgiven: bool = False,
    ) -> None:
        """Try an entry again later, or give it up once it has been tried for long enough.

        It rests for longer and longer, and at least until ``not_before``; ``exactly`` then, where
        nothing is wrong with the entry. ``forgiven``: this try does not count against it.
        """
        now = self.clock.now()
        entry = self.session.scalars(
            select(ProfileEntry)
            .where(*_mine(entry_id, lease))
            .with_for_update()
            .execution_options(populate_existing=True)
        ).one_or_none()
        if entry is None:
            self.session.rollback()
            self.missed(entry_id, lease)
            return
        first = entry.first_tried_at or now
        if not forgiven and out_of_patience(first, now):
            self.end(entry_id, lease, FAILED, f"gave up after {entry.attempts} tries: {why}")
            return
        entry.state, entry.error = WAITING, why
        entry.first_tried_at = None if forgiven else first
        rest = next_attempt_at(now, max(1, entry.attempts), self.jitter.random())
        if not_before is not None:
            rest = not_before if exactly else max(rest, not_before)
        entry.next_attempt_at = rest
        entry.lease_token = entry.lease_until = None
        self.session.commit()
        self.report.retried += 1

    def refused_us(
        self,
        connection_id: str,
        entry_id: str,
        lease: Lease,
        why: str,
        retry_at: datetime,
        *,
        all_wait: bool,
    ) -> None:
        """Note at the connection that the vendor refuses our credentials; every entry is kept.

        ``all_wait`` is false where only one profile may be closed to us.
        """
        note_api_fault(self.session, connection_id, why, self.clock.now())
        self.session.commit()
        self.again(entry_id, lease, why, retry_at, forgiven=all_wait)
        if all_wait:
            self.all_rest(connection_id, retry_at)

    def takes_us(self, connection_id: str) -> None:
        """Forget a fault of the credentials: they were just taken."""
        note_api_answers(self.session, connection_id)
        self.session.commit()

    def all_rest(self, connection_id: str, until: datetime) -> None:
        """Let everything that waits for one vendor wait until then."""
        self.change(
            ProfileEntry.connection_id == connection_id,
            ProfileEntry.state == WAITING,
            ProfileEntry.next_attempt_at < until,
            next_attempt_at=until,
            lease_token=None,
            lease_until=None,
        )

    def hand_back(self, lease: Lease) -> None:
        """Put what was claimed and not begun back in line.

        For when it was claimed: the clock may have jumped since, and is no measure then.
        """
        self.change(
            ProfileEntry.lease_token == lease.token,
            ProfileEntry.state == WAITING,
            next_attempt_at=lease.until - LEASE,
            lease_token=None,
            lease_until=None,
        )

    def missed(self, entry_id: str, lease: Lease) -> None:
        """Leave an entry that is no longer ours to whoever has it, and commit."""
        lease.missed(self.session, self.clock.now(), (entry_id,))
        self.session.commit()

    def change(self, *where: ColumnElement[bool], **values: Any) -> bool:
        """Change entries and commit; tell whether there were any."""
        changed = self.session.scalars(
            update(ProfileEntry)
            .where(*where)
            .values(**values)
            .returning(ProfileEntry.id)
            .execution_options(synchronize_session=False)
        ).all()
        self.session.commit()
        return bool(changed)


def _mine(entry_id: str, lease: Lease) -> tuple[ColumnElement[bool], ...]:
    return (
        ProfileEntry.id == entry_id,
        ProfileEntry.lease_token == lease.token,
        ProfileEntry.state.in_(_OPEN),
    )
