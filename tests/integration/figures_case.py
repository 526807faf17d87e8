"""A small invented history for the tests of the figures: what was promised, said and asked when."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from service.domain.measures import Weeks
from service.models import Application, Contact, Promise
from service.queries.numbers import Scope
from service.queries.numbers_tables import Figures, Table
from service.workflows.calendar_in_force import calendar_in_force
from service.workflows.work import Work
from tests.harness import Employer


def promised(
    work: Work, application: Application, first_due_at: datetime, **fields: Any
) -> Promise:
    """Add a promise by a bare row: its first date, and whatever became of it."""
    made = Promise(
        **{
            "application_id": application.id,
            "kind": "callback",
            "origin": "spoken",
            "wording": "A call",
            "owner_id": application.owner_id,
            "terms": {},
            "made_at": application.applied_at,
            "start_at": application.applied_at,
            "first_due_at": first_due_at,
            "due_at": first_due_at,
            "trace": [],
            "ladder": [],
            **fields,
        }
    )
    work.session.add(made)
    work.session.flush()
    return made


def touched(work: Work, application: Application, at: datetime, **fields: Any) -> Contact:
    """Add a contact by a bare row; unless told otherwise a call that reached them."""
    made = Contact(
        **{
            "application_id": application.id,
            "direction": "out",
            "channel": "phone",
            "outcome": "reached",
            "at": at,
            "created_at": at,
            **fields,
        }
    )
    work.session.add(made)
    work.session.flush()
    return made


def asked(work: Work, application: Application, at: datetime, *, after: bool = False) -> Contact:
    """Add an enquiry."""
    return touched(
        work,
        application,
        at,
        direction="in",
        outcome="received",
        channel="email",
        after_broken_promise=after,
    )


def table(employer: Employer, name: str, *, weeks: int = 4, **scope: Any) -> Table:
    """Return one table as of now, in UTC's weeks."""
    with employer.work() as work:
        asked_for = Scope(work.now, Weeks.until(work.now, weeks, ZoneInfo("UTC")), **scope)
        figures = Figures(work.session, asked_for, lambda id_: calendar_in_force(work, id_))
        return figures.table(name)


def row_of(found: Table, first: object) -> dict[str, Any]:
    """Return the row that begins with this cell, by column."""
    (row,) = [each for each in found.rows if each[0] == first]
    return dict(zip(found.columns, row, strict=True))
