"""Working deliveries in: order, poison, retries, replay, leases, and nothing personal in a log."""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from service.app import session_of
from service.ats.asking import Needs
from service.ats.greenhouse import Greenhouse
from service.db import LEASE
from service.domain.changes import Translation
from service.domain.retries import DELIVERY_ATTEMPTS
from service.models import Application, Candidate, Connection, Delivery, Heartbeat
from service.parts import parts
from service.steps import STEPS, Step
from service.workflows.connections import (
    BadConnectionError,
    add_connection,
    live_secrets,
    set_secrets,
)
from service.workflows.ingest import IngestReport, ingest, replay
from tests.doubles.greenhouse_bodies import APPLICATION, CANDIDATE, application, body
from tests.harness import Employer
from tests.integration.watching import at_once

SECRET = "an invented greenhouse secret"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def ats(employer: Employer) -> Employer:
    """An employer with a connection to Greenhouse."""
    with employer.work() as work:
        add_connection(work, "main", "greenhouse", [SECRET], rejections_by="keepword")
    return employer


def _post(employer: Employer, content: bytes, event_id: str = "gh-1") -> None:
    headers = Greenhouse().sign(content, SECRET, employer.now, event_id)
    answer = employer.app.test_client().post("/hooks/ats/main", data=content, headers=headers)

    assert answer.status_code == 200


def _ingest(employer: Employer) -> IngestReport:
    with session_of(employer.app) as session:
        return ingest(session, parts(employer.app).office, employer.clock)


def _deliveries(employer: Employer) -> list[Delivery]:
    with employer.session() as session:
        return list(session.scalars(select(Delivery).order_by(Delivery.seq)))


def _renamed(first_name: str) -> bytes:
    return body("update_candidate", {"candidate": {**CANDIDATE, "first_name": first_name}})


def _applied(id_: int = 9001, name: str = "Mira") -> bytes:
    person = {**CANDIDATE, "id": id_ + 100_000, "first_name": name}
    changed = application(id=id_, candidate=person)
    return body("new_candidate_application", changed)


def test_deliveries_are_worked_in_in_the_order_they_came(ats: Employer) -> None:
    _post(ats, body("new_candidate_application", application()))
    for name in ("Anna", "Bea", "Cleo"):
        _post(ats, _renamed(name))

    assert _ingest(ats).done == 4
    with ats.session() as session:
        assert session.scalars(select(Candidate.first_name)).all() == ["Cleo"]
        assert session.get_one(Heartbeat, "ingest").data["done"] == 4


def _break(employer: Employer) -> None:
    """Map a label to no stage of ours behind the checks: working it in raises the unforeseen."""
    with employer.work() as work:
        connection = work.session.scalars(select(Connection)).one()
        connection.stage_map = {"Phone Interview": "no stage of ours"}


def test_a_poison_delivery_is_tried_again_then_failed_and_the_others_go_on(ats: Employer) -> None:
    _break(ats)
    _post(ats, _applied())
    _post(ats, b'{"action": "ping", "payload": {}}')
    report = _ingest(ats)
    assert (report.ignored, report.retried) == (1, 1)

    for _ in range(DELIVERY_ATTEMPTS):
        ats.clock.advance(timedelta(hours=2))
        _ingest(ats)
    poison = _deliveries(ats)[0]
    assert (poison.state, poison.attempts) == ("failed", DELIVERY_ATTEMPTS)
    assert (poison.error or "").startswith(f"gave up after {DELIVERY_ATTEMPTS} tries: ")
    assert "Mira" not in (poison.error or "")
    assert _ingest(ats) == IngestReport()


def test_an_adapter_that_is_gone_fails_its_deliveries_and_stops_no_others(ats: Employer) -> None:
    with ats.work() as work:
        work.session.add(
            Connection(name="old", vendor="gone", secrets=[], stage_map={}, created_at=work.now)
        )
        work.session.flush()
        old = work.session.scalars(select(Connection).where(Connection.name == "old")).one()
        work.session.add(
            Delivery(
                connection_id=old.id, identity="1", headers={}, body=b"{}",
                received_at=work.now, next_attempt_at=work.now,
            )
        )  # fmt: skip
    _post(ats, _applied())

    assert (_ingest(ats).failed, _deliveries(ats)[1].state) == (1, "done")


