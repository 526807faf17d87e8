"""Letters that neither arrived nor came back yet: another would reach somebody beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.domain.delivery import UNDER_WAY
from service.models import Message


@dataclass(frozen=True)
class UnderWay:
    """One such letter: what it is and when it was written."""

    id: str
    kind: str
    subject: str
    created_at: datetime


def letters_under_way(session: Session, application_id: str) -> Sequence[UnderWay]:
    """Return the letters about an application that are on their way, the oldest first."""
    found = session.execute(
        select(Message.id, Message.kind, Message.subject, Message.created_at)
        .where(Message.application_id == application_id, Message.state.in_(UNDER_WAY))
        .order_by(Message.created_at, Message.id)
    )
    return [UnderWay(*row) for row in found]
