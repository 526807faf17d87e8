"""Leaves a heartbeat: when a step last ran and what it found."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from service.models import Heartbeat


def beat(session: Session, name: str, now: datetime, data: dict[str, Any]) -> None:
    """Write the step's heartbeat; the caller commits.

    One statement, so that two processes whose first beat comes at the same moment both succeed.
    """
    values = {"name": name, "at": now, "data": data}
    changes = {"at": now, "data": data}
    # The two dialects spell it alike but share no class.
    if session.get_bind().dialect.name == "postgresql":
        session.execute(
            postgresql.insert(Heartbeat)
            .values(values)
            .on_conflict_do_update(index_elements=["name"], set_=changes)
        )
    else:
        session.execute(
            sqlite.insert(Heartbeat)
            .values(values)
            .on_conflict_do_update(index_elements=["name"], set_=changes)
        )
