"""``/decisions``: who decided against an application, and why. No decision, no rejection letter."""

from __future__ import annotations

from typing import Any

from service.api.lookups import check_references, found, locked_application
from service.api.operation import Answer, Call, Resource, paged
from service.api.problems import invalid, not_found
from service.api.schemas.base import page_of
from service.api.schemas.decision import (
    DecisionNewSchema,
    DecisionQuery,
    DecisionSchema,
    WithdrawSchema,
)
from service.domain.changes import Stage
from service.models import Decision, User
from service.queries import records
from service.workflows.contacts import SKEW
from service.workflows.decide import (
    check_may_decide,
    reject,
    reopen_here,
    withdraw_decision,
)

resource = Resource("decisions", "Decisions about applications, made by a person.")


@resource.operation(
    "GET", "/decisions", scope="read", query=DecisionQuery, returns=page_of(DecisionSchema)
)
def list_decisions(call: Call, args: dict[str, Any]) -> Any:
    """List decisions.

    In the order they were made, withdrawn ones too.
    """
    equal = {name: args[name] for name in ("application_id",) if name in args}
    return paged(
        "decisions",
        args,
        lambda after, limit: records.decisions(call.session, after=after, limit=limit, **equal),
    )


@resource.operation(
    "POST", "/decisions", scope="write", body=DecisionNewSchema, status=201, returns=DecisionSchema
)
def create_decision(call: Call, body: dict[str, Any]) -> Answer:
    """Record a decision against an application.

    The application becomes `rejected`, and telling the candidate is owed from now on. The letter
    itself is a message of its own, written once a person wants it.
    """
    application = locked_application(call, body["application_id"], "application_id")
    check_references(call, body, decided_by_id=User)
    decided_by_id = body.get("decided_by_id") or call.user_id
    if decided_by_id is None:
        raise invalid("/decided_by_id", "Say who decided: a decision is a person's.")
    check_may_decide(call.session.get(User, decided_by_id), "/decided_by_id")
    decided_at = body.get("decided_at") or call.work.now
    if decided_at > call.work.now + SKEW:
        raise invalid("/decided_at", "Nobody has decided later than now: check it.")
    decision = reject(
        call.work,
        application,
        reason=body.get("reason"),
        decided_by_id=decided_by_id,
        decided_at=decided_at,
        source="api",
    )
    call.session.flush()
    return Answer(decision, decision.version, f"/decisions/{decision.id}")


@resource.operation("GET", "/decisions/<decision_id>", scope="read", returns=DecisionSchema)
def get_decision(call: Call, decision_id: str) -> Answer:
    """Show a decision.

    Who decided, when and why, and whether it still stands.
    """
    decision = found(call, Decision, decision_id, "decision")
    return Answer(decision, decision.version)


@resource.operation(
    "POST",
    "/decisions/<decision_id>/withdraw",
    scope="write",
    body=WithdrawSchema,
    returns=DecisionSchema,
    if_match="optional",
)
def withdraw(call: Call, body: dict[str, Any], decision_id: str) -> Answer:
    """Withdraw a decision.

    Its unsent letters stop, nobody is owed its telling, and the application is considered again.
    """
    application = locked_application(
        call, found(call, Decision, decision_id, "decision").application_id
    )
    decision = found(call, Decision, decision_id, "decision", lock=True)
    if decision.application_id != application.id:
        raise not_found("decision")
    call.check(decision.version)
    withdraw_decision(call.work, application, decision)
    reopen_here(call.work, application, Stage(body["stage"]))
    call.session.flush()
    return Answer(decision, decision.version)