def test_a_delivery_is_worked_in_whole_or_not_at_all(ats: Employer) -> None:
    broken = json.loads(_applied())
    broken["payload"]["application"]["applied_at"] = "yesterday"
    broken["payload"]["application"]["id"] = None
    _post(ats, json.dumps(broken).encode())
    _ingest(ats)

    assert _deliveries(ats)[0].state == "failed"
    with ats.session() as session:
        assert session.scalars(select(Candidate)).all() == []


def test_replaying_a_delivery_changes_nothing_twice(ats: Employer) -> None:
    _post(ats, _applied())
    _ingest(ats)
    with ats.work() as work:
        replay(work, work.session.scalars(select(Delivery)).one())
    assert _ingest(ats).done == 1

    with ats.session() as session:
        assert len(session.scalars(select(Application)).all()) == 1
        delivery = session.scalars(select(Delivery)).one()
    assert (delivery.state, delivery.attempts, delivery.error) == ("done", 1, None)


def test_a_failed_delivery_can_be_replayed_once_its_cause_is_mended(ats: Employer) -> None:
    with ats.work() as work:
        work.session.scalars(select(Connection)).one().vendor = "gone"
    with ats.work() as work:
        connection = work.session.scalars(select(Connection)).one()
        work.session.add(
            Delivery(
                connection_id=connection.id, identity="1", headers={}, body=_applied(),
                received_at=work.now, next_attempt_at=work.now,
            )
        )  # fmt: skip
    assert _ingest(ats).failed == 1

    with ats.work() as work:
        work.session.scalars(select(Connection)).one().vendor = "greenhouse"
        replay(work, work.session.scalars(select(Delivery)).one())
    assert _ingest(ats).done == 1


def test_an_erased_delivery_cannot_be_replayed(ats: Employer) -> None:
    _post(ats, _applied())
    with ats.work() as work:
        delivery = work.session.scalars(select(Delivery)).one()
        delivery.body = b""
        with pytest.raises(ValueError, match="cannot be replayed"):
            replay(work, delivery)


def test_what_a_dead_worker_held_is_worked_in_after_its_lease(ats: Employer) -> None:
    _post(ats, _applied())
    with ats.work() as work:
        delivery = work.session.scalars(select(Delivery)).one()
        delivery.lease_token = "a worker that died"
        delivery.next_attempt_at = work.now + LEASE
    assert _ingest(ats).done == 0

    ats.clock.advance(LEASE)
    assert _ingest(ats).done == 1


@pytest.mark.parametrize(
    ("attempts", "waits", "done"),
    [
        (0, timedelta(hours=3), 1),
        (3, timedelta(minutes=50), 0),
        (3, timedelta(days=365), 1),
    ],
)
def test_nothing_waits_for_longer_than_only_a_wrong_clock_could_say(
    ats: Employer, attempts: int, waits: timedelta, done: int
) -> None:
    _post(ats, _applied())
    with ats.work() as work:
        delivery = work.session.scalars(select(Delivery)).one()
        delivery.attempts, delivery.next_attempt_at = attempts, work.now + waits

    assert _ingest(ats).done == done


def test_two_workers_at_once_work_each_delivery_in_once(ats: Employer) -> None:
    for i in range(12):
        _post(ats, _applied(9001 + i, f"Name{i}"), f"gh-{i}")

    reports = at_once(*[lambda: _ingest(ats)] * 2)
    assert [report for report in reports if isinstance(report, Exception)] == []
    ats.clock.advance(timedelta(hours=2))
    _ingest(ats)
    assert {(each.state, each.attempts > 0) for each in _deliveries(ats)} == {("done", True)}
    with ats.session() as session:
        assert len(session.scalars(select(Application)).all()) == 12


