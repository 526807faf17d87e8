"""The checker: readiness, batches, races, gaps, crashes and rows that cannot be judged."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from service.domain.changes import Stage
from service.domain.policies import Trigger
from service.mail.base import EventKind
from service.mail.base import MailEvent as Reported
from service.models import (
    Application,
    CandidateEmail,
    Delivery,
    Heartbeat,
    Message,
    Notice,
    Promise,
    TimelineEntry,
)
from service.workflows.channel import pause_channel, resume_channel
from service.workflows.check import BACKLOG_BOUND
from service.workflows.connections import add_connection
from service.workflows.decide import move_here, reject
from service.workflows.fold_events import store_events
from service.workflows.policies import rules
from service.workflows.rule_promises import make_by_rule, trigger
from tests.harness import Employer, add_application, add_user
from tests.integration.watching import (
    DUE,
    count,
    kinds_on_timeline,
    notices_of,
    promise_call,
    promise_many,
    promise_of,
    run_check,
)

MINUTE = timedelta(minutes=1)


def _delivery(employer: Employer) -> None:
    with employer.work() as work:
        connection = add_connection(
            work, "main", "greenhouse", ["a secret of theirs"], rejections_by="keepword"
        )
        work.session.add(
            Delivery(
                connection_id=connection.id,
                identity="one",
                headers={},
                body=b'{"action": "ping", "payload": {}}',
                received_at=work.now,
                next_attempt_at=work.now,
            )
        )


def _mail_event(employer: Employer) -> None:
    with employer.session() as session:
        store_events(
            session,
            [Reported("event-1", EventKind.DELIVERED, employer.now, None, "request-1", None)],
            employer.now,
        )
        session.commit()


@pytest.mark.parametrize(
    ("news", "words"),
    [(_delivery, "1 deliveries and 0 mail"), (_mail_event, "0 deliveries and 1 mail")],
)
def test_nobody_is_flagged_while_news_waits_and_all_are_once_it_is_worked_in(
    employer: Employer, news: Callable[[Employer], None], words: str
) -> None:
    promise_id, _ = promise_call(employer)
    employer.clock.move_to(DUE)
    news(employer)
    employer.clock.advance(BACKLOG_BOUND + MINUTE)

    report = run_check(employer)
    assert (report.flagged, report.looked_at) == (0, 0)
    assert words in (report.not_ready or "")
    assert promise_of(employer, promise_id).breached_at is None

    employer.turn()
    assert promise_of(employer, promise_id).breached_at == DUE
    assert run_check(employer).not_ready is None


def test_fresh_news_does_not_stop_the_checker(employer: Employer) -> None:
    promise_id, _ = promise_call(employer)
    employer.clock.move_to(DUE + MINUTE)
    _delivery(employer)

    assert run_check(employer).flagged == 1
    assert promise_of(employer, promise_id).breached_at == DUE


def test_a_promise_is_not_overdue_at_its_due_instant_but_right_after(employer: Employer) -> None:
    promise_id, _ = promise_call(employer)
    employer.clock.move_to(DUE)
    assert run_check(employer).flagged == 0

    employer.clock.advance(timedelta(microseconds=1))
    assert run_check(employer).flagged == 1
    assert promise_of(employer, promise_id).breached_at == DUE


def test_three_thousand_due_at_once_are_all_flagged_once_in_small_batches(
    employer: Employer,
) -> None:
    promise_many(employer, 3000)
    employer.clock.move_to(DUE + MINUTE)

    report = run_check(employer, batch=100)
    assert (report.looked_at, report.flagged, report.set_aside) == (3000, 3000, 0)
    assert count(employer, Promise, Promise.breached_at == DUE) == 3000
    assert count(employer, Notice) == 3000
    assert count(employer, TimelineEntry, TimelineEntry.kind == "promise_overdue") == 3000
    assert run_check(employer).looked_at == 0


def test_after_a_weekend_without_the_checker_one_rung_and_one_digest_are_told(
    employer: Employer,
) -> None:
    friday = datetime(2026, 3, 6, 18, 0, tzinfo=UTC)
    employer.clock.move_to(datetime(2026, 3, 6, 16, 0, tzinfo=UTC))
    with employer.work() as work:
        manager = add_user(work, "Ada Boss")
        owner = add_user(work, manager_id=manager.id)
    due = [promise_call(employer, owner=owner)[0] for _ in range(5)]
    employer.move_to(friday)
    written = count(employer, Message)

    employer.clock.move_to(datetime(2026, 3, 10, 13, 0, tzinfo=UTC))
    employer.turn()
    with employer.session() as session:
        found = session.scalars(select(Promise).where(Promise.id.in_(due))).all()
        letters = session.execute(select(Message.kind, Message.user_id)).all()

    monday_noon = datetime(2026, 3, 9, 12, 0, tzinfo=UTC)
    assert {(p.due_at, p.breached_at) for p in found} == {(monday_noon, monday_noon)}
    assert [notices_of(employer, id_) for id_ in due] == [[(2, "escalate")]] * 5
    assert len(letters) - written == 2
    assert sorted((kind, user) for kind, user in letters) == [
        ("staff-digest", owner.id),
        ("staff-escalation", manager.id),
    ]


def test_overdue_is_when_it_was_due_and_the_report_says_how_late_it_was_noticed(
    employer: Employer,
) -> None:
    promise_id, _ = promise_call(employer)
    employer.clock.move_to(DUE + timedelta(hours=2))

    report = run_check(employer)
    assert report.lateness_in == 7200.0
    with employer.session() as session:
        entry = session.scalars(
            select(TimelineEntry).where(TimelineEntry.kind == "promise_overdue")
        ).one()
    assert (entry.at, entry.recorded_at) == (DUE, employer.now)
    assert entry.data == {"promise": promise_id}


def test_the_escalation_of_what_is_overdue_is_no_second_breach(employer: Employer) -> None:
    promise_many(employer, 1)
    employer.clock.move_to(DUE + MINUTE)
    assert run_check(employer).flagged == 1

    employer.clock.move_to(DUE + timedelta(days=1, minutes=5))
    report = run_check(employer)
    assert (report.flagged, report.escalated, report.lateness, report.lateness_in) == (0, 1, {}, 0)
    with employer.session() as session:
        told = select(TimelineEntry.kind, TimelineEntry.at).order_by(TimelineEntry.seq)
        assert [tuple(row) for row in session.execute(told)][-2:] == [
            ("promise_overdue", DUE),
            ("promise_escalated", employer.now),
        ]


def test_a_dry_run_counts_and_names_what_is_due_and_writes_nothing(employer: Employer) -> None:
    promise_id, _ = promise_call(employer)
    with employer.work() as work:
        application = add_application(work, owner=add_user(work))
        (rule,) = rules(work, Trigger.APPLIED)
        owed = make_by_rule(work, application, rule, "test", work.now)
        assert owed is not None
    employer.clock.move_to(DUE + MINUTE)
    before = kinds_on_timeline(employer)

    report = run_check(employer, dry_run=True, batch=1)
    assert (report.flagged, report.letters, report.dry_run) == (1, 1, True)
    assert set(report.promises) == {promise_id, owed.id}
    assert kinds_on_timeline(employer) == before
    assert count(employer, Notice) == count(employer, Message) == count(employer, Heartbeat) == 0
    assert promise_of(employer, promise_id).breached_at is None


def test_every_run_leaves_a_heartbeat_with_what_it_found(employer: Employer) -> None:
    promise_call(employer)
    employer.clock.move_to(DUE + MINUTE)
    run_check(employer)
    with employer.session() as session:
        first = session.get_one(Heartbeat, "check")
        assert (first.at, first.data["flagged"]) == (employer.now, 1)

    employer.clock.advance(MINUTE)
    run_check(employer)
    with employer.session() as session:
        again = session.get_one(Heartbeat, "check")
        assert (again.at, again.data["flagged"], again.data["not_ready"]) == (employer.now, 0, None)


def _owed_an_acknowledgement(employer: Employer) -> str:
    with employer.work() as work:
        application = add_application(work, owner=add_user(work))
        (rule,) = rules(work, Trigger.APPLIED)
        owed = make_by_rule(work, application, rule, "test", work.now)
        assert owed is not None
        return owed.id


def test_the_ladders_letter_is_written_once_however_often_the_checker_runs(
    employer: Employer,
) -> None:
    promise_id = _owed_an_acknowledgement(employer)

    reports = [run_check(employer) for _ in range(3)]
    assert [report.letters for report in reports] == [1, 0, 0]
    assert count(employer, Message, Message.kind == "acknowledgement") == 1

    with employer.work() as work:  # as if the rung had been forgotten by a restored backup
        work.session.execute(
            update(Promise).where(Promise.id == promise_id).values(rung=0, next_check_at=work.now)
        )
    run_check(employer)
    assert count(employer, Message, Message.kind == "acknowledgement") == 1


def test_a_letter_that_cannot_go_is_told_on_the_timeline_and_the_promise_flagged_when_due(
    employer: Employer,
) -> None:
    promise_id = _owed_an_acknowledgement(employer)
    with employer.work() as work:
        for email in work.session.scalars(select(CandidateEmail)):
            work.session.delete(email)
    assert run_check(employer).letters == 0
    with employer.session() as session:
        entry = session.scalars(
            select(TimelineEntry).where(TimelineEntry.kind == "letter_not_possible")
        ).one()
    assert entry.data == {
        "promise": promise_id,
        "letter": "acknowledgement",
        "code": "cannot-be-reached-by-mail",
    }

    due_at = promise_of(employer, promise_id).due_at
    employer.clock.move_to(due_at + MINUTE)
    assert run_check(employer).flagged == 1
    assert promise_of(employer, promise_id).breached_at == due_at


@pytest.mark.parametrize("moot", [True, False])
def test_whoever_is_reopened_before_their_acknowledgement_left_still_gets_it_once(
    employer: Employer, *, moot: bool
) -> None:
    def mail(paused: bool) -> None:
        with employer.work() as work:
            if paused:
                pause_channel(work.session, work.now, "a wrong template", by_provider=False)
            else:
                resume_channel(work.session)
        employer.turn()

    with employer.work() as work:
        id_ = add_application(work, owner=add_user(work)).id
        trigger(work, work.session.get_one(Application, id_), Trigger.APPLIED, "applied", work.now)
    mail(paused=True)
    with employer.work() as work:
        found = work.session.get_one(Application, id_)
        reject(work, found, reason=None, decided_by_id=None, decided_at=work.now, source="keepword")
    if moot:
        mail(paused=False)
    employer.clock.advance(MINUTE)
    with employer.work() as work:
        move_here(work, work.session.get_one(Application, id_), Stage.SCREENING)
    employer.turn()
    mail(paused=False)

    sent = [each.kind for each in employer.transport.sent]
    assert sent.count("acknowledgement") == 1


def test_a_promise_with_nothing_left_on_its_ladder_is_not_looked_at_again(
    employer: Employer,
) -> None:
    promise_many(employer, 1)
    employer.clock.move_to(DUE + timedelta(days=2))

    assert run_check(employer).escalated == 1
    with employer.session() as session:
        assert session.scalar(select(func.count(Promise.next_check_at))) == 0
    assert run_check(employer).looked_at == 0
