"""Keeps several processes out of each other's way: who begins a step, and who is at it alone.

It saves work and nothing else: a step does the same, whether it is begun once or twice.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zlib import crc32

from sqlalchemy import func, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from service.models import StepTurn

APART = 0.8
"""How much of its period lies between two turns at least: ticks come a little early or late."""

_OURS = 731_058_842
"""An arbitrary number: the first half of each advisory lock's key."""


def begin_turn(session: Session, step: str, period: timedelta, now: datetime) -> bool:
    """Tell whether this tick may begin the step, and note that it does; commit.

    A turn that began later than now was noted by a clock that is wrong, and keeps nobody waiting.
    """
    gap = period * APART
    # The two dialects spell it alike but share no class.
    on_postgres = session.get_bind().dialect.name == "postgresql"
    insert: Any = postgresql.insert if on_postgres else sqlite.insert
    begun = session.execute(
        insert(StepTurn)
        .values(step=step, begun_at=now)
        .on_conflict_do_update(
            index_elements=["step"],
            set_={"begun_at": now},
            where=or_(StepTurn.begun_at <= now - gap, StepTurn.begun_at >= now + gap),
        )
        .returning(StepTurn.step)
    ).first()
    session.commit()
    return begun is not None


def alone(session: Session, name: str) -> bool:
    """Tell whether nobody else is at this piece of work; then nobody is until the next commit.

    For work that has no rows to claim. SQLite lets one writer in at a time anyway.
    """
    if session.get_bind().dialect.name != "postgresql":
        return True
    lock = select(func.pg_try_advisory_xact_lock(_OURS, crc32(name.encode()) - 2**31))
    return bool(session.scalar(lock))
