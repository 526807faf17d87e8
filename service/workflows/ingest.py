"""Works in stored deliveries, in the order they came; a broken one is set aside, kept and shown.

Each delivery is one transaction: its changes and its state, or nothing.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from service.ats.asking import Needs
from service.ats.base import PayloadError
from service.ats.registry import UnknownAdapterError, adapter_named
from service.clock import Clock
from service.db import LEASE, claim
from service.domain.retries import DELIVERY_ATTEMPTS, next_attempt_at
from service.models import Connection, Delivery
from service.workflows.apply import apply_changes
from service.workflows.heartbeat import beat
from service.workflows.work import Office, Work, never

BATCH = 100


@dataclass
class IngestReport:
    """What one pass did."""

    done: int = 0
    ignored: int = 0
    failed: int = 0
    retried: int = 0


def ingest(
    session: Session,
    office: Office,
    clock: Clock,
    *,
    chance: random.Random | None = None,
    stop: Callable[[], bool] = never,
) -> IngestReport:
    """Work in everything that waits; commit delivery by delivery.

    ``stop`` is asked before each whether to leave the rest, which is handed back at once.
    """
    report = IngestReport()
    jitter = chance or random.SystemRandom()
    while not stop():
        now = clock.now()
        token, ids = claim(
            session,
            Delivery,
            Delivery.state == "received",
            Delivery.next_attempt_at <= now,
            order_by=Delivery.seq,
            limit=BATCH,
            until=now + LEASE,
            values={"next_attempt_at": now + LEASE},
        )
        session.commit()
        if not ids:
            break
        ordered = session.scalars(
            select(Delivery.id).where(Delivery.id.in_(ids)).order_by(Delivery.seq)
        ).all()
        session.commit()
        for delivery_id in ordered:
            if stop():
                _hand_back(session, token, clock.now())
                break
            _work_in(session, office, clock, delivery_id, token, jitter, report)
    if report.done or report.ignored or report.failed:
        beat(session, "ingest", clock.now(), dict(vars(report)))
        session.commit()
    session.rollback()
    return report


def _hand_back(session: Session, token: str, now: datetime) -> None:
    """Put what was claimed and not begun back in line, so that it does not wait out its lease."""
    session.execute(
        update(Delivery)
        .where(Delivery.lease_token == token, Delivery.state == "received")
        .values(next_attempt_at=now, lease_token=None, lease_until=None)
        .execution_options(synchronize_session=False)
    )
    session.commit()


def _work_in(
    session: Session,
    office: Office,
    clock: Clock,
    delivery_id: str,
    token: str,
    jitter: random.Random,
    report: IngestReport,
) -> None:
    now = clock.now()
    # Others write between two deliveries: nothing read for the last one counts any more.
    session.expunge_all()
    delivery = session.scalars(
        select(Delivery)
        .where(Delivery.id == delivery_id, Delivery.lease_token == token)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if delivery is None or delivery.state != "received":
        session.rollback()
        return
    connection = session.get_one(Connection, delivery.connection_id)
    work = Work(session, now, office, actor=f"ats:{connection.name}", source=connection.name)
    try:
        _translate_and_apply(work, connection, delivery, report)
        session.commit()
    except (PayloadError, UnknownAdapterError) as error:
        session.rollback()
        # Its text names a place in the payload and a fault, never a value.
        _fail(session, delivery_id, token, work, str(error))
        report.failed += 1
    except Exception as error:  # noqa: BLE001 - one poison delivery never stops the others
        session.rollback()
        _retry_or_fail(session, delivery_id, token, work, type(error).__name__, jitter, report)


def _translate_and_apply(
    work: Work, connection: Connection, delivery: Delivery, report: IngestReport
) -> None:
    adapter = adapter_named(connection.vendor)
    translation = adapter.translate(delivery.body, delivery.headers, delivery.received_at)
    if isinstance(translation, Needs):
        raise PayloadError("", "it is only a hint, and nothing is known of how things stand")
    applied = apply_changes(work, connection, translation.changes, delivery.received_at)
    notes = [*translation.warnings, *applied.notes]
    if translation.ignored is not None:
        notes.insert(0, translation.ignored)
    delivery.state = "ignored" if translation.ignored is not None else "done"
    delivery.outcome = "; ".join(notes) or None
    delivery.error = None
    delivery.attempts += 1
    delivery.done_at = work.now
    delivery.candidate_id = applied.candidate_id
    if applied.erased:
        # It came too late for the erasure: nothing of the person is kept from it either.
        delivery.body = b""
    delivery.lease_token = delivery.lease_until = None
    if delivery.state == "done":
        report.done += 1
    else:
        report.ignored += 1
    work.session.flush()


def _fail(session: Session, delivery_id: str, token: str, work: Work, why: str) -> None:
    session.execute(
        update(Delivery)
        .where(Delivery.id == delivery_id, Delivery.lease_token == token)
        .values(
            state="failed",
            error=why,
            attempts=Delivery.attempts + 1,
            done_at=work.now,
            lease_token=None,
            lease_until=None,
        )
        .execution_options(synchronize_session=False)
    )
    session.commit()


def _retry_or_fail(
    session: Session,
    delivery_id: str,
    token: str,
    work: Work,
    fault: str,
    jitter: random.Random,
    report: IngestReport,
) -> None:
    attempts = session.scalars(select(Delivery.attempts).where(Delivery.id == delivery_id)).one()
    if attempts + 1 >= DELIVERY_ATTEMPTS:
        _fail(session, delivery_id, token, work, f"gave up after {attempts + 1} tries: {fault}")
        report.failed += 1
        return
    session.execute(
        update(Delivery)
        .where(Delivery.id == delivery_id, Delivery.lease_token == token)
        .values(
            attempts=attempts + 1,
            error=fault,
            next_attempt_at=next_attempt_at(work.now, attempts + 1, jitter.random()),
            lease_token=None,
            lease_until=None,
        )
        .execution_options(synchronize_session=False)
    )
    session.commit()
    report.retried += 1


def replay(work: Work, delivery: Delivery) -> Delivery:
    """Put a stored delivery back in line, whatever became of it. Applying twice is harmless."""
    if not delivery.body:
        raise ValueError("the delivery's content was erased with its person: it cannot be replayed")
    delivery.state = "received"
    delivery.attempts = 0
    delivery.error = None
    delivery.next_attempt_at = work.now
    delivery.lease_token = delivery.lease_until = None
    return delivery
