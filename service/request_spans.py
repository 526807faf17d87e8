"""Makes a span of each request: its method, the pattern of its address and the status it got.

The address itself, its query, the headers and the body stay out: they may name a person, or open
what belongs to one.
"""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, request

from service.telemetry import Fact, Kind, span

_SPAN = "keepword.span"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def init_app(app: Flask) -> None:
    """Make a span of each request of an application, while anybody collects them."""
    app.before_request(_begin)
    app.after_request(_answered)
    app.teardown_request(_end)


def _begin() -> None:
    # Whatever else somebody makes up is theirs to word.
    facts: dict[Fact, Any] = {
        Fact.METHOD: request.method if request.method in _METHODS else "_OTHER"
    }
    if request.url_rule is not None:
        facts[Fact.ROUTE] = request.url_rule.rule
    name = " ".join(str(value) for value in facts.values())
    begun = span(name, Kind.SERVER, facts, seen=request.headers.get("traceparent"))
    request.environ[_SPAN] = begun, begun.__enter__()


def _answered(answer: Response) -> Response:
    if (found := request.environ.get(_SPAN)) is not None:
        found[1].tell(Fact.STATUS, answer.status_code)
        if answer.status_code >= 500:
            found[1].failed(str(answer.status_code))
    return answer


def _end(error: BaseException | None) -> None:
    found = request.environ.pop(_SPAN, None)
    if found is not None:
        found[0].__exit__(type(error) if error else None, error, None)
