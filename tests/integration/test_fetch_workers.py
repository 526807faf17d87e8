"""Workers that fetch: killed, stopped, late or two at once, and vendors slow or sparing."""

from __future__ import annotations

import random
import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from service.app import session_of
from service.ats.asking import Ask
from service.cluster_turns import Share
from service.db import LEASE
from service.models import (
    Application,
    Candidate,
    Delivery,
    DeliveryAnswer,
)
from service.parts import parts
from service.steps import SHARE as LANE_SHARE
from service.vendors.base import Answered, Busy, Outcome, Reach, Vendors
from service.workflows.check import backlog
from service.workflows.fetch import SHARE, fetch
from tests.doubles.hint_vendor import find
from tests.doubles.vendor_api import Reply, VendorApiDouble
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
)
from tests.integration.watching import at_once, count

HOUR = timedelta(hours=1)


def _names(employer: Employer) -> list[str | None]:
    with employer.session() as session:
        return list(session.scalars(select(Candidate.first_name).order_by(Candidate.first_name)))


class _Dying:
    """Dies where the next answer would be of use, or after it has been stored."""

    def __init__(self, real: Vendors, after: int) -> None:
        self._real = real
        self._left = after

    def ask(self, reach: Reach, ask: Ask) -> Outcome:
        if self._left == 0:
            raise KeyboardInterrupt
        self._left -= 1
        return self._real.ask(reach, ask)


@pytest.mark.parametrize("after", [0, 1])
def test_a_worker_killed_between_answers_loses_none(
    employer: Employer, api: VendorApiDouble, after: int
) -> None:
    connect(employer, api)
    api.on("GET", "/things/1", thing(job_id="j1"))
    api.on("GET", "/jobs/j1", {"id": "j1", "title": "Baker"})
    hint(employer)
    run_ingest(employer)
    with pytest.raises(KeyboardInterrupt):
        run_fetch(employer, _Dying(http(employer), after))
    assert count(employer, DeliveryAnswer) == after
    assert run_fetch(employer).done == 0

    employer.clock.advance(LEASE)
    assert run_fetch(employer).done == 1
    assert _names(employer) == ["Mira"]
    assert (len(api.asked("/things/1")), len(api.asked("/jobs/j1"))) == (1, 1)


def test_a_worker_killed_before_the_last_answer_is_applied_loses_nothing(
    employer: Employer, api: VendorApiDouble
) -> None:
    connect(employer, api)
    tell_things(api)
    hint(employer)
    run_ingest(employer)

    class DyingAdapters:
        """Finds the adapter once, and dies when the answer is to be read."""

        asked = 0

        def __call__(self, name: str) -> Any:
            self.asked += 1
            if self.asked == 2:
                raise KeyboardInterrupt
            return find(name)

    with session_of(employer.app) as session, pytest.raises(KeyboardInterrupt):
        fetch(
            session,
            parts(employer.app).office,
            employer.clock,
            http(employer),
            adapters=DyingAdapters(),
        )
    assert (count(employer, DeliveryAnswer), _names(employer)) == (1, [])

    employer.clock.advance(LEASE)
    assert run_fetch(employer).done == 1
    assert _names(employer) == ["Mira"]
    assert len(api.seen) == 1


def test_two_workers_at_once_work_each_hint_in_once(
    employer: Employer, api: VendorApiDouble
) -> None:
    connect(employer, api)
    tell_things(api)
    ids = [hint(employer, str(number)) for number in range(30)]
    run_ingest(employer)
    reports = at_once(*[lambda: run_fetch(employer)] * 2)

    assert [report for report in reports if isinstance(report, Exception)] == []
    # Both may have been the first to hear of the job; the one who lost that race tries again.
    employer.clock.advance(HOUR)
    run_fetch(employer)
    assert {delivery_of(employer, id_).state for id_ in ids} == {"done"}
    assert count(employer, Application) == 30
    assert len(api.seen) == 30


def test_while_a_vendor_takes_its_time_everything_else_is_worked_in(
    employer: Employer, api: VendorApiDouble
) -> None:
    connect(employer, api)
    tell_things(api)
    hint(employer)
    run_ingest(employer)
    worked = []

    class Meanwhile:
        """Another thread's turn comes while the answer is on its way."""

        def ask(self, reach: Reach, ask: Ask) -> Outcome:
            hint(employer, event="fat")
            worked.append(run_ingest(employer).ignored)
            return http(employer).ask(reach, ask)

    assert run_fetch(employer, Meanwhile()).done == 1
    assert worked == [1]


class _Slow:
    """Takes ten seconds for each answer."""

    def __init__(self, employer: Employer, slow: str) -> None:
        self._employer = employer
        self._slow = slow
        self._real = http(employer)
        self.asked: list[str] = []

    def ask(self, reach: Reach, ask: Ask) -> Outcome:
        self.asked.append(reach.connection_id)
        if reach.connection_id == self._slow:
            self._employer.clock.advance(timedelta(seconds=10))
        return self._real.ask(reach, ask)


