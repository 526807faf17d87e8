"""Lets in who holds a valid bearer key with a sufficient scope, and nobody else."""

from __future__ import annotations

from datetime import datetime

from flask import request
from sqlalchemy.orm import Session

from service.api.problems import ProblemError
from service.auth.keys import Caller, caller_with

_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="keepword"'}


def authenticate(session: Session, now: datetime, scope: str) -> Caller:
    """Return who calls; ``ProblemError`` 401 without a valid key, 403 without the scope."""
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not secret.strip():
        raise ProblemError(
            401,
            "no-key",
            "Send an API key: Authorization: Bearer kw_… (make one with `keepword key`).",
            headers=_CHALLENGE,
        )
    caller = caller_with(session, now, secret.strip())
    if caller is None:
        raise ProblemError(
            401,
            "key-not-valid",
            "The API key is unknown, expired or revoked.",
            headers=_CHALLENGE,
        )
    if not caller.may(scope):
        raise ProblemError(
            403, "scope-missing", f"The API key lacks the scope “{scope}” that this needs."
        )
    return caller
