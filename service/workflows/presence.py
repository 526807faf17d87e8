"""Notes who looks at which person; what is older than a few minutes is forgotten."""

from __future__ import annotations

from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite

from service.domain.retention import PRESENCE_IN
from service.models import Presence
from service.workflows.work import Work


def note_presence(work: Work, user_id: str, candidate_id: str) -> None:
    """Note that somebody looks at a person now; the caller commits."""
    session = work.session
    session.execute(
        delete(Presence).where(
            Presence.user_id == user_id, Presence.seen_at < work.now - PRESENCE_IN
        )
    )
    values = {"user_id": user_id, "candidate_id": candidate_id, "seen_at": work.now}
    by, changes = ["user_id", "candidate_id"], {"seen_at": work.now}
    # The two dialects spell it alike but share no class.
    if session.get_bind().dialect.name == "postgresql":
        session.execute(
            postgresql.insert(Presence)
            .values(values)
            .on_conflict_do_update(index_elements=by, set_=changes)
        )
    else:
        session.execute(
            sqlite.insert(Presence)
            .values(values)
            .on_conflict_do_update(index_elements=by, set_=changes)
        )
