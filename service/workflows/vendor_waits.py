"""Says what a hint waits for when its vendor gives no answer, and puts it off until then.

A vendor's silence costs a hint nothing but time: it counts as no failed attempt, and days pass
before a person is asked.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import case, literal, or_, select, update
from sqlalchemy.orm import Session

from service.ats.asking import Answer, Ask
from service.db import LEASE, UTCDateTime
from service.domain.retries import out_of_patience, wait_for_vendor
from service.models import Connection, Delivery
from service.vendors.base import Answered, Busy, Denied, Outcome
from service.workflows.leases import Lease
from service.workflows.reaching import note_api_fault
from service.workflows.work_in import fail, hand_back, held_delivery, lost_delivery

_FAR = timedelta(days=1)
"""No hint waits for longer at once: a vendor may ask for six hours."""


@dataclass(frozen=True)
class Wait:
    """An outcome that is no answer. ``all_rest``: nothing else need be asked of this vendor.

    ``throttled``: only our own keeping to the rate is in the way, which is no fault.
    """

    why: str
    retry_at: datetime
    all_rest: bool
    throttled: bool = False


def wait_of(outcome: Outcome, now: datetime) -> Wait | None:
    """Say what an outcome has a hint wait for; ``None`` for an answer that an adapter can read."""
    if isinstance(outcome, Answered):
        answer = outcome.answer
        if answer.status < 300 and not _is_json(answer.body):
            # A page for people, or what a proxy made of it: not the vendor's word.
            why = "the vendor's API answered something that is no JSON"
            return Wait(why, now, all_rest=False)
        return None
    if isinstance(outcome, Busy):
        return Wait(outcome.why, outcome.retry_at, all_rest=True, throttled=outcome.throttled)
    forbidden = isinstance(outcome, Denied) and outcome.status == 403
    return Wait(outcome.why, outcome.retry_at, all_rest=not forbidden)


def without_permission(ask: Ask, outcome: Outcome, now: datetime) -> Outcome:
    """Return an outcome as an adapter is told of it: it does without what it may not ask."""
    if ask.optional and isinstance(outcome, Denied) and outcome.status == 403:
        return Answered(Answer(403, b"", now))
    return outcome


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return False
    return True


def postpone(
    session: Session,
    connection_id: str,
    delivery_id: str,
    lease: Lease,
    wait: Wait,
    *,
    now: datetime,
    chance: float,
) -> Literal["waiting", "failed", "lost"]:
    """Keep a hint for when its vendor may answer, or give it up after days; commit.

    ``lost`` where it is no longer ours to keep.
    """
    if not wait.throttled:
        # By itself: whoever takes a delivery in locks the connection first and then its rows.
        note_api_fault(session, connection_id, wait.why, now)
        session.commit()
    held = held_delivery(session, delivery_id, lease)
    if held is None:
        lost_delivery(session, delivery_id, lease, now)
        return "lost"
    delivery = held.delivery
    if wait.throttled:
        delivery.next_attempt_at = wait.retry_at
    else:
        since = delivery.asked_at or now
        if wait.all_rest:
            # Days that nobody asked in, because the machine was off, tried no one's patience.
            since = max(since, _faulty_since(session, connection_id) or since)
        waited = now - since
        if out_of_patience(now - waited, now):
            why = f"{wait.why}, for {waited.days} days: mend that, then replay this"
            fail(session, delivery_id, lease, now, why)
            return "failed"
        delivery.error = wait.why
        delivery.next_attempt_at = max(now + wait_for_vendor(waited, chance), wait.retry_at)
    delivery.lease_token = delivery.lease_until = None
    session.commit()
    return "waiting"


def _faulty_since(session: Session, connection_id: str) -> datetime | None:
    return session.scalars(
        select(Connection.api_fault_at).where(Connection.id == connection_id)
    ).one_or_none()


def ask_at_once(session: Session, now: datetime) -> None:
    """Let no hint wait for an instant that only a clock that was ahead could mean; commit.

    It would be asked about only then, and as news that waits keep everybody unflagged until then.
    """
    ahead = Delivery.asked_at > now + 2 * LEASE
    session.execute(
        update(Delivery)
        .where(
            Delivery.state == "received",
            Delivery.asked_at.is_not(None),
            Delivery.next_attempt_at > now + 2 * LEASE,
            or_(ahead, Delivery.next_attempt_at > now + _FAR),
        )
        .values(
            asked_at=case((ahead, literal(now, UTCDateTime())), else_=Delivery.asked_at),
            next_attempt_at=now,
            lease_token=None,
            lease_until=None,
        )
        .execution_options(synchronize_session=False)
    )
    session.commit()


def let_rest(session: Session, connection_id: str, lease: Lease, wait: Wait) -> None:
    """Put a connection's other hints off, those claimed and those not; commit.

    None is asked for meanwhile, and none stands in the way of other connections' hints.
    """
    hand_back(session, lease, wait.retry_at)
    if wait.throttled:
        return
    others = (
        select(Delivery.id)
        .where(
            Delivery.connection_id == connection_id,
            Delivery.state == "received",
            Delivery.asked_at.is_not(None),
            Delivery.lease_token.is_(None),
            Delivery.next_attempt_at < wait.retry_at,
        )
        .with_for_update(skip_locked=True)
    )
    session.execute(
        update(Delivery)
        .where(Delivery.id.in_(others))
        .values(next_attempt_at=wait.retry_at)
        .execution_options(synchronize_session=False)
    )
    session.commit()
