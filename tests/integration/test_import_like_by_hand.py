"""An import writes what telling the same by hand writes: the rules are one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from service.app import engine_of
from service.domain.changes import Stage
from service.domain.contacts import Channel, Outcome
from service.models import (
    Application,
    Candidate,
    CandidateEmail,
    Job,
    Promise,
    TimelineEntry,
)
from service.workflows.applications import add_application as add_by_hand
from service.workflows.applications import add_interview
from service.workflows.candidates import add_candidate
from service.workflows.contacts import log_contact
from service.workflows.jobs import add_job
from tests.harness import Employer, make_employer
from tests.integration.sheets import imported
from tests.integration.test_import import made


def _rows(employer: Employer, model: type[Any], leave_out: Sequence[str]) -> list[tuple[Any, ...]]:
    """Return a table's rows without its random ids, in an order of their own."""
    with employer.session() as session:
        rows = session.execute(select(*model.__table__.columns)).mappings().all()
    return sorted(
        (
            tuple(
                _plain(value)
                for name, value in row.items()
                if name not in leave_out and name not in ("id", "seq")
            )
            for row in rows
        ),
        key=repr,
    )


def _plain(value: Any) -> Any:
    return {k: v for k, v in value.items() if k != "promise"} if isinstance(value, dict) else value


def test_an_import_writes_row_for_row_what_adding_one_by_one_writes(
    database_url: str, new_database: Any, tmp_path: Path
) -> None:
    people = [
        (f"person{number}@example.com", stage, applied)
        for number, (stage, applied) in enumerate(
            (stage, applied)
            for stage in Stage
            for applied in ("2026-03-01 18:30", "2026-02-20 10:15", "2026-01-05", "2026-02-18")
        )
    ]
    by_hand = make_employer(database_url, tmp_path)
    with by_hand.work() as work:
        job = add_job(work, {"title": "Bookbinder"})
        for email, stage, applied in people:
            add_by_hand(
                work,
                add_candidate(work, {"first_name": "Amara", "emails": [email]}),
                job,
                stage=stage,
                applied_at=datetime.fromisoformat(applied).replace(tzinfo=UTC),
                owner_id=None,
                waiting_on_id=None,
            )
    kind = "sqlite" if database_url.startswith("sqlite") else "postgresql"
    by_sheet = make_employer(new_database(kind), tmp_path)
    sheet = "first name,email,job,stage,applied on\n" + "".join(
        f"Amara,{email},Bookbinder,{stage},{applied}\n" for email, stage, applied in people
    )
    report = imported(by_sheet, tmp_path, sheet, acknowledge=True)

    assert made(report) == (len(people), len(people), 1, 0, 0)
    random = ("candidate_id", "application_id", "job_id", "policy_id", "calendar_id", "cause")
    for model in (Candidate, CandidateEmail, Application, Promise, TimelineEntry, Job):
        assert _rows(by_sheet, model, (*random, "ats_stage")) == _rows(
            by_hand, model, (*random, "ats_stage")
        ), model.__name__
    assert _causes(by_sheet) == _causes(by_hand)
    for each in (by_hand, by_sheet):
        engine_of(each.app).dispose()


def _causes(employer: Employer) -> list[str]:
    with employer.session() as session:
        return sorted(
            (cause or "").split(":", 1)[-1] for cause in session.scalars(select(Promise.cause))
        )


@pytest.mark.parametrize(
    ("interviewed", "contacted"),
    [
        (timedelta(days=4), None),
        (timedelta(days=4), timedelta(days=6)),
        (timedelta(days=4), timedelta(days=2)),
        (timedelta(days=40), timedelta(days=39)),
        (None, timedelta(days=5)),
    ],
)
def test_who_was_interviewed_or_contacted_is_owed_what_telling_it_by_hand_makes(
    employer: Employer, tmp_path: Path, interviewed: timedelta | None, contacted: timedelta | None
) -> None:
    applied_at = employer.now - timedelta(days=50)
    met_at = employer.now - interviewed if interviewed else None
    heard_at = employer.now - contacted if contacted else None
    told = sorted(
        [(at, what) for at, what in ((met_at, "met"), (heard_at, "heard")) if at is not None]
    )
    now = employer.now
    employer.clock.jump_to(applied_at)
    with employer.work() as work:
        # Told one after the other as each happened, which is what a sheet sums up.
        application = add_by_hand(
            work,
            add_candidate(work, {"emails": ["hand@example.com"]}),
            add_job(work, {"title": "Gilder"}),
            stage=Stage.INTERVIEW,
            applied_at=applied_at,
            owner_id=None,
            waiting_on_id=None,
        )
        by_hand = application.id
    for at, what in told:
        employer.clock.jump_to(at)
        with employer.work() as work:
            application = work.session.get_one(Application, by_hand)
            if what == "met":
                add_interview(work, application, held=True, starts_at=None, ended_at=at)
            else:
                log_contact(
                    work, application, channel=Channel.EMAIL, outcome=Outcome.DELIVERED, at=at
                )
    employer.clock.jump_to(now)
    imported(
        employer,
        tmp_path,
        "email,job,stage,applied on,interviewed on,last contact on\n"
        f"sheet@example.com,Gilder,interview,{applied_at:%Y-%m-%d %H:%M},"
        + (f"{met_at:%Y-%m-%d %H:%M}" if met_at else "")
        + ","
        + (f"{heard_at:%Y-%m-%d %H:%M}" if heard_at else "")
        + "\n",
    )

    with employer.session() as session:
        (by_sheet,) = session.scalars(select(Application.id).where(Application.id != by_hand))
        owed = {
            id_: {
                (p.wording, max(p.due_at, now))
                for p in session.scalars(select(Promise).where(Promise.application_id == id_))
                if p.state == "open" and p.kind != "acknowledgement"
            }
            for id_ in (by_hand, by_sheet)
        }
        spans = {id_: session.get_one(Application, id_).last_contact_at for id_ in owed}
    assert {wording for wording, _ in owed[by_sheet]} == {wording for wording, _ in owed[by_hand]}
    assert spans[by_sheet] == spans[by_hand]
    ahead = {(wording, due) for wording, due in owed[by_hand] if due > now}
    assert ahead <= owed[by_sheet]
    assert all(due > now for _, due in owed[by_sheet])
