"""Finds what an address or a body names; an unknown id is 404 in an address, 422 in a body."""

from __future__ import annotations

from typing import Any, TypeVar

from service.api.operation import Call, require_id
from service.api.problems import invalid, not_found
from service.models import Application, Promise
from service.queries.by_id import by_id, locked_by_id
from service.workflows.promise_changes import lock_application, lock_promise

Model = TypeVar("Model")


def found(call: Call, model: type[Model], id_: str, what: str, *, lock: bool = False) -> Model:
    """Return the row with this id; 404 where there is none. ``lock`` keeps others off it."""
    known = require_id(id_, what)
    if lock:
        row = locked_by_id(call.session, model, known, key_share=True)
    else:
        row = by_id(call.session, model, known)
    if row is None:
        raise not_found(what)
    return row


def referred(call: Call, model: type[Model], id_: str | None, field: str) -> Model | None:
    """Return the row a field of the body names; 422 where there is none."""
    if id_ is None:
        return None
    row = call.session.get(model, id_)
    if row is None:
        raise invalid(f"/{field}", "There is nothing with this id.", "unknown-reference")
    return row


def check_references(call: Call, body: dict[str, Any], **models: type[Any]) -> None:
    """Refuse (422) a body whose fields name what does not exist."""
    for field, model in models.items():
        referred(call, model, body.get(field), field)


def locked_application(call: Call, id_: str, field: str | None = None) -> Application:
    """Return an application with its row locked. ``field`` is where the body names it."""
    row = lock_application(call.work, id_)
    if row is None:
        if field is not None:
            raise invalid(f"/{field}", "There is no application with this id.", "unknown-reference")
        raise not_found("application")
    return row


def locked_promise(call: Call, id_: str) -> tuple[Application, Promise]:
    """Return a promise and its application, locked in the order every change locks them."""
    application_id = found(call, Promise, id_, "promise").application_id
    application = locked_application(call, application_id)
    promise = lock_promise(call.work, id_)
    if promise is None:
        raise not_found("promise")
    return application, promise
