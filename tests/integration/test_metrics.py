"""The metrics: numbers about the work, cheap to ask for, and none about a person."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import event, update

from service.db import db
from service.domain.contacts import Channel
from service.domain.policies import Kind
from service.domain.promises import Standing
from service.domain.rights import EVERYWHERE
from service.models import Promise
from service.queries.figures import promise_figures
from service.queries.overdue import overdue_count, overdue_people
from service.queries.queue import Asked, find
from service.queries.queue_next import next_promise
from service.queries.records import promises
from service.workflows.channel import pause_channel
from service.workflows.connections import add_connection
from service.workflows.enquire import enquire
from service.workflows.promise_making import Spoken, make_spoken
from tests.harness import Employer, add_application, add_user
from tests.reading_metrics import delivery, metric, metrics
from tests.reading_pages import turn_loops


def _promise(employer: Employer, **fields: Any) -> str:
    with employer.work() as work:
        maria = add_user(work)
        application = add_application(work, owner=maria)
        promise = make_spoken(
            work,
            application,
            Spoken(Kind.CALLBACK, "A call", within="1 business hour", promised_by_id=maria.id),
        )
        for name, value in fields.items():
            setattr(promise, name, value)
        return promise.id


def test_promises_are_counted_and_the_oldest_measured(employer: Employer) -> None:
    _promise(employer)
    _promise(employer)
    employer.clock.advance(timedelta(hours=3))
    _promise(employer)

    assert metric(employer, "promises_open") == 3
    assert metric(employer, "promises_overdue") == 2
    assert metric(employer, "promises_overdue_oldest_age_seconds") == 2 * 3600


def test_a_promise_the_checker_cannot_judge_is_counted_apart(employer: Employer) -> None:
    _promise(employer)
    broken = _promise(employer)
    with employer.session() as session:
        session.execute(
            update(Promise).where(Promise.id == broken).values(ladder=[{"at": "no instant"}])
        )
        session.commit()
    employer.pass_time(hours=3)

    assert metric(employer, "promises_set_aside") == 1


def test_how_late_the_checker_was_and_when_each_loop_ran_are_told(employer: Employer) -> None:
    _promise(employer)
    turn_loops(employer, "digest")
    employer.pass_time(hours=1, minutes=5)

    assert metric(employer, "checker_lateness_seconds") == 5 * 60
    assert metric(employer, "loop_age_seconds", loop="dispatch") == 65 * 60
    assert metric(employer, "loop_late", loop="dispatch") == 1
    assert metric(employer, "loop_age_seconds", loop="check") == 0
    assert ("keepword_loop_age_seconds", frozenset({("loop", "digest")})) not in metrics(employer)


def test_deliveries_are_counted_by_connection_and_state(employer: Employer) -> None:
    with employer.work() as work:
        main = add_connection(
            work, "main", "generic", ["whsec_" + "QUJD" * 8], rejections_by="keepword"
        )
        other = add_connection(
            work, "other", "generic", ["whsec_" + "QUJD" * 8], rejections_by="keepword"
        )
        main.refused_count = 7
        other.last_authentic_at = work.now - timedelta(minutes=3)
        for number, state in enumerate(["received", "received", "failed", "done", "ignored"]):
            work.session.add(delivery(main, str(number), employer, state=state))

    assert metric(employer, "deliveries", connection="main", state="waiting") == 2
    assert metric(employer, "deliveries", connection="main", state="failed") == 1
    assert metric(employer, "deliveries", connection="other", state="waiting") == 0
    assert metric(employer, "deliveries_refused_total", connection="main") == 7
    assert metric(employer, "connection_silence_seconds", connection="other") == 180


def test_mail_is_counted_by_state_and_the_oldest_ready_one_measured(employer: Employer) -> None:
    _promise(employer)
    with employer.work() as work:
        pause_channel(work.session, work.now, "for a test", by_provider=False)
    employer.pass_time(hours=2)
    employer.clock.advance(timedelta(minutes=4))

    assert metric(employer, "messages", state="ready") == 1
    assert metric(employer, "messages", state="delivered") == 0
    assert metric(employer, "messages_oldest_ready_age_seconds") == 240
    assert metric(employer, "messages_uncertain") == 0
    assert metric(employer, "mail_events_unfolded") == 0


def test_no_metric_and_no_health_answer_says_anything_about_a_person(employer: Employer) -> None:
    _promise(employer)
    with employer.work() as work:
        application = add_application(work, first_name="Wilhelmina", last_name="Quist")
        enquire(work, application, channel=Channel.PHONE, at=work.now, note="a private note")
    employer.pass_time(hours=30)
    client = employer.app.test_client()
    told = "".join(client.get(path).get_data(as_text=True) for path in ("/metrics", "/readyz"))

    for said in ("Wilhelmina", "Quist", "Amara", "Okafor", "Maria", "example.com", "private"):
        assert said not in told


def test_no_figure_reads_the_promises_that_are_kept(employer: Employer) -> None:
    statements: list[tuple[str, Any]] = []
    with employer.app.app_context():
        event.listen(
            db.engine,
            "before_cursor_execute",
            lambda *args: statements.append((str(args[2]), args[3])),
        )
        dialect = db.engine.dialect.name
    with employer.work() as work:
        promise_figures(work.session, work.now, timedelta(hours=1))
        overdue_count(work.session, work.now)
        overdue_people(work.session, work.now, work.calendar)
        find(work.session, Asked(work.now, work.now + timedelta(hours=8), EVERYWHERE))
        next_promise(work.session, work.now, EVERYWHERE)
        for standing in (Standing.OVERDUE, Standing.AT_RISK, Standing.ON_TIME):
            promises(work.session, work.now, after=None, limit=50, standing=standing)
    asked = [found for found in statements if "FROM promise" in found[0]]

    assert len(asked) >= 10
    for statement, values in asked:
        assert _walks(employer, dialect, statement, values) == []


def _walks(employer: Employer, dialect: str, statement: str, values: Any) -> list[str]:
    """Return the steps of a plan that read every promise there is."""
    with employer.session() as session:
        connection = session.connection()
        if dialect == "sqlite":
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            steps = [str(step[3]) for step in plan]
            return [
                step
                for step in steps
                if step.startswith("SCAN promise") and "ix_promise_open_due" not in step
            ]
        # Tables this small are read whole unless that is forbidden: what counts is that an
        # index can serve.
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        plan = connection.exec_driver_sql(f"EXPLAIN {statement}", values)
        steps = [str(step[0]) for step in plan]
        return [step for step in steps if "Seq Scan on promise" in step]
