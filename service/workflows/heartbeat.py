"""Leaves a heartbeat: when a step last ran and what it found."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from service.models import Heartbeat


def beat(session: Session, name: str, now: datetime, data: dict[str, Any]) -> None:
    """Write the step's heartbeat; the caller commits."""
    session.merge(Heartbeat(name=name, at=now, data=data))
