"""``keepword ingest`` and ``keepword dispatch``: one pass of what the loops do."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from sqlalchemy import select

from service.ats.registry import adapter_named
from service.models import Application, Delivery, Message
from service.workflows.channel import pause_channel
from service.workflows.connections import add_connection
from tests.doubles import greenhouse_bodies as greenhouse
from tests.harness import MONDAY, add_notices
from tests.integration.cli.conftest import Command, Desk


def an_application_arrived(desk: Desk) -> None:
    with desk.work() as work:
        connection = add_connection(work, "main", "greenhouse", ["s"], rejections_by="keepword")
        body = greenhouse.body("new_candidate_application", greenhouse.application())
        work.session.add(
            Delivery(
                connection_id=connection.id,
                identity="1",
                headers=adapter_named("greenhouse").sign(body, "s", MONDAY, "1"),
                body=body,
                received_at=datetime.now(UTC),
                next_attempt_at=MONDAY,
            )
        )


def test_what_waits_is_worked_in(employer: Desk, command: Command) -> None:
    an_application_arrived(employer)

    dry = json.loads(command("ingest", "--dry-run", "--json").stdout)
    with employer.session() as session:
        before = session.scalars(select(Application)).all()
    wet = json.loads(command("ingest", "--json").stdout)

    assert (dry["deliveries_waiting"], dry["dry_run"], before) == (1, True, [])
    assert (wet["done"], wet["failed"], wet["dry_run"]) == (1, 0, False)
    with employer.session() as session:
        assert len(session.scalars(select(Application)).all()) == 1
    assert command("ingest").exit_code == 0


def a_letter_is_ready(desk: Desk) -> None:
    with desk.work() as work:
        add_notices(work, 1)


def test_a_dry_run_sends_nothing_and_counts_by_kind(employer: Desk, command: Command) -> None:
    a_letter_is_ready(employer)

    dry = json.loads(command("dispatch", "--dry-run", "--json").stdout)
    with employer.session() as session:
        state = session.scalars(select(Message.state)).one()
    wet = json.loads(command("dispatch", "--json").stdout)

    assert dry == {"dry_run": True, "ready": {"staff-digest": 1}, "paused": None}
    assert state == "ready"
    assert (wet["claimed"], wet["captured"]) == (1, 1)
    with employer.session() as session:
        assert session.scalars(select(Message.state)).one() == "captured"


def test_paused_mail_stays_and_the_reason_is_told(employer: Desk, command: Command) -> None:
    a_letter_is_ready(employer)
    with employer.work() as work:
        pause_channel(work.session, datetime.now(UTC), "the key was refused", by_provider=True)

    result = command("dispatch")

    assert result.exit_code == 0
    assert "the key was refused" in result.stderr
    with employer.session() as session:
        assert session.scalars(select(Message.state)).one() == "ready"
