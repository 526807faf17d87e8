"""Hints: what they are about is asked, kept beside them, worked in once, and waited for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from service.app import session_of
from service.ats.asking import Ask
from service.db import LEASE
from service.domain.retries import PATIENCE
from service.models import (
    Application,
    Candidate,
    CandidateEmail,
    Connection,
    Delivery,
    DeliveryAnswer,
)
from service.parts import parts
from service.vendors.base import Answered, Busy, Outcome, Reach, Vendors
from service.workflows.check import BACKLOG_BOUND, VENDOR_BOUND, backlog, vendors_behind
from service.workflows.erase import erase_candidate
from service.workflows.fetch import MOST_ANSWERS, fetch
from service.workflows.ingest import replay
from tests.doubles.hint_vendor import find
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
from tests.integration.watching import at_once, count

HOUR = timedelta(hours=1)


@pytest.fixture(name="api")
def _api() -> Iterator[VendorApiDouble]:
    with VendorApiDouble() as api:
        yield api
    assert api.faults == []


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


def test_a_hint_nobody_has_looked_at_still_counts_as_news(
    employer: Employer, api: VendorApiDouble
) -> None:
    connect(employer, api)
    hint(employer)
    employer.clock.advance(timedelta(days=1))
    with employer.session() as session:
        assert backlog(session, employer.now) is not None


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
    late = hint(employer, "1")
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
