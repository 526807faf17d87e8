"""Answers what went wrong as RFC 9457 problems, the same way for every route under ``/api``.

A problem says what to do about it and never what the database or a stack trace said.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, g, request
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException

from service.auth.keys import BadScopeError
from service.config import Config
from service.db import new_id
from service.domain.business_time import NoOpeningError, OutOfReachError
from service.domain.calendars import CalendarDocumentError
from service.domain.durations import DurationError
from service.domain.policies import PolicyDocumentError
from service.domain.promises import PromiseError
from service.mail.addresses import BadAddressError
from service.mail.variables import TemplateError
from service.workflows.connections import BadConnectionError

MEDIA_TYPE = "application/problem+json"
PREFIX = "/api/"
_LOG = logging.getLogger("keepword.api")

CONFLICTS = frozenset(
    {
        "already-sent",
        "applied-already",
        "ats-sends-rejections",
        "candidate-merged",
        "closed-already",
        "closing-undone",
        "decided-already",
        "decision-withdrawn",
        "delivery-emptied",
        "delivery-erased",
        "cannot-be-overruled",
        "name-taken",
        "not-on-legal-hold",
        "not-stopped",
        "nothing-to-settle",
        "on-legal-hold",
        "promise-not-open",
        "promise-not-paused",
        "promise-overdue",
        "version-stands-so-already",
        "who-sends-rejections-unanswered",
        "worded-already",
        "written-already",
    }
)
"""What the state of things forbids (409); every other refusal is about the request (422)."""

_PHRASES = {
    400: ("bad-request", "The request cannot be read."),
    404: ("not-found", "There is nothing here. Check the address and the id."),
    405: ("method-not-allowed", "This address does not take this method; see the Allow header."),
    413: (
        "body-too-large",
        f"The body is too large: at most {Config.max_body_bytes // 1024**2} MiB are taken.",
    ),
    415: ("not-json", "Send JSON, with the header Content-Type: application/json."),
    500: (
        "internal-error",
        "Something broke on our side and nothing was changed. Tell whoever runs it the request_id.",
    ),
}


@dataclass
class ProblemError(Exception):
    """A refusal: ``slug`` names it for programs, ``detail`` says in words what to do."""

    status: int
    slug: str
    detail: str
    errors: list[tuple[str, str]] = field(default_factory=list)
    headers: Mapping[str, str] = field(default_factory=dict)


def not_found(what: str) -> ProblemError:
    """Return the answer for an id that names nothing."""
    return ProblemError(404, "not-found", f"There is no {what} with this id.")


def invalid(pointer: str, detail: str, slug: str = "invalid") -> ProblemError:
    """Return the answer for one field at fault."""
    return ProblemError(422, slug, detail, [(pointer, detail)])


def request_id() -> str:
    """Return the name of the request being served, for its answer and the log."""
    known = getattr(g, "keepword_request_id", None)
    if known is None:
        known = g.keepword_request_id = new_id("req")
    return str(known)


def problem_of(error: Exception) -> ProblemError | None:
    """Say what an exception means to the caller, or ``None`` where it is a defect of ours."""
    match error:
        case ProblemError():
            return error
        case PromiseError():
            status = 409 if error.code in CONFLICTS else 422
            said = _sentence(str(error))
            errors = [(error.pointer, said)] if error.pointer else []
            return ProblemError(status, error.code, said, errors)
        case TemplateError():
            pointer = f"/values/{escaped(error.variable)}" if error.variable else "/kind"
            return invalid(pointer, _sentence(error.remedy), "letter-not-renderable")
        case CalendarDocumentError() | PolicyDocumentError():
            return _with_faults(error.faults)
        case BadConnectionError():
            return invalid(error.pointer, _sentence(str(error)))
        case NoOpeningError():
            return invalid("", str(error), "no-opening")
        case OutOfReachError() | DurationError():
            return invalid("", _sentence(str(error)), "out-of-reach")
        case BadAddressError() | BadScopeError():
            return invalid("", _sentence(str(error)))
        case HTTPException():
            return _of_http(error)
        case _:
            return _of_database(error)


def _of_database(error: Exception) -> ProblemError | None:
    if isinstance(error, StaleDataError):
        return ProblemError(
            409, "changed-meanwhile", "Somebody else changed this meanwhile: read it again."
        )
    if isinstance(error, IntegrityError):
        return ProblemError(
            409, "conflict", "This collides with what was written meanwhile: read it again."
        )
    # 40P01 is PostgreSQL's "deadlock detected": this change was the one undone.
    if isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", "") == "40P01":
        return ProblemError(409, "changed-meanwhile", "Two changes met: try again.")
    # SQLite calls a missing table or column operational too: that is a defect, and waiting for
    # it to pass would be in vain.
    if isinstance(error, OperationalError) and "no such" not in str(error.orig):
        return ProblemError(
            503,
            "database-busy",
            "The database is busy; nothing was changed. Try again.",
            headers={"Retry-After": "1"},
        )
    return None


def _with_faults(faults: Iterable[tuple[str, str]]) -> ProblemError:
    listed = [(pointer, _sentence(text)) for pointer, text in faults]
    return ProblemError(422, "invalid", "The document has faults: see errors.", listed)


def _of_http(error: HTTPException) -> ProblemError | None:
    status = error.code or 500
    if status >= 500 or status < 400:
        return None
    data: dict[str, Any] = getattr(error, "data", None) or {}
    messages = data.get("messages")
    if isinstance(messages, Mapping):
        return validation_problem(messages)
    slug, detail = _phrase(status)
    headers = {name: value for name, value in error.get_headers() if name == "Allow"}
    return ProblemError(status, slug, detail, headers=headers)


def validation_problem(messages: Mapping[Any, Any]) -> ProblemError:
    """Turn marshmallow's messages into pointers; the first key is the part of the request."""
    errors: list[tuple[str, str]] = []
    for part, found in messages.items():
        if part == "json":
            errors += _flattened(found, "")
        else:
            # A parameter has no place in the body: its pointer names it as the query does.
            errors += [(f"?{pointer[1:]}", text) for pointer, text in _flattened(found, "")]
    return ProblemError(422, "invalid", "The request has faults: see errors.", errors)


