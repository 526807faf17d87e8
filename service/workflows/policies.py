"""Policies in force: reading them, and writing new versions."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from service.domain.policies import Terms, Trigger
from service.models import Policy, PolicyVersion
from service.workflows.work import Work


@dataclass(frozen=True)
class Rule:
    """One policy in its current version."""

    id: str
    name: str
    version: int
    terms: Terms


def rules(work: Work, *triggers: Trigger) -> list[Rule]:
    """Return the active policies with one of these triggers, by name."""
    current: list[Rule] | None = work.known.get("rules")
    if current is None:
        found = work.session.execute(
            select(Policy.id, Policy.name, Policy.version)
            .where(Policy.active)
            .order_by(Policy.name)
        )
        current = [
            Rule(id_, name, version, _terms(work, id_, version)) for id_, name, version in found
        ]
        work.known["rules"] = current
    return [rule for rule in current if rule.terms.trigger in triggers]


def _terms(work: Work, policy_id: str, version: int) -> Terms:
    key = (policy_id, version)
    known = work.office.parsed.get(key)
    if known is None:
        document = work.session.scalars(
            select(PolicyVersion.terms).where(
                PolicyVersion.policy_id == policy_id, PolicyVersion.version == version
            )
        ).one()
        known = work.office.parsed[key] = Terms.from_document(document)
    return known


def add_policy(work: Work, name: str, terms: Terms, *, active: bool = True) -> Policy:
    """Add a policy in its first version."""
    work.known.pop("rules", None)
    policy = Policy(name=name, active=active, created_at=work.now)
    work.session.add(policy)
    work.session.flush()
    work.session.add(
        PolicyVersion(
            policy_id=policy.id, version=1, terms=terms.to_document(), created_at=work.now
        )
    )
    return policy


def edit_policy(work: Work, policy: Policy, terms: Terms) -> Policy:
    """Give a policy new terms. Promises already made keep the ones they were made under."""
    work.known.pop("rules", None)
    policy.version += 1
    work.session.add(
        PolicyVersion(
            policy_id=policy.id,
            version=policy.version,
            terms=terms.to_document(),
            created_at=work.now,
        )
    )
    return policy
