"""Puts many stored deliveries of one connection back in line: those that failed, or all, since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select

from service.models import Delivery
from service.workflows.ingest import replay
from service.workflows.work import Work

_CHUNK = 500


@dataclass(frozen=True)
class Replayed:
    """How many are back in line, and how many cannot be: erased with their person, or emptied
    because their time was over.
    """

    replayed: int
    erased: int
    emptied: int = 0


def failed_deliveries(
    connection_id: str | None, since: datetime | None
) -> tuple[ColumnElement[bool], ...]:
    """Return what picks the failed deliveries: of one connection or all, received since."""
    picked: list[ColumnElement[bool]] = [Delivery.state == "failed"]
    if connection_id is not None:
        picked.append(Delivery.connection_id == connection_id)
    if since is not None:
        picked.append(Delivery.received_at >= since)
    return tuple(picked)


def count_to_replay(work: Work, picked: Sequence[ColumnElement[bool]]) -> Replayed:
    """Count what ``replay_all`` would do, and change nothing."""
    kept, bare = Delivery.emptied_at.is_(None), func.length(Delivery.body) == 0
    whole, erased, emptied = work.session.execute(
        select(
            func.count().filter(kept, ~bare),
            func.count().filter(kept, bare),
            func.count().filter(~kept),
        ).where(*picked)
    ).one()
    return Replayed(whole, erased, emptied)


def replay_all(
    work: Work, picked: Sequence[ColumnElement[bool]], *, afresh: bool = False
) -> Replayed:
    """Put everything that is picked back in line, in the order it came.

    ``afresh`` asks the vendor's API anew what a hint is about, instead of reading its old answer.
    """
    session = work.session
    last, done, erased, emptied = 0, 0, 0, 0
    while True:
        rows = session.scalars(
            select(Delivery)
            .where(*picked, Delivery.seq > last)
            .order_by(Delivery.seq)
            .limit(_CHUNK)
            .with_for_update()
        ).all()
        if not rows:
            return Replayed(done, erased, emptied)
        last = rows[-1].seq
        for row in rows:
            if row.emptied_at is not None:
                emptied += 1
            elif row.body:
                replay(work, row, afresh=afresh)
                done += 1
            else:
                erased += 1
        session.flush()
        # Their bodies are not kept in memory for the next ones.
        for row in rows:
            session.expunge(row)
