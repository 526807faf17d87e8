"""Jobs that the ATS reports as filled while people wait for an answer are found."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from service.domain.changes import Stage
from service.models import Application, Connection, Decision, Job
from service.queries.closings import JobToClose, jobs_to_close
from service.workflows.decide import reject, reopen_here, standing_decision, withdraw_decision
from service.workflows.undo_closing import undo_closing
from tests.harness import Employer
from tests.integration.closing_case import UNTIL, Closing

TODAY = date(2026, 3, 2)


@pytest.fixture
def case(employer: Employer) -> Closing:
    return Closing(employer)


def _waiting(case: Closing, today: date = TODAY) -> list[tuple[str, int]]:
    with case.employer.session() as session:
        return [(row.title, row.untold) for row in jobs_to_close(session, today)]


def _fill(case: Closing) -> None:
    with case.employer.work() as work:
        work.session.get_one(Job, case.job).status = "filled"


def _change(case: Closing, application_id: str, **fields: object) -> None:
    with case.employer.work() as work:
        application = work.session.get_one(Application, application_id)
        for name, value in fields.items():
            setattr(application, name, value)


def _reject(case: Closing, application_id: str) -> Decision:
    with case.employer.work() as work:
        return reject(
            work,
            work.session.get_one(Application, application_id),
            reason=None,
            decided_by_id=case.maria,
            decided_at=work.now,
            source="test",
        )


def test_a_job_that_is_open_needs_no_closing(case: Closing) -> None:
    case.applicant()
    assert _waiting(case) == []


def test_a_job_filled_elsewhere_shows_who_waits(case: Closing) -> None:
    case.applicant("Amara")
    _reject(case, case.applicant("Bela"))
    case.applicant("Chidi", stage="hired")
    case.applicant("Dana", stage="offer")
    case.applicant("Elif", stage="withdrawn")
    _change(case, case.applicant("Femi"), deleted_at=case.employer.now)
    _fill(case)

    with case.employer.session() as session:
        assert jobs_to_close(session, TODAY) == [JobToClose(case.job, "Bookbinder", "filled", 2)]


def test_whom_the_ats_tells_nobody_else_need_tell(case: Closing) -> None:
    amara = case.applicant()
    _fill(case)
    with case.employer.work() as work:
        connection = Connection(
            name="main",
            vendor="generic",
            secrets=[],
            stage_map={},
            rejections_by="ats",
            created_at=work.now,
        )
        work.session.add(connection)
        work.session.flush()
        work.session.get_one(Application, amara).connection_id = connection.id

    assert _waiting(case) == []


def test_a_closing_sees_to_them_until_it_is_taken_back(case: Closing) -> None:
    case.applicant("Amara")
    case.applicant("Bela", stage="interview", interviewed_at=case.employer.now)
    _fill(case)
    closed = case.close()
    assert _waiting(case) == []

    with case.employer.work() as work:
        undo_closing(work, closed.closing.id, case.maria)

    # It was filled before the closing, so it is filled again.
    assert _waiting(case) == [("Bookbinder", 2)]


def test_whoever_is_considered_again_since_a_closing_waits_again(case: Closing) -> None:
    amara = case.applicant()
    closed = case.close()
    with case.employer.work() as work:
        application = work.session.get_one(Application, amara)
        decision = standing_decision(work, amara)
        assert decision is not None
        withdraw_decision(work, application, decision)
        reopen_here(work, application, Stage.SCREENING)

    assert _waiting(case) == [("Bookbinder", 1)]
    _reject(case, amara)
    assert _waiting(case) == [("Bookbinder", 1)]
    assert case.entries(closed.closing.id)[amara].part == "mail"


def test_a_second_choice_waits_again_once_their_day_has_passed(case: Closing) -> None:
    amara = case.applicant()
    case.close(second_choice=[amara], second_choice_until_on=UNTIL)

    assert _waiting(case, UNTIL) == []
    assert _waiting(case, UNTIL + timedelta(days=1)) == [("Bookbinder", 1)]


def test_whoever_was_left_out_waits(case: Closing) -> None:
    amara = case.applicant("Amara")
    case.applicant("Bela")
    case.close(leave_out=[amara])

    assert _waiting(case) == [("Bookbinder", 1)]