def test_one_slow_vendor_takes_its_share_and_no_more(
    employer: Employer, api: VendorApiDouble
) -> None:
    tell_things(api)
    slow = connect(employer, api, "slow")
    quick = connect(employer, api, "quick")
    for number in range(10):
        hint(employer, str(number), "slow")
    for number in range(10, 20):
        hint(employer, str(number), "quick")
    run_ingest(employer)
    vendors = _Slow(employer, slow)
    report = run_fetch(employer, vendors)

    assert vendors.asked.count(slow) == 1
    assert vendors.asked.count(quick) == 10
    assert report.done == 11
    while run_fetch(employer, vendors).asked:
        pass
    assert count(employer, Delivery, Delivery.state == "done") == 20
    assert vendors.asked.count(slow) == 10


def test_four_backlogs_do_not_keep_a_fifth_connection_waiting_where_turns_are_short(
    employer: Employer, api: VendorApiDouble
) -> None:
    tell_things(api)
    for name in ("a", "b", "c", "d"):
        connect(employer, api, name)
        for number in range(30):
            hint(employer, f"{name}{number}", name)
    fifth = connect(employer, api, "fifth")
    employer.clock.advance(timedelta(seconds=1))
    hint(employer, "late", "fifth")
    run_ingest(employer)
    real, asked = http(employer), list[str]()

    class Slow:
        """Each request takes as long as one connection's share."""

        def ask(self, reach: Reach, ask: Ask) -> Outcome:
            asked.append(reach.connection_id)
            employer.clock.advance(SHARE)
            return real.ask(reach, ask)

    chance = random.Random(6)  # noqa: S311 - a repeatable test
    for _ in range(10):
        share = Share(threading.Event(), employer.clock, LANE_SHARE)
        run_fetch(employer, Slow(), stop=share.is_set, chance=chance)

    assert len(asked) > 30, "each turn reaches four"
    assert fifth in asked


class _Throttled:
    """Allows so many requests a second, as the real client would."""

    def __init__(self, employer: Employer, most: int) -> None:
        self._employer = employer
        self._most = most
        self._real = http(employer)
        self._asked: dict[Any, int] = {}
        self.refused = 0

    def ask(self, reach: Reach, ask: Ask) -> Outcome:
        now = self._employer.now
        if self._asked.get(now, 0) >= self._most:
            self.refused += 1
            return Busy(now + timedelta(seconds=1), "its rate", throttled=True)
        self._asked[now] = self._asked.get(now, 0) + 1
        return self._real.ask(reach, ask)


def test_hints_beyond_the_vendors_rate_wait_their_turn_and_are_no_fault(
    employer: Employer, api: VendorApiDouble
) -> None:
    connect(employer, api)
    tell_things(api)
    ids = [hint(employer, str(number)) for number in range(60)]
    run_ingest(employer)
    vendors = _Throttled(employer, 7)
    passes = 0
    while count(employer, Delivery, Delivery.state == "received"):
        run_fetch(employer, vendors)
        employer.clock.advance(timedelta(seconds=1))
        passes += 1

    assert passes == 9
    assert vendors.refused == 8
    assert connection_of(employer).api_fault is None
    assert {delivery_of(employer, id_).error for id_ in ids} == {None}


def test_a_stopped_worker_keeps_what_was_answered_and_hands_the_rest_back(
    employer: Employer, api: VendorApiDouble
) -> None:
    connect(employer, api)
    api.on("GET", "/things/*", lambda seen: Reply(thing(seen.path[8:], job_id="j1")))
    api.on("GET", "/jobs/j1", {"id": "j1", "title": "Baker"})
    for number in range(3):
        hint(employer, str(number))
    run_ingest(employer)

    def stop() -> bool:
        return bool(api.seen)

    assert run_fetch(employer, stop=stop).done == 0
    assert count(employer, DeliveryAnswer) == 1
    assert count(employer, Delivery, Delivery.lease_token.is_not(None)) == 0
    assert run_fetch(employer).done == 3
    assert len(api.asked("/things/0")) == 1


def test_a_hint_that_a_clock_far_ahead_took_in_is_asked_about_and_stops_no_checker(
    employer: Employer, api: VendorApiDouble
) -> None:
    connect(employer, api)
    tell_things(api)
    hint(employer)
    right = employer.now
    # Of several machines the one that ingests is three hours ahead.
    employer.clock.jump_to(right + 3 * HOUR)
    run_ingest(employer)
    employer.clock.jump_to(right + HOUR / 2)
    with employer.session() as session:
        assert backlog(session, employer.now) is not None

    assert run_fetch(employer).done == 1
    with employer.session() as session:
        assert backlog(session, employer.now) is None


def test_a_worker_that_lost_its_lease_writes_nothing(
    employer: Employer, api: VendorApiDouble
) -> None:
    connect(employer, api)
    tell_things(api)
    id_ = hint(employer)
    run_ingest(employer)

    class Robbed:
        """Takes so long that another worker gets the delivery."""

        def ask(self, reach: Reach, ask: Ask) -> Outcome:
            outcome = http(employer).ask(reach, ask)
            assert isinstance(outcome, Answered)
            with employer.work() as work:
                work.session.execute(update(Delivery).values(lease_token="somebody else"))
            return outcome

    report = run_fetch(employer, Robbed())
    assert (report.asked, report.done) == (0, 0)
    assert count(employer, DeliveryAnswer) == 0
    assert delivery_of(employer, id_).state == "received"
