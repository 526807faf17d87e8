"""Letters that arrived and promises kept are written into the candidate's profile, once each."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from service.clock import FakeClock
from service.db import db
from service.domain.contacts import Channel, Outcome
from service.domain.promises import PromiseError
from service.mail.base import EventKind
from service.models import Application, Connection, Message, MessageAlso, ProfileEntry
from service.vendors.base import AskError, Busy, Denied, Reach, Unreachable
from service.workflows.connections import add_connection
from service.workflows.contacts import log_contact
from service.workflows.erase import erase_candidate
from service.workflows.profile_entries import locked_entry, retry_entry, settle_entry
from service.workflows.resettle import take_back
from tests.harness import MONDAY, Employer, add_application, make_employer
from tests.integration.profile_case import ProfileCase, Vendor

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


@pytest.fixture
def employer(database_url: str, tmp_path: Path) -> Iterator[Employer]:
    """A running Keepword whose ATSs are asked nothing but what the test answers."""
    clock = FakeClock(MONDAY)
    made = make_employer(database_url, tmp_path, clock=clock, vendors=Vendor(clock))
    yield made
    with made.app.app_context():
        db.engine.dispose()


def delivered(case: ProfileCase) -> None:
    case.tell(EventKind.DELIVERED)


def test_a_letter_that_arrived_is_written_into_the_profile(employer: Employer) -> None:
    case = ProfileCase(employer)
    delivered(case)

    assert case.entries() == [("mail", "waiting")]
    assert case.turn().done == 1
    assert case.entries() == [("mail", "done")]
    (note,) = case.vendor.bodies()
    assert (note["candidate_id"], note["user_id"]) == (815, 7)
    assert "Email from hiring@example.com to amara." in note["body"]
    assert "I call you tomorrow." in note["body"]
    # The letter kept the promise, and is written alone.
    assert case.case.promise() == ("kept", False)


def test_the_loop_writes_by_itself(employer: Employer) -> None:
    case = ProfileCase(employer)
    case.case.event(EventKind.DELIVERED, "d")
    employer.turn()

    assert case.entries() == [("mail", "done")]
    employer.pass_time(hours=1)
    assert len(case.vendor.asked) == 1


def test_a_vendor_that_is_down_holds_up_neither_mail_nor_deliveries(employer: Employer) -> None:
    case = ProfileCase(employer)
    down = Unreachable("it is down", employer.now + DAY, perhaps_sent=False)
    case.vendor.answers = [down] * 100
    delivered(case)
    later = case.case.write("two")
    employer.pass_time(minutes=5)

    with employer.session() as session:
        assert session.get_one(Message, later).state == "accepted"
    assert case.entries() == [("mail", "waiting")]


def test_a_promise_kept_by_a_call_is_written_into_the_profile(employer: Employer) -> None:
    case = ProfileCase(employer)
    case.call()

    assert case.entries() == [("kept", "waiting")]
    case.turn()
    (note,) = case.vendor.bodies()
    assert "A word given to the candidate was kept" in note["body"]
    assert "By phone on 2 March 2026, 09:00 UTC" in note["body"]
    assert (
        "- A call: promised on 2 March 2026, 09:00 UTC, "
        "due on 2 March 2026, 13:00 UTC, kept in time" in note["body"]
    )
    # The call also ended the silence that a rule counts: it is all in one note.
    assert note["body"].count("kept in time") > 1
    assert case.entries() == [("kept", "done")]


def test_nothing_is_written_unless_it_was_switched_on(employer: Employer) -> None:
    case = ProfileCase(employer, on=False)
    delivered(case)
    case.call()

    assert case.entries() == []


def test_an_ats_that_takes_no_entries_gets_none(employer: Employer) -> None:
    with employer.work() as work:
        secret = "whsec_aW52ZW50ZWQgZm9yIHRlc3RzLCB0aGlydHktdHdvIGI="
        connection = add_connection(work, "own", "generic", [secret], rejections_by="ats")
        connection.write_back = True
        application = add_application(work, connection_id=connection.id, external_id="1")
        log_contact(work, application, channel=Channel.PHONE, outcome=Outcome.REACHED, at=work.now)
        assert work.session.scalars(select(ProfileEntry)).all() == []


def test_an_application_of_no_ats_makes_no_entry(employer: Employer) -> None:
    case = ProfileCase(employer)
    with employer.work() as work:
        application = case.case.application(work)
        application.connection_id = application.external_id = None
    case.call()

    assert case.entries() == []


def test_an_entry_is_written_once_however_often_the_step_turns(employer: Employer) -> None:
    case = ProfileCase(employer)
    delivered(case)
    # Another worker turns while the request is on its way.
    case.vendor.meanwhile = lambda: case.turn() and None
    case.turn()
    case.turn()

    assert len(case.vendor.asked) == 1
    assert case.entries() == [("mail", "done")]


def test_no_transaction_is_open_while_the_vendor_is_asked(employer: Employer) -> None:
    case = ProfileCase(employer)
    delivered(case)
    states = []

    def look() -> None:
        # On SQLite a writer would wait for another's transaction to end.
        with employer.work() as work:
            work.session.get_one(Connection, case.connection_id).sync_fault = "looked"
            states.append(work.session.scalars(select(ProfileEntry.state)).one())

    case.vendor.meanwhile = look
    case.turn()

    assert states == ["sending"]


class Killed(BaseException):
    """What a kill is to the code that runs."""


def killed() -> None:
    raise Killed


def test_a_worker_killed_while_writing_leaves_it_uncertain_and_not_written_again(
    employer: Employer,
) -> None:
    case = ProfileCase(employer)
    delivered(case)
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
    delivered(case)
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
    delivered(case)

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
    delivered(case)
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
    delivered(case)
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
    delivered(case)
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
    delivered(case)
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
    delivered(case)
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
    delivered(case)
    case.vendor.answers = [Denied(403, "it may not", employer.now + MINUTE)]
    case.turn()

    assert sorted(state for _, state in case.entries()) == ["done", "waiting"]
    assert case.connection().api_fault is None
    employer.clock.advance(2 * MINUTE)
    case.turn()
    assert {state for _, state in case.entries()} == {"done"}


def test_a_vendor_that_is_busy_is_left_alone_until_it_says(employer: Employer) -> None:
    case = ProfileCase(employer)
    delivered(case)
    case.vendor.answers = [Busy(employer.now + 5 * MINUTE, "too many requests")]
    case.turn()
    employer.clock.advance(4 * MINUTE)
    case.turn()
    assert len(case.vendor.asked) == 1
    employer.clock.advance(2 * MINUTE)

    assert case.turn().done == 1


def test_without_its_credentials_an_entry_waits_and_says_so(employer: Employer) -> None:
    case = ProfileCase(employer)
    delivered(case)
    with employer.work() as work:
        work.session.get_one(Connection, case.connection_id).credentials = {}
    case.turn()

    assert case.vendor.asked == []
    assert case.entries() == [("mail", "waiting")]
    assert "Client secret" in (case.connection().api_fault or "")


def test_a_bounce_cancels_what_still_waits(employer: Employer) -> None:
    case = ProfileCase(employer)
    delivered(case)
    case.tell(EventKind.BOUNCED)

    assert case.entries() == [("mail", "cancelled")]
    case.turn()
    assert case.vendor.asked == []


def test_a_call_that_was_taken_back_is_not_written(employer: Employer) -> None:
    case = ProfileCase(employer)
    with employer.work() as work:
        application = case.case.application(work)
        made = log_contact(
            work, application, channel=Channel.PHONE, outcome=Outcome.REACHED, at=work.now
        )
        take_back(work, application, made.contact, "a wrong number")
    case.turn()

    assert case.vendor.asked == []
    assert {state for _, state in case.entries()} == {"cancelled"}
    # Kept after all, it is written after all.
    case.call()
    case.turn()
    assert ("kept", "done") in case.entries()


def test_switched_off_nothing_that_waits_is_written(employer: Employer) -> None:
    case = ProfileCase(employer)
    delivered(case)
    with employer.work() as work:
        work.session.get_one(Connection, case.connection_id).write_back = False
    case.turn()

    assert (case.vendor.asked, case.entries()) == ([], [("mail", "cancelled")])


def test_an_erased_person_is_written_of_no_more(employer: Employer) -> None:
    case = ProfileCase(employer)
    delivered(case)
    with employer.work() as work:
        candidate = case.case.application(work).candidate
        erase_candidate(work, candidate, "they asked for it")
    case.turn()

    assert (case.vendor.asked, case.entries()) == ([], [("mail", "cancelled")])


def test_erased_while_it_is_written_it_keeps_no_words_of_the_vendors(employer: Employer) -> None:
    case = ProfileCase(employer)
    delivered(case)

    def erase() -> None:
        with employer.work() as work:
            erase_candidate(work, case.case.application(work).candidate, "they asked for it")

    case.vendor.meanwhile = erase
    case.turn()

    assert [(row.state, row.error) for row in case.rows()] == [("done", None)]


def test_a_letter_about_two_applications_is_written_once(employer: Employer) -> None:
    case = ProfileCase(employer)
    with employer.work() as work:
        first = case.case.application(work)
        second = Application(
            candidate_id=first.candidate_id,
            job_id=first.job_id,
            connection_id=first.connection_id,
            external_id="4712",
            stage="interview",
            stage_at=work.now,
            applied_at=work.now,
            created_at=work.now,
        )
        work.session.add(second)
        work.session.flush()
        work.session.add(MessageAlso(message_id=case.case.message_id, application_id=second.id))
    delivered(case)

    assert case.entries() == [("mail", "waiting")]


def test_a_request_that_must_not_be_made_fails_alone(employer: Employer) -> None:
    case = ProfileCase(employer)
    delivered(case)

    def never(reach: Reach, ask: object) -> None:
        raise AskError("it asks for a path that is none of the API's")

    case.vendor.ask = never  # type: ignore[method-assign,assignment] - this fake's own answer
    assert case.turn().failed == 1


def test_entries_of_unwritable_words_never_stop_the_others(employer: Employer) -> None:
    case = ProfileCase(employer)
    delivered(case)
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
