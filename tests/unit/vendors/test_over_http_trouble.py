"""Vendors that refuse, rest or fail: who is asked no more for a while, and who still is."""

from __future__ import annotations

from datetime import timedelta

import pytest

from service.ats.asking import Ask, Rate
from service.clock import FakeClock
from service.vendors.base import (
    Busy,
    Denied,
    Reach,
    Unreachable,
)
from service.vendors.over_http import HttpVendors
from tests.doubles.hint_vendor import HintApi
from tests.doubles.vendor_api import (
    BROKEN,
    Reply,
    VendorApiDouble,
    busy,
    refused,
)
from tests.unit.vendors.reaching import ASK, reach_of, status_of


def test_wrong_credentials_are_denied_and_not_tried_again_at_once(
    api: VendorApiDouble, vendors: HttpVendors, clock: FakeClock
) -> None:
    api.on("GET", "/things/1", refused(401))
    first = vendors.ask(reach_of(api), ASK)
    assert isinstance(first, Denied)
    assert first.status == 401

    again = vendors.ask(reach_of(api), ASK)
    assert isinstance(again, Busy)
    assert (again.retry_at, again.throttled, len(api.seen)) == (first.retry_at, False, 1)

    api.on("GET", "/things/1", {"id": 1})
    clock.move_to(first.retry_at)
    assert status_of(vendors.ask(reach_of(api), ASK)) == 200


def test_new_credentials_are_tried_at_once(api: VendorApiDouble, vendors: HttpVendors) -> None:
    api.then("/things/1", refused(401))
    api.on("GET", "/things/1", {"id": 1})
    assert isinstance(vendors.ask(reach_of(api), ASK), Denied)

    assert status_of(vendors.ask(reach_of(api, api_key="another key"), ASK)) == 200


def test_what_may_not_be_asked_does_not_stop_other_questions(
    api: VendorApiDouble, vendors: HttpVendors
) -> None:
    api.on("GET", "/things/1", refused(403))
    api.on("GET", "/things/2", {"id": 2})
    denied = vendors.ask(reach_of(api), ASK)

    assert isinstance(denied, Denied)
    assert denied.status == 403
    assert status_of(vendors.ask(reach_of(api), Ask("/things/2"))) == 200


@pytest.mark.parametrize(
    ("said", "wait"),
    [
        ({"Retry-After": "30"}, 30),
        ({"Retry-After": "7.5"}, 7.5),
        ({"Retry-After": "Mon, 02 Mar 2026 09:02:00 GMT"}, 120),
        ({"Retry-After": "999999999"}, 6 * 3600),
        ({"X-RateLimit-Reset": "45"}, 45),
        ({"X-Rate-Limit-Reset": "1772442060"}, 60),
    ],
)
def test_a_vendor_that_asks_for_a_rest_gets_it(
    api: VendorApiDouble, vendors: HttpVendors, clock: FakeClock, said: dict[str, str], wait: float
) -> None:
    api.then("/things/1", Reply({}, 429, said))
    api.on("GET", "/things/1", {"id": 1})
    outcome = vendors.ask(reach_of(api), ASK)

    assert isinstance(outcome, Busy)
    assert (outcome.throttled, outcome.retry_at) == (False, clock.now() + timedelta(seconds=wait))
    clock.advance(timedelta(seconds=wait - 0.1))
    assert isinstance(vendors.ask(reach_of(api), ASK), Busy)
    assert len(api.seen) == 1
    clock.advance(timedelta(seconds=0.1))
    assert status_of(vendors.ask(reach_of(api), ASK)) == 200


@pytest.mark.parametrize("said", ["soon", "-5", "1e99", "", "Mon, 99 Foo 2026", "9" * 11])
def test_a_rest_that_cannot_be_understood_is_a_usual_one(
    api: VendorApiDouble, vendors: HttpVendors, clock: FakeClock, said: str
) -> None:
    api.on("GET", "/things/1", busy(said))
    outcome = vendors.ask(reach_of(api), ASK)

    assert isinstance(outcome, Busy)
    assert clock.now() < outcome.retry_at <= clock.now() + timedelta(seconds=5)


def test_the_longer_it_fails_the_longer_it_rests(
    api: VendorApiDouble, vendors: HttpVendors, clock: FakeClock
) -> None:
    api.out_of_order(BROKEN)
    rests = []
    for _ in range(12):
        outcome = vendors.ask(reach_of(api), ASK)
        assert isinstance(outcome, Unreachable)
        rests.append((outcome.retry_at - clock.now()).total_seconds())
        clock.move_to(outcome.retry_at)

    assert rests[0] <= 5
    assert 300 <= rests[-1] <= 600
    api.out_of_order(None)
    api.on("GET", "/things/1", {"id": 1})
    vendors.ask(reach_of(api), ASK)
    api.out_of_order(BROKEN)
    outcome = vendors.ask(reach_of(api), ASK)
    assert isinstance(outcome, Unreachable)
    assert outcome.retry_at <= clock.now() + timedelta(seconds=5)


class _Slow(HintApi):
    rate = Rate(3, timedelta(seconds=6))


def test_no_more_is_asked_than_the_rate_allows_and_each_connection_has_its_own(
    api: VendorApiDouble, vendors: HttpVendors, clock: FakeClock
) -> None:
    api.on("GET", "/things/1", {"id": 1})
    reach = reach_of(api, _Slow())
    for _ in range(3):
        assert status_of(vendors.ask(reach, ASK)) == 200
    outcome = vendors.ask(reach, ASK)
    assert isinstance(outcome, Busy)
    assert outcome.throttled
    assert timedelta(seconds=2) <= outcome.retry_at - clock.now() < timedelta(seconds=2.1)
    other = Reach("cnn_2", reach.api, reach.settings)
    assert status_of(vendors.ask(other, ASK)) == 200

    clock.move_to(outcome.retry_at)
    assert status_of(vendors.ask(reach, ASK)) == 200
    assert isinstance(vendors.ask(reach, ASK), Busy)
    assert len(api.seen) == 5
