"""Teamtailor from the POST to the letter: posted, fetched, polled, and told when it may be."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from service.ats.teamtailor import Teamtailor
from service.db import db
from service.models import Application, Delivery
from service.workflows.connections import add_connection
from service.workflows.messages import Wish, write_letter
from tests.doubles import teamtailor_bodies as bodies
from tests.doubles.vendor_api import Reply, Seen, VendorApiDouble
from tests.harness import Employer, add_user, make_employer
from tests.integration.ats_orders import at
from tests.integration.ats_reports import standing_of

KEY = "an invented signature key"
HOOK = "/hooks/ats/main"
NOW = at(12)
REJECTED_AT = "2026-03-05T11:00:00.000+00:00"
VISIBLE = NOW + timedelta(days=1)


@pytest.fixture(name="employer")
def _employer(database_url: str, tmp_path: Path, api: VendorApiDouble) -> Iterator[Employer]:
    """An employer with Teamtailor, whose API is the double."""
    made = make_employer(database_url, tmp_path, at=NOW)
    with made.work() as work:
        add_connection(
            work,
            "main",
            "teamtailor",
            [KEY],
            rejections_by="keepword",
            fields={"api_key": "an invented api key", "api_url": api.base_url},
        )
    api.on("GET", "/v1/*", Reply({"data": [], "links": {}}))
    api.on("GET", "/v1/jobs/26", bodies.job_document())
    has(api, bodies.application())
    yield made
    with made.app.app_context():
        db.engine.dispose()


def has(api: VendorApiDouble, document: dict[str, Any]) -> None:
    api.on("GET", "/v1/job-applications/634", document)


def post(employer: Employer, body: bytes) -> int:
    headers = Teamtailor().sign(body, KEY, employer.now, "")
    return employer.app.test_client().post(HOOK, data=body, headers=headers).status_code


def stage(employer: Employer) -> str:
    with employer.work() as work:
        return str(standing_of(work, "634")["stage"])


def write_rejection(employer: Employer) -> None:
    with employer.work() as work:
        application = work.session.scalars(select(Application)).one()
        write_letter(work, application, Wish("rejection-application", {}, add_user(work).id))


def rejections(employer: Employer) -> int:
    return sum(mail.kind == "rejection-application" for mail in employer.transport.sent)


def test_a_hint_is_fetched_and_applied_with_the_key(
    employer: Employer, api: VendorApiDouble
) -> None:
    assert post(employer, bodies.webhook(updated_at="2026-03-05T10:00:00.000+01:00")) == 200
    employer.turn()

    assert stage(employer) == "applied"
    (asked,) = api.asked("/v1/job-applications/634")
    assert asked.headers["authorization"] == "Token token=an invented api key"
    assert asked.headers["x-api-version"] == "20210218"
    assert dict(asked.query) == {"include": "candidate,job,stage,reject-reason"}


def test_a_rejection_is_told_only_when_teamtailor_lets_it_be(
    employer: Employer, api: VendorApiDouble
) -> None:
    has(api, bodies.application(why=bodies.reason(), rejected_at=REJECTED_AT))
    body = bodies.webhook(
        updated_at=REJECTED_AT,
        rejected_at=REJECTED_AT,
        transparent_recruiting_visible_at=VISIBLE.isoformat(),
    )
    post(employer, body)
    employer.turn()
    assert stage(employer) == "rejected"
    write_rejection(employer)

    employer.pass_time(hours=2)
    employer.move_to(VISIBLE - timedelta(seconds=1))
    assert rejections(employer) == 0
    employer.move_to(VISIBLE)
    assert rejections(employer) == 1


def test_a_rejection_that_only_the_poll_saw_is_told_by_nobody_who_has_not_looked(
    employer: Employer, api: VendorApiDouble
) -> None:
    page = bodies.page(bodies.application(why=bodies.reason(), rejected_at=REJECTED_AT))
    api.on("GET", "/v1/job-applications", Reply(json.loads(page)))
    employer.turn()
    employer.turn()
    assert stage(employer) == "rejected"
    write_rejection(employer)

    employer.pass_time(days=4)
    assert rejections(employer) == 0


def test_the_poll_reads_every_page_of_every_list_once(
    employer: Employer, api: VendorApiDouble
) -> None:
    def answer(seen: Seen) -> Reply:
        second = dict(seen.query).get("page[number]") == "2"
        following = None if second else f"https://api.example.com{seen.path}?page%5Bnumber%5D=2"
        documents = [bodies.application()] if second else []
        return Reply(json.loads(bodies.page(*documents, following=following)))

    api.on("GET", "/v1/job-applications", answer)
    employer.turn()
    employer.turn()
    employer.pass_time(minutes=20)

    assert stage(employer) == "applied"
    with employer.session() as session:
        found = session.scalars(select(Delivery.identity)).all()
    assert found == ["found:job-application:634:2026-03-05T10:00:00.000+01:00"]
    assert {seen.path for seen in api.seen} >= {"/v1/candidates", "/v1/jobs"}


def test_a_deletion_is_believed_and_takes_the_person_with_it(employer: Employer) -> None:
    post(employer, bodies.webhook(updated_at="2026-03-05T10:00:00.000+01:00"))
    employer.turn()
    post(employer, bodies.webhook("candidate.destroy", "candidates", id=bodies.CANDIDATE))
    employer.turn()

    with employer.session() as session:
        application = session.scalars(select(Application)).one()
        assert application.candidate.erased_at is not None


def test_the_old_signature_is_refused(employer: Employer) -> None:
    answer = employer.app.test_client().post(
        HOOK, data=bodies.webhook(), headers={"TT-Signature": "YzU1N2FhOTU="}
    )

    assert answer.status_code == 401
