"""Finds the colleague at an address, for every room that asks: one address, one person.

The comparison is the one that the table's unique index makes, so there is never a second one.
"""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.models.user import User


def colleague_at(session: Session, address: str) -> User | None:
    """Return the colleague at this address, however it is spelt, whether here or gone."""
    query = select(User).where(func.lower(User.email) == address.lower())
    return session.scalars(query).one_or_none()
