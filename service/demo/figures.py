"""Counts what three weeks left behind in the demo's database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.domain.promises import State
from service.models import Candidate, Delivery, Message, Promise
from service.queries.overdue import overdue_count


@dataclass(frozen=True)
class Figures:
    """What ``keepword demo --json`` prints. ``mails`` counts the outbox by state.

    ``candidates`` are people: neither the emptied record of an erased one nor one merged into
    another. ``reopened_by_bounce`` counts promises that a mail had kept until it bounced.
    """

    candidates: int
    promises: int
    kept: int
    kept_late: int
    overdue: int
    mails: dict[str, int]
    reopened_by_bounce: int

    def to_document(self) -> dict[str, Any]:
        """Return the figures as they are printed."""
        return dict(vars(self))


def count(session: Session, now: datetime) -> Figures:
    """Count everything as it stands at ``now``."""
    states = dict(
        session.execute(select(Promise.state, func.count()).group_by(Promise.state)).tuples().all()
    )
    mails = dict(
        session.execute(
            select(Message.state, func.count()).group_by(Message.state).order_by(Message.state)
        )
        .tuples()
        .all()
    )
    candidates = session.scalars(
        select(func.count())
        .select_from(Candidate)
        .where(Candidate.erased_at.is_(None), Candidate.merged_into_id.is_(None))
    ).one()
    # Nothing else in the demo takes a contact back.
    reopened = session.scalars(
        select(func.count()).select_from(Promise).where(Promise.reopened_count > 0)
    ).one()
    return Figures(
        candidates=candidates,
        promises=sum(states.values()),
        kept=states.get(State.KEPT, 0),
        kept_late=states.get(State.KEPT_LATE, 0),
        overdue=overdue_count(session, now),
        mails=mails,
        reopened_by_bounce=reopened,
    )


def sent_by_kind(session: Session) -> dict[str, dict[str, int]]:
    """Return the letters by kind, and of each kind by state."""
    found: dict[str, dict[str, int]] = {}
    for kind, state, number in session.execute(
        select(Message.kind, Message.state, func.count())
        .group_by(Message.kind, Message.state)
        .order_by(Message.kind, Message.state)
    ):
        found.setdefault(kind, {})[state] = number
    return found


def deliveries_by_state(session: Session) -> dict[str, int]:
    """Return what the ATSs posted, by what became of it."""
    return dict(
        session.execute(
            select(Delivery.state, func.count()).group_by(Delivery.state).order_by(Delivery.state)
        )
        .tuples()
        .all()
    )
