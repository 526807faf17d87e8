"""SmartRecruiters from its greeting to the page: greeted, posted, fetched, polled, written to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from service.ats.smartrecruiters import SmartRecruiters
from service.db import db
from service.models import Application, Delivery, Job
from service.workflows.connections import add_connection
from tests.doubles import smartrecruiters_bodies as bodies
from tests.doubles.vendor_api import Reply, Seen, VendorApiDouble
from tests.harness import Employer, make_employer
from tests.integration.ats_orders import at
from tests.integration.ats_reports import standing_of
from tests.integration.watching import count

KEY = "an invented secret key"
HOOK = "/hooks/ats/main"
NOW = at(12)


@pytest.fixture(name="employer")
def _employer(database_url: str, tmp_path: Path, api: VendorApiDouble) -> Iterator[Employer]:
    """An employer with SmartRecruiters, whose API is the double."""
    made = make_employer(database_url, tmp_path, at=NOW)
    with made.work() as work:
        add_connection(
            work,
            "main",
            "smartrecruiters",
            [KEY],
            rejections_by="keepword",
            fields={"api_key": "an invented api key", "api_url": api.base_url},
        )
    has = {ask.path: record for ask, record in bodies.world().items()}

    def answer(seen: Seen) -> Reply:
        if seen.path in {"/candidates", "/jobs"}:
            return Reply({"content": []})
        return Reply(has.get(seen.path), 200 if seen.path in has else 404)

    api.on("GET", "/*", answer)
    yield made
    with made.app.app_context():
        db.engine.dispose()


def post(employer: Employer, event_id: str = "e1") -> int:
    body = bodies.application_body()
    headers = SmartRecruiters().sign(body, KEY, employer.now, event_id)
    return employer.app.test_client().post(HOOK, data=body, headers=headers).status_code


def work_in(employer: Employer) -> None:
    """Let the loops run for some seconds: the vendor takes eight requests in each."""
    for _ in range(4):
        employer.pass_time(seconds=1)


def rejected() -> dict[str, Any]:
    return {
        "application": bodies.application("REJECTED", reasonOfRejection={"label": "Other offer"}),
        "history": bodies.history(
            ("2026-03-04T09:00:00.000Z", "NEW"), ("2026-03-05T11:00:00.000Z", "REJECTED")
        ),
    }


def test_the_greeting_is_answered_200_with_its_secret_and_stored_nowhere(
    employer: Employer,
) -> None:
    answer = employer.app.test_client().post(HOOK, headers={"X-Hook-Secret": "4jn8fs9011jj8"})

    assert answer.status_code == 200
    assert answer.headers["X-Hook-Secret"] == "4jn8fs9011jj8"
    assert count(employer, Delivery) == 0


def test_a_delivery_is_answered_202_and_so_is_its_retry(employer: Employer) -> None:
    assert (post(employer), post(employer), post(employer, "e2")) == (202, 202, 202)
    assert count(employer, Delivery) == 2


def test_a_hint_is_fetched_and_applied_with_the_key(
    employer: Employer, api: VendorApiDouble
) -> None:
    post(employer)
    work_in(employer)

    with employer.work() as work:
        standing = standing_of(work, bodies.APPLICATION)
    assert (standing["stage"], standing["stage_at"]) == ("applied", at(9) - timedelta(days=1))
    assert {seen.headers["x-smarttoken"] for seen in api.seen} == {"an invented api key"}


def test_what_no_webhook_told_is_found_page_by_page(
    employer: Employer, api: VendorApiDouble
) -> None:
    for ask, record in bodies.world(**rejected()).items():
        api.on("GET", ask.path, record)
    pages = {
        None: {"content": [{"id": "nobody-1", "updatedOn": "x"}], "nextPageId": "two"},
        "two": {"content": [bodies.candidate()]},
    }
    api.on("GET", "/candidates", lambda seen: Reply(pages[dict(seen.query).get("pageId")]))
    work_in(employer)

    with employer.session() as session:
        assert session.scalars(select(Application.stage)).all() == ["rejected"]
        outcomes = session.scalars(select(Delivery.outcome).order_by(Delivery.identity)).all()
    assert outcomes[1] == "SmartRecruiters knows the candidate no more"


def test_a_key_that_may_not_read_jobs_teams_or_staff_still_tells_of_applications(
    employer: Employer, api: VendorApiDouble
) -> None:
    for what in ("/jobs/*", "/users/*"):
        api.on("GET", what, Reply({"message": "no"}, 403))
    post(employer)
    work_in(employer)

    with employer.work() as work:
        assert standing_of(work, bodies.APPLICATION)["stage"] == "applied"
        assert work.session.scalars(select(Delivery.state)).all() == ["done"]
        # Its id is known all the same: whoever may read it later finds the same job.
        assert work.session.scalars(select(Job.external_id)).all() == [bodies.JOB]
