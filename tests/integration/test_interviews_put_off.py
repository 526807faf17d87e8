"""What is owed after an interview that was only assumed to be held, once it was put off."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from service.domain.changes import (
    Applied,
    InterviewBooked,
    InterviewCancelled,
    InterviewDone,
    Stage,
)
from service.models import Application, Promise
from service.workflows.promise_changes import reschedule
from tests.harness import Employer
from tests.integration.ats_reports import HOUR, NOW, T0, ref_of, report
from tests.integration.promise_steps import call

WORD = "Word after their interview"
STARTS = NOW + HOUR
PUT_OFF = STARTS + timedelta(days=3)


@pytest.fixture
def assumed(employer: Employer) -> Employer:
    """An employer two hours after the start of an interview of which nobody said a word since."""
    employer.clock.move_to(NOW)
    report(
        employer,
        Applied(ref_of(), T0, Stage.INTERVIEW),
        InterviewBooked(ref_of(), T0, "i1", STARTS, None),
    )
    employer.move_to(STARTS + 2 * HOUR)
    assert open_words(employer) == [STARTS + HOUR]
    return employer


def ring(employer: Employer) -> None:
    with employer.work() as work:
        call(work, work.session.scalars(select(Application)).one(), work.now)


def put_off(employer: Employer) -> None:
    report(employer, InterviewBooked(ref_of(), T0 + HOUR, "i1", PUT_OFF, None))


def move_date(employer: Employer, *, told: bool) -> None:
    with employer.work() as work:
        promise = work.session.scalars(
            select(Promise).where(Promise.wording == WORD, Promise.state == "open")
        ).one()
        reschedule(work, promise, within="5 days", due_at=None, reason="later", candidate_told=told)


def open_words(employer: Employer) -> list[datetime]:
    with employer.session() as session:
        return list(
            session.scalars(
                select(Promise.start_at)
                .where(Promise.wording == WORD, Promise.state == "open")
                .order_by(Promise.start_at)
            )
        )


def test_one_brought_forward_without_an_end_is_over_by_its_new_beginning(
    employer: Employer,
) -> None:
    employer.clock.move_to(NOW)
    report(
        employer,
        Applied(ref_of(), T0, Stage.INTERVIEW),
        InterviewBooked(ref_of(), T0, "i1", PUT_OFF, PUT_OFF + HOUR),
        InterviewBooked(ref_of(), T0 + HOUR, "i1", STARTS, None),
    )
    employer.move_to(STARTS + 2 * HOUR)

    assert open_words(employer) == [STARTS + HOUR]


def test_word_is_owed_after_it_was_held_though_a_call_before_had_put_it_off(
    assumed: Employer,
) -> None:
    ring(assumed)
    put_off(assumed)
    assert open_words(assumed) == []  # nothing repeats after what has not begun

    assumed.clock.move_to(PUT_OFF - HOUR)
    ring(assumed)
    assumed.move_to(PUT_OFF + 2 * HOUR)

    assert open_words(assumed) == [PUT_OFF + HOUR]


def test_a_moved_date_goes_with_the_interview_unless_the_candidate_was_told_it(
    assumed: Employer,
) -> None:
    move_date(assumed, told=False)
    move_date(assumed, told=False)
    put_off(assumed)
    assert open_words(assumed) == []

    assumed.move_to(PUT_OFF + 2 * HOUR)
    assert open_words(assumed) == [PUT_OFF + HOUR]
    move_date(assumed, told=True)
    report(assumed, InterviewCancelled(T0 + 2 * HOUR, "i1", ref_of()))
    assert open_words(assumed) == [PUT_OFF + 2 * HOUR]


def test_the_word_that_repeats_after_an_earlier_interview_stays(assumed: Employer) -> None:
    report(assumed, InterviewDone(ref_of(), T0, "i0", T0))
    ring(assumed)
    repeats = open_words(assumed)
    put_off(assumed)

    assert open_words(assumed) == repeats == [STARTS + 2 * HOUR]
