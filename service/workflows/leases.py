"""One worker's hold on what it claimed, and a count of what it found in another's hands.

A worker that comes back too late changes nothing, so a lost claim costs work done twice and no
more. The count only ever grows, and says whether leases are too short or workers stand still.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from service.domain.claims import kept_as
from service.models import Heartbeat


@dataclass
class Lease:
    """A claim on rows of a table: for which step, under which token, and until when."""

    step: str
    model: Any
    token: str
    until: datetime

    def missed(self, session: Session, now: datetime, ids: Collection[str]) -> None:
        """Count those that a write under this lease did not find because another has them.

        A person ends a claim too, by cancelling a letter or replaying a delivery. That is no loss:
        a row that nobody holds counts only once the lease is over, and one that still bears our
        token never does: nobody took it. The caller commits.
        """
        if not ids:
            return
        held = self.model.lease_token
        query = (
            select(func.count())
            .select_from(self.model)
            .where(self.model.id.in_(ids), held.is_distinct_from(self.token))
        )
        if now < self.until:
            query = query.where(held.is_not(None))
        note_lost(session, self.step, session.scalars(query).one(), now)


def note_lost(session: Session, step: str, number: int, now: datetime) -> None:
    """Count claims that a step lost to another worker. The caller commits."""
    if not number:
        return
    name = kept_as(step)
    # The two dialects spell it alike but share no class.
    on_postgres = session.get_bind().dialect.name == "postgresql"
    insert: Any = postgresql.insert if on_postgres else sqlite.insert
    none_yet = {"name": name, "at": now, "data": {"lost": 0}}
    session.execute(insert(Heartbeat).values(none_yet).on_conflict_do_nothing())
    kept = session.get_one(Heartbeat, name, with_for_update=True, populate_existing=True)
    kept.at, kept.data = now, {"lost": kept.data["lost"] + number}
    session.flush()
