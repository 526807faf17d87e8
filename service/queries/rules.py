"""Policies and calendars, each with what its current version says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from service.models import Calendar, CalendarVersion, Policy, PolicyVersion
from service.queries.keyset import Key, Page, page


def policies(session: Session, *, after: Key | None, limit: int) -> Page[Policy]:
    """Return policies by name."""
    return page(session, select(Policy), (Policy.name,), after=after, limit=limit)


def all_policies(session: Session) -> list[Policy]:
    """Return every policy, those in force first, by name."""
    return list(session.scalars(select(Policy).order_by(Policy.active.desc(), Policy.name)))


def is_policy_name(session: Session, name: str) -> bool:
    """Tell whether a policy is called so."""
    return session.scalars(select(Policy.id).where(Policy.name == name)).first() is not None


def policy_versions(session: Session, policy_id: str, limit: int) -> Sequence[PolicyVersion]:
    """Return the versions of one policy, the newest first."""
    return session.scalars(
        select(PolicyVersion)
        .where(PolicyVersion.policy_id == policy_id)
        .order_by(PolicyVersion.version.desc())
        .limit(limit)
    ).all()


def calendars(session: Session, *, after: Key | None, limit: int) -> Page[Calendar]:
    """Return calendars by name."""
    return page(session, select(Calendar), (Calendar.name,), after=after, limit=limit)


def all_calendars(session: Session) -> list[Calendar]:
    """Return every calendar."""
    return list(session.scalars(select(Calendar)))


def terms_of(session: Session, policies: list[Policy]) -> dict[str, dict[str, Any]]:
    """Return the current terms of each of these policies by its id."""
    found = session.execute(
        select(PolicyVersion.policy_id, PolicyVersion.terms)
        .join(
            Policy,
            and_(Policy.id == PolicyVersion.policy_id, Policy.version == PolicyVersion.version),
        )
        .where(Policy.id.in_([policy.id for policy in policies]))
    )
    return {row.policy_id: row.terms for row in found}


def documents_of(session: Session, calendars: list[Calendar]) -> dict[str, dict[str, Any]]:
    """Return the current document of each of these calendars by its id."""
    found = session.execute(
        select(CalendarVersion.calendar_id, CalendarVersion.document)
        .join(
            Calendar,
            and_(
                Calendar.id == CalendarVersion.calendar_id,
                Calendar.version == CalendarVersion.version,
            ),
        )
        .where(Calendar.id.in_([calendar.id for calendar in calendars]))
    )
    return {row.calendar_id: row.document for row in found}
