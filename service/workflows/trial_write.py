"""Tries whether a database takes writes: one that can be read alone looks sound, and no promise is
ever flagged in it.
"""

from __future__ import annotations

from sqlalchemy import Engine, false, update

from service.models import Calendar


def try_a_write(engine: Engine) -> None:
    """Change nothing by a statement that needs the right to; raises ``SQLAlchemyError`` without."""
    with engine.begin() as connection:
        connection.execute(update(Calendar).where(false()).values(name=Calendar.name))
