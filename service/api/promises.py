"""``/promises``: what is owed to whom, by when, and why by then."""

from __future__ import annotations

from typing import Any

from service.api.lookups import check_references, found, locked_application
from service.api.operation import Answer, Call, Resource, paged
from service.api.promise_rows import shown
from service.api.schemas.base import page_of
from service.api.schemas.promise import (
    ExplanationSchema,
    PromiseNewSchema,
    PromiseQuery,
    PromiseSchema,
)
from service.domain.policies import Kind
from service.models import Promise, User
from service.queries import records
from service.queries.explanations import explain
from service.queries.keyset import Page
from service.workflows.promise_making import Spoken, make_spoken
from service.workflows.resettle import settle_spoken

resource = Resource("promises", "One thing owed to one application by an instant.")
_FILTERS = ("application_id", "owner_id", "state", "standing", "kind", "origin")


@resource.operation(
    "GET", "/promises", scope="read", query=PromiseQuery, returns=page_of(PromiseSchema)
)
def list_promises(call: Call, args: dict[str, Any]) -> Any:
    """List promises.

    The first due come first. `standing=overdue` finds the broken ones.
    """
    wanted = {name: args[name] for name in _FILTERS if name in args}

    def fetch(after: Any, limit: int) -> Page[Any]:
        read = records.promises(call.session, call.work.now, after=after, limit=limit, **wanted)
        return Page([shown(call, promise) for promise in read.rows], read.next)

    return paged("promises", args, fetch)


@resource.operation(
    "POST", "/promises", scope="write", body=PromiseNewSchema, status=201, returns=PromiseSchema
)
def make_promise(call: Call, body: dict[str, Any]) -> Answer:
    """Record a promise a person gave.

    Say how long it may take (`within`, in the working time of the job's calendar) or name the
    instant (`due_at`). A promise in the past, in closed time for ever, or on an erased or closed
    application is refused with the reason. One given earlier (`promised_at`) is `kept` at once
    where a contact that was logged for more than an hour after it has kept it already.
    """
    application = locked_application(call, body["application_id"], "application_id")
    check_references(call, body, owner_id=User, promised_by_id=User)
    promise = make_spoken(
        call.work,
        application,
        Spoken(
            kind=Kind(body["kind"]),
            wording=body["wording"],
            within=body.get("within"),
            due_at=body.get("due_at"),
            promised_at=body.get("promised_at"),
            owner_id=body.get("owner_id"),
            promised_by_id=body.get("promised_by_id") or call.user_id,
        ),
    )
    if body.get("promised_at") is not None:
        settle_spoken(call.work, application, promise)
    return Answer(shown(call, promise), promise.version, f"/promises/{promise.id}")


@resource.operation("GET", "/promises/<promise_id>", scope="read", returns=PromiseSchema)
def get_promise(call: Call, promise_id: str) -> Answer:
    """Show a promise.

    `state` is what is recorded, `standing` what a person reads of it at this instant.
    """
    promise = found(call, Promise, promise_id, "promise")
    return Answer(shown(call, promise), promise.version)


@resource.operation(
    "GET", "/promises/<promise_id>/explain", scope="read", returns=ExplanationSchema
)
def explain_promise(call: Call, promise_id: str) -> Any:
    """Explain a promise.

    Why it is due then (the intervals counted, the holidays skipped), under which terms and which
    version of the calendar, and what happens before and after.
    """
    promise = found(call, Promise, promise_id, "promise")
    return explain(call.session, promise, call.work.now)
