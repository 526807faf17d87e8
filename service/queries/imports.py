"""What was imported, the newest first."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.models import Import


def imports(session: Session, *, limit: int = 100) -> Sequence[Import]:
    """Return the latest imports."""
    newest = select(Import).order_by(Import.created_at.desc(), Import.id.desc())
    return session.scalars(newest.limit(limit)).all()
