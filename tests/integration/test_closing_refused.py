"""Closing a job: what is refused, and what happens once."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from service.domain.closing_terms import Outcome
from service.domain.promises import PromiseError
from service.models import (
    Application,
    Contact,
    JobClosing,
    User,
)
from service.workflows.close_job import Closed
from tests.harness import Employer, add_user
from tests.integration.closing_case import UNTIL, Closing, counted
from tests.integration.watching import at_once, run_dispatch


@pytest.fixture
def case(employer: Employer) -> Closing:
    return Closing(employer)


def test_beyond_thirty_letters_their_number_is_confirmed(case: Closing) -> None:
    with case.employer.work() as work:
        for number in range(31):
            case.apply(work, f"Amara{number}")

    for wrong in (None, 30):
        with pytest.raises(PromiseError, match="31 letters would go out") as refused:
            case.close(wrong)
        assert refused.value.code == "count-not-confirmed"
    assert case.messages() == []

    assert len(case.close(31).plan.letters) == 31


def test_a_number_that_is_said_must_be_right(case: Closing) -> None:
    case.applicant()
    with pytest.raises(PromiseError, match="1 letter would go out"):
        case.close(2)


def test_whoever_applied_since_the_preview_changes_the_number(case: Closing) -> None:
    case.applicant()
    shown = len(case.plan().letters)
    case.applicant("Bela")

    with pytest.raises(PromiseError) as refused:
        case.close(shown)
    assert refused.value.code == "count-not-confirmed"


@pytest.mark.parametrize("role", ["viewer", "robot"])
def test_whoever_only_looks_on_decides_nothing(case: Closing, role: str) -> None:
    case.applicant()
    with case.employer.work() as work:
        viewer = add_user(work, "Vera Blick", role=role).id

    with pytest.raises(PromiseError) as refused:
        case.close(by_user_id=viewer)
    assert refused.value.code == "not-allowed-to-decide"


@pytest.mark.parametrize("role", ["recruiter", "hiring_manager", "administrator"])
def test_whoever_may_decide_closes(case: Closing, role: str) -> None:
    case.applicant()
    with case.employer.work() as work:
        decider = add_user(work, "Tom Berg", role=role).id

    assert case.close(by_user_id=decider).closing.by_user_id == decider


def test_whoever_has_left_decides_nothing(case: Closing) -> None:
    with case.employer.work() as work:
        work.session.get_one(User, case.maria).active = False

    with pytest.raises(PromiseError) as refused:
        case.plan()
    assert refused.value.code == "not-allowed-to-decide"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"leave_out": ["app_nobody"]}, "unknown-reference"),
        ({"leave_out": ["A"], "mail_anyway": ["A"]}, "wish-contradicts-itself"),
        ({"second_choice": ["A"]}, "second-choice-without-a-day"),
        (
            {
                "outcome": Outcome.CANCELLED,
                "second_choice": ["A"],
                "second_choice_until_on": date(2026, 3, 20),
            },
            "second-choice-to-nobody",
        ),
        (
            {"second_choice": ["A"], "second_choice_until_on": date(2026, 3, 2)},
            "due-in-the-past",
        ),
        (
            {"second_choice": ["A"], "second_choice_until_on": date(2027, 4, 1)},
            "letter-date-too-far",
        ),
    ],
)
def test_a_wish_that_cannot_be_followed_is_refused(
    case: Closing, fields: dict[str, object], code: str
) -> None:
    amara = case.applicant()
    meant = {
        name: [amara if each == "A" else each for each in value]
        if isinstance(value, list)
        else value
        for name, value in fields.items()
    }

    with pytest.raises(PromiseError) as refused:
        case.plan(**meant)
    assert refused.value.code == code


def test_a_job_is_not_closed_twice_in_the_same_way(case: Closing) -> None:
    case.applicant()
    case.applicant("Bela", stage="interview", interviewed_at=case.employer.now)
    case.close()

    with pytest.raises(PromiseError) as refused:
        case.close()

    assert refused.value.code == "closed-already"
    with case.employer.session() as session:
        assert len(session.scalars(select(JobClosing)).all()) == 1
    assert len(case.messages()) == 1


def test_it_is_closed_once_more_for_whom_a_letter_or_the_word_second_choice_is_due(
    case: Closing,
) -> None:
    amara, bela = case.applicant("Amara"), case.applicant("Bela")
    with case.employer.work() as work:
        work.session.get_one(Application, bela).candidate.can_email = False
    # Decided about before, so that nothing is left to decide.
    case.reject(amara)
    case.close(leave_out=[amara, bela])

    again = case.close(leave_out=[bela])
    assert [letter.application.id for letter in again.plan.letters] == [amara]
    kept = case.close(second_choice=[bela], second_choice_until_on=UNTIL)
    assert (counted(kept.plan), kept.plan.letters) == ({"told_already": 1, "second_choice": 1}, ())


def test_of_two_who_close_at_once_one_does(case: Closing) -> None:
    for name in ("Amara", "Bela", "Chidi"):
        case.applicant(name)

    results = at_once(lambda: case.close(3), lambda: case.close(3))

    closed = [each for each in results if isinstance(each, Closed)]
    refused = [each for each in results if isinstance(each, PromiseError)]
    assert (len(closed), len(refused)) == (1, 1), results
    assert len(case.messages()) == 3


def test_whoever_applies_to_a_closed_job_is_told_by_closing_again(case: Closing) -> None:
    case.applicant()
    case.close()
    late = case.applicant("Bela")

    closed = case.close()

    assert counted(closed.plan) == {"mail": 1, "told_already": 1}
    assert [m.application_id for m in case.messages(closed.closing.id)] == [late]


def test_the_letters_leave_and_keep_what_was_owed(case: Closing) -> None:
    amara = case.applicant()
    case.close()
    assert run_dispatch(case.employer).accepted == 0

    case.employer.clock.advance(timedelta(hours=2))
    assert run_dispatch(case.employer).accepted == 1

    assert ("decision", "open", "To be told the decision") in case.promises(amara)
    with case.employer.session() as session:
        assert session.scalars(select(Contact)).all() == []
