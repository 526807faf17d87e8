"""Closing a job: who is left alone, and who was told already."""

from __future__ import annotations

from datetime import timedelta

import pytest

from service.models import (
    Application,
    Connection,
    Message,
)
from tests.harness import Employer
from tests.integration.closing_case import Closing, counted
from tests.integration.watching import run_dispatch


@pytest.fixture
def case(employer: Employer) -> Closing:
    return Closing(employer)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"stage": "hired"}, "was hired"),
        ({"stage": "withdrawn"}, "withdrew, so no decision is owed"),
        ({"stage": "offer"}, "an offer is open: settle it first"),
        ({"open_offer": "offer-1"}, "an offer is open: settle it first"),
    ],
)
def test_some_are_left_out_for_where_they_stand(
    case: Closing, fields: dict[str, str], reason: str
) -> None:
    amara = case.applicant(**fields)

    closed = case.close()

    assert counted(closed.plan) == {"left_out": 1}
    assert case.entries(closed.closing.id)[amara].reason == reason
    assert case.application(amara).stage == fields.get("stage", "applied")


def test_nobody_whose_data_is_gone_is_written_to(case: Closing) -> None:
    erased, deleted = case.applicant(), case.applicant()
    case.change(deleted, deleted_at=case.employer.now)
    with case.employer.work() as work:
        candidate = work.session.get_one(Application, erased).candidate
        candidate.erased_at = work.now

    placed = case.placed()

    assert placed[erased] == ("left_out", "the person's data was erased")
    assert placed[deleted] == ("left_out", "the application was deleted in the ATS")


def test_a_person_may_leave_somebody_out(case: Closing) -> None:
    amara, bela = case.applicant("Amara"), case.applicant("Bela")

    closed = case.close(leave_out=[amara])

    assert counted(closed.plan) == {"mail": 1, "left_out": 1}
    assert case.application(amara).stage == "applied"
    assert case.application(bela).stage == "rejected"


@pytest.mark.parametrize(
    ("told", "part", "words"),
    [
        ("ats", "left_out", "the ATS sends rejections"),
        (None, "left_out", "nobody has said whether Keepword or the ATS"),
        ("keepword", "mail", "not interviewed"),
    ],
)
def test_keepword_tells_only_where_it_was_said_that_it_does(
    case: Closing, told: str | None, part: str, words: str
) -> None:
    amara = case.applicant()
    with case.employer.work() as work:
        connection = Connection(
            name="main",
            vendor="generic",
            secrets=[],
            stage_map={},
            rejections_by=told,
            created_at=work.now,
        )
        work.session.add(connection)
        work.session.flush()
        work.session.get_one(Application, amara).connection_id = connection.id

    closed = case.close()

    entry = case.entries(closed.closing.id)[amara]
    assert entry.part == part
    assert words in (entry.reason or "")
    assert len(case.messages()) == (part == "mail")
    assert case.application(amara).stage == ("rejected" if part == "mail" else "applied")


def test_whoever_cannot_be_reached_by_mail_is_called(case: Closing) -> None:
    bounced, unwanted, nowhere = (case.applicant() for _ in range(3))
    with case.employer.work() as work:
        person = {
            each: work.session.get_one(Application, each).candidate
            for each in (bounced, unwanted, nowhere)
        }
        email = person[bounced].emails[0]
        email.suppressed_at, email.suppressed_reason = work.now, "mail to this address bounced"
        person[unwanted].can_email = False
        person[nowhere].emails.clear()
        person[nowhere].phones.clear()

    placed = case.placed(mail_anyway=[bounced])

    assert placed[bounced] == (
        "call_first",
        "cannot be reached by mail (mail to this address bounced): call",
    )
    assert placed[unwanted] == (
        "call_first",
        "cannot be reached by mail (the ATS says that they want no mail): call",
    )
    assert placed[nowhere] == (
        "call_first",
        "cannot be reached by mail (no address is known): call, though no number is known",
    )


def test_whoever_was_taken_on_another_application_is_left_out(case: Closing) -> None:
    amara = case.applicant()
    case.also_applies(amara, case.another_job(), stage="offer")

    assert case.part(amara)[0] == "left_out"


def test_a_hire_of_long_ago_stands_in_nobodys_way(case: Closing) -> None:
    amara = case.applicant()
    before = case.also_applies(amara, case.another_job(), stage="hired")
    case.change(before, stage_at=case.employer.now - timedelta(days=400))

    assert case.part(amara)[0] == "mail"


def test_whoever_was_rejected_and_not_told_is_told_now(case: Closing) -> None:
    amara = case.applicant()
    decision = case.reject(amara)

    closed = case.close()

    (message,) = case.messages(closed.closing.id)
    # The position was not yet filled when it was decided: the letter does not say that it was why.
    assert (message.kind, message.decision_id) == ("rejection-application", decision)
    assert case.entries(closed.closing.id)[amara].decision_id is None


def test_whoever_was_told_is_not_told_again(case: Closing) -> None:
    waits, left = case.applicant("Amara"), case.applicant("Bela")
    case.reject(left)
    case.write(left)
    case.employer.clock.advance(timedelta(hours=2))
    run_dispatch(case.employer)
    case.reject(waits)
    case.write(waits)

    placed = case.placed()

    assert placed[left] == ("told_already", "the letter that tells the decision was sent")
    assert placed[waits] == (
        "told_already",
        "the letter that tells the decision is written and will go",
    )


def test_a_letter_that_bounced_or_was_cancelled_told_nobody(case: Closing) -> None:
    amara = case.applicant()
    case.reject(amara)
    message_id = case.write(amara)
    with case.employer.work() as work:
        work.session.get_one(Message, message_id).state = "cancelled"

    assert case.part(amara) == ("mail", "decided earlier, and not told")


def test_a_letter_that_was_stopped_is_settled_first(case: Closing) -> None:
    amara = case.applicant()
    case.reject(amara)
    message_id = case.write(amara)
    with case.employer.work() as work:
        work.session.get_one(Message, message_id).state = "blocked"

    assert case.part(amara)[0] == "left_out"


def test_decisions_from_before_keepword_are_history(case: Closing) -> None:
    amara, bela = case.applicant(), case.applicant()
    case.reject(amara, days_ago=40)
    case.change(bela, stage="rejected")

    placed = case.placed()

    assert placed[amara][0] == placed[bela][0] == "left_out"
    assert "whether they were told is not known" in placed[amara][1]
    assert "no decision is recorded" in placed[bela][1]
