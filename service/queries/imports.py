"""What was imported, the newest first, and who may know of it.

An import is known to whoever made it, and to whoever knows of everybody it made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnElement, and_, not_, or_, select, true
from sqlalchemy.orm import Session

from service.domain.rights import EVERYWHERE, Extent, Reach
from service.models import Application, Candidate, Import, ImportedApplication, ImportedJob
from service.queries.extent import applications_within


def imports(
    session: Session, *, limit: int = 100, reach: Reach = EVERYWHERE, actor: str = ""
) -> Sequence[Import]:
    """Return the latest imports that ``actor`` may know of."""
    newest = select(Import).where(_known_to(reach, actor))
    newest = newest.order_by(Import.created_at.desc(), Import.id.desc())
    return session.scalars(newest.limit(limit)).all()


def import_within(session: Session, import_id: str, reach: Reach, actor: str) -> Import | None:
    """Return an import where ``actor`` may know of it."""
    query = select(Import).where(Import.id == import_id, _known_to(reach, actor))
    return session.scalars(query).one_or_none()


def standing_import(session: Session, digest: str, actor: str) -> str | None:
    """Return the id of the latest import of this very file by ``actor`` that stands, if any."""
    same = select(Import.id).where(
        Import.digest == digest, Import.actor == actor, Import.undone_at.is_(None)
    )
    return session.scalars(same.order_by(Import.created_at.desc()).limit(1)).first()


def is_anything_left(session: Session, import_id: str) -> bool:
    """Tell whether anybody or any job that an import made is still told to be its own."""
    made = (
        select(model.import_id).where(model.import_id == import_id).limit(1)
        for model in (ImportedApplication, ImportedJob)
    )
    return any(session.scalars(each).first() is not None for each in made)


def leaves_somebody_out(session: Session, import_id: str, reach: Reach) -> bool:
    """Tell whether somebody whom an import made lies outside a reach by now."""
    return session.scalars(select(_beyond(reach, import_id)).limit(1)).one()


def people_of(session: Session, applications: Sequence[str]) -> Mapping[str, tuple[str, str]]:
    """Return, by application, the id and the name of its person."""
    found = session.execute(
        select(Application.id, Candidate.id, Candidate.first_name, Candidate.last_name)
        .join(Candidate, Candidate.id == Application.candidate_id)
        .where(Application.id.in_(applications))
    )
    return {
        application: (person, " ".join(filter(None, (first, last))))
        for application, person, first, last in found
    }


def _known_to(reach: Reach, actor: str) -> ColumnElement[bool]:
    if reach.extent is Extent.ALL:
        return true()
    made = select(ImportedApplication.application_id).where(
        ImportedApplication.import_id == Import.id
    )
    return or_(Import.actor == actor, and_(made.exists(), not_(_beyond(reach, Import.id))))


def _beyond(reach: Reach, import_id: object) -> ColumnElement[bool]:
    return (
        select(ImportedApplication.application_id)
        .join(Application, Application.id == ImportedApplication.application_id)
        .where(ImportedApplication.import_id == import_id, not_(applications_within(reach)))
        .exists()
    )
