"""Keeps a request's record under its sender's key, so that what is sent twice acts once.

The record is written first and in the same transaction as the effect: a racing duplicate waits
on the database for the first to end, then finds its answer, or acts itself where that failed.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Insert, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from service.db import new_id
from service.domain.retention import ANSWERS_IN
from service.models import IdempotentRequest

_SWEPT = 20


def claim(
    session: Session, now: datetime, owner: str, key: str, fingerprint: str
) -> tuple[IdempotentRequest, bool]:
    """Return the record under the owner's key, and whether it is new and has yet to be completed.

    Of a known one, ``fingerprint`` tells whether it was for the same request.
    """
    _forget(session, now, owner, key)
    row_id = new_id("idm")
    inserted = session.execute(
        _insert(session)
        .values(
            id=row_id,
            owner=owner,
            key=key,
            fingerprint=fingerprint,
            status=0,
            headers={},
            body=b"",
            created_at=now,
        )
        .returning(IdempotentRequest.id)
    ).scalar_one_or_none()
    if inserted is not None:
        return session.get_one(IdempotentRequest, row_id), True
    known = session.scalars(
        select(IdempotentRequest).where(
            IdempotentRequest.owner == owner, IdempotentRequest.key == key
        )
    ).one()
    return known, False


def _insert(session: Session) -> Insert:
    dialect = session.get_bind().dialect.name
    if dialect == "postgresql":
        return postgresql.insert(IdempotentRequest).on_conflict_do_nothing(
            index_elements=["owner", "key"]
        )
    return sqlite.insert(IdempotentRequest).on_conflict_do_nothing(index_elements=["owner", "key"])


def _forget(session: Session, now: datetime, owner: str, key: str) -> None:
    """Drop this key's answer once it is old, and a few other old ones: the table stays small."""
    old = (
        select(IdempotentRequest.id)
        .where(IdempotentRequest.created_at < now - ANSWERS_IN)
        .order_by(IdempotentRequest.created_at)
        .limit(_SWEPT)
        .with_for_update(skip_locked=True)
    )
    session.execute(
        delete(IdempotentRequest)
        .where(IdempotentRequest.id.in_(old))
        .execution_options(synchronize_session=False)
    )
    session.execute(
        delete(IdempotentRequest)
        .where(
            IdempotentRequest.owner == owner,
            IdempotentRequest.key == key,
            IdempotentRequest.created_at < now - ANSWERS_IN,
        )
        .execution_options(synchronize_session=False)
    )