@pytest.mark.parametrize(
    ("clashes", "clash", "worked_in"),
    [
        (1, IntegrityError("INSERT", {}, Exception("another was first")), True),
        (1, StaleDataError("somebody changed it since it was read"), True),
        (2, IntegrityError("INSERT", {}, Exception("another was first")), False),
    ],
)
def test_what_clashed_with_another_worker_is_tried_once_more_at_once(
    ats: Employer, clashes: int, clash: Exception, worked_in: bool
) -> None:
    class Clashing(Greenhouse):
        left = clashes

        def translate(self, *given: Any) -> Translation | Needs:
            if Clashing.left:
                Clashing.left -= 1
                raise clash
            return super().translate(*given)

    _post(ats, _applied())
    with session_of(ats.app) as session:
        office = parts(ats.app).office
        report = ingest(session, office, ats.clock, adapters=lambda _vendor: Clashing())

    assert (report.done, report.retried) == ((1, 0) if worked_in else (0, 1))
    (delivery,) = _deliveries(ats)
    assert (delivery.state, delivery.attempts) == ("done" if worked_in else "received", 1)


def test_a_stopped_worker_hands_back_what_it_did_not_begin(ats: Employer) -> None:
    for i in range(3):
        _post(ats, _applied(9001 + i), f"gh-{i}")
    asked = iter([False, False, True, True])
    with session_of(ats.app) as session:
        ingest(session, parts(ats.app).office, ats.clock, stop=lambda: next(asked))

    assert [each.state for each in _deliveries(ats)] == ["done", "received", "received"]
    assert _ingest(ats).done == 2


def test_a_fault_of_the_database_puts_no_name_in_the_log(
    ats: Employer, caplog: pytest.LogCaptureFixture
) -> None:
    name = "Zephyrine Quillfeather"

    def run(session, _tools):
        now = ats.now
        session.add(Candidate(id="one", first_name=name, created_at=now))
        session.flush()
        session.expunge_all()
        session.add(Candidate(id="one", first_name=name, created_at=now))
        session.flush()

    with caplog.at_level(logging.DEBUG):
        parts(ats.app).runner.turn(Step("test", STEPS[0].period, STEPS[0].late_after, run))

    assert "the step test failed with IntegrityError" in caplog.text
    assert "Zephyrine" not in caplog.text


def test_a_faulty_delivery_puts_no_name_in_the_log_or_in_its_error(
    ats: Employer, caplog: pytest.LogCaptureFixture
) -> None:
    person = {**CANDIDATE, "first_name": "Zephyrine", "email_addresses": "zephyrine@example.com"}
    for changes in ({"candidate": person}, {"candidate": "Zephyrine"}, {"id": "Zephyrine\x00"}):
        _post(ats, body("new_candidate_application", {"application": {**APPLICATION, **changes}}))
    with caplog.at_level(logging.DEBUG):
        _ingest(ats)

    assert "ephyrine" not in caplog.text
    assert not any("ephyrine" in (each.error or "") for each in _deliveries(ats))


IMPOSSIBLE = [
    ("", "greenhouse", ["x"], "/name"),
    ("Main", "greenhouse", ["x"], "/name"),
    ("a b", "greenhouse", ["x"], "/name"),
    ("-a", "greenhouse", ["x"], "/name"),
    ("a" * 64, "greenhouse", ["x"], "/name"),
    ("main", "greenhouse", ["x"], "/name"),
    ("new", "nobody", ["x"], "/vendor"),
    ("new", "greenhouse", [], "/secrets"),
    ("new", "greenhouse", ["  "], "/secrets"),
    ("new", "greenhouse", list("abcde"), "/secrets"),
]


def test_a_connection_that_cannot_be_is_refused_with_the_field_at_fault(ats: Employer) -> None:
    for name, vendor, secrets, pointer in IMPOSSIBLE:
        with ats.work() as work, pytest.raises(BadConnectionError) as refused:
            add_connection(work, name, vendor, secrets, rejections_by="keepword")
        assert refused.value.pointer == pointer, (name, vendor, secrets)


def test_secrets_are_stored_sealed_and_rotated(ats: Employer) -> None:
    with ats.work() as work:
        connection = work.session.scalars(select(Connection)).one()
        assert SECRET not in json.dumps(connection.secrets)
        assert live_secrets(work, connection) == [SECRET]

        set_secrets(work, connection, [" the new one ", SECRET])
        assert live_secrets(work, connection) == ["the new one", SECRET]


def test_a_stage_that_is_none_of_ours_is_refused(ats: Employer) -> None:
    with ats.work() as work, pytest.raises(BadConnectionError) as refused:
        add_connection(
            work, "new", "greenhouse", ["x"], {"Phone": "chatting"}, rejections_by="keepword"
        )

    assert refused.value.pointer == "/stage_map/Phone"
