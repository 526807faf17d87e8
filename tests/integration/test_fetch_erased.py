"""Answers about people who were erased, and the vendors of removed connections."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from service.ats.asking import Ask
from service.models import (
    Application,
    Candidate,
    CandidateEmail,
    Connection,
    Delivery,
    DeliveryAnswer,
)
from service.vendors.base import Outcome, Reach
from service.workflows.check import vendors_behind
from service.workflows.erase import erase_candidate
from tests.doubles.vendor_api import BROKEN, Reply, VendorApiDouble
from tests.harness import Employer
from tests.integration.hints import (
    connect,
    delivery_of,
    hint,
    http,
    run_fetch,
    run_ingest,
    tell_things,
    thing,
    work_all_in,
)
from tests.integration.watching import count

HOUR = timedelta(hours=1)


def _names(employer: Employer) -> list[str | None]:
    with employer.session() as session:
        return list(session.scalars(select(Candidate.first_name).order_by(Candidate.first_name)))


def test_erasing_a_person_drops_the_answers_about_them(
    employer: Employer, api: VendorApiDouble
) -> None:
    connect(employer, api)
    tell_things(api, first_name="Zephyrine")
    hint(employer, "1")
    hint(employer, "2")
    work_all_in(employer)
    # One about the same person that nobody could place.
    stray = hint(employer, "3")
    with employer.work() as work:
        row = work.session.scalars(select(Delivery).where(Delivery.id == stray)).one()
        row.state = "failed"
        work.session.add(
            DeliveryAnswer(
                delivery_id=stray, ask="GET /things/3", status=200, headers={},
                body=b'{"email": "MIRA.1@example.com"}', fetched_at=work.now,
            )
        )  # fmt: skip
    with employer.work() as work:
        erase_candidate(
            work,
            work.session.scalars(
                select(Candidate)
                .join(CandidateEmail)
                .where(CandidateEmail.address_key == "mira.1@example.com")
            ).one(),
            "asked for it",
        )

    with employer.session() as session:
        left = session.scalars(select(DeliveryAnswer.body)).all()
    assert len(left) == 1
    assert b"mira.2" in left[0]


def test_an_answer_that_comes_after_the_erasure_is_not_kept(
    employer: Employer, api: VendorApiDouble
) -> None:
    connect(employer, api)
    tell_things(api)
    hint(employer, "1")
    work_all_in(employer)
    with employer.work() as work:
        erase_candidate(work, work.session.scalars(select(Candidate)).one(), "asked for it")
    late = hint(employer, "1")
    work_all_in(employer)

    assert delivery_of(employer, late).body == b""
    assert count(employer, DeliveryAnswer) == 0
    assert _names(employer) == [None]


def test_the_vendor_of_a_removed_connection_is_asked_no_more(
    employer: Employer, api: VendorApiDouble
) -> None:
    of = connect(employer, api)
    tell_things(api)
    ids = [hint(employer, str(number)) for number in range(3)]
    run_ingest(employer)

    class Removing:
        """The connection is removed while the first answer is on its way."""

        def ask(self, reach: Reach, ask: Ask) -> Outcome:
            with employer.work() as work:
                work.session.get_one(Connection, of).active = False
            return http(employer).ask(reach, ask)

    assert run_fetch(employer, Removing()).asked == 1
    employer.clock.advance(timedelta(days=30))
    assert run_fetch(employer).asked == 0
    assert {delivery_of(employer, id_).state for id_ in ids[1:]} == {"received"}
    with employer.session() as session:
        # Nobody waits for what will not be asked.
        assert vendors_behind(session, employer.now) == []

    with employer.work() as work:
        work.session.get_one(Connection, of).active = True
    assert run_fetch(employer).done == 2
    assert {delivery_of(employer, id_).state for id_ in ids} == {"done"}


@pytest.mark.parametrize("at_the_end", ["gone", "there", "nonsense"])
def test_who_is_erased_while_the_last_answer_is_awaited_leaves_nothing(
    employer: Employer, api: VendorApiDouble, at_the_end: str
) -> None:
    connect(employer, api)
    api.on("GET", "/things/1", thing(first_name="Zephyrine"))
    hint(employer, "1")
    work_all_in(employer)
    # A second hint: its first answer is here, and the vendor falls silent.
    api.on("GET", "/things/1", thing(first_name="Zephyrine", job_id="j1"))
    api.on("GET", "/jobs/j1", BROKEN)
    # Some vendors' hints name the person themselves.
    late = hint(employer, "1", email="mira.1@example.com")
    vendors = http(employer)
    work_all_in(employer, vendors)
    assert count(employer, DeliveryAnswer) == 2
    with employer.work() as work:
        erase_candidate(work, work.session.scalars(select(Candidate)).one(), "asked for it")
    assert count(employer, DeliveryAnswer) == 0

    api.on("GET", "/jobs/j1", {"id": "j1", "title": "Baker"})
    if at_the_end != "there":
        nonsense = Reply({"email": 5}) if at_the_end == "nonsense" else Reply({}, 404)
        api.on("GET", "/things/1", nonsense)
    employer.clock.advance(HOUR)
    run_fetch(employer, vendors)
    assert _names(employer) == [None]
    assert count(employer, Application) == 1
    with employer.session() as session:
        kept = [
            *session.scalars(select(DeliveryAnswer.body)),
            *session.scalars(select(Delivery.body)),
        ]
    assert not any(b"Zephyrine" in body or b"mira" in body for body in kept)
    assert delivery_of(employer, late).state != "received"
