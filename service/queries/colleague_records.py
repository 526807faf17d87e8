"""Reads the colleagues for whoever looks after them: teams, ways in, what they owe, who is away."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from service.domain.promises import OPEN_STATES
from service.domain.rights import EVERYWHERE, Extent, Reach
from service.models import (
    Application,
    Job,
    OutsideIdentity,
    Passkey,
    Password,
    Promise,
    TeamMember,
    User,
    UserAbsence,
)
from service.queries.extent import applications_within


def colleagues(session: Session) -> Sequence[User]:
    """Return everybody, those who are here first, by name."""
    return session.scalars(select(User).order_by(User.active.desc(), User.name, User.id)).all()


def with_managers(session: Session) -> list[tuple[User, str | None]]:
    """Return everybody by name, each with their manager's address."""
    boss = aliased(User)
    found = session.execute(
        select(User, boss.email)
        .outerjoin(boss, boss.id == User.manager_id)
        .order_by(User.name, User.id)
    )
    return [(row, address) for row, address in found]


def members(session: Session) -> Mapping[str, Sequence[tuple[str, str]]]:
    """Return the members of each team by its id: id and name, by name."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in session.execute(
        select(TeamMember.team_id, User.id, User.name)
        .join(User, User.id == TeamMember.user_id)
        .order_by(User.name, User.id)
    ):
        found[row.team_id].append((row.id, row.name))
    return found


def can_sign_in(session: Session) -> frozenset[str]:
    """Return the ids of those who have a password, a passkey or an identity elsewhere."""
    ways = (Password, Passkey, OutsideIdentity)
    return frozenset(
        user_id for way in ways for user_id in session.scalars(select(way.user_id).distinct())
    )


def open_promises_by_owner(session: Session, reach: Reach = EVERYWHERE) -> Mapping[str, int]:
    """Return how many open promises within a reach each colleague owns."""
    query = (
        select(Promise.owner_id, func.count())
        .where(Promise.state.in_(OPEN_STATES), Promise.owner_id.is_not(None))
        .group_by(Promise.owner_id)
    )
    if reach.extent is not Extent.ALL:
        of = Application.id == Promise.application_id
        query = query.join(Application, of).where(applications_within(reach))
    found = session.execute(query)
    return {row[0]: row[1] for row in found if row[0] is not None}


def absences(
    session: Session, since: date, user_id: str | None = None
) -> Mapping[str, Sequence[UserAbsence]]:
    """Return who is or will be away from a day on, by colleague, the nearest first."""
    query = select(UserAbsence).where(UserAbsence.until_on >= since)
    if user_id is not None:
        query = query.where(UserAbsence.user_id == user_id)
    found: dict[str, list[UserAbsence]] = defaultdict(list)
    for row in session.scalars(query.order_by(UserAbsence.from_on, UserAbsence.id)):
        found[row.user_id].append(row)
    return found


def jobs_of_teams(session: Session, limit: int) -> Sequence[Job]:
    """Return open jobs and those a team has, by title."""
    query = select(Job).where(or_(Job.status == "open", Job.team_id.is_not(None)))
    return session.scalars(query.order_by(Job.title, Job.id).limit(limit)).all()
