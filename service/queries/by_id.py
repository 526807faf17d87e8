"""Reads one row by its public id, which is not every table's key: as it is, or locked.

What is locked is read anew, so nothing is decided on what the session held of it before.
"""

from __future__ import annotations

from typing import Any, TypeVar

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

Model = TypeVar("Model")


def by_id(session: Session, model: type[Model], id_: str) -> Model | None:
    """Return the row with this id, or ``None``."""
    return session.scalars(_query(model, id_)).one_or_none()


def locked_by_id(
    session: Session, model: type[Model], id_: str, *, key_share: bool = False
) -> Model | None:
    """Return the row with this id as it is now, locked until the transaction ends.

    ``key_share`` lets others refer to it meanwhile.
    """
    query = _query(model, id_).with_for_update(key_share=key_share)
    return session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def _query(model: type[Model], id_: str) -> Select[Model]:
    named: Any = model
    return select(model).where(named.id == id_)
