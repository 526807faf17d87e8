"""The running application asks a vendor by itself: webhook and poll, from the POST to the page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from service.ats.lever import Lever
from service.db import db
from service.models import Application, Candidate, Connection, Delivery
from service.workflows.connections import add_connection
from tests.doubles.lever_bodies import RECEIVED_AT, TRIGGERED_AT, body, lever_has, opportunity
from tests.doubles.vendor_api import Reply, Seen, VendorApiDouble, refused
from tests.harness import Employer, make_employer
from tests.integration.watching import count

SECRET = "an invented lever token"
KEY = "an invented api key"


@pytest.fixture(name="lever")
def _lever(database_url: str, tmp_path: Path, api: VendorApiDouble) -> Iterator[Employer]:
    """An employer with Lever, whose API is the double."""
    made = make_employer(database_url, tmp_path, at=RECEIVED_AT)
    with made.work() as work:
        add_connection(
            work,
            "main",
            "lever",
            [SECRET],
            rejections_by="keepword",
            fields={"api_key": KEY, "api_url": api.base_url},
        )
    has = lever_has()

    def answer(seen: Seen) -> Reply:
        known = has.get(seen.path)
        return Reply({"data": []}) if known is None else Reply(known.body, known.status)

    api.on("GET", "/*", answer)
    yield made
    with made.app.app_context():
        db.engine.dispose()


def _post(employer: Employer) -> None:
    adapter = Lever()
    signed = adapter.signed_body(
        body("candidateStageChange", opportunityId="o-1", contactId="c-1", toStageId="s-1"),
        SECRET,
        TRIGGERED_AT,
        "1",
    )
    headers = adapter.sign(signed, SECRET, TRIGGERED_AT, "1")
    answer = employer.app.test_client().post("/hooks/ats/main", data=signed, headers=headers)
    assert answer.status_code == 200


def _told(employer: Employer) -> list[str]:
    with employer.session() as session:
        return [
            row.state for row in session.scalars(select(Delivery).where(Delivery.found.is_(None)))
        ]


def test_a_hint_posted_is_asked_for_and_applied_by_the_loops(
    lever: Employer, api: VendorApiDouble
) -> None:
    _post(lever)
    lever.turn()

    assert _told(lever) == ["done"]
    with lever.session() as session:
        assert session.scalars(select(Candidate.first_name)).all() == ["Mira"]
        connection = session.scalars(select(Connection)).one()
        assert connection.watermark_at == RECEIVED_AT
        assert connection.sync_fault is None
    asked = {seen.path for seen in api.seen}
    assert {"/opportunities", "/opportunities/deleted", "/postings"} <= asked
    assert {"authorization" in seen.headers for seen in api.seen} == {True}


def test_what_no_webhook_told_is_found_by_the_poll_and_is_not_doubled_by_it(
    lever: Employer, api: VendorApiDouble
) -> None:
    api.on("GET", "/opportunities", {"data": [opportunity()], "hasNext": False})
    lever.turn()
    assert count(lever, Application) == 1

    _post(lever)
    lever.pass_time(minutes=20)
    assert _told(lever) == ["done"]
    assert count(lever, Application) == 1
    assert count(lever, Delivery, Delivery.found.is_not(None)) == 1


def test_an_hour_of_refusals_loses_nothing(lever: Employer, api: VendorApiDouble) -> None:
    api.out_of_order(refused(401))
    _post(lever)
    for _ in range(12):
        lever.pass_time(minutes=5)
    with lever.session() as session:
        connection = session.scalars(select(Connection)).one()
        assert "401" in (connection.api_fault or "")
        assert "401" in (connection.sync_fault or "")
        assert connection.api_fault_at == RECEIVED_AT + timedelta(minutes=5)
        assert connection.watermark_at is None
    assert _told(lever) == ["received"]

    api.out_of_order(None)
    # The poll is the first to hear that the API is well; what waits follows at once.
    for _ in range(4):
        lever.pass_time(minutes=5)
    assert _told(lever) == ["done"]
    with lever.session() as session:
        connection = session.scalars(select(Connection)).one()
        assert (connection.api_fault, connection.sync_fault) == (None, None)
        assert connection.watermark_at is not None
        assert connection.watermark_at > RECEIVED_AT + timedelta(hours=1)
