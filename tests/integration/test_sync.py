"""Syncing: every page read or the watermark stays, nothing stored twice, nobody syncs twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from service.app import session_of
from service.ats.asking import Ask
from service.clock import instant_text
from service.models import Application, Candidate, Connection, Delivery
from service.parts import parts
from service.vendors.base import Busy, Outcome, Reach
from service.workflows.connection_settings import set_credentials
from service.workflows.connections import set_active
from service.workflows.sync import (
    FIRST_SPAN,
    MARKS_LAST,
    OVERLAP,
    SyncRefusedError,
    SyncReport,
    ask_for_sync,
    sync_now,
)
from service.workflows.sync_reading import LEASE
from tests.doubles.hint_vendor import find
from tests.doubles.vendor_api import BROKEN, Reply, Seen, VendorApiDouble, busy, refused
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
from tests.integration.watching import at_once, count

MINUTE = timedelta(minutes=1)


@pytest.fixture(name="api")
def _api() -> Iterator[VendorApiDouble]:
    with VendorApiDouble() as api:
        tell_things(api)
        yield api
    assert api.faults == []


def _polled(employer: Employer, api: VendorApiDouble, name: str = "main", **fields: Any) -> str:
    return connect(
        employer, api, name, **{"sync_every_minutes": 15, "next_sync_at": employer.now, **fields}
    )


def _page(*things: str, following: str | None = None, at: str = "08:00") -> dict[str, Any]:
    found = [{"id": each, "at": at} for each in things]
    return {"things": found, **({"next": following} if following else {})}


def _lists(api: VendorApiDouble, pages: dict[str, Any], came: Any = None) -> None:
    """Answer the list of changes page by page, and the other list as told."""

    def answer(seen: Seen) -> Reply:
        found = pages[dict(seen.query)["page"]]
        return found if isinstance(found, Reply) else Reply(found)

    api.on("GET", "/changed", answer)
    api.on("GET", "/came", _page() if came is None else came)


def _since(api: VendorApiDouble) -> list[str]:
    return [dict(seen.query)["since"] for seen in api.asked("/came")]


def _now(employer: Employer, name: str = "main", since: datetime | None = None) -> SyncReport:
    with session_of(employer.app) as session:
        return sync_now(
            session,
            parts(employer.app).office,
            employer.clock,
            http(employer),
            name,
            since,
            pause=lambda seconds: employer.clock.advance(timedelta(seconds=seconds)),
            adapters=find,
        )


def test_all_pages_of_all_lists_are_stored_and_worked_in(
    employer: Employer, api: VendorApiDouble
) -> None:
    _polled(employer, api)
    _lists(
        api,
        {"1": _page("1", "2", following="2"), "2": _page("3", following="3"), "3": _page("4")},
        _page("5"),
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
    _polled(employer, api)
    _lists(api, {"1": _page("1")})
    began = employer.now
    run_sync(employer)
    employer.clock.advance(15 * MINUTE)
    run_sync(employer)

    assert _since(api) == [instant_text(began - FIRST_SPAN), instant_text(began - OVERLAP)]
    assert count(employer, Delivery) == 1


def test_what_changed_again_is_stored_again(employer: Employer, api: VendorApiDouble) -> None:
    _polled(employer, api)
    _lists(api, {"1": _page("1", at="08:00")})
    run_sync(employer)
    _lists(api, {"1": _page("1", at="09:05")})
    employer.clock.advance(15 * MINUTE)

    assert run_sync(employer).stored == 1


def test_a_record_both_pushed_and_polled_is_applied_once(
    employer: Employer, api: VendorApiDouble
) -> None:
    _polled(employer, api)
    _lists(api, {"1": _page("1")})
    hint(employer, "1")
    run_sync(employer)
    work_all_in(employer)
    hint(employer, "1")
    work_all_in(employer)

    assert (count(employer, Application), count(employer, Candidate)) == (1, 1)
    assert count(employer, Delivery, Delivery.state == "done") == 3


@pytest.mark.parametrize(
    "reply", [BROKEN, refused(401), Reply({"things": 5}), Reply(b"<html>"), Reply({}, 404)]
)
def test_a_fault_on_the_third_page_moves_no_watermark_and_loses_nothing(
    employer: Employer, api: VendorApiDouble, reply: Reply
) -> None:
    before = employer.now - timedelta(hours=1)
    _polled(employer, api, watermark_at=before)
    pages: dict[str, Any] = {
        "1": _page("1", following="2"),
        "2": _page("2", following="3"),
        "3": reply,
    }
    _lists(api, pages)
    done = run_sync(employer)
    assert (done.faulty, done.stored) == (1, 2)
    faulty = connection_of(employer)
    assert (faulty.watermark_at, faulty.last_synced_at) == (before, None)
    assert (faulty.sync_failures, faulty.lease_token) == (1, None)
    assert faulty.sync_fault
    assert faulty.next_sync_at is not None
    assert employer.now < faulty.next_sync_at <= employer.now + 15 * MINUTE

    pages["3"] = _page("3")
    employer.clock.move_to(faulty.next_sync_at)
    began = employer.now
    done = run_sync(employer)
    assert (done.synced, done.stored) == (1, 1)
    well = connection_of(employer)
    assert (well.watermark_at, well.sync_fault, well.sync_failures) == (began, None, 0)
    assert well.api_fault is None


def test_only_a_fault_of_the_api_is_noted_as_one(employer: Employer, api: VendorApiDouble) -> None:
    _polled(employer, api)
    api.out_of_order(refused(401))
    run_sync(employer)

    assert connection_of(employer).api_fault == connection_of(employer).sync_fault
    assert "401" in (connection_of(employer).sync_fault or "")


def test_faults_in_a_row_make_it_come_later_but_never_later_than_usual(
    employer: Employer, api: VendorApiDouble
) -> None:
    _polled(employer, api)
    _lists(api, {"1": Reply({}, 404)})
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
    _polled(employer, api)
    _lists(api, {"1": busy("3600")})
    began = employer.now
    run_sync(employer)

    assert (connection_of(employer).next_sync_at or began) >= began + timedelta(hours=1)


def test_pages_without_end_are_left(employer: Employer, api: VendorApiDouble) -> None:
    _polled(employer, api)
    _lists(api, {"1": _page("1", following="2"), "2": _page("2", following="1")})

    assert run_sync(employer).faulty == 1
    assert connection_of(employer).watermark_at is None
    assert len(api.asked("/changed")) == 2


@pytest.mark.parametrize("reply", [refused(403), Reply({}, 404), Reply({"things": 5})])
def test_a_list_that_cannot_be_read_keeps_no_other_from_being_read(
    employer: Employer, api: VendorApiDouble, reply: Reply
) -> None:
    _polled(employer, api)
    _lists(api, {"1": _page("1", following="2"), "2": reply}, _page("5"))
    done = run_sync(employer)

    assert (done.faulty, done.stored) == (1, 2)
    assert connection_of(employer).watermark_at is None
    assert connection_of(employer).sync_failures == 1


def test_what_is_not_due_inactive_or_never_polled_is_left_alone(
    employer: Employer, api: VendorApiDouble
) -> None:
    _polled(employer, api, "later", next_sync_at=employer.now + MINUTE)
    connect(employer, api, "never", next_sync_at=employer.now)
    of = _polled(employer, api, "off")
    with employer.work() as work:
        work.session.get_one(Connection, of).active = False

    assert run_sync(employer).synced == 0
    assert api.seen == []


def test_a_connection_without_credentials_is_not_synced_and_that_is_no_fault(
    employer: Employer, api: VendorApiDouble
) -> None:
    of = _polled(employer, api)
    with employer.work() as work:
        work.session.get_one(Connection, of).credentials = {}
    run_sync(employer)
    left = connection_of(employer)

    assert (left.next_sync_at, left.sync_fault) == (None, None)
    assert (left.lease_token, api.seen) == (None, [])


def test_credentials_that_cannot_be_opened_are_tried_again_later(
    employer: Employer, api: VendorApiDouble
) -> None:
    of = _polled(employer, api)
    with employer.work() as work:
        work.session.get_one(Connection, of).credentials = {"api_key": "sealed under another key"}
    run_sync(employer)

    assert connection_of(employer).next_sync_at == employer.now + 15 * MINUTE
    # Whoever looks at the connection is told why nothing comes.
    assert "SECRET_KEY" in (connection_of(employer).sync_fault or "")


def test_two_workers_never_sync_one_connection_at_once(
    employer: Employer, api: VendorApiDouble
) -> None:
    _polled(employer, api)
    _lists(api, {str(n): _page(str(n), following=str(n + 1)) for n in range(1, 6)} | {"6": _page()})
    done = at_once(*[lambda: run_sync(employer)] * 3)

    assert [each for each in done if isinstance(each, Exception)] == []
    assert sum(each.synced for each in done) == 1
    assert len(api.asked("/changed")) == 6


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
    _polled(employer, api)
    _lists(api, {"1": _page("1", following="2"), "2": _page("2")})
    with pytest.raises(KeyboardInterrupt):
        run_sync(employer, _Dying(employer, 1))
    assert (count(employer, Delivery), connection_of(employer).watermark_at) == (1, None)
    assert run_sync(employer).synced == 0

    employer.clock.advance(LEASE)
    done = run_sync(employer)
    assert (done.synced, done.stored) == (1, 1)


def test_a_stopped_sync_is_due_again_at_once(employer: Employer, api: VendorApiDouble) -> None:
    _polled(employer, api)
    _lists(api, {"1": _page("1", following="2"), "2": _page("2")})
    run_sync(employer, stop=lambda: bool(api.seen))
    left = connection_of(employer)
    assert (left.lease_token, left.sync_fault, left.watermark_at) == (None, None, None)
    assert len(api.seen) == 1

    assert run_sync(employer).synced == 1
    assert count(employer, Delivery) == 2


def test_a_rate_is_waited_for_between_pages(employer: Employer, api: VendorApiDouble) -> None:
    _polled(employer, api)
    _lists(api, {str(n): _page(str(n), following=str(n + 1)) for n in range(1, 9)} | {"9": _page()})

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


def test_a_rate_that_never_allows_ends_as_a_fault(employer: Employer, api: VendorApiDouble) -> None:
    _polled(employer, api)
    _lists(api, {"1": _page()})

    class Never:
        def ask(self, _reach: Reach, _ask: Ask) -> Outcome:
            return Busy(employer.now + MINUTE, "its rate", throttled=True)

    done = run_sync(employer, Never(), pause=lambda _seconds: None)
    assert done.faulty == 1
    assert "rate" in (connection_of(employer).sync_fault or "")


def test_connections_are_read_page_about_page(employer: Employer, api: VendorApiDouble) -> None:
    _polled(employer, api, "one")
    _polled(employer, api, "two")
    _lists(api, {"1": _page("1", following="2"), "2": _page("2")})
    asked = []
    real = http(employer)

    class Noting:
        def ask(self, reach: Reach, ask: Ask) -> Outcome:
            asked.append(reach.connection_id)
            return real.ask(reach, ask)

    assert run_sync(employer, Noting()).synced == 2
    assert asked == [asked[0], asked[1]] * 3
    assert asked[0] != asked[1]


def test_one_connections_fault_leaves_the_others_be(
    employer: Employer, api: VendorApiDouble
) -> None:
    _lists(api, {"1": _page("1")})
    with VendorApiDouble() as down:
        down.out_of_order(BROKEN)
        _polled(employer, down, "down")
        _polled(employer, api, "well")
        done = run_sync(employer)

    assert (done.synced, done.faulty) == (1, 1)
    assert connection_of(employer, "well").sync_fault is None


def test_a_person_can_sync_now_and_from_an_instant(
    employer: Employer, api: VendorApiDouble
) -> None:
    connect(employer, api)
    _lists(api, {"1": _page("1", "2")})
    long_ago = employer.now - timedelta(days=90)
    report = _now(employer, since=long_ago)

    assert (report.pages, report.stored, report.known, report.fault) == (2, 2, 0, None)
    assert _since(api) == [instant_text(long_ago)]
    assert connection_of(employer).watermark_at == employer.now
    assert connection_of(employer).next_sync_at is None
    assert (_now(employer).stored, _now(employer).known) == (0, 2)


def test_a_sync_from_after_the_watermark_leaves_the_gap_to_be_read(
    employer: Employer, api: VendorApiDouble
) -> None:
    read_until = employer.now - timedelta(days=2)
    _polled(employer, api, watermark_at=read_until)
    _lists(api, {"1": _page("1")})

    assert _now(employer, since=employer.now - timedelta(hours=1)).fault is None
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
            _now(employer)
    with pytest.raises(SyncRefusedError, match="no active connection"):
        _now(employer, "nobody")
    assert api.seen == []
    assert connection_of(employer).lease_token is None


def test_the_loop_can_be_asked_to_read_again_from_an_instant(
    employer: Employer, api: VendorApiDouble
) -> None:
    since = employer.now - timedelta(days=30)
    of = _polled(
        employer, api, watermark_at=employer.now, next_sync_at=employer.now + timedelta(days=1)
    )
    never = connect(employer, api, "never")
    _lists(api, {"1": _page("1")})
    with employer.work() as work:
        ask_for_sync(work, work.session.get_one(Connection, of), since)
        with pytest.raises(SyncRefusedError):
            ask_for_sync(work, work.session.get_one(Connection, never))

    assert run_sync(employer).synced == 1
    assert _since(api) == [instant_text(since)]
    assert connection_of(employer).watermark_at == employer.now


def test_an_identity_too_long_to_store_is_one_all_the_same(
    employer: Employer, api: VendorApiDouble
) -> None:
    _polled(employer, api)
    same = "x" * 300
    things = [{"id": "1", "at": f"{same}{end}"} for end in "ab"]
    _lists(api, {"1": {"things": things}})
    run_sync(employer)
    employer.clock.advance(15 * MINUTE)

    assert run_sync(employer).stored == 0
    assert count(employer, Delivery) == 2


def test_a_large_page_is_stored_whole(employer: Employer, api: VendorApiDouble) -> None:
    _polled(employer, api)
    _lists(api, {"1": _page(*[str(number) for number in range(1001)])})

    assert run_sync(employer).stored == 1001


def _marks(api: VendorApiDouble) -> list[str | None]:
    return [dict(seen.query).get("mark") for seen in api.asked("/changed")]


def _marked(api: VendorApiDouble, *, refusing: str | None = None) -> None:
    """Give out marks, one for every reading to its end; refuse one of them."""

    def answer(seen: Seen) -> Reply:
        query = dict(seen.query)
        if refusing is not None and query.get("mark") == refusing:
            return Reply({"message": "this token has ended"}, 400)
        if query["page"] == "1":
            return Reply(_page("1", following="2"))
        return Reply({**_page("2"), "mark": f"m{len(api.asked('/changed'))}"})

    api.on("GET", "/changed", answer)
    api.on("GET", "/came", _page())


def test_the_vendors_marks_are_kept_and_handed_back(
    employer: Employer, api: VendorApiDouble
) -> None:
    _polled(employer, api)
    _marked(api)
    for _ in range(3):
        run_sync(employer)
        employer.clock.advance(15 * MINUTE)

    assert _marks(api) == [None, None, "m2", None, "m4", None]
    assert connection_of(employer).sync_marks == {"changed": "m6"}


def test_a_reading_that_did_not_get_to_its_end_keeps_the_old_marks(
    employer: Employer, api: VendorApiDouble
) -> None:
    _polled(employer, api)
    _marked(api)
    run_sync(employer)
    api.on("GET", "/came", BROKEN)
    employer.clock.advance(15 * MINUTE)

    assert run_sync(employer).faulty == 1
    assert connection_of(employer).sync_marks == {"changed": "m2"}


def test_marks_are_not_used_for_an_instant_that_was_asked_for(
    employer: Employer, api: VendorApiDouble
) -> None:
    _polled(employer, api)
    _marked(api)
    run_sync(employer)
    _now(employer, since=employer.now - timedelta(days=2))
    assert _marks(api)[2] is None

    with employer.work() as work:
        connection = work.session.scalars(select(Connection)).one()
        ask_for_sync(work, connection, employer.now - timedelta(days=2))
    run_sync(employer)
    assert set(_marks(api)) == {None}


def test_a_reading_of_later_news_alone_leaves_the_marks_as_they_are(
    employer: Employer, api: VendorApiDouble
) -> None:
    _polled(employer, api)
    _marked(api)
    run_sync(employer)
    employer.clock.advance(timedelta(hours=5))
    _now(employer, since=employer.now - timedelta(hours=1))

    # What came in the four hours between is still to be read.
    assert connection_of(employer).sync_marks == {"changed": "m2"}


def test_old_marks_are_not_used(employer: Employer, api: VendorApiDouble) -> None:
    _polled(employer, api)
    _marked(api)
    run_sync(employer)
    employer.clock.advance(MARKS_LAST + MINUTE)
    run_sync(employer)

    assert set(_marks(api)) == {None}


@pytest.mark.parametrize("came", [None, BROKEN])
def test_a_mark_that_is_refused_is_dropped_and_everything_is_read(
    employer: Employer, api: VendorApiDouble, came: Reply | None
) -> None:
    _polled(employer, api)
    _marked(api, refusing="m2")
    run_sync(employer)
    if came is not None:
        api.on("GET", "/came", came)
    employer.clock.advance(15 * MINUTE)
    done = run_sync(employer)

    assert _marks(api)[2:] == ["m2", None, None]
    assert (done.synced, done.faulty) == ((1, 0) if came is None else (0, 1))
    left = connection_of(employer).sync_marks
    assert left == ({"changed": "m5"} if came is None else {})


def test_new_credentials_begin_anew_without_the_marks_of_the_old(
    employer: Employer, api: VendorApiDouble
) -> None:
    _polled(employer, api)
    _marked(api)
    run_sync(employer)
    with employer.work() as work:
        connection = work.session.scalars(select(Connection)).one()
        connection.vendor = "lever"
        set_credentials(work, connection, {"api_key": "another account's"})

    assert connection_of(employer).sync_marks == {}


@pytest.mark.parametrize("act", ["credentials", "removed"])
def test_who_reads_for_a_connection_that_was_changed_meanwhile_settles_nothing(
    employer: Employer, api: VendorApiDouble, act: str
) -> None:
    _polled(employer, api)
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

    _lists(api, {"1": _page("1", following="2"), "2": _page("2")})
    run_sync(employer, Meanwhile(), stop=lambda: connection_of(employer).vendor == "lever")

    left = connection_of(employer)
    assert count(employer, Delivery) == 1
    assert (left.watermark_at, left.last_synced_at, left.lease_token) == (None, None, None)
    assert left.next_sync_at == (None if act == "removed" else employer.now)


def test_a_clock_that_was_a_year_ahead_for_a_while_stops_no_sync(
    employer: Employer, api: VendorApiDouble
) -> None:
    now, ahead = employer.now, employer.now + timedelta(days=365)
    _polled(employer, api, watermark_at=ahead, last_synced_at=ahead, next_sync_at=ahead)
    _lists(api, {"1": _page("1")})

    assert run_sync(employer).synced == 1
    assert _since(api) == [instant_text(now - FIRST_SPAN)]
    right = connection_of(employer)
    assert (right.watermark_at, right.last_synced_at) == (now, now)
    assert right.next_sync_at == now + 15 * MINUTE
