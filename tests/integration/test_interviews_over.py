"""Booked interviews that are over count as held, unless somebody says otherwise, then or later."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from service.app import session_of
from service.domain.changes import (
    ApplicationDeleted,
    Applied,
    CandidateErased,
    Change,
    Hired,
    InterviewBooked,
    InterviewCancelled,
    InterviewDone,
    Rejected,
    Stage,
    Stands,
    Unrejected,
    Withdrawn,
)
from service.domain.contacts import Channel, Outcome
from service.models import Application, Connection, Delivery, Interview, Promise, TimelineEntry
from service.parts import parts
from service.steps import STEPS
from service.workflows.contacts import log_contact
from service.workflows.interviews_over import OverReport, assume_held
from tests.harness import Employer
from tests.integration.ats_reports import HOUR, NOW, T0, end_of, ref_of, report
from tests.integration.watching import at_once, count

WORD = "Word after their interview"
STARTS = NOW + HOUR
MINUTE = timedelta(minutes=1)


@pytest.fixture
def friday(employer: Employer) -> Employer:
    """An employer some days after the invented candidate applied, on the day of an interview."""
    employer.clock.move_to(NOW)
    report(employer, Applied(ref_of(), T0, Stage.INTERVIEW))
    return employer


def booked(
    starts_at: datetime | None = STARTS, ends_at: datetime | None = None, said_at: datetime = T0
) -> InterviewBooked:
    return InterviewBooked(ref_of(), said_at, "i1", starts_at, ends_at)


def look(employer: Employer) -> OverReport:
    with session_of(employer.app) as session:
        return assume_held(session, parts(employer.app).office, employer.now)


def at(employer: Employer, instant: datetime) -> Employer:
    employer.clock.move_to(instant)
    return employer


def word_owed(employer: Employer) -> list[tuple[str, datetime]]:
    with employer.session() as session:
        found = session.execute(
            select(Promise.state, Promise.start_at)
            .where(Promise.wording == WORD)
            .order_by(Promise.made_at, Promise.due_at)
        )
        return [(state, start_at) for state, start_at in found]


def entries(employer: Employer, kind: str) -> list[dict[str, Any]]:
    with employer.session() as session:
        return list(session.scalars(select(TimelineEntry.data).where(TimelineEntry.kind == kind)))


def interview_of(employer: Employer) -> Interview:
    with employer.session() as session:
        return session.scalars(select(Interview)).one()


@pytest.mark.parametrize(
    ("ends_at", "over_at"),
    [
        (None, STARTS + HOUR),
        (STARTS + 2 * HOUR, STARTS + 2 * HOUR),
        (STARTS, STARTS + HOUR),
        (STARTS - HOUR, STARTS + HOUR),
    ],
)
def test_an_interview_whose_end_has_passed_counts_as_held_from_then_on(
    friday: Employer, ends_at: datetime | None, over_at: datetime
) -> None:
    report(friday, booked(ends_at=ends_at))
    assert look(at(friday, over_at - MINUTE)).held == 0
    assert word_owed(friday) == []

    assert look(at(friday, over_at + MINUTE)).held == 1
    assert look(friday) == OverReport()
    assert word_owed(friday) == [("open", over_at)]
    held = interview_of(friday)
    assert (held.done_at, held.assumed, held.over_at) == (over_at, True, None)
    (told,) = entries(friday, "interviewed")
    assert told == {"interview": held.id, "assumed": True}
    with friday.session() as session:
        assert session.scalars(select(Application.interviewed_at)).one() == over_at


def test_it_is_one_of_the_steps(friday: Employer) -> None:
    report(friday, booked())
    friday.pass_time(hours=3)

    assert "interviews" in {step.name for step in STEPS}
    assert [state for state, _ in word_owed(friday)] == ["open"]


@pytest.mark.parametrize(
    "after",
    [
        InterviewCancelled(T0 + HOUR, "i1", ref_of()),
        InterviewCancelled(T0 + HOUR, "i1"),
        CandidateErased("c1", T0 + HOUR),
        ApplicationDeleted("a1", T0 + HOUR),
        Rejected(ref_of(), T0 + HOUR),
        Withdrawn(ref_of(), T0 + HOUR),
        Hired(ref_of(), T0 + HOUR),
        InterviewDone(ref_of(), T0 + HOUR, "i1", T0 + HOUR),
    ],
    ids=lambda change: type(change).__name__,
)
def test_what_is_settled_or_gone_is_left_alone(friday: Employer, after: Change) -> None:
    report(friday, booked())
    report(friday, after)
    before = (word_owed(friday), count(friday, TimelineEntry))

    assert look(at(friday, STARTS + 5 * HOUR)).held == 0
    assert (word_owed(friday), count(friday, TimelineEntry)) == before
    assert interview_of(friday).over_at is None


def test_one_without_a_date_is_never_over(friday: Employer) -> None:
    report(friday, booked(None))

    assert look(at(friday, NOW + timedelta(days=30))).held == 0


def test_a_source_that_confirms_it_later_changes_nothing_twice(friday: Employer) -> None:
    report(friday, booked())
    look(at(friday, STARTS + 2 * HOUR))
    owed = word_owed(friday)
    done = InterviewDone(ref_of(), friday.now, "i1", STARTS + HOUR)
    report(friday, done)
    report(friday, done)

    assert word_owed(friday) == owed
    assert len(entries(friday, "interviewed")) == 1
    # What was confirmed is no assumption any more: nothing takes it back.
    report(friday, InterviewCancelled(friday.now + HOUR, "i1", ref_of()))
    assert word_owed(friday) == owed
    assert interview_of(friday).done_at == STARTS + HOUR


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("said_at", [STARTS - MINUTE, None])
def test_a_cancelling_that_is_told_late_takes_the_assumption_back(
    friday: Employer, said_at: datetime | None, named: bool
) -> None:
    before = end_of(friday)
    report(friday, booked())
    look(at(friday, STARTS + 2 * HOUR))
    assert end_of(friday)["interviewed"]
    report(friday, InterviewCancelled(said_at, "i1", ref_of() if named else None))

    assert end_of(friday) == before
    assert [state for state, _ in word_owed(friday)] == ["released"]
    assert len(entries(friday, "interview_not_held")) == 1
    assert look(at(friday, STARTS + 5 * HOUR)).held == 0


def test_one_that_was_put_off_and_told_late_counts_from_its_new_end(friday: Employer) -> None:
    report(friday, booked())
    look(at(friday, STARTS + 2 * HOUR))
    later = STARTS + timedelta(days=3)
    report(friday, booked(later, said_at=T0 + HOUR))
    assert [state for state, _ in word_owed(friday)] == ["released"]
    assert interview_of(friday).done_at is None

    look(at(friday, later + 2 * HOUR))
    assert word_owed(friday)[-1] == ("open", later + HOUR)


@pytest.mark.parametrize("days", [-1, 1])
def test_one_that_was_moved_to_another_day_gone_by_counts_from_its_end_there(
    friday: Employer, days: int
) -> None:
    report(friday, booked())
    look(at(friday, STARTS + timedelta(days=4)))
    moved = STARTS + timedelta(days=days)
    report(friday, booked(moved, said_at=T0 + HOUR))

    assert interview_of(friday).done_at == moved + HOUR
    assert sorted(word_owed(friday)) == [("open", moved + HOUR), ("released", STARTS + HOUR)]
    with friday.session() as session:
        assert session.scalars(select(Application.interviewed_at)).one() == moved + HOUR
    # Told once more it changes nothing.
    report(friday, booked(moved, said_at=T0 + HOUR))
    assert len(word_owed(friday)) == 2


def test_who_was_told_by_then_stays_told(friday: Employer) -> None:
    report(friday, booked())
    look(at(friday, STARTS + 2 * HOUR))
    with friday.work() as work:
        application = work.session.scalars(select(Application)).one()
        log_contact(work, application, channel=Channel.PHONE, outcome=Outcome.REACHED, at=work.now)
    report(friday, InterviewCancelled(None, "i1", ref_of()))

    assert word_owed(friday)[0][0] == "kept"


def test_what_gave_way_to_an_interview_that_was_not_held_is_owed_again(friday: Employer) -> None:
    report(friday, InterviewDone(ref_of(), T0, "i0", T0))
    with friday.work() as work:
        application = work.session.scalars(select(Application)).one()
        log_contact(work, application, channel=Channel.PHONE, outcome=Outcome.REACHED, at=T0 + HOUR)
    before = end_of(friday)
    report(friday, booked())
    look(at(friday, STARTS + 2 * HOUR))
    assert word_owed(friday)[-1] == ("open", STARTS + HOUR)
    report(friday, InterviewCancelled(STARTS - MINUTE, "i1", ref_of()))

    assert end_of(friday) == before
    with friday.session() as session:
        assert session.scalars(select(Application.interviewed_at)).one() == T0


def test_one_that_passed_while_the_application_was_closed_counts_once_it_is_open_again(
    friday: Employer,
) -> None:
    report(friday, booked())
    report(friday, Rejected(ref_of(), NOW))
    assert look(at(friday, STARTS + 2 * HOUR)).held == 0
    report(friday, Unrejected(ref_of(), STARTS + 2 * HOUR, Stage.INTERVIEW))

    assert look(friday).held == 1
    assert word_owed(friday)[-1] == ("open", STARTS + HOUR)


def test_one_long_ago_that_is_first_heard_of_now_is_history(friday: Employer) -> None:
    """The first sync of a connection must not write to everybody who ever was interviewed."""
    long_ago = NOW - timedelta(days=40)
    report(friday, booked(long_ago))
    assert look(friday).held == 1

    assert word_owed(friday) == []
    with friday.session() as session:
        assert session.scalars(select(Application.interviewed_at)).one() == long_ago + HOUR


def test_nothing_is_assumed_while_news_waits_that_may_say_otherwise(friday: Employer) -> None:
    report(friday, booked())
    with friday.work() as work:
        of = work.session.scalars(select(Connection.id)).one()
        work.session.add(
            Delivery(connection_id=of, identity="x", headers={}, body=b"{}",
                     received_at=work.now, next_attempt_at=work.now)
        )  # fmt: skip
    waiting = look(at(friday, STARTS + 2 * HOUR))
    assert (waiting.held, waiting.not_ready is not None) == (0, True)

    with friday.work() as work:
        work.session.execute(update(Delivery).values(state="done"))
    assert look(friday).held == 1


def test_two_workers_assume_each_interview_once(friday: Employer) -> None:
    report(friday, *(
        each
        for number in range(12)
        for ref in [ref_of(f"b{number}", f"p{number}")]
        for each in (
            Stands(ref, T0, Stage.INTERVIEW),
            InterviewBooked(ref, T0, f"j{number}", STARTS, None),
        )
    ))  # fmt: skip
    at(friday, STARTS + 2 * HOUR)
    reports = at_once(*[lambda: look(friday)] * 3)

    assert [each for each in reports if isinstance(each, Exception)] == []
    assert sum(each.held for each in reports) == 12
    assert sum(each.failed for each in reports) == 0
    assert len(entries(friday, "interviewed")) == 12


def test_one_that_cannot_be_judged_stops_no_other(friday: Employer) -> None:
    ref = ref_of("a2", "c2")
    report(friday, booked(), Applied(ref, T0), InterviewBooked(ref, T0, "i2", STARTS, None))
    with friday.work() as work:
        # Nobody writes such a row; one that was damaged must not stop the others.
        work.session.execute(
            update(Application).where(Application.external_id == "a1").values(stage="nonsense")
        )
    done = look(at(friday, STARTS + 2 * HOUR))

    assert (done.held, done.failed) == (1, 1)
