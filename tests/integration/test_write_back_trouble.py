"""Entries whose vendor refuses, is busy or loses its answer: they wait, fail or are asked about."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from service.domain.promises import PromiseError
from service.mail.base import EventKind
from service.models import Connection, ProfileEntry
from service.vendors.base import AskError, Busy, Denied, Reach, Unreachable
from service.workflows.profile_entries import locked_entry, retry_entry, settle_entry
from tests.harness import Employer
from tests.integration.profile_case import (
    MINUTE,
    Killed,
    ProfileCase,
    answered_employer,
    killed,
)

DAY = timedelta(days=1)


@pytest.fixture
def employer(database_url: str, tmp_path: Path) -> Iterator[Employer]:
    """A running Keepword whose ATSs are asked nothing but what the test answers."""
    with answered_employer(database_url, tmp_path) as made:
        yield made


def test_a_worker_killed_while_writing_leaves_it_uncertain_and_not_written_again(
    employer: Employer,
) -> None:
    case = ProfileCase(employer)
    case.tell(EventKind.DELIVERED)
    case.vendor.meanwhile = killed
    with pytest.raises(Killed):
        case.turn()

    assert case.entries() == [("mail", "sending")]
    case.vendor.meanwhile = None
    assert case.turn().uncertain == 0
    employer.clock.advance(3 * MINUTE)
    assert case.turn().uncertain == 1
    employer.clock.advance(6 * DAY)
    case.turn()

    assert case.entries() == [("mail", "uncertain")]
    assert len(case.vendor.asked) == 1


def test_a_worker_killed_before_it_began_leaves_the_entry_in_line(employer: Employer) -> None:
    case = ProfileCase(employer)
    case.tell(EventKind.DELIVERED)
    asked = []

    def stop() -> bool:
        asked.append(None)
        if len(asked) > 1:
            raise Killed
        return False

    with pytest.raises(Killed):
        case.turn(stop)
    assert (case.entries(), case.turn().done) == ([("mail", "waiting")], 0)
    employer.clock.advance(3 * MINUTE)

    assert case.turn().done == 1


def test_an_answer_that_comes_after_its_lease_still_tells_the_truth(employer: Employer) -> None:
    case = ProfileCase(employer)
    case.tell(EventKind.DELIVERED)

    def slow() -> None:
        employer.clock.advance(3 * MINUTE)
        case.vendor.meanwhile = None
        assert case.turn().uncertain == 1

    case.vendor.meanwhile = slow
    case.turn()

    assert case.entries() == [("mail", "done")]


def test_a_lost_answer_is_uncertain_until_a_person_says_what_became_of_it(
    employer: Employer,
) -> None:
    case = ProfileCase(employer)
    case.tell(EventKind.DELIVERED)
    later = employer.now + MINUTE
    case.vendor.answers = [Unreachable("it took too long", later, perhaps_sent=True)]
    assert case.turn().uncertain == 1
    (row,) = case.rows()
    assert (row.state, row.error) == (
        "uncertain",
        "it took too long, so nobody knows whether it arrived",
    )
    with employer.work() as work:
        connection = work.session.get_one(Connection, case.connection_id)
        entry = locked_entry(work, connection, row.id)
        assert entry is not None
        settle_entry(work, entry)

    assert case.entries() == [("mail", "done")]


def test_a_person_may_have_an_uncertain_entry_written_again(employer: Employer) -> None:
    case = ProfileCase(employer)
    case.tell(EventKind.DELIVERED)
    case.vendor.answers = [Unreachable("cut", employer.now, perhaps_sent=True, status=502)]
    case.turn()
    (row,) = case.rows()
    with employer.work() as work:
        connection = work.session.get_one(Connection, case.connection_id)
        entry = locked_entry(work, connection, row.id)
        assert entry is not None
        retry_entry(work, entry)
    assert case.turn().done == 1
    with employer.work() as work:
        entry = locked_entry(work, work.session.get_one(Connection, case.connection_id), row.id)
        assert entry is not None
        with pytest.raises(PromiseError, match="nothing to do"):
            retry_entry(work, entry)

    assert len(case.vendor.asked) == 2


@pytest.mark.parametrize("status", [None, 500, 503])
def test_what_surely_did_not_happen_is_tried_again_for_five_days(
    employer: Employer, status: int | None
) -> None:
    case = ProfileCase(employer)
    case.tell(EventKind.DELIVERED)
    down = Unreachable("it is down", employer.now, perhaps_sent=status is not None, status=status)
    case.vendor.answers = [down] * 1000
    ends = employer.now + 6 * DAY
    while employer.now < ends:
        case.turn()
        employer.clock.advance(timedelta(hours=1))

    (row,) = case.rows()
    assert row.state == "failed"
    assert row.error is not None
    assert row.error.startswith("gave up after")
    assert row.error.endswith("it is down")
    # It waited longer and longer, and never longer than an hour.
    assert 5 * 24 <= row.attempts <= 5 * 24 * 2 + 10


def test_a_refusal_is_kept_with_its_words_and_not_repeated(employer: Employer) -> None:
    case = ProfileCase(employer)
    case.tell(EventKind.DELIVERED)
    case.vendor.answers = [case.vendor.says(404)]

    assert case.turn().failed == 1
    employer.clock.advance(DAY)
    case.turn()
    (row,) = case.rows()
    assert (row.state, len(case.vendor.asked)) == ("failed", 1)
    assert (
        row.error == "Greenhouse no longer knows the candidate, or does not show them to this user"
    )


def test_refused_credentials_are_noted_and_everything_waits_for_better_ones(
    employer: Employer,
) -> None:
    case = ProfileCase(employer)
    case.call()
    case.tell(EventKind.DELIVERED)
    again = employer.now + 10 * MINUTE
    case.vendor.answers = [Denied(401, "the key is not taken", again)]
    case.turn()

    assert len(case.vendor.asked) == 1
    assert case.connection().api_fault == "the key is not taken"
    assert {state for _, state in case.entries()} == {"waiting"}
    employer.clock.advance(9 * MINUTE)
    case.turn()
    assert len(case.vendor.asked) == 1
    # Days later, for however long it takes: nothing was tried, so nothing is given up.
    employer.clock.advance(30 * DAY)
    case.turn()

    assert {state for _, state in case.entries()} == {"done"}
    assert case.connection().api_fault is None


def test_a_profile_closed_to_us_holds_up_no_other(employer: Employer) -> None:
    case = ProfileCase(employer)
    case.call()
    case.tell(EventKind.DELIVERED)
    case.vendor.answers = [Denied(403, "it may not", employer.now + MINUTE)]
    case.turn()

    assert sorted(state for _, state in case.entries()) == ["done", "waiting"]
    assert case.connection().api_fault is None
    employer.clock.advance(2 * MINUTE)
    case.turn()
    assert {state for _, state in case.entries()} == {"done"}


def test_a_vendor_that_is_busy_is_left_alone_until_it_says(employer: Employer) -> None:
    case = ProfileCase(employer)
    case.tell(EventKind.DELIVERED)
    case.vendor.answers = [Busy(employer.now + 5 * MINUTE, "too many requests")]
    case.turn()
    employer.clock.advance(4 * MINUTE)
    case.turn()
    assert len(case.vendor.asked) == 1
    employer.clock.advance(2 * MINUTE)

    assert case.turn().done == 1


def test_without_its_credentials_an_entry_waits_and_says_so(employer: Employer) -> None:
    case = ProfileCase(employer)
    case.tell(EventKind.DELIVERED)
    with employer.work() as work:
        work.session.get_one(Connection, case.connection_id).credentials = {}
    case.turn()

    assert case.vendor.asked == []
    assert case.entries() == [("mail", "waiting")]
    assert "Client secret" in (case.connection().api_fault or "")


def test_a_request_that_must_not_be_made_fails_alone(employer: Employer) -> None:
    case = ProfileCase(employer)
    case.tell(EventKind.DELIVERED)

    def never(reach: Reach, ask: object) -> None:
        raise AskError("it asks for a path that is none of the API's")

    case.vendor.ask = never
    assert case.turn().failed == 1


def test_entries_of_unwritable_words_never_stop_the_others(employer: Employer) -> None:
    case = ProfileCase(employer)
    case.tell(EventKind.DELIVERED)
    with employer.work() as work:
        work.session.add(
            ProfileEntry(
                connection_id=case.connection_id,
                application_id=case.case.application_id,
                dedupe_key="kept:nothing",
                state="waiting",
                next_attempt_at=work.now,
                created_at=work.now,
            )
        )
    report = case.turn()

    assert (report.done, report.failed) == (1, 1)
