"""Ashby from the POST to the standing: posted, asked for what is missing, and polled."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from service.ats.ashby import Ashby
from service.db import db
from service.models import Application, Connection, Decision, Delivery, User
from service.workflows.connections import add_connection
from tests.doubles import ashby_bodies as ashby
from tests.doubles.vendor_api import Reply, Seen, VendorApiDouble
from tests.harness import Employer, make_employer
from tests.integration.ats_orders import at
from tests.integration.ats_reports import standing_of

SECRET = "an invented secret"
HOOK = "/hooks/ats/main"
NOW = at(13)
NOTHING = {"success": True, "results": [], "moreDataAvailable": False}


@pytest.fixture(name="api")
def _api(api: VendorApiDouble) -> VendorApiDouble:
    for each in ("application", "job", "interviewSchedule"):
        api.on("POST", f"/{each}.list", NOTHING)
    return api


@pytest.fixture(name="employer")
def _employer(database_url: str, tmp_path: Path, api: VendorApiDouble) -> Iterator[Employer]:
    """An employer with Ashby, whose API is the double."""
    made = make_employer(database_url, tmp_path, at=NOW)
    with made.work() as work:
        add_connection(
            work,
            "main",
            "ashby",
            [SECRET],
            rejections_by="keepword",
            fields={"api_key": "an invented api key", "api_url": api.base_url},
        )
    yield made
    with made.app.app_context():
        db.engine.dispose()


def post(employer: Employer, action: str, data: object) -> int:
    body = ashby.body(action, data)
    headers = Ashby().sign(body, SECRET, employer.now, "")
    return employer.app.test_client().post(HOOK, data=body, headers=headers).status_code


def standing(employer: Employer) -> dict[str, object]:
    with employer.work() as work:
        return standing_of(work, "a-1")


def test_one_hire_told_three_times_is_stored_three_times_and_is_one(employer: Employer) -> None:
    hired = {"application": ashby.application(status="Hired")}
    three = ["candidateHire", "candidateStageChange", "applicationUpdate"]

    assert [post(employer, action, hired) for action in [*three, *three]] == [200] * 6
    employer.turn()
    assert standing(employer)["stage"] == "hired"
    with employer.session() as session:
        assert [each.state for each in session.scalars(select(Delivery))] == ["done"] * 3
        assert session.scalars(select(Application)).one().closed_at is not None


def test_an_event_without_its_job_is_asked_about_and_applied(
    employer: Employer, api: VendorApiDouble
) -> None:
    api.on("POST", "/application.info", {"success": True, "results": ashby.APPLICATION})
    bare = {"application": ashby.application(job=..., hiringTeam=...)}
    assert post(employer, "candidateStageChange", bare) == 200
    employer.turn()

    (asked,) = api.asked("/application.info")
    assert asked.json == {"applicationId": "a-1"}
    assert asked.headers["content-type"] == "application/json"
    pair = base64.b64encode(b"an invented api key:").decode()
    assert asked.headers["authorization"] == f"Basic {pair}"
    with employer.session() as session:
        application = session.scalars(select(Application)).one()
        assert application.job.title == "Bookbinder"
        owner = session.get_one(User, application.owner_id)
        assert owner.email == "tess.marlow@example.org"


def test_a_poll_reads_every_page_and_closes_what_no_webhook_told(
    employer: Employer, api: VendorApiDouble
) -> None:
    def answer(seen: Seen) -> Reply:
        if seen.json.get("cursor") != "G8":
            return Reply({**NOTHING, "moreDataAvailable": True, "nextCursor": "G8"})
        return Reply({**NOTHING, "results": [ashby.archived("RejectedByOrg")]})

    api.on("POST", "/application.list", answer)
    employer.turn()
    employer.turn()
    assert standing(employer)["stage"] == "rejected"
    assert standing(employer)["decisions"] == ["Other offer"]

    employer.pass_time(minutes=40)
    with employer.session() as session:
        (found,) = session.scalars(select(Delivery)).all()
        assert found.found == "application"
        assert len(session.scalars(select(Decision)).all()) == 1


def test_a_second_poll_asks_only_for_what_changed_since_the_first(
    employer: Employer, api: VendorApiDouble
) -> None:
    asked: list[dict[str, object]] = []

    def answer(seen: Seen) -> Reply:
        asked.append(seen.json)
        return Reply({**NOTHING, "syncToken": f"T{len(asked)}"})

    api.on("POST", "/application.list", answer)
    employer.turn()
    employer.pass_time(minutes=20)
    employer.pass_time(minutes=20)

    assert "createdAfter" in asked[0]
    assert [each.get("syncToken") for each in asked[1:]] == ["T1", "T2"]
    assert not any("createdAfter" in each for each in asked[1:])


def test_where_ashby_refuses_its_token_everything_is_read_again(
    employer: Employer, api: VendorApiDouble
) -> None:
    asked: list[dict[str, object]] = []

    def answer(seen: Seen) -> Reply:
        asked.append(seen.json)
        if "syncToken" in seen.json:
            return Reply({"success": False, "errors": ["sync_token_expired"]})
        changed = ashby.archived("RejectedByOrg") | {"updatedAt": at(13, 10).isoformat()}
        results = [] if len(asked) == 1 else [changed]
        return Reply({**NOTHING, "results": results, "syncToken": "T1"})

    api.on("POST", "/application.list", answer)
    employer.turn()
    employer.pass_time(minutes=20)
    employer.turn()

    assert ["syncToken" in each for each in asked[:3]] == [False, True, False]
    assert standing(employer)["stage"] == "rejected"
    with employer.session() as session:
        assert session.scalars(select(Connection)).one().sync_fault is None


def test_a_page_that_ashby_refuses_is_a_fault_that_people_see(
    employer: Employer, api: VendorApiDouble
) -> None:
    said = {"success": False, "errors": ["missing_endpoint_permission"]}
    api.on("POST", "/application.list", said)
    employer.turn()
    employer.turn()

    with employer.session() as session:
        fault = session.scalars(select(Connection)).one().sync_fault
    assert fault is not None
    assert "missing_endpoint_permission" in fault


def test_what_is_not_signed_is_refused(employer: Employer) -> None:
    body = json.dumps({"action": "ping", "data": {}}).encode()

    assert employer.app.test_client().post(HOOK, data=body).status_code == 401
