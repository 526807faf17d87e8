"""Builds the API and its OpenAPI 3.1 description; the description depends on the code alone."""

from __future__ import annotations

from threading import Lock
from typing import Any

import yaml
from flask import Flask, Response
from flask_smorest import Api  # type: ignore[import-untyped]  # it ships no types

from service.api import problems, reference
from service.api.resources import RESOURCES
from service.api.schemas.problem import ProblemSchema

TITLE = "Keepword"
VERSION = "1"
_ABOUT = """\
Keepword keeps a recruiter's word: it watches every promise made to a candidate and ends the \
silence.

* Send an API key as a bearer token. Scopes build on each other: read, write, admin.
* Instants carry their offset; answers are in UTC. Ids are opaque.
* Errors are problems after RFC 9457 with pointers to the fields at fault.
* Lists are paged: pass the “next” of a page as the “cursor” of the following request.
* POST takes an Idempotency-Key: the same request sent twice acts once.
* What can be changed carries an ETag, the version of its row; PATCH and DELETE need it as \
If-Match. What follows from the passing of time alone (a promise's standing) changes no ETag.
"""
_STATUSES = {
    400: "The request cannot be read.",
    401: "The key is missing, unknown, expired or revoked.",
    403: "The key lacks the scope.",
    404: "There is nothing with this id.",
    409: "The state of things forbids it, or somebody else was faster.",
    412: "It was changed since it was read.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    422: "A field is at fault, or what was asked for cannot be.",
    428: "If-Match is missing.",
    500: "A defect; nothing was changed.",
    503: "The database is busy; nothing was changed.",
}


class ProblemApi(Api):  # type: ignore[misc]  # its base ships no types
    """flask-smorest without its own error bodies: ours are problems, and pages stay HTML."""

    ERROR_SCHEMA = ProblemSchema
    DEFAULT_ERROR_RESPONSE_NAME = None

    def __init__(self, app: Flask) -> None:
        self._undescribed: list[Any] = []
        self._describing = Lock()
        super().__init__(app)

    def register_blueprint(self, blp: Any) -> None:
        """Mount a resource. It is described when somebody asks: that takes most of a start."""
        self._app.extensions["flask-smorest"]["blp_name_to_api"][blp.name] = self
        self._app.register_blueprint(blp)
        self._undescribed.append(blp)

    def describe(self) -> dict[str, Any]:
        """Return the description of every resource that was mounted."""
        with self._describing:
            while self._undescribed:
                blp = self._undescribed.pop(0)
                blp.register_views_in_doc(
                    self, self._app, self.spec, name=blp.name, parameters=None
                )
                self.spec.tag({"name": blp.name, "description": blp.description})
            described: dict[str, Any] = self.spec.to_dict()
        return described

    def _register_error_handlers(self) -> None:
        """Register none: an error of a page is not ours to answer."""

    def _register_pagination_header(self) -> None:
        """Register none: our pages carry their cursor in the body."""

    def _register_etag_headers(self) -> None:
        """Register none: ours are described where they are used."""


def init_app(app: Flask) -> None:
    """Mount every resource, the problems, and the description."""
    app.config["API_TITLE"] = TITLE
    app.config["API_VERSION"] = VERSION
    app.config["OPENAPI_VERSION"] = "3.1.0"
    app.config["API_SPEC_OPTIONS"] = {
        "info": {"description": _ABOUT},
        "servers": [{"url": "/", "description": "This Keepword."}],
        "security": [{"key": []}],
    }
    api = ProblemApi(app)
    api.spec.components.security_scheme(
        "key",
        {"type": "http", "scheme": "bearer", "description": "An API key, such as kw_…"},
    )
    for status, meaning in _STATUSES.items():
        api.spec.components.response(
            f"PROBLEM_{status}",
            {
                "description": meaning,
                "content": {problems.MEDIA_TYPE: {"schema": ProblemSchema}},
            },
            lazy=True,
        )
    for resource in RESOURCES:
        api.register_blueprint(resource)
    problems.init_app(app)
    app.extensions["keepword.api"] = api
    reference.init_app(app, lambda: openapi_document(app))

    @app.get("/openapi.yaml")
    def openapi_yaml() -> Response:
        return Response(openapi_text(app), content_type="application/yaml")


def openapi_text(app: Flask) -> str:
    """Return the API's description as YAML: the text of ``openapi.yaml``, always the same."""
    return yaml.safe_dump(openapi_document(app), sort_keys=True, allow_unicode=True, width=100)


def openapi_document(app: Flask) -> dict[str, Any]:
    """Return the API's description in plain types; every key is a text."""
    document: dict[str, Any] = _plain(app.extensions["keepword.api"].describe())
    return document


def _plain(value: Any) -> Any:
    """Return a copy in plain types with string keys, so that no object repeats as an alias."""
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value if value is None or isinstance(value, bool | int | float) else str(value)
