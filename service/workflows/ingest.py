"""Works in stored deliveries, in the order they came; a broken one is set aside, kept and shown.

Each delivery is one transaction: its changes and its state, or nothing. What is only a hint is
left to :mod:`fetch`, so that no vendor's API ever stands between other deliveries and their effect.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from service.ats.asking import Needs
from service.ats.base import Adapter, PayloadError
from service.ats.registry import UnknownAdapterError, adapter_named
from service.clock import Clock
from service.db import LEASE, claim, is_passing
from service.domain.retries import CAP
from service.models import Delivery
from service.telemetry import Fact, Kind, innermost, span, tell
from service.workflows.heartbeat import beat
from service.workflows.leases import Lease
from service.workflows.stored_answers import forget_answers
from service.workflows.work import Office, Work, never
from service.workflows.work_in import (
    IngestReport,
    conclude,
    fail,
    hand_back,
    held_delivery,
    lost_delivery,
    meaning_of,
    retry_or_fail,
)

__all__ = ["BATCH", "IngestReport", "ingest", "replay"]

BATCH = 40
"""How many are leased at once: few enough that two workers come to their end at the same time."""


def ingest(
    session: Session,
    office: Office,
    clock: Clock,
    *,
    chance: random.Random | None = None,
    stop: Callable[[], bool] = never,
    adapters: Callable[[str], Adapter] = adapter_named,
) -> IngestReport:
    """Work in everything that waits and needs nothing of the vendor; commit one by one.

    ``stop`` is asked before each whether to leave the rest, which is handed back at once.
    """
    report = IngestReport()
    jitter = chance or random.SystemRandom()
    _take_in_at_once(session, clock.now())
    while not stop():
        now = clock.now()
        token, ids = claim(
            session,
            Delivery,
            Delivery.state == "received",
            Delivery.asked_at.is_(None),
            Delivery.next_attempt_at <= now,
            order_by=Delivery.seq,
            limit=BATCH,
            until=now + LEASE,
            values={"next_attempt_at": now + LEASE},
        )
        session.commit()
        if not ids:
            break
        lease = Lease("ingest", Delivery, token, now + LEASE)
        ordered = session.scalars(
            select(Delivery.id).where(Delivery.id.in_(ids)).order_by(Delivery.seq)
        ).all()
        session.commit()
        for delivery_id in ordered:
            if stop():
                # For when it was claimed: the clock may have jumped since, and is no measure then.
                hand_back(session, lease, now)
                break
            with span("delivery", Kind.CONSUMER, {Fact.DELIVERY: delivery_id}):
                _work_in(session, office, clock, adapters, delivery_id, lease, jitter, report)
    if report != IngestReport(retried=report.retried):
        beat(session, "ingest", clock.now(), dict(vars(report)))
        session.commit()
    session.rollback()
    return report


def _take_in_at_once(session: Session, now: datetime) -> None:
    """Let nothing that is new wait, and nothing that failed wait for longer than it ever does: only
    a clock that was ahead can say so.
    """
    session.execute(
        update(Delivery)
        .where(
            Delivery.state == "received",
            Delivery.asked_at.is_(None),
            # Beyond any lease.
            Delivery.next_attempt_at > now + 2 * LEASE,
            or_(Delivery.attempts == 0, Delivery.next_attempt_at > now + CAP + 2 * LEASE),
        )
        .values(next_attempt_at=now, lease_token=None, lease_until=None)
        .execution_options(synchronize_session=False)
    )
    session.commit()


def _work_in(
    session: Session,
    office: Office,
    clock: Clock,
    adapters: Callable[[str], Adapter],
    delivery_id: str,
    lease: Lease,
    jitter: random.Random,
    report: IngestReport,
    *,
    again: bool = False,
) -> None:
    now = clock.now()
    held = held_delivery(session, delivery_id, lease)
    if held is None:
        lost_delivery(session, delivery_id, lease, now)
        return
    delivery, connection = held
    tell(Fact.CONNECTION, connection.id)
    work = Work(session, now, office, actor=f"ats:{connection.name}", source=connection.name)
    try:
        meaning = meaning_of(session, adapters(connection.vendor), delivery)
        if isinstance(meaning, Needs):
            _leave_to_fetch(work, delivery)
            report.asking += 1
        else:
            conclude(work, connection, delivery, meaning, report)
        session.commit()
    except (PayloadError, UnknownAdapterError) as error:
        session.rollback()
        # Its text names a place in the payload and a fault, never a value.
        innermost().failed(type(error).__name__)
        fail(session, delivery_id, lease, now, str(error))
        report.failed += 1
    except Exception as error:
        session.rollback()
        passing = is_passing(error)
        if isinstance(error, _CLASHES) and not passing and not again:
            # Another worker made the same job or person meanwhile, or somebody changed one: now it
            # is there to be found as it is.
            _work_in(
                session, office, clock, adapters, delivery_id, lease, jitter, report, again=True
            )
            return
        innermost().failed(type(error).__name__)
        if passing:
            # Nothing is wrong with the delivery: it and the others keep their places.
            hand_back(session, lease, now)
            raise
        retry_or_fail(session, delivery_id, lease, now, type(error).__name__, jitter, report)


_CLASHES = (IntegrityError, StaleDataError)


def _leave_to_fetch(work: Work, delivery: Delivery) -> None:
    delivery.asked_at = delivery.next_attempt_at = work.now
    delivery.lease_token = delivery.lease_until = None


def replay(work: Work, delivery: Delivery, *, afresh: bool = False) -> Delivery:
    """Put a stored delivery back in line, whatever became of it. Applying twice is harmless.

    What its vendor's API once answered is read again; ``afresh`` asks the API anew instead.
    """
    if delivery.emptied_at is not None:
        raise ValueError(
            "the delivery's content was kept for its time and is gone: it cannot be replayed, and "
            "what changes at the ATS is read as ever"
        )
    if not delivery.body:
        raise ValueError("the delivery's content was erased with its person: it cannot be replayed")
    if afresh:
        forget_answers(work.session, delivery.id)
    delivery.state = "received"
    delivery.attempts = 0
    delivery.error = None
    delivery.asked_at = None
    delivery.next_attempt_at = work.now
    delivery.lease_token = delivery.lease_until = None
    return delivery
