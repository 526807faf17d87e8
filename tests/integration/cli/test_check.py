"""``keepword check``: what a run finds, at which instant, and what a dry one leaves alone."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from sqlalchemy import select

from service.domain.policies import Kind
from service.models import Delivery, Heartbeat, Notice, Promise, TimelineEntry
from service.workflows.connections import add_connection
from service.workflows.promise_making import Spoken, make_spoken
from tests.harness import MONDAY, add_application, add_user
from tests.integration.cli.conftest import Command, Desk

COUNTS = {
    "looked_at",
    "flagged",
    "reminded",
    "escalated",
    "letters",
    "resumed",
    "set_aside",
    "raced",
}


def promise_a_call(employer: Desk) -> str:
    with employer.work() as work:
        maria = add_user(work, email="maria@example.com")
        application = add_application(work, owner=maria, stage="interview")
        spoken = Spoken(Kind.CALLBACK, "A call", within="4 business hours", promised_by_id=maria.id)
        return make_spoken(work, application, spoken).id


def test_a_run_flags_who_is_overdue_and_says_so_as_json(employer: Desk, command: Command) -> None:
    promise_id = promise_a_call(employer)

    result = command("check", "--at", "2026-03-02T13:00:01Z", "--json")

    report = json.loads(result.stdout)
    assert result.exit_code == 0
    assert report["flagged"] == 1
    assert (report["at"], report["dry_run"], report["not_ready"]) == (
        "2026-03-02T13:00:01Z",
        False,
        None,
    )
    assert set(report) >= COUNTS
    with employer.session() as session:
        found = session.get_one(Promise, promise_id)
        assert found.breached_at == found.due_at == datetime(2026, 3, 2, 13, tzinfo=UTC)


def test_contact_at_the_due_instant_is_still_in_time(employer: Desk, command: Command) -> None:
    promise_a_call(employer)

    result = command("check", "--at", "2026-03-02T13:00:00Z", "--json")

    assert json.loads(result.stdout)["flagged"] == 0


def test_an_instant_without_an_offset_is_the_companys_own(employer: Desk, command: Command) -> None:
    promise_a_call(employer)

    before = command("check", "--at", "2026-03-02T14:00:00", "--json")
    after = command("check", "--at", "2026-03-02T14:00:01", "--json")

    assert json.loads(before.stdout)["at"] == "2026-03-02T13:00:00Z"
    assert [json.loads(each.stdout)["flagged"] for each in (before, after)] == [0, 1]


def test_a_dry_run_tells_the_same_and_writes_nothing(employer: Desk, command: Command) -> None:
    promise_id = promise_a_call(employer)
    with employer.session() as session:
        entries = len(session.scalars(select(TimelineEntry)).all())
        version = session.get_one(Promise, promise_id).version

    result = command("check", "--at", "2026-03-02T14:00:00Z", "--dry-run", "--json")

    report = json.loads(result.stdout)
    assert (report["flagged"], report["dry_run"]) == (1, True)
    assert report["promises"] == [promise_id]
    with employer.session() as session:
        found = session.get_one(Promise, promise_id)
        assert (found.version, found.breached_at) == (version, None)
        assert session.scalars(select(Notice)).all() == []
        assert session.scalars(select(Heartbeat)).all() == []
        assert len(session.scalars(select(TimelineEntry)).all()) == entries


def test_a_person_reads_a_table(employer: Desk, command: Command) -> None:
    promise_a_call(employer)

    result = command("check", "--at", "2026-03-02T14:00:00Z")

    assert "Checked at 2026-03-02T14:00:00Z" in result.stdout
    assert [line.split() for line in result.stdout.splitlines() if "flagged" in line] == [
        ["flagged", "overdue", "1"]
    ]
    assert result.stderr == ""


def test_an_instant_to_come_is_warned_of_where_it_is_written(
    employer: Desk, command: Command
) -> None:
    wet = command("check", "--at", "2099-01-01T00:00:00Z")
    dry = command("check", "--at", "2099-01-01T00:00:00Z", "--dry-run")

    assert "yet to come" in wet.stderr
    assert dry.stderr == ""


def test_news_that_waits_is_named_and_nobody_is_flagged(employer: Desk, command: Command) -> None:
    promise_a_call(employer)
    with employer.work() as work:
        connection = add_connection(work, "main", "greenhouse", ["s"], rejections_by="keepword")
        work.session.add(
            Delivery(
                connection_id=connection.id,
                identity="1",
                headers={},
                body=b"{}",
                received_at=MONDAY,
                next_attempt_at=MONDAY,
            )
        )

    result = command("check", "--at", "2026-03-02T14:00:00Z", "--json")

    assert result.exit_code == 0
    assert json.loads(result.stdout)["flagged"] == 0
    assert "1 deliveries" in result.stderr


def test_an_instant_that_is_none_is_misuse(employer: Desk, command: Command) -> None:
    for wrong in ("tomorrow", "", "2026-13-01", "0001-01-01T00:00+14:00"):
        result = command("check", "--at", wrong)

        assert result.exit_code == 2, wrong
        assert "--at" in result.stderr


def test_an_instant_far_outside_any_calendar_is_misuse(employer: Desk, command: Command) -> None:
    promise_a_call(employer)

    for far in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"):
        result = command("check", "--at", far, "--dry-run")

        assert result.exit_code == 2
        assert "2000 to 2100" in result.stderr
