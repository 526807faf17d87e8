"""Whoever changes an application locks it so that its story can still be written by others.

The checker holds promises while it writes the timeline; a lock that kept it off the application
would let the two wait for each other.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import text

from service.app import engine_of
from service.models import Application
from service.workflows.calendars import compile_document, current_document
from service.workflows.erase import erase_candidate
from service.workflows.recalculate import recalculate
from service.workflows.work import Work
from tests.harness import Employer
from tests.integration.promise_steps import application_of, owe_reply


def _erase(work: Work, application: Application) -> None:
    erase_candidate(work, application.candidate, "erased on request")


def _recalculate(work: Work, _application: Application) -> None:
    row = work.calendar_row()
    compiled = compile_document(work, current_document(work, row))
    recalculate(work, row, compiled, compiled)


@pytest.mark.parametrize("change", [_erase, _recalculate])
def test_a_change_keeps_nobody_from_the_timeline(
    employer: Employer, change: Callable[[Work, Application], None]
) -> None:
    engine = engine_of(employer.app)
    if engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time: nobody can wait crosswise")
    promise_id = owe_reply(employer)
    with employer.work() as work:
        application = application_of(work, promise_id)
        change(work, application)
        with engine.begin() as other:
            other.execute(text("SET LOCAL lock_timeout = '200ms'"))
            other.execute(
                text("SELECT id FROM application WHERE id = :id FOR KEY SHARE"),
                {"id": application.id},
            )
