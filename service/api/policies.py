"""``/policies``: the rules that make promises."""

from __future__ import annotations

from typing import Any

from service.api.lookups import found
from service.api.operation import Answer, Call, Resource, paged
from service.api.problems import ProblemError
from service.api.schemas.base import PageQuery, page_of
from service.api.schemas.policy import PolicyChangeSchema, PolicyNewSchema, PolicySchema
from service.domain.policies import PolicyDocumentError, Terms
from service.models import Policy
from service.queries import rules
from service.queries.keyset import Key, Page
from service.workflows.policies import add_policy, edit_policy

resource = Resource("policies", "Rules that make promises. Promises made keep their terms.")


@resource.operation(
    "GET", "/policies", scope="read", query=PageQuery, returns=page_of(PolicySchema)
)
def list_policies(call: Call, args: dict[str, Any]) -> Any:
    """List policies.

    By name, each in its current version.
    """

    def fetch(after: Key | None, limit: int) -> Page[Any]:
        read = rules.policies(call.session, after=after, limit=limit)
        terms = rules.terms_of(call.session, read.rows)
        return Page([_shown(policy, terms[policy.id]) for policy in read.rows], read.next)

    return paged("policies", args, fetch)


@resource.operation(
    "POST", "/policies", scope="admin", body=PolicyNewSchema, status=201, returns=PolicySchema
)
def create_policy(call: Call, body: dict[str, Any]) -> Answer:
    """Add a policy.

    Every fault in its terms is named at once.
    """
    terms = _terms(body["terms"])
    if rules.is_policy_name(call.session, body["name"]):
        text = "A policy of this name exists already."
        raise ProblemError(409, "name-taken", text, [("/name", text)])
    policy = add_policy(call.work, body["name"], terms, active=body["active"])
    call.session.flush()
    return Answer(_shown(policy, terms.to_document()), version_of(policy), f"/policies/{policy.id}")


@resource.operation("GET", "/policies/<policy_id>", scope="read", returns=PolicySchema)
def get_policy(call: Call, policy_id: str) -> Answer:
    """Show a policy.

    Its terms in the current version; promises made before keep the ones they were made under.
    """
    policy = found(call, Policy, policy_id, "policy")
    return Answer(_current(call, policy), version_of(policy))


@resource.operation(
    "PATCH",
    "/policies/<policy_id>",
    scope="admin",
    body=PolicyChangeSchema,
    returns=PolicySchema,
    if_match="required",
)
def change_policy(call: Call, body: dict[str, Any], policy_id: str) -> Answer:
    """Change a policy.

    New terms make a new version; promises already made keep the terms they were made under.
    """
    policy = found(call, Policy, policy_id, "policy", lock=True)
    call.check(version_of(policy))
    if "active" in body:
        policy.active = body["active"]
    if "terms" in body:
        edit_policy(call.work, policy, _terms(body["terms"]))
    call.session.flush()
    return Answer(_current(call, policy), version_of(policy))


def version_of(policy: Policy) -> str:
    """Return what changes with every change: the version of the terms, and whether it is active."""
    return f"{policy.version}-{'on' if policy.active else 'off'}"


def _terms(document: dict[str, Any]) -> Terms:
    try:
        return Terms.from_document(document)
    except PolicyDocumentError as error:
        raise PolicyDocumentError(
            [(f"/terms{pointer}", text) for pointer, text in error.faults]
        ) from error


def _current(call: Call, policy: Policy) -> dict[str, Any]:
    return _shown(policy, rules.terms_of(call.session, [policy])[policy.id])


def _shown(policy: Policy, terms: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": policy.id,
        "name": policy.name,
        "active": policy.active,
        "version": policy.version,
        "created_at": policy.created_at,
        "terms": terms,
    }
