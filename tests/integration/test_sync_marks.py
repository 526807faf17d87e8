"""The vendor's own marks of how far was read: kept, handed back, and dropped where they mislead."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from service.models import Connection
from service.workflows.connection_settings import set_credentials
from service.workflows.sync import (
    MARKS_LAST,
    ask_for_sync,
)
from tests.doubles.vendor_api import BROKEN, Reply, Seen, VendorApiDouble
from tests.harness import Employer
from tests.integration.hints import (
    connection_of,
    run_sync,
    tell_things,
)
from tests.integration.sync_steps import page_of, polled, synced_now

MINUTE = timedelta(minutes=1)


@pytest.fixture(name="api")
def _api(api: VendorApiDouble) -> VendorApiDouble:
    tell_things(api)
    return api


def _marks(api: VendorApiDouble) -> list[str | None]:
    return [dict(seen.query).get("mark") for seen in api.asked("/changed")]


def _marked(api: VendorApiDouble, *, refusing: str | None = None) -> None:
    """Give out marks, one for every reading to its end; refuse one of them."""

    def answer(seen: Seen) -> Reply:
        query = dict(seen.query)
        if refusing is not None and query.get("mark") == refusing:
            return Reply({"message": "this token has ended"}, 400)
        if query["page"] == "1":
            return Reply(page_of("1", following="2"))
        return Reply({**page_of("2"), "mark": f"m{len(api.asked('/changed'))}"})

    api.on("GET", "/changed", answer)
    api.on("GET", "/came", page_of())


def test_the_vendors_marks_are_kept_and_handed_back(
    employer: Employer, api: VendorApiDouble
) -> None:
    polled(employer, api)
    _marked(api)
    for _ in range(3):
        run_sync(employer)
        employer.clock.advance(15 * MINUTE)

    assert _marks(api) == [None, None, "m2", None, "m4", None]
    assert connection_of(employer).sync_marks == {"changed": "m6"}


def test_a_reading_that_did_not_get_to_its_end_keeps_the_old_marks(
    employer: Employer, api: VendorApiDouble
) -> None:
    polled(employer, api)
    _marked(api)
    run_sync(employer)
    api.on("GET", "/came", BROKEN)
    employer.clock.advance(15 * MINUTE)

    assert run_sync(employer).faulty == 1
    assert connection_of(employer).sync_marks == {"changed": "m2"}


def test_marks_are_not_used_for_an_instant_that_was_asked_for(
    employer: Employer, api: VendorApiDouble
) -> None:
    polled(employer, api)
    _marked(api)
    run_sync(employer)
    synced_now(employer, since=employer.now - timedelta(days=2))
    assert _marks(api)[2] is None

    with employer.work() as work:
        connection = work.session.scalars(select(Connection)).one()
        ask_for_sync(work, connection, employer.now - timedelta(days=2))
    run_sync(employer)
    assert set(_marks(api)) == {None}


def test_a_reading_of_later_news_alone_leaves_the_marks_as_they_are(
    employer: Employer, api: VendorApiDouble
) -> None:
    polled(employer, api)
    _marked(api)
    run_sync(employer)
    employer.clock.advance(timedelta(hours=5))
    synced_now(employer, since=employer.now - timedelta(hours=1))

    # What came in the four hours between is still to be read.
    assert connection_of(employer).sync_marks == {"changed": "m2"}


def test_old_marks_are_not_used(employer: Employer, api: VendorApiDouble) -> None:
    polled(employer, api)
    _marked(api)
    run_sync(employer)
    employer.clock.advance(MARKS_LAST + MINUTE)
    run_sync(employer)

    assert set(_marks(api)) == {None}


@pytest.mark.parametrize("came", [None, BROKEN])
def test_a_mark_that_is_refused_is_dropped_and_everything_is_read(
    employer: Employer, api: VendorApiDouble, came: Reply | None
) -> None:
    polled(employer, api)
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
    polled(employer, api)
    _marked(api)
    run_sync(employer)
    with employer.work() as work:
        connection = work.session.scalars(select(Connection)).one()
        connection.vendor = "lever"
        set_credentials(work, connection, {"api_key": "another account's"})

    assert connection_of(employer).sync_marks == {}
