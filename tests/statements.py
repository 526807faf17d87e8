"""Counts the statements that something asks of the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event

from service.db import db
from tests.harness import Employer


@contextmanager
def statements_of(employer: Employer) -> Iterator[list[str]]:
    """Note every statement that is sent meanwhile."""
    with employer.app.app_context():
        engine = db.engine
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)
