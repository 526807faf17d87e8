"""Works in stored deliveries, in the order they came; a broken one is set aside, kept and shown.

Each delivery is one transaction: its changes and its state, or nothing. What is only a hint is
left to :mod:`fetch`, so that no vendor's API ever stands between other deliveries and their effect.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.ats.asking import Needs
from service.ats.base import Adapter, PayloadError
from service.ats.registry import UnknownAdapterError, adapter_named
from service.clock import Clock
from service.db import LEASE, claim, is_passing
from service.models import Connection, Delivery
from service.workflows.heartbeat import beat
from service.workflows.stored_answers import forget_answers
from service.workflows.work import Office, Work, never
from service.workflows.work_in import (
    IngestReport,
    conclude,
    fail,
    hand_back,
    held_delivery,
    meaning_of,
    retry_or_fail,
)

__all__ = ["BATCH", "IngestReport", "ingest", "replay"]

BATCH = 100


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
        ordered = session.scalars(
            select(Delivery.id).where(Delivery.id.in_(ids)).order_by(Delivery.seq)
        ).all()
        session.commit()
        for delivery_id in ordered:
            if stop():
                hand_back(session, token, clock.now())
                break
            _work_in(session, office, clock, adapters, delivery_id, token, jitter, report)
    if report != IngestReport(retried=report.retried):
        beat(session, "ingest", clock.now(), dict(vars(report)))
        session.commit()
    session.rollback()
    return report


def _work_in(
    session: Session,
    office: Office,
    clock: Clock,
    adapters: Callable[[str], Adapter],
    delivery_id: str,
    token: str,
    jitter: random.Random,
    report: IngestReport,
) -> None:
    now = clock.now()
    delivery = held_delivery(session, delivery_id, token)
    if delivery is None:
        session.rollback()
        return
    connection = session.get_one(Connection, delivery.connection_id)
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
        fail(session, delivery_id, token, now, str(error))
        report.failed += 1
    except Exception as error:
        session.rollback()
        if is_passing(error):
            # Nothing is wrong with the delivery: it and the others keep their places.
            hand_back(session, token, now)
            raise
        retry_or_fail(session, delivery_id, token, now, type(error).__name__, jitter, report)


def _leave_to_fetch(work: Work, delivery: Delivery) -> None:
    delivery.asked_at = delivery.next_attempt_at = work.now
    delivery.lease_token = delivery.lease_until = None


def replay(work: Work, delivery: Delivery, *, afresh: bool = False) -> Delivery:
    """Put a stored delivery back in line, whatever became of it. Applying twice is harmless.

    What its vendor's API once answered is read again; ``afresh`` asks the API anew instead.
    """
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
