"""Closing a job with hundreds of people: what is asked of the database does not grow with them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import event

from service.db import db
from service.workflows.undo_closing import undo_closing
from tests.harness import Employer
from tests.integration.closing_case import Closing
from tests.integration.watching import run_dispatch

MANY = 500


@contextmanager
def _reads(employer: Employer) -> Iterator[list[str]]:
    """Collect the statements that read, while something is done."""
    with employer.app.app_context():
        engine = db.engine
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.lstrip().startswith("SELECT"):
            seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def _applicants(case: Closing, count: int) -> None:
    with case.employer.work() as work:
        for number in range(count):
            case.apply(work, f"Amara{number}")


def _cost(case: Closing, count: int) -> tuple[int, int, int]:
    """Return how often planning, closing and taking back read, with so many more people."""
    _applicants(case, count)
    with _reads(case.employer) as planning:
        letters = len(case.plan().letters)
    with _reads(case.employer) as closing:
        closed = case.close(letters)
    with _reads(case.employer) as undoing, case.employer.work() as work:
        undo_closing(work, closed.closing.id, case.maria)
    return len(planning), len(closing), len(undoing)


def test_what_is_read_does_not_grow_with_the_people(employer: Employer) -> None:
    case = Closing(employer)

    few = _cost(case, 3)
    more = _cost(case, 40)

    assert more == few


def test_hundreds_are_told_in_two_requests_at_most(employer: Employer) -> None:
    employer.transport.together = True
    case = Closing(employer)
    _applicants(case, MANY)

    closed = case.close(MANY)
    employer.clock.advance(timedelta(hours=1))
    while run_dispatch(employer).claimed:
        pass

    assert len(case.entries(closed.closing.id)) == MANY
    assert len({letter.to_address for letter in employer.transport.sent}) == MANY
    assert len(employer.transport.requests) <= 2
