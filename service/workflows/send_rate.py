"""How many letters may leave a minute, counted in one row for all processes that send.

The bucket fills steadily and holds a few seconds' worth, so that a pause is not made good by a
flood. A letter is counted when it is about to leave; one that is stopped at the last look was
counted in vain, which errs on the slow side.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from service.models import SendRate
from service.workflows.channel import CHANNEL

HOLDS = timedelta(seconds=5)
"""How long an unused bucket goes on filling."""


def room(session: Session, now: datetime, a_minute: int) -> int:
    """Return how many letters may leave now, without counting any."""
    found = session.get(SendRate, CHANNEL, populate_existing=True)
    return int(_most(a_minute) if found is None else _filled(found, now, a_minute))


def set_right(session: Session, now: datetime) -> None:
    """Let a bucket that a clock far ahead filled last fill from now on; the caller commits.

    An empty one would stay empty until that instant: nothing may leave, so nobody takes of it.
    """
    session.execute(
        update(SendRate)
        .where(SendRate.channel == CHANNEL, SendRate.filled_at > now + HOLDS)
        .values(filled_at=now)
        .execution_options(synchronize_session=False)
    )


def take(session: Session, now: datetime, a_minute: int, wanted: int) -> int:
    """Count up to ``wanted`` letters as leaving; return how many may. The caller commits."""
    values = {"channel": CHANNEL, "letters": _most(a_minute), "filled_at": now}
    # The two dialects spell it alike but share no class.
    on_postgres = session.get_bind().dialect.name == "postgresql"
    insert: Any = postgresql.insert if on_postgres else sqlite.insert
    session.execute(insert(SendRate).values(values).on_conflict_do_nothing())
    bucket = session.get_one(SendRate, CHANNEL, with_for_update=True, populate_existing=True)
    there = _filled(bucket, now, a_minute)
    granted = min(wanted, int(there))
    bucket.letters, bucket.filled_at = there - granted, now
    return granted


def _most(a_minute: int) -> float:
    return max(1.0, a_minute * HOLDS.total_seconds() / 60)


def _filled(bucket: SendRate, now: datetime, a_minute: int) -> float:
    # Less than nothing: the clock was set back.
    passed = max(0.0, (now - bucket.filled_at).total_seconds())
    return min(_most(a_minute), bucket.letters + passed * a_minute / 60)
