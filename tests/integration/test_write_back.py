"""Letters that arrived and promises kept are written into the candidate's profile, once each."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from service.domain.contacts import Channel, Outcome
from service.mail.base import EventKind
from service.models import (
    Application,
    CandidateSource,
    Connection,
    Message,
    MessageAlso,
    ProfileEntry,
)
from service.vendors.base import Unreachable
from service.workflows.connections import add_connection
from service.workflows.contacts import log_contact
from service.workflows.erase import erase_candidate
from service.workflows.merging import merge_people, take_hold_of_both
from service.workflows.resettle import take_back
from tests.harness import Employer, add_application
from tests.integration.profile_case import ProfileCase, answered_employer

DAY = timedelta(days=1)


@pytest.fixture
def employer(database_url: str, tmp_path: Path) -> Iterator[Employer]:
    """A running Keepword whose ATSs are asked nothing but what the test answers."""
    with answered_employer(database_url, tmp_path) as made:
        yield made


def test_a_letter_that_arrived_is_written_into_the_profile(employer: Employer) -> None:
    case = ProfileCase(employer)
    case.tell(EventKind.DELIVERED)

    assert case.entries() == [("mail", "waiting")]
    assert case.turn().done == 1
    assert case.entries() == [("mail", "done")]
    (note,) = case.vendor.bodies()
    assert (note["candidate_id"], note["user_id"]) == (815, 7)
    assert "Email from hiring@example.com to amara." in note["body"]
    assert "I call you tomorrow." in note["body"]
    # The letter kept the promise, and is written alone.
    assert case.case.promise() == ("kept", False)


@pytest.mark.parametrize("known", [False, True])
def test_the_profile_is_found_of_whom_a_colleague_merged_into_another(
    employer: Employer, *, known: bool
) -> None:
    """Whether or not the ATS knows the record that stays, too; what it merged itself is gone."""
    case = ProfileCase(employer)
    with employer.work() as work:
        gone, stays = case.case.application(work), add_application(work)
        if known:
            case.know(work, stays, "816")
            work.session.flush()
            source = work.session.scalars(select(CandidateSource).filter_by(external_id="816"))
            source.one().merged_away = True
        merge_people(work, *take_hold_of_both(work, gone.candidate_id, stays.candidate_id))
    case.tell(EventKind.DELIVERED)

    assert case.turn().done == 1
    assert [note["candidate_id"] for note in case.vendor.bodies()] == [815]


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
    case.tell(EventKind.DELIVERED)
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
    case.tell(EventKind.DELIVERED)
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
    case.tell(EventKind.DELIVERED)
    # Another worker turns while the request is on its way.
    case.vendor.meanwhile = lambda: case.turn() and None
    case.turn()
    case.turn()

    assert len(case.vendor.asked) == 1
    assert case.entries() == [("mail", "done")]


def test_no_transaction_is_open_while_the_vendor_is_asked(employer: Employer) -> None:
    case = ProfileCase(employer)
    case.tell(EventKind.DELIVERED)
    states = []

    def look() -> None:
        # On SQLite a writer would wait for another's transaction to end.
        with employer.work() as work:
            work.session.get_one(Connection, case.connection_id).sync_fault = "looked"
            states.append(work.session.scalars(select(ProfileEntry.state)).one())

    case.vendor.meanwhile = look
    case.turn()

    assert states == ["sending"]


def test_a_bounce_cancels_what_still_waits(employer: Employer) -> None:
    case = ProfileCase(employer)
    case.tell(EventKind.DELIVERED)
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
    case.tell(EventKind.DELIVERED)
    with employer.work() as work:
        work.session.get_one(Connection, case.connection_id).write_back = False
    case.turn()

    assert (case.vendor.asked, case.entries()) == ([], [("mail", "cancelled")])


def test_an_erased_person_is_written_of_no_more(employer: Employer) -> None:
    case = ProfileCase(employer)
    case.tell(EventKind.DELIVERED)
    with employer.work() as work:
        candidate = case.case.application(work).candidate
        erase_candidate(work, candidate, "they asked for it")
    case.turn()

    assert (case.vendor.asked, case.entries()) == ([], [("mail", "cancelled")])


def test_erased_while_it_is_written_it_keeps_no_words_of_the_vendors(employer: Employer) -> None:
    case = ProfileCase(employer)
    case.tell(EventKind.DELIVERED)

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
    case.tell(EventKind.DELIVERED)

    assert case.entries() == [("mail", "waiting")]
