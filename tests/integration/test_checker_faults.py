"""The checker among rows that cannot be judged, other checkers, crashes, and letters."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from service.app import session_of
from service.domain.policies import Trigger
from service.models import (
    Application,
    Message,
    Notice,
    Promise,
    TimelineEntry,
)
from service.parts import parts
from service.workflows.check import SET_ASIDE, _due
from service.workflows.judging import CheckReport, Judging
from service.workflows.policies import rules
from service.workflows.promise_changes import lock_application
from service.workflows.rule_promises import make_by_rule
from service.workflows.work import Work
from tests.harness import Employer, add_application, add_user
from tests.integration.watching import (
    DUE,
    at_once,
    bare_promise,
    count,
    notices_of,
    promise_call,
    promise_many,
    promise_of,
    run_check,
)

MINUTE = timedelta(minutes=1)


def test_two_checkers_at_once_flag_nobody_twice(employer: Employer) -> None:
    promise_many(employer, 600)
    employer.clock.move_to(DUE + MINUTE)

    reports = at_once(*[lambda: run_check(employer, batch=50)] * 3)
    assert [report for report in reports if isinstance(report, Exception)] == []
    assert sum(report.flagged for report in reports) == 600
    assert sum(report.set_aside for report in reports) == 0
    assert count(employer, Notice) == 600
    assert count(employer, TimelineEntry, TimelineEntry.kind == "promise_overdue") == 600


def test_a_deadline_that_moved_after_it_was_read_is_not_flagged(employer: Employer) -> None:
    """Read by one checker, moved by a person, then written by the checker: the person wins."""
    moved, kept = promise_many(employer, 2)
    employer.clock.move_to(DUE + MINUTE)
    with session_of(employer.app) as session:
        rows = _due(session, employer.now, None, 10)
        session.rollback()
    later = DUE + timedelta(days=1)
    with employer.work() as work:
        work.session.execute(
            update(Promise)
            .where(Promise.id == moved)
            .values(due_at=later, next_check_at=later, due_version=2)
        )
    with session_of(employer.app) as session:
        report = CheckReport(at=employer.now)
        Judging(_work(employer, session), report).take(rows)

    assert (report.flagged, report.raced) == (1, 1)
    assert promise_of(employer, moved).breached_at is None
    assert notices_of(employer, moved) == []
    assert promise_of(employer, kept).breached_at == DUE


def _damage(employer: Employer, promise_id: str, ladder: str) -> None:
    with employer.work() as work:
        kind = "JSONB" if work.session.get_bind().dialect.name == "postgresql" else "TEXT"
        work.session.execute(
            text(f"UPDATE promise SET ladder = CAST(:ladder AS {kind}) WHERE id = :id"),  # noqa: S608 - one of two words above
            {"ladder": ladder, "id": promise_id},
        )


POISON = (
    '[{"at": "2026-03-02T13:00:00+00:00", "action": "shout"}]',
    '[{"at": "yesterday", "action": "flag"}]',
    '[{"action": "flag"}]',
    '{"at": 1}',
    "null",
    "7",
    '[{"at": "2026-03-02T13:00:00", "action": "flag"}]',
)


def test_promises_that_cannot_be_judged_are_set_aside_and_the_others_go_on(
    employer: Employer,
) -> None:
    good, *bad, other = promise_many(employer, len(POISON) + 2)
    for promise_id, ladder in zip(bad, POISON, strict=True):
        _damage(employer, promise_id, ladder)
    employer.clock.move_to(DUE + MINUTE)

    report = run_check(employer)
    assert (report.flagged, report.set_aside) == (2, len(POISON))
    for promise_id in bad:
        with employer.session() as session:
            found = session.execute(
                select(Promise.check_failures, Promise.check_error, Promise.next_check_at).where(
                    Promise.id == promise_id
                )
            ).one()
        assert found.check_failures == 1
        assert found.check_error
        assert found.next_check_at == employer.now + SET_ASIDE
    assert {promise_of(employer, each).breached_at for each in (good, other)} == {DUE}
    assert run_check(employer).looked_at == 0


def test_of_many_that_are_due_at_instants_of_their_own_only_the_unsound_are_left(
    employer: Employer,
) -> None:
    """What is written together is each one's own; one that is not sound costs no other its turn."""
    with employer.work() as work:
        application = add_application(work, owner=add_user(work), stage="interview")
        due = {}
        for number in range(200):
            made = bare_promise(application, employer.now, DUE + timedelta(seconds=number))
            work.session.add(made)
            work.session.flush()
            due[made.id] = made.due_at
    bad = {*list(due)[3:120:40], list(due)[-1]}
    for promise_id in bad:
        _damage(employer, promise_id, "[7]")
    employer.clock.move_to(DUE + timedelta(days=1, seconds=100))

    report = run_check(employer)
    assert (report.flagged, report.set_aside, report.raced) == (200 - len(bad), len(bad), 0)
    # By now half of them are a day late: one notice, the highest, tells of both rungs.
    assert report.escalated == sum(
        at + timedelta(days=1) <= employer.now for id_, at in due.items() if id_ not in bad
    )
    for promise_id, due_at in due.items():
        stored = promise_of(employer, promise_id)
        assert stored.breached_at == (None if promise_id in bad else due_at)
        if promise_id not in bad:
            later = due_at + timedelta(days=1)
            assert stored.next_check_at == (None if later <= employer.now else later)
    assert count(employer, Notice) == 200 - len(bad)
    assert run_check(employer).looked_at == 0


