"""Hints: what they are about is asked, kept beside them, worked in once, and waited for."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from service.app import session_of
from service.ats.asking import Ask
from service.models import (
    Candidate,
    Delivery,
    DeliveryAnswer,
)
from service.parts import parts
from service.vendors.base import Outcome, Reach
from service.workflows.check import backlog
from service.workflows.fetch import MOST_ANSWERS, fetch
from service.workflows.ingest import replay
from tests.doubles.hint_vendor import find
from tests.doubles.vendor_api import VendorApiDouble
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


def _names(employer: Employer) -> list[str | None]:
    with employer.session() as session:
        return list(session.scalars(select(Candidate.first_name).order_by(Candidate.first_name)))


def test_a_hint_is_asked_for_and_worked_in(employer: Employer, api: VendorApiDouble) -> None:
    connect(employer, api)
    api.on("GET", "/things/1", thing(job_id="j1"))
    api.on("GET", "/jobs/j1", {"id": "j1", "title": "Baker"})
    id_ = hint(employer)

    assert run_ingest(employer).asking == 1
    assert delivery_of(employer, id_).asked_at == employer.now
    report = run_fetch(employer)

    assert (report.done, report.asked, report.waiting) == (1, 2, 0)
    assert _names(employer) == ["Mira"]
    found = delivery_of(employer, id_)
    assert (found.state, found.error, found.attempts) == ("done", None, 1)
    assert count(employer, DeliveryAnswer) == 2
    assert run_fetch(employer).done == 0
    assert len(api.seen) == 2


def test_no_transaction_is_open_while_a_vendor_is_asked(
    employer: Employer, api: VendorApiDouble
) -> None:
    connect(employer, api)
    tell_things(api)
    hint(employer)
    run_ingest(employer)
    seen = []
    with session_of(employer.app) as session:
        real = http(employer)

        class Looking:
            def ask(self, reach: Reach, ask: Ask) -> Outcome:
                seen.append(session.in_transaction())
                return real.ask(reach, ask)

        fetch(session, parts(employer.app).office, employer.clock, Looking(), adapters=find)

    assert seen == [False]


def test_what_is_gone_at_the_vendor_is_ignored_by_name(
    employer: Employer, api: VendorApiDouble
) -> None:
    connect(employer, api)
    id_ = hint(employer)
    work_all_in(employer)

    found = delivery_of(employer, id_)
    assert (found.state, found.outcome) == ("ignored", "the thing is gone")
    # Filed under nobody, no erasure would find an answer; a replay asks again.
    assert count(employer, DeliveryAnswer) == 0


def test_an_answer_that_makes_no_sense_fails_its_hint_alone(
    employer: Employer, api: VendorApiDouble
) -> None:
    connect(employer, api)
    tell_things(api)
    api.on("GET", "/things/1", {"id": "1", "email": 5})
    bad, good = hint(employer, "1"), hint(employer, "2")
    work_all_in(employer)

    assert delivery_of(employer, bad).state == "failed"
    assert delivery_of(employer, good).state == "done"


def test_an_adapter_that_asks_for_ever_is_stopped(employer: Employer, api: VendorApiDouble) -> None:
    connect(employer, api)
    tell_things(api)
    id_ = hint(employer, event="endless")
    work_all_in(employer)

    found = delivery_of(employer, id_)
    assert found.state == "failed"
    assert "still asks" in (found.error or "")
    assert len(api.seen) <= 7 < MOST_ANSWERS


def test_an_id_that_would_lead_elsewhere_fails_its_hint(
    employer: Employer, api: VendorApiDouble
) -> None:
    connect(employer, api)
    ids = [hint(employer, bad) for bad in ("../users", "1?all=yes", "x" * 3000)]
    work_all_in(employer)

    assert {delivery_of(employer, id_).state for id_ in ids} == {"failed"}
    assert api.seen == []


def test_a_replay_reads_the_stored_answers_and_afresh_asks_again(
    employer: Employer, api: VendorApiDouble
) -> None:
    connect(employer, api)
    api.on("GET", "/things/1", thing(first_name="Mira"))
    id_ = hint(employer)
    work_all_in(employer)
    api.on("GET", "/things/1", thing(first_name="Miranda", at="2026-03-02T08:30:00Z"))

    with employer.work() as work:
        replay(work, work.session.scalars(select(Delivery)).one())
    # Nothing is to be asked, so ingest alone works it in.
    assert run_ingest(employer).done == 1
    assert (_names(employer), len(api.seen)) == (["Mira"], 1)

    with employer.work() as work:
        replay(work, work.session.scalars(select(Delivery)).one(), afresh=True)
    assert work_all_in(employer).done == 1
    assert (_names(employer), len(api.seen)) == (["Miranda"], 2)
    assert delivery_of(employer, id_).error is None


def test_a_hint_nobody_has_looked_at_still_counts_as_news(
    employer: Employer, api: VendorApiDouble
) -> None:
    connect(employer, api)
    hint(employer)
    employer.clock.advance(timedelta(days=1))
    with employer.session() as session:
        assert backlog(session, employer.now) is not None
