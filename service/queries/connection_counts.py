"""What waits, failed and is to do on connections: a few statements, however many there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.models import Delivery
from service.queries.stage_labels import unmapped_labels


@dataclass(frozen=True)
class ConnectionCounts:
    """Deliveries that wait or failed, and the stage labels that nobody can place."""

    waiting: int = 0
    failed: int = 0
    unmapped_labels: int = 0


def connection_counts(
    session: Session, connection_ids: Sequence[str]
) -> dict[str, ConnectionCounts]:
    """Return the counts of each of these connections, by id."""
    deliveries: dict[tuple[str, str], int] = {
        (connection_id, state): number
        for connection_id, state, number in session.execute(
            select(Delivery.connection_id, Delivery.state, func.count())
            .where(
                Delivery.connection_id.in_(connection_ids),
                Delivery.state.in_(("received", "failed")),
            )
            .group_by(Delivery.connection_id, Delivery.state)
        )
    }
    unmapped = unmapped_labels(session)
    return {
        id_: ConnectionCounts(
            deliveries.get((id_, "received"), 0),
            deliveries.get((id_, "failed"), 0),
            unmapped.get(id_, 0),
        )
        for id_ in connection_ids
    }
