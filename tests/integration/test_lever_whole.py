"""Lever from the POST to the standing: posted, asked for, polled, replayed and forged."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from service.ats.lever import Lever
from service.db import db
from service.models import Application, Delivery
from service.workflows.connections import add_connection
from tests.doubles import lever_bodies as lever
from tests.doubles.vendor_api import Reply, Seen, VendorApiDouble
from tests.harness import Employer, make_employer
from tests.integration.ats_orders import at
from tests.integration.ats_reports import standing_of

TOKENS = ["the token of one event", "the token of another event"]
HOOK = "/hooks/ats/main"
NOW = at(12)


@pytest.fixture(name="api")
def _api(api: VendorApiDouble) -> VendorApiDouble:
    api.on("GET", "/opportunities", {"data": [], "hasNext": False})
    api.on("GET", "/opportunities/deleted", {"data": [], "hasNext": False})
    api.on("GET", "/postings", {"data": [], "hasNext": False})
    api.on("GET", "/postings/p-1", {"data": lever.POSTING})
    api.on("GET", "/opportunities/o-1/interviews", {"data": [lever.interview()]})
    reason = {"id": "r-1", "text": "Underqualified", "type": "non-hired"}
    api.on("GET", "/archive_reasons/r-1", {"data": reason})
    lever_has(api)
    return api


@pytest.fixture(name="employer")
def _employer(database_url: str, tmp_path: Path, api: VendorApiDouble) -> Iterator[Employer]:
    """An employer with Lever, whose API is the double."""
    made = make_employer(database_url, tmp_path, at=NOW)
    with made.work() as work:
        add_connection(
            work,
            "main",
            "lever",
            TOKENS,
            rejections_by="keepword",
            fields={"api_key": "an invented api key", "api_url": api.base_url},
        )
    yield made
    with made.app.app_context():
        db.engine.dispose()


def lever_has(api: VendorApiDouble, **state: object) -> None:
    api.on("GET", "/opportunities/o-1", {"data": lever.opportunity(**state)})


def signed(event: str, token: str = TOKENS[0], number: int = 1, **data: object) -> bytes:
    return Lever().signed_body(lever.body(event, **data), token, NOW, f"d-{number}")


def post(employer: Employer, body: bytes) -> int:
    client = employer.app.test_client()
    return client.post(HOOK, data=body, content_type="application/json").status_code


def stage(employer: Employer) -> str:
    with employer.work() as work:
        return str(standing_of(work, "o-1")["stage"])


def test_a_hint_is_asked_about_with_the_key_and_applied(
    employer: Employer, api: VendorApiDouble
) -> None:
    assert post(employer, signed("applicationCreated")) == 200
    employer.turn()

    assert stage(employer) == "interview"
    (asked,) = api.asked("/opportunities/o-1")
    pair = base64.b64encode(b"an invented api key:").decode()
    assert asked.headers["authorization"] == f"Basic {pair}"
    assert [value for name, value in asked.query if name == "expand"] == [
        "applications", "stage", "owner", "contact",
    ]  # fmt: skip
    with employer.session() as session:
        application = session.scalars(select(Application)).one()
        assert application.interviewed_at is not None


def test_the_token_of_any_event_is_taken(employer: Employer) -> None:
    assert post(employer, signed("candidateHired", TOKENS[1])) == 200
    assert post(employer, signed("candidateHired", "nobody's token")) == 401


def test_what_the_data_claims_is_nothing_until_lever_says_so(
    employer: Employer, api: VendorApiDouble
) -> None:
    claim = signed("candidateArchiveChange", toArchived={"archivedAt": 1, "reason": "r-1"})
    assert post(employer, claim) == 200
    employer.turn()
    assert stage(employer) == "interview"

    lever_has(api, archived=lever.archived(at=NOW), updatedAt=lever.millis(NOW))
    post(employer, signed("candidateArchiveChange", number=2))
    # Lever's pace counts by the clock, which stands still otherwise.
    employer.pass_time(minutes=1)
    assert stage(employer) == "rejected"


def test_a_delivery_sent_again_under_another_id_with_other_data_is_the_same(
    employer: Employer,
) -> None:
    body = signed("candidateStageChange")
    members = json.loads(body)
    forged = json.dumps(members | {"id": "another", "data": {"opportunityId": "o-2"}}).encode()

    assert [post(employer, each) for each in (body, body, forged)] == [200, 200, 200]
    with employer.session() as session:
        (delivery,) = session.scalars(select(Delivery)).all()
        assert delivery.duplicates == 2
        assert delivery.body == body


def test_a_poll_reads_every_page_and_closes_what_no_webhook_told(
    employer: Employer, api: VendorApiDouble
) -> None:
    def answer(seen: Seen) -> Reply:
        if ("offset", "[1,2]") not in seen.query:
            return Reply({"data": [], "hasNext": True, "next": "[1,2]"})
        record = lever.opportunity(archived=lever.archived())
        return Reply({"data": [record], "hasNext": False})

    api.on("GET", "/opportunities", answer)
    employer.turn()
    employer.turn()
    assert stage(employer) == "rejected"

    employer.pass_time(minutes=40)
    with employer.session() as session:
        (found,) = session.scalars(select(Delivery)).all()
        assert found.found == "opportunity"


def test_a_deleted_person_is_erased_once_lever_has_them_no_more(
    employer: Employer, api: VendorApiDouble
) -> None:
    post(employer, signed("applicationCreated"))
    employer.turn()
    gone = Reply({"code": "ResourceNotFound"}, 404)
    api.on("GET", "/opportunities/o-1", gone)
    api.on("GET", "/contacts/c-1", gone)

    post(employer, signed("candidateDeleted", number=2))
    employer.pass_time(minutes=1)
    with employer.session() as session:
        application = session.scalars(select(Application)).one()
        assert application.candidate.erased_at is not None