def _flattened(found: Any, pointer: str) -> list[tuple[str, str]]:
    if isinstance(found, Mapping):
        return [
            each
            for key, value in found.items()
            for each in _flattened(
                value, pointer if key == "_schema" else f"{pointer}/{escaped(key)}"
            )
        ]
    if isinstance(found, list):
        return [each for text in found for each in _flattened(text, pointer)]
    return [(pointer, _sentence(str(found)))]


def escaped(key: object) -> str:
    """Return a key as it stands in a JSON pointer (RFC 6901)."""
    return str(key).replace("~", "~0").replace("/", "~1")


def response_of(problem: ProblemError) -> Response:
    """Write a problem as an answer."""
    body: dict[str, Any] = {
        "type": f"/problems/{problem.slug}",
        "title": problem.slug.replace("-", " ").capitalize(),
        "status": problem.status,
        "detail": problem.detail,
        "request_id": request_id(),
    }
    if problem.errors:
        body["errors"] = [
            {"pointer": pointer, "detail": detail} for pointer, detail in problem.errors
        ]
    response = Response(json.dumps(body), problem.status, content_type=MEDIA_TYPE)
    response.headers.update(problem.headers)
    return response


def init_app(app: Flask) -> None:
    """Make every error answered under ``/api`` a problem, whoever raised it."""

    @app.after_request
    def as_problem(response: Response) -> Response:
        if not request.path.startswith(PREFIX):
            return response
        if response.status_code >= 400 and response.mimetype != MEDIA_TYPE:
            slug, detail = _phrase(response.status_code)
            kept = {name: response.headers[name] for name in ("Allow",) if name in response.headers}
            problem = ProblemError(response.status_code, slug, detail, headers=kept)
            response = response_of(problem)
        response.headers["X-Request-Id"] = request_id()
        return response


def log_defect(error: Exception) -> None:
    """Note a defect by its kind and place; its text may hold a person's data and stays out."""
    _LOG.error("request %s to %s failed: %s", request_id(), request.endpoint, type(error).__name__)


def _phrase(status: int) -> tuple[str, str]:
    known = _PHRASES.get(status)
    if known is not None:
        return known
    phrase = HTTPStatus(status).phrase
    return phrase.lower().replace(" ", "-"), f"{phrase}."


def _sentence(text: str) -> str:
    text = text.strip()
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else f"{text}."
