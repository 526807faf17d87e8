"""Works in one stored delivery: what it means, its changes, and what becomes of it.

A delivery's changes and its state are one transaction; every write names the lease it is made
under, so that a worker who comes back too late changes nothing.
"""

from __future__ import annotations

import logging
import random
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import LargeBinary, bindparam, case, literal, select, update
from sqlalchemy.orm import Session

from service.ats.asking import Answers, Needs
from service.ats.base import Adapter
from service.domain.changes import Translation
from service.domain.retries import DELIVERY_ATTEMPTS, next_attempt_at
from service.models import Candidate, Connection, Delivery
from service.workflows.applied_again import NO_INSTANT
from service.workflows.apply import apply_changes
from service.workflows.leases import Lease
from service.workflows.stored_answers import answers_of, forget_answers
from service.workflows.work import Work

logger = logging.getLogger("keepword.ingest")

_FORBIDDEN = "the credentials may not ask for all it is about (403): a permission is missing"


@dataclass
class IngestReport:
    """What one pass did. ``asking`` are those that turned out to be hints: they are fetched."""

    done: int = 0
    ignored: int = 0
    failed: int = 0
    retried: int = 0
    asking: int = 0


class Held(NamedTuple):
    """A delivery that is leased to us, and the connection it came over."""

    delivery: Delivery
    connection: Connection


def held_delivery(session: Session, delivery_id: str, lease: Lease) -> Held | None:
    """Return a delivery while it is waiting and leased to us, locked; else ``None``."""
    # Others write between two deliveries: nothing read for the last one counts any more.
    session.expunge_all()
    ours = {"held_id": delivery_id, "token": lease.token}
    found = session.execute(_HELD, ours).one_or_none()
    held = Held(*found) if found is not None else None
    return held if held is not None and held.delivery.state == "received" else None


_HELD = (
    select(Delivery, Connection)
    .join(Connection, Connection.id == Delivery.connection_id)
    .where(Delivery.id == bindparam("held_id"), Delivery.lease_token == bindparam("token"))
    .with_for_update(of=Delivery)
    .execution_options(populate_existing=True)
)


def lost_delivery(session: Session, delivery_id: str, lease: Lease, now: datetime) -> None:
    """Leave a delivery that is no longer ours to whoever has it, and commit."""
    session.rollback()
    lease.missed(session, now, (delivery_id,))
    session.commit()


def meaning_of(session: Session, adapter: Adapter, delivery: Delivery) -> Translation | Needs:
    """Return what a delivery means by all the answers stored beside it, or what is missing."""
    first = _translated(adapter, delivery, Answers())
    if not isinstance(first, Needs):
        return first
    known = answers_of(session, delivery.id)
    if not known:
        return first
    meaning = _translated(adapter, delivery, Answers(known))
    if isinstance(meaning, Translation) and any(each.forbidden for each in known.values()):
        return replace(meaning, warnings=(*meaning.warnings, _FORBIDDEN))
    return meaning


def _translated(adapter: Adapter, delivery: Delivery, answers: Answers) -> Translation | Needs:
    at = delivery.received_at
    if delivery.found is not None:
        return adapter.translate_found(delivery.found, delivery.body, at, answers)
    return adapter.translate(delivery.body, delivery.headers, at, answers)


def conclude(
    work: Work,
    connection: Connection,
    delivery: Delivery,
    translation: Translation,
    report: IngestReport,
) -> None:
    """Apply what a delivery means and say what became of it; the caller commits."""
    applied = apply_changes(work, connection, translation.changes, delivery.received_at)
    notes = [*translation.warnings, *applied.notes]
    if NO_INSTANT in applied.notes:
        # Nothing is kept of it: whoever applied is not to be forgotten for that.
        logger.warning("%s: %s", connection.name, NO_INSTANT)
    if translation.ignored is not None:
        notes.insert(0, translation.ignored)
    delivery.state = "ignored" if translation.ignored is not None else "done"
    delivery.outcome = "; ".join(notes) or None
    delivery.error = None
    delivery.attempts += 1
    delivery.done_at = work.now
    erased = applied.erased or _is_erased(work.session, delivery.candidate_id)
    delivery.candidate_id = applied.candidate_id
    if erased:
        # It came too late for the erasure: nothing of the person is kept from it either.
        delivery.body = b""
    if erased or translation.ignored is not None:
        # What nobody here is concerned by is filed under nobody, and no erasure would find it.
        forget_answers(work.session, delivery.id)
    delivery.lease_token = delivery.lease_until = None
    if delivery.state == "done":
        report.done += 1
    else:
        report.ignored += 1
    work.session.flush()


def _is_erased(session: Session, candidate_id: str | None) -> bool:
    """Tell whether a delivery was filed, while it waited, under somebody who was then erased."""
    if candidate_id is None:
        return False
    return session.scalars(_ERASED.where(Candidate.id == candidate_id)).first() is not None


_ERASED = select(Candidate.id).where(Candidate.erased_at.is_not(None))
_EMPTY = literal(b"", LargeBinary)


def fail(session: Session, delivery_id: str, lease: Lease, now: datetime, why: str) -> None:
    """Set a delivery aside for a person, and commit. ``why`` never holds a value from it."""
    failed = session.scalars(
        update(Delivery)
        .where(Delivery.id == delivery_id, Delivery.lease_token == lease.token)
        .values(
            state="failed",
            # Nothing of a person who was erased while it waited is kept.
            body=case((Delivery.candidate_id.in_(_ERASED), _EMPTY), else_=Delivery.body),
            error=why,
            attempts=Delivery.attempts + 1,
            done_at=now,
            lease_token=None,
            lease_until=None,
        )
        .returning(Delivery.id)
        .execution_options(synchronize_session=False)
    ).all()
    lease.missed(session, now, () if failed else (delivery_id,))
    session.commit()


def retry_or_fail(
    session: Session,
    delivery_id: str,
    lease: Lease,
    now: datetime,
    fault: str,
    jitter: random.Random,
    report: IngestReport,
) -> None:
    """Try a delivery again later that failed unforeseen, or set it aside; commit."""
    attempts = session.scalars(select(Delivery.attempts).where(Delivery.id == delivery_id)).one()
    if attempts + 1 >= DELIVERY_ATTEMPTS:
        fail(session, delivery_id, lease, now, f"gave up after {attempts + 1} tries: {fault}")
        report.failed += 1
        return
    put_off = session.scalars(
        update(Delivery)
        .where(Delivery.id == delivery_id, Delivery.lease_token == lease.token)
        .values(
            attempts=attempts + 1,
            error=fault,
            next_attempt_at=next_attempt_at(now, attempts + 1, jitter.random()),
            lease_token=None,
            lease_until=None,
        )
        .returning(Delivery.id)
        .execution_options(synchronize_session=False)
    ).all()
    lease.missed(session, now, () if put_off else (delivery_id,))
    session.commit()
    report.retried += 1


def hand_back(session: Session, lease: Lease, at: datetime) -> None:
    """Put what was claimed and not begun back in line for ``at``, not for its lease's end."""
    session.execute(
        update(Delivery)
        .where(Delivery.lease_token == lease.token, Delivery.state == "received")
        .values(next_attempt_at=at, lease_token=None, lease_until=None)
        .execution_options(synchronize_session=False)
    )
    session.commit()
