"""``Idempotency-Key``: the same POST sent twice acts once and is answered alike.

The answer is kept beside its effect, in one transaction with it.
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime

from flask import Response, request
from sqlalchemy.orm import Session

from service.api.problems import ProblemError
from service.models import IdempotentRequest
from service.workflows.repeated_requests import claim

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"

_KEY = re.compile(r"[\x21-\x7e]{1,255}")
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
    record, is_new = claim(session, now, owner, key, fingerprint)
    if is_new:
        return record
    if record.fingerprint != fingerprint:
        raise ProblemError(
            422,
            "idempotency-key-reused",
            f"This {HEADER} was used for another request: take a new one for each.",
        )
    answer = Response(record.body, record.status, content_type="application/json")
    answer.headers.update(record.headers)
    answer.headers[REPLAYED] = "true"
    return answer


def complete(record: IdempotentRequest, response: Response) -> None:
    """Keep the answer beside its effect; the caller commits both."""
    record.status = response.status_code
    record.body = response.get_data()
    record.headers = {name: response.headers[name] for name in _HEADERS if name in response.headers}


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for part in (request.method, request.full_path):
        digest.update(part.encode("utf-8", "surrogatepass") + b"\n")
    digest.update(request.get_data(cache=True))
    return digest.hexdigest()
