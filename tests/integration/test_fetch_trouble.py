"""Hints whose vendor refuses, rests or is in trouble: they wait, hold up nobody else, and end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from service.domain.retries import PATIENCE
from service.models import (
    Candidate,
    Connection,
    Delivery,
    DeliveryAnswer,
)
from service.workflows.check import BACKLOG_BOUND, VENDOR_BOUND, backlog, vendors_behind
from service.workflows.ingest import replay
from tests.doubles.vendor_api import BROKEN, RESET, Reply, VendorApiDouble, busy, refused
from tests.harness import Employer
from tests.integration.hints import (
    connect,
    connection_of,
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


def test_without_credentials_a_hint_fails_with_the_remedy_and_is_replayed_with_them(
    employer: Employer, api: VendorApiDouble
) -> None:
    of = connect(employer, api)
    tell_things(api)
    with employer.work() as work:
        work.session.get_one(Connection, of).credentials = {}
    id_ = hint(employer)
    assert work_all_in(employer).failed == 1
    failed = delivery_of(employer, id_)
    assert failed.state == "failed"
    assert "keepword connection credentials main" in (failed.error or "")
    assert api.seen == []

    with employer.work() as work:
        work.session.get_one(Connection, of).credentials = {"api_key": work.office.box.seal("k")}
        replay(work, work.session.scalars(select(Delivery)).one())
    assert work_all_in(employer).done == 1


def test_credentials_that_cannot_be_opened_fail_no_hint(
    employer: Employer, api: VendorApiDouble
) -> None:
    of = connect(employer, api)
    with employer.work() as work:
        work.session.get_one(Connection, of).credentials = {"api_key": "sealed under another key"}
    id_ = hint(employer)

    assert work_all_in(employer).waiting == 1
    assert delivery_of(employer, id_).state == "received"
    assert "SECRET_KEY" in (connection_of(employer).api_fault or "")


def test_a_vendor_that_refuses_for_an_hour_and_then_does_not_loses_nothing(
    employer: Employer, api: VendorApiDouble
) -> None:
    connect(employer, api)
    tell_things(api)
    api.out_of_order(refused(401))
    vendors, began = http(employer), employer.now
    ids = [hint(employer, str(number)) for number in range(5)]
    for _ in range(60):
        work_all_in(employer, vendors)
        employer.clock.advance(timedelta(minutes=1))
    faulty = connection_of(employer)
    assert "refuses the credentials" in (faulty.api_fault or "")
    assert faulty.api_fault_at == began
    assert {delivery_of(employer, id_).state for id_ in ids} == {"received"}
    # It was asked now and then, and not with every hint.
    assert len(api.seen) < 20

    api.out_of_order(None)
    for _ in range(60):
        work_all_in(employer, vendors)
        employer.clock.advance(timedelta(minutes=1))
    assert {delivery_of(employer, id_).state for id_ in ids} == {"done"}
    mended = connection_of(employer)
    assert (mended.api_fault, mended.api_fault_at) == (None, None)


@pytest.mark.parametrize("reply", [BROKEN, RESET, busy(), Reply(b"<html>moved</html>")])
def test_a_vendor_in_trouble_is_waited_for(
    employer: Employer, api: VendorApiDouble, reply: Reply
) -> None:
    connect(employer, api)
    api.on("GET", "/things/1", thing())
    api.then("/things/1", reply)
    id_, vendors = hint(employer), http(employer)
    assert work_all_in(employer, vendors).waiting == 1
    waiting = delivery_of(employer, id_)
    assert (waiting.state, waiting.attempts, waiting.lease_token) == ("received", 0, None)
    assert (waiting.error or "").startswith("the vendor's API")
    assert connection_of(employer).api_fault == waiting.error
    assert count(employer, DeliveryAnswer) == 0

    employer.clock.move_to(waiting.next_attempt_at)
    assert run_fetch(employer, vendors).done == 1
    assert connection_of(employer).api_fault is None


def test_hints_that_waited_out_a_long_fault_are_served_as_soon_as_anything_answers(
    employer: Employer, api: VendorApiDouble
) -> None:
    connect(employer, api)
    tell_things(api)
    api.out_of_order(BROKEN)
    ids, vendors = [hint(employer, str(number)) for number in range(3)], http(employer)
    for _ in range(30):
        work_all_in(employer, vendors)
        employer.clock.advance(timedelta(minutes=20))
    assert max(delivery_of(employer, id_).next_attempt_at for id_ in ids) > employer.now

    api.out_of_order(None)
    ids.append(hint(employer, "9"))
    # The newest is the first that is due; its answer is good news for the others.
    employer.clock.advance(timedelta(minutes=10))
    work_all_in(employer, vendors)
    assert {delivery_of(employer, id_).state for id_ in ids} == {"done"}


def test_what_may_never_be_asked_is_not_hurried_by_every_good_answer(
    employer: Employer, api: VendorApiDouble
) -> None:
    connect(employer, api)
    tell_things(api)
    api.on("GET", "/things/bad", refused(403))
    hint(employer, "bad")
    vendors = http(employer)
    for number in range(60):
        hint(employer, str(number))
        work_all_in(employer, vendors)
        employer.clock.advance(timedelta(seconds=10))

    assert count(employer, Delivery, Delivery.state == "done") == 60
    assert len(api.asked("/things/bad")) <= 11


def test_a_vendor_that_asks_for_a_rest_is_left_alone_for_all_hints(
    employer: Employer, api: VendorApiDouble
) -> None:
    connect(employer, api)
    tell_things(api)
    api.then("/things/*", busy("600"))
    ids = [hint(employer, str(number)) for number in range(30)]
    began = employer.now
    work_all_in(employer)
    assert len(api.seen) == 1
    due = {delivery_of(employer, id_).next_attempt_at for id_ in ids}
    assert min(due) >= began + timedelta(minutes=10)

    employer.clock.advance(timedelta(minutes=9))
    # Another process, which was not told to wait, waits all the same.
    assert run_fetch(employer, http(employer)).asked == 0
    employer.clock.advance(timedelta(minutes=2))
    assert run_fetch(employer, http(employer)).done == 30


def test_one_vendor_that_is_down_delays_no_other(employer: Employer, api: VendorApiDouble) -> None:
    tell_things(api)
    with VendorApiDouble() as down:
        down.out_of_order(BROKEN)
        connect(employer, down, "down")
        connect(employer, api, "well")
        for number in range(30):
            hint(employer, str(number), "down")
        hint(employer, "99", "well")
        report = work_all_in(employer)

        assert (report.done, len(down.seen), len(api.seen)) == (1, 1, 1)


def test_what_may_not_be_asked_waits_alone(employer: Employer, api: VendorApiDouble) -> None:
    connect(employer, api)
    tell_things(api)
    api.on("GET", "/things/1", refused(403))
    forbidden, other = hint(employer, "1"), hint(employer, "2")
    report = work_all_in(employer)

    assert (report.waiting, report.done) == (1, 1)
    assert "403" in (delivery_of(employer, forbidden).error or "")
    assert delivery_of(employer, other).state == "done"


def test_what_may_be_done_without_is_waited_for_by_nobody(
    employer: Employer, api: VendorApiDouble
) -> None:
    connect(employer, api)
    api.on("GET", "/things/1", thing(owner_id="u1"))
    api.on("GET", "/users/u1", refused(403))
    id_ = hint(employer)

    assert work_all_in(employer).done == 1
    assert connection_of(employer).api_fault is None
    found = delivery_of(employer, id_)
    assert (found.state, found.error) == ("done", None)
    # That something is missing is not hidden from whoever looks.
    assert "a permission is missing" in (found.outcome or "")
    assert _names(employer) == ["Mira"]

    # The permission is given: asked anew, it is found.
    api.on("GET", "/users/u1", {"id": "u1", "email": "boss@example.com"})
    with employer.work() as work:
        replay(work, work.session.scalars(select(Delivery)).one(), afresh=True)
    assert work_all_in(employer).done == 1
    assert delivery_of(employer, id_).outcome is None


@pytest.mark.parametrize("reply", [refused(401), BROKEN, busy()])
def test_what_may_be_done_without_is_waited_for_where_the_vendor_is_in_trouble(
    employer: Employer, api: VendorApiDouble, reply: Reply
) -> None:
    connect(employer, api)
    api.on("GET", "/things/1", thing(owner_id="u1"))
    api.on("GET", "/users/u1", reply)
    hint(employer)

    assert work_all_in(employer).waiting == 1
    assert _names(employer) == []


def test_a_hint_is_given_up_after_days_and_can_be_replayed(
    employer: Employer, api: VendorApiDouble
) -> None:
    connect(employer, api)
    api.out_of_order(BROKEN)
    id_, vendors = hint(employer), http(employer)
    began = employer.now
    while employer.now < began + PATIENCE + 2 * HOUR:
        work_all_in(employer, vendors)
        assert delivery_of(employer, id_).state == "received" or employer.now >= began + PATIENCE
        employer.clock.advance(timedelta(minutes=30))
    failed = delivery_of(employer, id_)
    assert failed.state == "failed"
    assert "for 5 days" in (failed.error or "")

    api.out_of_order(None)
    tell_things(api)
    with employer.work() as work:
        replay(work, work.session.scalars(select(Delivery)).one())
    assert work_all_in(employer, http(employer)).done == 1


def test_days_that_nobody_asked_in_try_no_patience(
    employer: Employer, api: VendorApiDouble
) -> None:
    connect(employer, api)
    api.out_of_order(BROKEN)
    id_ = hint(employer)
    run_ingest(employer)
    # The machine was off for a week, and the network comes up after the worker does.
    employer.clock.advance(PATIENCE + timedelta(days=2))

    assert run_fetch(employer).waiting == 1
    assert delivery_of(employer, id_).state == "received"


def test_a_dead_vendor_does_not_keep_everybody_unflagged_for_ever(
    employer: Employer, api: VendorApiDouble
) -> None:
    connect(employer, api)
    api.out_of_order(BROKEN)
    vendors = http(employer)
    hint(employer, "0")
    work_all_in(employer, vendors)
    employer.clock.advance(BACKLOG_BOUND + timedelta(seconds=1))
    with employer.session() as session:
        assert "1 deliveries" in (backlog(session, employer.now) or "")

    # It stays dead and goes on posting: that must not begin the wait anew each time.
    for number in range(1, 9):
        hint(employer, str(number))
        work_all_in(employer, vendors)
        employer.clock.advance(timedelta(minutes=2))
    with employer.session() as session:
        assert backlog(session, employer.now) is None
        (behind,) = vendors_behind(session, employer.now)
    assert employer.now - behind.since > VENDOR_BOUND
    assert behind.hints == 8
