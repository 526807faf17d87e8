"""Describes an operation to OpenAPI: its parameters, its headers, and how it can refuse."""

from __future__ import annotations

from typing import Any

from service.api.conditional import Condition
from service.api.schemas.base import ApiSchema

_ID = {"type": "string", "minLength": 1, "maxLength": 64}
_HEADERS: dict[str, dict[str, Any]] = {
    "Idempotency-Key": {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "description": "Names this request: sent again within a day, it acts once and is "
        "answered alike.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
        "example": "8e03978e-40d5-43e8-bc93-6894a57f9324",
    },
    "If-Match": {
        "name": "If-Match",
        "in": "header",
        "description": "The ETag of what was read; a change made meanwhile is answered with 412.",
        "schema": {"type": "string"},
        "example": '"3"',
    },
}

SUCCESS = {
    201: "It was made.",
    202: "It will be done as soon as the loop looks.",
    204: "It was done; there is nothing to say.",
}


def path_parameters(rule: str) -> list[dict[str, Any]]:
    """Return the description of the ids in an address."""
    names = [part.split(">")[0] for part in rule.split("<")[1:]]
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": f"The id of the {name.removesuffix('_id').replace('_', ' ')}.",
            "schema": dict(_ID),
        }
        for name in names
    ]


def header_parameters(if_match: Condition | None, *, repeatable: bool) -> list[dict[str, Any]]:
    """Return the description of the headers an operation takes."""
    parameters = []
    if repeatable:
        parameters.append(_HEADERS["Idempotency-Key"])
    if if_match is not None:
        parameters.append({**_HEADERS["If-Match"], "required": if_match == "required"})
    return parameters


def query_parameters(query: type[ApiSchema] | None) -> list[dict[str, Any]]:
    """Describe the query here too: parameters given by hand replace those flask-smorest finds."""
    return [] if query is None else [{"in": "query", "schema": query}]


def answer_headers(status: int, if_match: Condition | None, *, repeatable: bool) -> dict[str, Any]:
    """Return the description of the headers that come with an answer."""
    headers: dict[str, Any] = {}
    if status == 201:
        headers["Location"] = {
            "description": "Where it can be read.",
            "schema": {"type": "string", "format": "uri-reference"},
        }
    if if_match is not None:
        headers["ETag"] = {
            "description": "Its version, for If-Match.",
            "schema": {"type": "string"},
        }
    if repeatable:
        headers["Idempotent-Replayed"] = {
            "description": "“true” where this is the kept answer of the same request before.",
            "schema": {"type": "string", "enum": ["true"]},
        }
    return headers


def refusals(
    method: str,
    rule: str,
    body: type[ApiSchema] | None,
    if_match: Condition | None,
    also: tuple[int, ...],
) -> list[int]:
    """Return the statuses an operation can refuse with; ``also`` are its own."""
    codes = {401, 403, 422, 500, 503, *also}
    if "<" in rule:
        codes.add(404)
    if method != "GET":
        codes |= {400, 409, 413}
    if body is not None:
        codes.add(415)
    if if_match is not None:
        codes.add(412)
    if if_match == "required":
        codes.add(428)
    return sorted(codes)
