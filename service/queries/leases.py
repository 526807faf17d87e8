"""Work whose holder has not come back in time: a killed worker, or one that hangs.

Read over the indexes of what is open, like every figure.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.domain.delivery import MailState
from service.models import Delivery, Message, ProfileEntry


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
