"""One decorator for every operation: who may, what goes in, what comes out, one transaction.

The request is the transaction. A view works and never commits; what it did is committed once its
answer is built, and undone whole where the answer is an error.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

from flask import Response, request
from flask_smorest import Blueprint  # type: ignore[import-untyped]  # it ships no types
from sqlalchemy.orm import Session

from service.api import idempotency
from service.api.authentication import authenticate
from service.api.bodies import StrictParser, refuse_body, refuse_parameters
from service.api.conditional import Condition, check_if_match, etag_of, require_if_match
from service.api.operation_parts import (
    SUCCESS,
    answer_headers,
    header_parameters,
    path_parameters,
    query_parameters,
    refusals,
)
from service.api.pagination import read_cursor, write_cursor
from service.api.problems import ProblemError, log_defect, problem_of, response_of
from service.api.schemas.base import ApiSchema
from service.auth.keys import Caller, note_use
from service.db import db
from service.parts import parts
from service.queries.keyset import Key, Page
from service.workflows.work import Work

PREFIX = "/api/v1"
View = Callable[..., Any]


@dataclass(frozen=True)
class Call:
    """One authenticated request: the unit of work it is, and who makes it."""

    work: Work
    caller: Caller

    @property
    def session(self) -> Session:
        """Return the request's session."""
        return self.work.session

    @property
    def user_id(self) -> str | None:
        """Return the colleague in whose name the key acts, if there is one."""
        return self.caller.user_id

    def check(self, version: int | str) -> None:
        """Refuse (412) where the request was meant for another version of what it changes."""
        check_if_match(etag_of(version))


@dataclass(frozen=True)
class Answer:
    """What a view gives back: a value for the schema, its version, and where it can be read."""

    value: Any
    version: int | str | None = None
    location: str | None = None
    wake: tuple[str, ...] = field(default=())


class Resource(Blueprint):  # type: ignore[misc]  # its base ships no types
    """A group of operations under ``/api/v1``."""

    ARGUMENTS_PARSER = StrictParser()

    def __init__(self, name: str, about: str) -> None:
        super().__init__(name, f"service.api.{name}", url_prefix=PREFIX, description=about)

    def operation(
        self,
        method: str,
        rule: str,
        *,
        scope: str,
        returns: type[ApiSchema] | None,
        status: int = 200,
        body: type[ApiSchema] | None = None,
        query: type[ApiSchema] | None = None,
        if_match: Condition | None = None,
        also: tuple[int, ...] = (),
        asks: bool = False,
    ) -> Callable[[View], View]:
        """Mount a view with everything that surrounds it; its docstring is its description.

        ``also`` names the statuses of refusals beyond those that follow from the rest. ``asks``
        marks a POST that asks somebody else and so ends its transaction meanwhile: it changes
        nothing, and whoever sends it again is answered anew.
        """
        repeatable = method == "POST" and not asks

        def decorate(view: View) -> View:
            documented = self.doc(
                operationId=view.__name__,
                parameters=[
                    *header_parameters(if_match, repeatable=repeatable),
                    *query_parameters(query),
                ],
                security=[{"key": []}],
                **{"x-scope": scope},
            )(_adapted(view, plain=method != "GET" and body is None, asked=query is not None))
            if query is not None:
                documented = self.arguments(query, location="query", as_kwargs=False)(documented)
            if body is not None:
                documented = self.arguments(body, example=body.EXAMPLE)(documented)
            for code in refusals(method, rule, body, if_match, also):
                documented = self.alt_response(code, response=f"PROBLEM_{code}")(documented)
            documented = self.response(
                status,
                returns,
                description=SUCCESS.get(status, "What was asked for."),
                **({"example": returns.EXAMPLE} if returns is not None else {}),
                headers=answer_headers(status, if_match, repeatable=repeatable),
            )(documented)
            performed = _performing(documented, method, scope, if_match, repeatable=repeatable)
            self.add_url_rule(
                rule, view.__name__, performed, methods=[method], parameters=path_parameters(rule)
            )
            return performed

        return decorate


def paged(name: str, args: Mapping[str, Any], fetch: Callable[[Key | None, int], Page[Any]]) -> Any:
    """Return one page of the list called ``name`` as its schema writes it."""
    # Whoever forgets a filter on the second page would take the rest of all for the rest of some.
    wanted = sorted((each, str(args[each])) for each in args.keys() - {"cursor", "limit"})
    narrowed = json.dumps([name, *wanted])
    page = fetch(read_cursor(narrowed, args.get("cursor")), args["limit"])
    return {"items": page.rows, "next": write_cursor(narrowed, page.next)}


def _adapted(view: View, *, plain: bool, asked: bool) -> View:
    """Let a view return an ``Answer`` or a bare value; a ``plain`` one is sent no body, and one
    that is not ``asked`` no parameters.
    """

    @wraps(view)
    def adapted(*args: Any, **kwargs: Any) -> Any:
        if plain:
            refuse_body(request)
        if not asked:
            refuse_parameters(request)
        result = view(*args, **kwargs)
        answer = result if isinstance(result, Answer) else Answer(result)
        headers = {}
        if answer.version is not None:
            headers["ETag"] = etag_of(answer.version)
        if answer.location is not None:
            headers["Location"] = PREFIX + answer.location
        request.environ["keepword.wake"] = answer.wake
        return answer.value, headers

    return adapted


def _performing(
    view: View, method: str, scope: str, if_match: Condition | None, *, repeatable: bool
) -> View:
    changes = method not in ("GET", "HEAD")

    @wraps(view)
    def performed(**path: str) -> Response:
        session = db.session()
        try:
            response = _perform(session, view, path, method, scope, if_match, repeatable=repeatable)
            if changes and response.status_code < 400:
                session.commit()
            else:
                session.rollback()
        except Exception as error:
            session.rollback()
            problem = problem_of(error)
            if problem is None:
                log_defect(error)
                raise
            return response_of(problem)
        for step in request.environ.get("keepword.wake", ()):
            parts().runner.wake(step)
        return response

    return performed


def _perform(
    session: Session,
    view: View,
    path: Mapping[str, str],
    method: str,
    scope: str,
    if_match: Condition | None,
    *,
    repeatable: bool,
) -> Response:
    running = parts()
    now = running.now()
    caller = authenticate(session, now, scope)
    if method == "GET":
        response: Response = view(Call(_work(caller), caller), **path)
        return response
    note_use(session, now, caller)
    if if_match == "required":
        require_if_match()
    record = idempotency.begin(session, now, caller.key_id) if repeatable else None
    if isinstance(record, Response):
        return record
    response = view(Call(_work(caller), caller), **path)
    session.flush()
    if record is not None and response.status_code < 300:
        idempotency.complete(record, response)
    return response


def _work(caller: Caller) -> Work:
    return parts().work(actor=caller.actor, source="api")


def require_id(value: str, what: str) -> str:
    """Return an id of the address; 404 where no id can look so."""
    if not value.isascii() or not value.replace("_", "").isalnum() or len(value) > 64:
        raise ProblemError(404, "not-found", f"There is no {what} with this id.")
    return value
