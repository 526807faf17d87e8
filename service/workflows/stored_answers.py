"""Keeps what a vendor's API said beside the delivery it was asked for, so that a replay reads it.

Answers live as long as their delivery's own content and are dropped with it.
"""

from __future__ import annotations

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from service.ats.asking import Answer, Ask
from service.models import DeliveryAnswer


def answers_of(session: Session, delivery_id: str) -> dict[str, Answer]:
    """Return the answers stored beside a delivery, by request."""
    rows = session.scalars(select(DeliveryAnswer).where(DeliveryAnswer.delivery_id == delivery_id))
    return {
        row.ask: Answer(row.status, row.body, row.fetched_at, dict(row.headers)) for row in rows
    }


def count_answers(session: Session, delivery_id: str) -> int:
    """Return how many answers are stored beside a delivery."""
    return session.scalars(
        select(func.count())
        .select_from(DeliveryAnswer)
        .where(DeliveryAnswer.delivery_id == delivery_id)
    ).one()


def store_answer(session: Session, delivery_id: str, ask: Ask, answer: Answer) -> None:
    """Keep an answer beside a delivery; the caller, who holds its lease, commits."""
    session.add(
        DeliveryAnswer(
            delivery_id=delivery_id,
            ask=ask.key,
            status=answer.status,
            headers=dict(answer.headers),
            body=answer.body,
            fetched_at=answer.fetched_at,
        )
    )


def forget_answers(session: Session, *delivery_ids: str) -> None:
    """Drop what is stored beside these deliveries; the caller commits."""
    session.execute(
        delete(DeliveryAnswer)
        .where(DeliveryAnswer.delivery_id.in_(delivery_ids))
        .execution_options(synchronize_session=False)
    )
