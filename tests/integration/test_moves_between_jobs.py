"""An ATS moves an application to another job: which job counts, and what letters still say."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import select

from service.domain.changes import (
    ApplicationUpdated,
    Applied,
    Change,
    JobFacts,
    JobUpdated,
    Moved,
    Stage,
)
from service.models import Application, Job, Message, TimelineEntry
from service.workflows.decide import reject
from service.workflows.messages import release_letter
from service.workflows.waking import REJECTION_HOLD
from tests.harness import Employer
from tests.integration.ats_reports import HOUR, NOW, T0, end_of, ref_of, report
from tests.integration.watching import letter, message_of, run_dispatch

CLERK = JobFacts("j1", "Clerk")
ARCHIVIST = JobFacts("j2", "Archivist")


@pytest.fixture
def friday(employer: Employer) -> Employer:
    """An employer some days after the invented candidate applied."""
    employer.clock.move_to(NOW)
    return employer


@pytest.mark.parametrize(
    ("facts", "job"),
    [
        (
            [
                Applied(ref_of(job=CLERK), T0),
                ApplicationUpdated(ref_of(job=ARCHIVIST), T0 + HOUR),
                Moved(ref_of(job=ARCHIVIST), T0 + 2 * HOUR, Stage.SCREENING),
            ],
            "Archivist",
        ),
        (
            [
                Applied(ref_of(job=CLERK), T0),
                ApplicationUpdated(ref_of(job=ARCHIVIST), T0 + HOUR),
                Moved(ref_of(job=CLERK), T0 + 2 * HOUR, Stage.SCREENING),
            ],
            "Clerk",
        ),
        (
            [
                Applied(ref_of(job=CLERK), T0),
                Moved(ref_of(job=CLERK), T0 + HOUR, Stage.SCREENING),
                JobUpdated(replace(CLERK, title="Senior Clerk"), T0 + 2 * HOUR),
            ],
            "Senior Clerk",
        ),
    ],
    ids=["moved", "moved and back", "renamed"],
)
def test_the_job_that_was_named_last_is_the_one(
    friday: Employer, facts: list[Change], job: str
) -> None:
    """An older event, come late or sent again, moves nobody back and undoes no renaming."""
    for number, order in enumerate(permutations(facts)):
        mark = f"-{number}"
        for fact in (*order, order[0]):
            report(friday, _of_its_own(fact, mark))

        assert end_of(friday, f"a1{mark}")["job"] == f"{job}{mark}"


def _of_its_own(fact: Any, mark: str) -> Change:
    """The same fact about another person, application and job."""
    if isinstance(fact, JobUpdated):
        return replace(fact, job=_marked(fact.job, mark))
    ref = fact.application
    own = replace(
        ref,
        external_id=f"{ref.external_id}{mark}",
        candidate=replace(ref.candidate, external_id=f"c1{mark}", emails=None),
        job=_marked(ref.job, mark),
    )
    return replace(fact, application=own)


def _marked(job: JobFacts, mark: str) -> JobFacts:
    return replace(job, external_id=f"{job.external_id}{mark}", title=f"{job.title}{mark}")


def test_a_move_is_told_once(friday: Employer) -> None:
    report(friday, Applied(ref_of(job=CLERK), T0))
    report(friday, ApplicationUpdated(ref_of(job=ARCHIVIST), T0 + HOUR))
    report(friday, ApplicationUpdated(ref_of(job=ARCHIVIST), T0 + 2 * HOUR))

    with friday.session() as session:
        (told,) = session.scalars(
            select(TimelineEntry).where(TimelineEntry.kind == "job_changed")
        ).all()
        titles = {job.id: job.title for job in session.scalars(select(Job))}
    assert told.at == T0 + HOUR
    assert (titles[told.data["before"]], titles[told.data["job"]]) == ("Clerk", "Archivist")


def _written(employer: Employer, *, rejecting: bool = False) -> str:
    """A letter to somebody who applied for the clerk's job; its id."""
    with employer.work() as work:
        application = work.session.scalars(select(Application)).one()
        if not rejecting:
            return letter(work, application, "test:1").id
        decision = reject(
            work,
            application,
            reason="another person",
            decided_by_id=None,
            decided_at=work.now,
            source="keepword",
        )
        return letter(
            work, application, "test:1", "rejection-application", {}, decision=decision
        ).id


def _move(employer: Employer) -> None:
    report(employer, ApplicationUpdated(ref_of(job=ARCHIVIST), employer.now))


@pytest.mark.parametrize("rejecting", [False, True], ids=["holding", "rejection"])
def test_a_letter_that_names_the_former_job_is_read_again(
    friday: Employer, rejecting: bool
) -> None:
    report(friday, Applied(ref_of(job=CLERK), T0))
    written = _written(friday, rejecting=rejecting)
    friday.clock.move_to(NOW + timedelta(minutes=10))
    _move(friday)
    friday.clock.move_to(NOW + 2 * REJECTION_HOLD)

    assert run_dispatch(friday).blocked == 1
    stopped = message_of(friday, written)
    assert "moved to another job" in (stopped.reason or "")
    with friday.work() as work:
        release_letter(work, work.session.get_one(Message, written), why="read again")
    assert run_dispatch(friday).accepted == 1


def test_a_letter_written_after_the_move_goes(friday: Employer) -> None:
    report(friday, Applied(ref_of(job=CLERK), T0))
    _move(friday)
    _written(friday)

    assert run_dispatch(friday).accepted == 1


def test_an_acknowledgement_stays_true(friday: Employer) -> None:
    report(friday, Applied(ref_of(job=CLERK), T0))
    with friday.work() as work:
        application = work.session.scalars(select(Application)).one()
        letter(work, application, "test:1", "acknowledgement", {})
    friday.clock.move_to(NOW + timedelta(minutes=10))
    _move(friday)

    assert run_dispatch(friday).accepted == 1
