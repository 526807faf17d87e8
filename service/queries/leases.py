"""Work whose holder has not come back in time, or came back too late: killed, halted or slow.

Read over the indexes of what is open, like every figure.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.domain.claims import CLAIMING, kept_as, step_of
from service.domain.delivery import MailState
from service.models import Delivery, Heartbeat, Message, ProfileEntry


def expired_leases(session: Session, now: datetime) -> dict[str, int]:
    """Return by kind of work how much was taken, not finished, and waits to be taken over."""
    counted = {
        "message": select(func.count())
        .select_from(Message)
        .where(Message.due_at <= now, Message.state.in_((MailState.CLAIMED, MailState.SENDING))),
        "delivery": select(func.count())
        .select_from(Delivery)
        .where(Delivery.state == "received", Delivery.lease_until <= now),
        "profile-entry": select(func.count())
        .select_from(ProfileEntry)
        .where(ProfileEntry.state == "sending", ProfileEntry.lease_until <= now),
    }
    return {kind: session.scalars(query).one() for kind, query in counted.items()}


def claims_lost(session: Session) -> dict[str, int]:
    """Return by step how many claims were found in another worker's hands, ever since."""
    kept = select(Heartbeat.name, Heartbeat.data).where(
        Heartbeat.name.in_([kept_as(step) for step in CLAIMING])
    )
    found = {step_of(name): int(data["lost"]) for name, data in session.execute(kept)}
    return {step: found.get(step, 0) for step in CLAIMING}
