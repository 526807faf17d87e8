"""What working a delivery in asks of the database, and that rows written at once are whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import inspect, select

from bench.deliveries import store_applied
from service.app import engine_of
from service.db import Base
from service.models import Application, Connection, TimelineEntry
from service.parts import parts
from service.workflows.connections import add_connection
from service.workflows.ingest import ingest
from service.workflows.written_new import TABLES
from tests.harness import Employer, make_employer
from tests.statements import statements_of

MOST = 13
"""Statements about somebody who has just applied: what is read, one for each table, its state."""


@pytest.fixture(name="employer")
def _employer(new_database: Callable[..., str], tmp_path: Path) -> Iterator[Employer]:
    """An employer on SQLite: what is asked is the same on both databases."""
    made = make_employer(new_database("sqlite", started=True), tmp_path)
    with made.work() as work:
        add_connection(work, "main", "greenhouse", ["an invented secret"], rejections_by="keepword")
    yield made
    engine_of(made.app).dispose()


def _asked(employer: Employer, first: int, count: int) -> int:
    """Work so many new people in; return how many statements that took."""
    with employer.work() as work:
        connection = work.session.scalars(select(Connection)).one()
        now = work.now
        store_applied(
            work.session, connection.id, first, count, received_at=now, next_attempt_at=now
        )
    with employer.session() as session, statements_of(employer) as seen:
        assert ingest(session, parts(employer.app).office, employer.clock).done == count
    return sum(not each.startswith("BEGIN") for each in seen)


def test_somebody_who_applies_costs_few_statements(employer: Employer) -> None:
    _asked(employer, 0, 1)  # the job becomes known, calendars and rules are compiled
    one, four = _asked(employer, 1, 1), _asked(employer, 2, 4)

    assert (four - one) / 3 <= MOST


def test_what_is_written_at_once_lacks_nothing_and_is_told_in_order(employer: Employer) -> None:
    _asked(employer, 0, 2)

    with employer.session() as session:
        for model in TABLES:
            rows = session.scalars(select(model)).all()
            assert rows, f"none of {model.__name__}"
            for row in rows:
                assert _lacking(row) == [], model.__name__
        for application in session.scalars(select(Application)):
            told = session.scalars(
                select(TimelineEntry.kind)
                .where(TimelineEntry.application_id == application.id)
                .order_by(TimelineEntry.seq)
            ).all()
            assert told[:2] == ["applied", "stage"]
            assert set(told[2:]) == {"promise_made"}


def _lacking(row: Base) -> list[str]:
    """Return the columns with a default that nothing stands in."""
    mapper = inspect(type(row))
    return [
        each.key
        for each in mapper.columns
        if (each.default is not None or each is mapper.version_id_col)
        and getattr(row, each.key) is None
    ]
