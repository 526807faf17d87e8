"""``Idempotency-Key``: the same POST sent twice acts once and is answered alike.

The record is written first and in the same transaction as the effect: a racing duplicate waits
on the database for the first to end, then gets its answer, or acts itself where that failed.
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, timedelta

from flask import Response, request
from sqlalchemy import Insert, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from service.api.problems import ProblemError
from service.db import new_id
from service.models import IdempotentRequest

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
KEPT = timedelta(hours=24)
"""How long an answer is kept: as long as clients may retry (Stripe keeps a day too)."""

_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_SWEPT = 20
_HEADERS = ("Location", "ETag")


def begin(session: Session, now: datetime, owner: str) -> IdempotentRequest | Response | None:
    """Return the record to complete, the kept answer to give again, or ``None`` without a key."""
    key = request.headers.get(HEADER)
    if key is None:
        return None
    if not _KEY.fullmatch(key):
        raise ProblemError(
            400,
            "idempotency-key-not-valid",
            f"{HEADER} is 1 to 255 visible ASCII characters, such as a UUID.",
        )
    fingerprint = _fingerprint()
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
        return session.get_one(IdempotentRequest, row_id)
    known = session.scalars(
        select(IdempotentRequest).where(
            IdempotentRequest.owner == owner, IdempotentRequest.key == key
        )
    ).one()
    if known.fingerprint != fingerprint:
        raise ProblemError(
            422,
            "idempotency-key-reused",
            f"This {HEADER} was used for another request: take a new one for each.",
        )
    answer = Response(known.body, known.status, content_type="application/json")
    answer.headers.update(known.headers)
    answer.headers[REPLAYED] = "true"
    return answer


def complete(record: IdempotentRequest, response: Response) -> None:
    """Keep the answer beside its effect; the caller commits both."""
    record.status = response.status_code
    record.body = response.get_data()
    record.headers = {name: response.headers[name] for name in _HEADERS if name in response.headers}


def _insert(session: Session) -> Insert:
    dialect = session.get_bind().dialect.name
    if dialect == "postgresql":
        return postgresql.insert(IdempotentRequest).on_conflict_do_nothing(
            index_elements=["owner", "key"]
        )
    return sqlite.insert(IdempotentRequest).on_conflict_do_nothing(index_elements=["owner", "key"])


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for part in (request.method, request.full_path):
        digest.update(part.encode("utf-8", "surrogatepass") + b"\n")
    digest.update(request.get_data(cache=True))
    return digest.hexdigest()


def _forget(session: Session, now: datetime, owner: str, key: str) -> None:
    """Drop this key's answer once it is old, and a few other old ones: the table stays small."""
    old = (
        select(IdempotentRequest.id)
        .where(IdempotentRequest.created_at < now - KEPT)
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
            IdempotentRequest.created_at < now - KEPT,
        )
        .execution_options(synchronize_session=False)
    )
