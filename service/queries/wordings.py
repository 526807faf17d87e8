"""Reads the versions of the letters: which is in force, and all there ever were."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from service.mail.variables import KINDS
from service.models import TemplateVersion
from service.queries.keyset import Key, Page, page

HIGHEST: Final = 999_999
"""Number of a version: no letter has had so many, and no database has to hold what is larger."""


def versions(
    session: Session, kind: str, *, after: Key | None, limit: int
) -> Page[TemplateVersion]:
    """Return the versions of one kind, the newest first."""
    return page(
        session,
        select(TemplateVersion).where(TemplateVersion.kind == kind),
        (TemplateVersion.number,),
        after=after,
        limit=limit,
        newest_first=True,
    )


def version(session: Session, kind: str, number: int | None) -> TemplateVersion | None:
    """Return one version by its number, or the one in force where no number is given."""
    if number is not None and number > HIGHEST:
        return None
    query = select(TemplateVersion).where(TemplateVersion.kind == kind)
    if number is None:
        query = query.where(TemplateVersion.state == "approved")
    else:
        query = query.where(TemplateVersion.number == number)
    return session.scalars(query).one_or_none()


def in_use(session: Session) -> Sequence[TemplateVersion]:
    """Return every version that is in force or a draft, by kind and number."""
    return session.scalars(
        select(TemplateVersion)
        .where(TemplateVersion.state.in_(("approved", "draft")))
        .order_by(TemplateVersion.kind, TemplateVersion.number)
    ).all()


def in_force(session: Session) -> Mapping[str, TemplateVersion]:
    """Return the approved version of each kind that has one."""
    rows = session.scalars(select(TemplateVersion).where(TemplateVersion.state == "approved"))
    return {row.kind: row for row in rows}


def unapproved(session: Session) -> list[str]:
    """Return the kinds of letter that cannot be written: no version of them is approved."""
    return unapproved_of(session.execute(approved_query()))


def approved_query() -> Select[*tuple[Any, ...]]:
    """Return the question which kinds of letter have a version in force."""
    return select(TemplateVersion.kind).where(TemplateVersion.state == "approved")


def unapproved_of(found: Iterable[Any]) -> list[str]:
    """Return the kinds that have none, from the answer to ``approved_query``."""
    return sorted(KINDS.keys() - {row[0] for row in found})


def approve_command(kind: str) -> str:
    """Return the command that puts a wording of this kind in force; its number is to be chosen."""
    return f"keepword template approve {kind} NUMBER --by EMAIL"


def waiting(session: Session) -> Mapping[str, int]:
    """Return the newest draft's number of each kind that has a draft."""
    rows = session.execute(
        select(TemplateVersion.kind, TemplateVersion.number)
        .where(TemplateVersion.state == "draft")
        .order_by(TemplateVersion.number)
    )
    return {row.kind: row.number for row in rows}
