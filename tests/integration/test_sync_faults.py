"""Syncs that fail, are killed or must wait: nothing is lost, and nobody else is held up."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from service.ats.asking import Ask
from service.clock import instant_text
from service.models import Connection, Delivery
from service.vendors.base import Busy, Outcome, Reach
from service.workflows.connection_settings import set_credentials
from service.workflows.connections import set_active
from service.workflows.sync import (
    FIRST_SPAN,
)
from service.workflows.sync_reading import LEASE
from tests.doubles.vendor_api import BROKEN, Reply, VendorApiDouble, busy, refused
from tests.harness import Employer
from tests.integration.hints import (
    connection_of,
    http,
    run_sync,
    tell_things,
)
from tests.integration.sync_steps import answer_lists, asked_since, page_of, polled
from tests.integration.watching import count

MINUTE = timedelta(minutes=1)


@pytest.fixture(name="api")
def _api(api: VendorApiDouble) -> VendorApiDouble:
    tell_things(api)
    return api


@pytest.mark.parametrize(
    "reply", [BROKEN, refused(401), Reply({"things": 5}), Reply(b"<html>"), Reply({}, 404)]
)
def test_a_fault_on_the_third_page_moves_no_watermark_and_loses_nothing(
    employer: Employer, api: VendorApiDouble, reply: Reply
) -> None:
    before = employer.now - timedelta(hours=1)
    polled(employer, api, watermark_at=before)
    pages: dict[str, Any] = {
        "1": page_of("1", following="2"),
        "2": page_of("2", following="3"),
        "3": reply,
    }
    answer_lists(api, pages)
    done = run_sync(employer)
    assert (done.faulty, done.stored) == (1, 2)
    faulty = connection_of(employer)
    assert (faulty.watermark_at, faulty.last_synced_at) == (before, None)
    assert (faulty.sync_failures, faulty.lease_token) == (1, None)
    assert faulty.sync_fault
    assert faulty.next_sync_at is not None
    assert employer.now < faulty.next_sync_at <= employer.now + 15 * MINUTE

    pages["3"] = page_of("3")
    employer.clock.move_to(faulty.next_sync_at)
    began = employer.now
    done = run_sync(employer)
    assert (done.synced, done.stored) == (1, 1)
    well = connection_of(employer)
    assert (well.watermark_at, well.sync_fault, well.sync_failures) == (began, None, 0)
    assert well.api_fault is None


def test_only_a_fault_of_the_api_is_noted_as_one(employer: Employer, api: VendorApiDouble) -> None:
    polled(employer, api)
    api.out_of_order(refused(401))
    run_sync(employer)

    assert connection_of(employer).api_fault == connection_of(employer).sync_fault
    assert "401" in (connection_of(employer).sync_fault or "")


def test_faults_in_a_row_make_it_come_later_but_never_later_than_usual(
    employer: Employer, api: VendorApiDouble
) -> None:
    polled(employer, api)
    answer_lists(api, {"1": Reply({}, 404)})
    waits = []
    for _ in range(6):
        run_sync(employer)
        due = connection_of(employer).next_sync_at
        assert due is not None
        waits.append((due - employer.now) / MINUTE)
        employer.clock.move_to(due)

    assert waits == [1, 2, 4, 8, 15, 15]
    assert connection_of(employer).sync_failures == 6


def test_a_vendor_that_asks_for_a_rest_is_not_polled_before_its_end(
    employer: Employer, api: VendorApiDouble
) -> None:
    polled(employer, api)
    answer_lists(api, {"1": busy("3600")})
    began = employer.now
    run_sync(employer)

    assert (connection_of(employer).next_sync_at or began) >= began + timedelta(hours=1)


def test_pages_without_end_are_left(employer: Employer, api: VendorApiDouble) -> None:
    polled(employer, api)
    answer_lists(api, {"1": page_of("1", following="2"), "2": page_of("2", following="1")})

    assert run_sync(employer).faulty == 1
    assert connection_of(employer).watermark_at is None
    assert len(api.asked("/changed")) == 2


@pytest.mark.parametrize("reply", [refused(403), Reply({}, 404), Reply({"things": 5})])
def test_a_list_that_cannot_be_read_keeps_no_other_from_being_read(
    employer: Employer, api: VendorApiDouble, reply: Reply
) -> None:
    polled(employer, api)
    answer_lists(api, {"1": page_of("1", following="2"), "2": reply}, page_of("5"))
    done = run_sync(employer)

    assert (done.faulty, done.stored) == (1, 2)
    assert connection_of(employer).watermark_at is None
    assert connection_of(employer).sync_failures == 1


def test_a_connection_without_credentials_is_not_synced_and_that_is_no_fault(
    employer: Employer, api: VendorApiDouble
) -> None:
    of = polled(employer, api)
    with employer.work() as work:
        work.session.get_one(Connection, of).credentials = {}
    run_sync(employer)
    left = connection_of(employer)

    assert (left.next_sync_at, left.sync_fault) == (None, None)
    assert (left.lease_token, api.seen) == (None, [])


def test_credentials_that_cannot_be_opened_are_tried_again_later(
    employer: Employer, api: VendorApiDouble
) -> None:
    of = polled(employer, api)
    with employer.work() as work:
        work.session.get_one(Connection, of).credentials = {"api_key": "sealed under another key"}
    run_sync(employer)

    assert connection_of(employer).next_sync_at == employer.now + 15 * MINUTE
    # Whoever looks at the connection is told why nothing comes.
    assert "SECRET_KEY" in (connection_of(employer).sync_fault or "")


class _Dying:
    def __init__(self, employer: Employer, after: int) -> None:
        self._real = http(employer)
        self._left = after

    def ask(self, reach: Reach, ask: Ask) -> Outcome:
        if self._left == 0:
            raise KeyboardInterrupt
        self._left -= 1
        return self._real.ask(reach, ask)


def test_a_killed_sync_is_taken_up_after_its_lease_and_loses_nothing(
    employer: Employer, api: VendorApiDouble
) -> None:
    polled(employer, api)
    answer_lists(api, {"1": page_of("1", following="2"), "2": page_of("2")})
    with pytest.raises(KeyboardInterrupt):
        run_sync(employer, _Dying(employer, 1))
    assert (count(employer, Delivery), connection_of(employer).watermark_at) == (1, None)
    assert run_sync(employer).synced == 0

    employer.clock.advance(LEASE)
    done = run_sync(employer)
    assert (done.synced, done.stored) == (1, 1)


def test_a_stopped_sync_is_due_again_at_once(employer: Employer, api: VendorApiDouble) -> None:
    polled(employer, api)
    answer_lists(api, {"1": page_of("1", following="2"), "2": page_of("2")})
    run_sync(employer, stop=lambda: bool(api.seen))
    left = connection_of(employer)
    assert (left.lease_token, left.sync_fault, left.watermark_at) == (None, None, None)
    assert len(api.seen) == 1

    assert run_sync(employer).synced == 1
    assert count(employer, Delivery) == 2


def test_a_rate_that_never_allows_ends_as_a_fault(employer: Employer, api: VendorApiDouble) -> None:
    polled(employer, api)
    answer_lists(api, {"1": page_of()})

    class Never:
        def ask(self, _reach: Reach, _ask: Ask) -> Outcome:
            return Busy(employer.now + MINUTE, "its rate", throttled=True)

    done = run_sync(employer, Never(), pause=lambda _seconds: None)
    assert done.faulty == 1
    assert "rate" in (connection_of(employer).sync_fault or "")


def test_one_connections_fault_leaves_the_others_be(
    employer: Employer, api: VendorApiDouble
) -> None:
    answer_lists(api, {"1": page_of("1")})
    with VendorApiDouble() as down:
        down.out_of_order(BROKEN)
        polled(employer, down, "down")
        polled(employer, api, "well")
        done = run_sync(employer)

    assert (done.synced, done.faulty) == (1, 1)
    assert connection_of(employer, "well").sync_fault is None


@pytest.mark.parametrize("act", ["credentials", "removed"])
def test_who_reads_for_a_connection_that_was_changed_meanwhile_settles_nothing(
    employer: Employer, api: VendorApiDouble, act: str
) -> None:
    polled(employer, api)
    real = http(employer)

    class Meanwhile:
        """The second page is on its way as somebody changes the connection."""

        def ask(self, reach: Reach, ask: Ask) -> Outcome:
            if dict(ask.query)["page"] == "2":
                with employer.work() as work:
                    connection = work.session.scalars(select(Connection)).one()
                    connection.vendor = "lever"
                    if act == "removed":
                        set_active(work, connection, active=False)
                    else:
                        set_credentials(work, connection, {"api_key": "another account's"})
            return real.ask(reach, ask)

    answer_lists(api, {"1": page_of("1", following="2"), "2": page_of("2")})
    run_sync(employer, Meanwhile(), stop=lambda: connection_of(employer).vendor == "lever")

    left = connection_of(employer)
    assert count(employer, Delivery) == 1
    assert (left.watermark_at, left.last_synced_at, left.lease_token) == (None, None, None)
    assert left.next_sync_at == (None if act == "removed" else employer.now)


def test_a_clock_that_was_a_year_ahead_for_a_while_stops_no_sync(
    employer: Employer, api: VendorApiDouble
) -> None:
    now, ahead = employer.now, employer.now + timedelta(days=365)
    polled(
        employer,
        api,
        watermark_at=ahead,
        last_synced_at=ahead,
        next_sync_at=ahead,
        lease_token="of a worker that was killed",
        lease_until=ahead,
    )
    answer_lists(api, {"1": page_of("1")})

    assert run_sync(employer).synced == 1
    assert asked_since(api) == [instant_text(now - FIRST_SPAN)]
    right = connection_of(employer)
    assert (right.watermark_at, right.last_synced_at) == (now, now)
    assert right.next_sync_at == now + 15 * MINUTE