def test_a_ladder_that_is_no_json_at_all_stops_nobody_else(employer: Employer) -> None:
    if not employer.app.config["SQLALCHEMY_DATABASE_URI"].startswith("sqlite"):
        pytest.skip("PostgreSQL stores no JSON that is none")
    good, bad = promise_many(employer, 2)
    _damage(employer, bad, "[{torn")
    employer.clock.move_to(DUE + MINUTE)

    report = run_check(employer)
    assert (report.flagged, report.set_aside) == (1, 1)
    assert promise_of(employer, good).breached_at == DUE


def test_what_was_set_aside_comes_back_and_is_flagged_once_it_is_mended(
    employer: Employer,
) -> None:
    (bad,) = promise_many(employer, 1)
    with employer.session() as session:
        sound = session.get_one(Promise, bad).ladder
    _damage(employer, bad, "[7]")
    employer.clock.move_to(DUE + MINUTE)
    run_check(employer)
    with employer.work() as work:
        work.session.execute(update(Promise).where(Promise.id == bad).values(ladder=sound))

    employer.clock.advance(SET_ASIDE - MINUTE)
    assert run_check(employer).looked_at == 0
    employer.clock.advance(MINUTE)
    assert run_check(employer).flagged == 1
    assert promise_of(employer, bad).breached_at == DUE


class _Crash(BaseException):
    """The process ends here."""


def test_a_crash_between_batches_leaves_whole_batches_and_the_next_run_does_the_rest(
    employer: Employer,
) -> None:
    promise_many(employer, 50)
    employer.clock.move_to(DUE + MINUTE)
    asked = iter([False, False, False])

    def crash() -> bool:
        if next(asked, True):
            raise _Crash
        return False

    with pytest.raises(_Crash):
        run_check(employer, batch=10, stop=crash)
    assert count(employer, Promise, Promise.breached_at.is_not(None)) == 30
    assert count(employer, Notice) == 30
    assert count(employer, TimelineEntry, TimelineEntry.kind == "promise_overdue") == 30

    assert run_check(employer, batch=10).flagged == 20
    assert count(employer, Notice) == 50


def _owed_an_acknowledgement(employer: Employer) -> str:
    with employer.work() as work:
        application = add_application(work, owner=add_user(work))
        (rule,) = rules(work, Trigger.APPLIED)
        owed = make_by_rule(work, application, rule, "test", work.now)
        assert owed is not None
        return owed.id


def test_two_checkers_at_once_write_each_letter_once(employer: Employer) -> None:
    for _ in range(12):
        _owed_an_acknowledgement(employer)

    reports = at_once(*[lambda: run_check(employer, batch=3)] * 2)
    assert [report for report in reports if isinstance(report, Exception)] == []
    assert sum(report.letters for report in reports) == 12
    assert count(employer, Message) == 12
    assert sum(report.set_aside for report in reports) == 0


def test_a_letter_beside_a_poisoned_row_is_written_once_and_flags_are_not_lost(
    employer: Employer,
) -> None:
    lettered = _owed_an_acknowledgement(employer)
    (bad,) = promise_many(employer, 1, due_at=employer.now)
    _damage(employer, bad, "[7]")
    employer.clock.advance(MINUTE)

    report = run_check(employer)
    assert (report.letters, report.set_aside, report.raced) == (1, 1, 0)
    assert promise_of(employer, lettered).rung == 1
    assert count(employer, Message) == 1


def test_letters_are_counted_once_though_one_beside_them_cannot_be_judged(
    employer: Employer,
) -> None:
    owed = [_owed_an_acknowledgement(employer) for _ in range(4)]
    with employer.work() as work:
        paused = work.session.get_one(Promise, owed[-1])
        # Nobody knows how much of its time is left.
        paused.state, paused.paused_at, paused.pause_ends_at = "paused", work.now, work.now
    employer.clock.advance(MINUTE)

    report = run_check(employer)
    assert (report.letters, report.set_aside) == (3, 1)
    assert count(employer, Message) == 3


def test_the_checker_does_not_wait_for_an_application_that_somebody_is_changing(
    employer: Employer,
) -> None:
    """Others lock the application first: a checker waiting for it would stand still with them."""
    if employer.app.config["SQLALCHEMY_DATABASE_URI"].startswith("sqlite"):
        pytest.skip("SQLite has one writer at a time: there is no row to wait for")
    spoken, _ = promise_call(employer)
    owed = _owed_an_acknowledgement(employer)
    employer.clock.move_to(DUE + MINUTE)
    reports = []
    with session_of(employer.app) as holder:
        for application in holder.scalars(select(Application.id)).all():
            work = _work(employer, holder)
            assert lock_application(work, application) is not None
        thread = threading.Thread(target=lambda: reports.append(run_check(employer)))
        thread.start()
        thread.join(20)
        assert not thread.is_alive()
        holder.rollback()

    (report,) = reports
    assert (report.flagged, report.letters, report.raced) == (1, 0, 1)
    assert promise_of(employer, spoken).breached_at == DUE
    assert run_check(employer).letters == 1
    assert promise_of(employer, owed).rung == 1


def _work(employer: Employer, session: Session) -> Work:
    return Work(session, employer.now, parts(employer.app).office)
