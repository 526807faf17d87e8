"""``ETag`` and ``If-Match``: nobody overwrites what they have not read."""

from __future__ import annotations

from typing import Literal

from flask import request

from service.api.problems import ProblemError

Condition = Literal["required", "optional"]


def etag_of(version: int | str) -> str:
    """Return the entity tag of a row's version."""
    return f'"{version}"'


def check_if_match(etag: str) -> None:
    """Refuse (412) a change whose ``If-Match`` names another version than the one that stands."""
    if "If-Match" not in request.headers:
        return
    given = request.if_match
    if given.star_tag or given.contains(etag.strip('"')):
        return
    raise ProblemError(
        412,
        "changed-meanwhile",
        "Somebody else changed this since you read it: read it again and send its new ETag.",
        headers={"ETag": etag},
    )


def require_if_match() -> None:
    """Refuse (428) a change that does not say which version it is meant for."""
    if not request.headers.get("If-Match", "").strip():
        raise ProblemError(
            428,
            "if-match-missing",
            "Send If-Match with the ETag of what you read, so that no other change is lost.",
        )
