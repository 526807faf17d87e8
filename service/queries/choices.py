"""What somebody can choose from: colleagues, teams, applications; and the names behind ids."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, selectinload

from service.domain.rights import Reach
from service.models import Application, Team, User
from service.queries.extent import applications_within

Choice = tuple[str, str]
"""An id and a name."""


def active_colleagues(
    session: Session,
    *,
    besides: Collection[str] = (),
    roles: Collection[str] | None = None,
) -> list[Choice]:
    """Return who can be chosen, by name; ``besides`` are ids that are shown though they left.

    ``roles`` leaves those of other roles out.
    """
    query = (
        select(User.id, User.name)
        .where(or_(User.active, User.id.in_(sorted(besides))))
        .order_by(User.name, User.id)
    )
    if roles is not None:
        query = query.where(User.role.in_(sorted(roles)))
    return [(id_, name) for id_, name in session.execute(query)]


def addresses_to_choose(session: Session) -> list[Choice]:
    """Return the address and the name of every active colleague, by name."""
    query = select(User.email, User.name).where(User.active).order_by(User.name, User.email)
    return [(address, name) for address, name in session.execute(query)]


def names_of(session: Session, ids: Iterable[str | None]) -> dict[str, str]:
    """Return the names of these colleagues by id, of those who left too."""
    known = sorted({id_ for id_ in ids if id_})
    found = session.execute(select(User.id, User.name).where(User.id.in_(known)))
    return {row.id: row.name for row in found}


def teams(session: Session, ids: Collection[str] | None = None) -> list[Choice]:
    """Return these teams, or all, by name."""
    query = select(Team.id, Team.name).order_by(Team.name)
    if ids is not None:
        query = query.where(Team.id.in_(sorted(ids)))
    return [(id_, name) for id_, name in session.execute(query)]


def open_applications(session: Session, reach: Reach, limit: int) -> Sequence[Application]:
    """Return open applications within a reach, the newest first, with person and job."""
    return session.scalars(
        select(Application)
        .where(applications_within(reach), Application.closed_at.is_(None))
        .options(selectinload(Application.candidate), selectinload(Application.job))
        .order_by(Application.created_at.desc(), Application.id)
        .limit(limit)
    ).all()
