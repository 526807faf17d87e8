"""Syncing: every page read or the watermark stays, nothing stored twice, nobody syncs twice."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from service.ats.asking import Ask
from service.clock import instant_text
from service.cluster_turns import Share
from service.models import Application, Candidate, Connection, Delivery
from service.steps import step_named
from service.vendors.base import Busy, Outcome, Reach
from service.workflows.sync import (
    FIRST_SPAN,
    OVERLAP,
    SyncRefusedError,
    ask_for_sync,
)
from tests.doubles.vendor_api import VendorApiDouble
from tests.harness import Employer
from tests.integration.hints import (
    connect,
    connection_of,
    hint,
    http,
    run_sync,
    tell_things,
    work_all_in,
)
from tests.integration.sync_steps import answer_lists, asked_since, page_of, polled, synced_now
from tests.integration.watching import at_once, count

MINUTE = timedelta(minutes=1)


@pytest.fixture(name="api")
def _api(api: VendorApiDouble) -> VendorApiDouble:
    tell_things(api)
    return api


def test_all_pages_of_all_lists_are_stored_and_worked_in(
    employer: Employer, api: VendorApiDouble
) -> None:
    polled(employer, api)
    answer_lists(
        api,
        {
            "1": page_of("1", "2", following="2"),
            "2": page_of("3", following="3"),
            "3": page_of("4"),
        },
        page_of("5"),
    )
    began = employer.now
    done = run_sync(employer)

    assert (done.synced, done.faulty, done.stored) == (1, 0, 5)
    synced = connection_of(employer)
    assert (synced.watermark_at, synced.last_synced_at) == (began, began)
    assert synced.next_sync_at == began + 15 * MINUTE
    assert (synced.sync_fault, synced.sync_failures, synced.lease_token) == (None, 0, None)
    assert work_all_in(employer).done == 5
    assert count(employer, Application) == 5
    with employer.session() as session:
        assert set(session.scalars(select(Delivery.found))) == {"thing"}


def test_the_first_sync_looks_back_and_later_ones_overlap(
    employer: Employer, api: VendorApiDouble
) -> None:
    polled(employer, api)
    answer_lists(api, {"1": page_of("1")})
    began = employer.now
    run_sync(employer)
    employer.clock.advance(15 * MINUTE)
    run_sync(employer)

    assert asked_since(api) == [instant_text(began - FIRST_SPAN), instant_text(began - OVERLAP)]
    assert count(employer, Delivery) == 1


def test_what_changed_again_is_stored_again(employer: Employer, api: VendorApiDouble) -> None:
    polled(employer, api)
    answer_lists(api, {"1": page_of("1", at="08:00")})
    run_sync(employer)
    answer_lists(api, {"1": page_of("1", at="09:05")})
    employer.clock.advance(15 * MINUTE)

    assert run_sync(employer).stored == 1


def test_a_record_both_pushed_and_polled_is_applied_once(
    employer: Employer, api: VendorApiDouble
) -> None:
    polled(employer, api)
    answer_lists(api, {"1": page_of("1")})
    hint(employer, "1")
    run_sync(employer)
    work_all_in(employer)
    hint(employer, "1")
    work_all_in(employer)

    assert (count(employer, Application), count(employer, Candidate)) == (1, 1)
    assert count(employer, Delivery, Delivery.state == "done") == 3


def test_what_is_not_due_inactive_or_never_polled_is_left_alone(
    employer: Employer, api: VendorApiDouble
) -> None:
    polled(employer, api, "later", next_sync_at=employer.now + MINUTE)
    connect(employer, api, "never", next_sync_at=employer.now)
    of = polled(employer, api, "off")
    with employer.work() as work:
        work.session.get_one(Connection, of).active = False

    assert run_sync(employer).synced == 0
    assert api.seen == []


def test_two_workers_never_sync_one_connection_at_once(
    employer: Employer, api: VendorApiDouble
) -> None:
    polled(employer, api)
    answer_lists(
        api, {str(n): page_of(str(n), following=str(n + 1)) for n in range(1, 6)} | {"6": page_of()}
    )
    done = at_once(*[lambda: run_sync(employer)] * 3)

    assert [each for each in done if isinstance(each, Exception)] == []
    assert sum(each.synced for each in done) == 1
    assert len(api.asked("/changed")) == 6


def test_a_rate_is_waited_for_between_pages(employer: Employer, api: VendorApiDouble) -> None:
    polled(employer, api)
    answer_lists(
        api, {str(n): page_of(str(n), following=str(n + 1)) for n in range(1, 9)} | {"9": page_of()}
    )

    class Throttled:
        """One request a second."""

        free_at = employer.now

        def ask(self, reach: Reach, ask: Ask) -> Outcome:
            if employer.now < self.free_at:
                return Busy(self.free_at, "its rate", throttled=True)
            self.free_at = employer.now + timedelta(seconds=1)
            return real.ask(reach, ask)

    real = http(employer)
    began = employer.now

    assert run_sync(employer, Throttled()).synced == 1
    assert employer.now - began == timedelta(seconds=9)
    assert connection_of(employer).sync_fault is None


def test_connections_are_read_page_about_page(employer: Employer, api: VendorApiDouble) -> None:
    polled(employer, api, "one")
    polled(employer, api, "two")
    answer_lists(api, {"1": page_of("1", following="2"), "2": page_of("2")})
    asked = []
    real = http(employer)

    class Noting:
        def ask(self, reach: Reach, ask: Ask) -> Outcome:
            asked.append(reach.connection_id)
            return real.ask(reach, ask)

    assert run_sync(employer, Noting()).synced == 2
    assert asked == [asked[0], asked[1]] * 3
    assert asked[0] != asked[1]


def test_a_person_can_sync_now_and_from_an_instant(
    employer: Employer, api: VendorApiDouble
) -> None:
    connect(employer, api)
    answer_lists(api, {"1": page_of("1", "2")})
    long_ago = employer.now - timedelta(days=90)
    report = synced_now(employer, since=long_ago)

    assert (report.pages, report.stored, report.known, report.fault) == (2, 2, 0, None)
    assert asked_since(api) == [instant_text(long_ago)]
    assert connection_of(employer).watermark_at == employer.now
    assert connection_of(employer).next_sync_at is None
    assert (synced_now(employer).stored, synced_now(employer).known) == (0, 2)


def test_a_sync_from_after_the_watermark_leaves_the_gap_to_be_read(
    employer: Employer, api: VendorApiDouble
) -> None:
    read_until = employer.now - timedelta(days=2)
    polled(employer, api, watermark_at=read_until)
    answer_lists(api, {"1": page_of("1")})

    assert synced_now(employer, since=employer.now - timedelta(hours=1)).fault is None
    assert connection_of(employer).watermark_at == read_until


def test_what_cannot_be_synced_is_refused_with_the_reason(
    employer: Employer, api: VendorApiDouble
) -> None:
    of = connect(employer, api)
    for change, reason in (
        ({"lease_token": "x", "lease_until": employer.now + MINUTE}, "at this moment"),
        ({"lease_until": employer.now, "credentials": {}}, "keepword connection credentials"),
        ({"vendor": "generic"}, "cannot be asked|no API"),
        ({"vendor": "gone"}, "no ATS adapter"),
        ({"active": False}, "no active connection"),
    ):
        with employer.work() as work:
            row = work.session.get_one(Connection, of)
            for name, value in change.items():
                setattr(row, name, value)
        with pytest.raises(SyncRefusedError, match=reason):
            synced_now(employer)
    with pytest.raises(SyncRefusedError, match="no active connection"):
        synced_now(employer, "nobody")
    assert api.seen == []
    assert connection_of(employer).lease_token is None


def test_the_loop_can_be_asked_to_read_again_from_an_instant(
    employer: Employer, api: VendorApiDouble
) -> None:
    since = employer.now - timedelta(days=30)
    of = polled(
        employer, api, watermark_at=employer.now, next_sync_at=employer.now + timedelta(days=1)
    )
    never = connect(employer, api, "never")
    answer_lists(api, {"1": page_of("1")})
    with employer.work() as work:
        ask_for_sync(work, work.session.get_one(Connection, of), since)
        with pytest.raises(SyncRefusedError):
            ask_for_sync(work, work.session.get_one(Connection, never))

    assert run_sync(employer).synced == 1
    assert asked_since(api) == [instant_text(since)]
    assert connection_of(employer).watermark_at == employer.now


def test_a_wish_to_read_again_that_comes_while_it_is_read_is_not_lost(
    employer: Employer, api: VendorApiDouble
) -> None:
    since = employer.now - timedelta(days=30)
    of = polled(employer, api, watermark_at=employer.now)
    answer_lists(api, {"1": page_of("1", following="2"), "2": page_of("2")})
    real, wished = http(employer), list[datetime]()

    class Meanwhile:
        """The second page is on its way as somebody asks for the last month."""

        def ask(self, reach: Reach, ask: Ask) -> Outcome:
            if dict(ask.query)["page"] == "2" and not wished:
                wished.append(since)
                with employer.work() as work:
                    ask_for_sync(work, work.session.get_one(Connection, of), since)
            return real.ask(reach, ask)

    assert run_sync(employer, Meanwhile()).synced == 1
    assert asked_since(api) == [instant_text(since)]
    assert connection_of(employer).watermark_at == employer.now


def test_a_sync_that_takes_hours_comes_to_its_end_where_many_share_the_lane(
    employer: Employer, api: VendorApiDouble
) -> None:
    polled(employer, api)
    answer_lists(api, {"1": page_of("1", following="2"), "2": page_of("2", following="3"),
                       "3": page_of("3")})  # fmt: skip
    real = http(employer)

    class Slow:
        """An hour of other connections' pages lies between two of ours."""

        def ask(self, reach: Reach, ask: Ask) -> Outcome:
            employer.clock.advance(60 * MINUTE)
            return real.ask(reach, ask)

    share = Share(threading.Event(), employer.clock, step_named("sync").share)

    assert run_sync(employer, Slow(), stop=share.is_set).synced == 1


def test_an_identity_too_long_to_store_is_one_all_the_same(
    employer: Employer, api: VendorApiDouble
) -> None:
    polled(employer, api)
    same = "x" * 300
    things = [{"id": "1", "at": f"{same}{end}"} for end in "ab"]
    answer_lists(api, {"1": {"things": things}})
    run_sync(employer)
    employer.clock.advance(15 * MINUTE)

    assert run_sync(employer).stored == 0
    assert count(employer, Delivery) == 2


def test_a_large_page_is_stored_whole(employer: Employer, api: VendorApiDouble) -> None:
    polled(employer, api)
    answer_lists(api, {"1": page_of(*[str(number) for number in range(1001)])})

    assert run_sync(employer).stored == 1001
