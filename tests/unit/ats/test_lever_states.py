"""Lever: what an opportunity means as it stands, and what must be asked to know it."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Any

import pytest

from service.ats.asking import Ask
from service.domain.changes import (
    ApplicationDeleted,
    Applied,
    CandidateErased,
    Hired,
    InterviewBooked,
    InterviewCancelled,
    InterviewDone,
    JobStatus,
    JobUpdated,
    Moved,
    Person,
    Rejected,
    Stage,
    Stands,
    Withdrawn,
)
from tests.doubles import lever_bodies as lever
from tests.doubles.lever_bodies import (
    ARCHIVED_AT,
    CREATED_AT,
    FETCHED_AT,
    GONE,
    JOB,
    JOB_STATED,
    OPPORTUNITY,
    POSTED_AT,
    REF,
    UPDATED_AT,
    lever_has,
    needs,
    understand,
)

MOVED = lever.body("candidateStageChange", toStageId="s-1")
STANDS = Stands(REF, UPDATED_AT, Stage.INTERVIEW)


def told(*changes, event: str = "candidateStageChange", **state: object) -> tuple[Any, ...]:
    return understand(lever.body(event), lever_has(*changes, **state)).changes


def test_nothing_but_ids_is_taken_from_the_event_itself() -> None:
    (ask,) = needs(lever.body("candidateArchiveChange", toArchived={"reason": "r-1"}))

    assert (ask.method, ask.path) == ("GET", "/opportunities/o-1")


def test_an_open_opportunity_stands_with_all_that_is_known_around_it() -> None:
    assert told() == (*JOB_STATED, STANDS)


def test_an_update_without_a_time_counts_from_when_it_was_asked() -> None:
    assert told(updatedAt=None)[-1] == Stands(REF, FETCHED_AT, Stage.INTERVIEW)


def test_what_was_not_expanded_is_asked_for_by_itself() -> None:
    plain = {"stage": "s-1", "owner": "u-1", "contact": "c-1", "applications": ["a-1"]}
    has = lever_has(
        {
            "/stages/s-1": OPPORTUNITY["stage"],
            "/users/u-1": OPPORTUNITY["owner"],
            "/opportunities/o-1/applications/a-1": lever.APPLICATION,
        },
        **plain,
    )

    assert understand(MOVED, has).changes == (*JOB_STATED, STANDS)


def test_staff_of_a_posting_that_was_not_expanded_are_asked_for() -> None:
    plain = dict(lever.POSTING) | {"owner": "u-1", "hiringManager": "u-3"}
    has = lever_has(
        {"/postings/p-1": plain, "/users/u-1": lever.OWNER, "/users/u-3": lever.MANAGER},
        owner=None,
    )

    assert understand(MOVED, has).changes == (*JOB_STATED, STANDS)


def test_what_lever_does_not_show_is_left_out_and_loses_no_event() -> None:
    has = {"/opportunities/o-1": lever.said(lever.opportunity())}

    (stands,) = understand(MOVED, has).changes
    assert isinstance(stands, Stands)
    assert stands.application.job == dataclasses.replace(
        JOB, title=None, status=None, hiring_manager=None
    )


@pytest.mark.parametrize(
    ("state", "status"),
    [("published", JobStatus.OPEN), ("internal", JobStatus.OPEN), ("closed", JobStatus.CLOSED)],
)
def test_the_postings_state_comes_with_it(state, status) -> None:
    job = dataclasses.replace(JOB, status=status)

    assert told({"/postings/p-1": lever.POSTING | {"state": state}})[0] == JobUpdated(
        job, POSTED_AT
    )


@pytest.mark.parametrize("state", ["draft", "pending", "rejected", "new"])
def test_a_posting_that_nobody_sees_yet_has_no_status(state) -> None:
    (stands,) = told({"/postings/p-1": lever.POSTING | {"state": state}})

    assert isinstance(stands, Stands)


@pytest.mark.parametrize(
    ("text", "kind", "change"),
    [
        ("Underqualified", "non-hired", Rejected),
        ("Position closed", "non-hired", Rejected),
        ("Unresponsive", "non-hired", Rejected),
        ("Timing", "non-hired", Rejected),
        ("Withdrew", "non-hired", Withdrawn),
        ("Offer declined", "non-hired", Withdrawn),
        ("Declined offer", "non-hired", Withdrawn),
        ("Candidate declined", "non-hired", Withdrawn),
        ("Accepted another offer", "non-hired", Withdrawn),
        ("No longer interested", "non-hired", Withdrawn),
        ("Duplicate", "non-hired", Moved),
        ("Spam", "non-hired", Moved),
        ("Moved to another posting", "non-hired", Moved),
        ("Not interested", "non-hired", Moved),
        ("", "non-hired", Moved),
        ("Underqualified", None, Moved),
        ("Underqualified", "something new", Moved),
        ("Withdrew", None, Withdrawn),
        ("Welcome aboard", "hired", Hired),
        ("Withdrew", "hired", Hired),
        ("Hired", None, Hired),
        ("Hired", "non-hired", Rejected),
    ],
)
def test_an_archived_opportunity_ends_by_its_reason(text, kind, change) -> None:
    reason = {"id": "r-1", "text": text, "type": kind}

    ended = told({"/archive_reasons/r-1": reason}, archived=lever.archived())[-1]
    assert type(ended) is change
    assert ended.at == ARCHIVED_AT


def test_a_rejection_carries_the_employers_own_words() -> None:
    assert told(archived=lever.archived())[-1] == Rejected(REF, ARCHIVED_AT, "Underqualified")


def test_the_end_as_older_answers_name_it_is_read_too() -> None:
    older = {"archivedAt": lever.millis(ARCHIVED_AT), "archiveReason": "r-1", "archived": ...}

    assert told(**older)[-1] == Rejected(REF, ARCHIVED_AT, "Underqualified")


@pytest.mark.parametrize("reason", [None, "r-unknown"])
def test_an_end_whose_reason_nobody_knows_rejects_nobody_and_is_a_to_do(reason) -> None:
    reading = understand(MOVED, lever_has(archived=lever.archived(reason)))

    label = dataclasses.replace(REF, ats_stage="Archived: no reason")
    assert reading.changes[-1] == Moved(label, ARCHIVED_AT, None)
    assert any("a person must" in warning for warning in reading.warnings)


def test_an_end_without_a_time_counts_from_the_update() -> None:
    ended = told(archived={"reason": "r-1"})[-1]

    assert isinstance(ended, Rejected)
    assert ended.at == UPDATED_AT


def test_an_opportunity_taken_out_of_the_archive_stands_open() -> None:
    assert told(event="candidateArchiveChange", archived=None)[-1] == STANDS


def test_somebody_new_is_said_to_have_applied() -> None:
    new = {"id": "s-0", "text": "New applicant"}
    ref = dataclasses.replace(REF, ats_stage="New applicant")

    assert told(event="applicationCreated", stage=new) == (
        *JOB_STATED,
        Applied(ref, CREATED_AT, Stage.APPLIED),
        Stands(ref, UPDATED_AT, Stage.APPLIED),
    )


def test_a_new_applicants_interviews_are_not_asked_for() -> None:
    asked: list[str] = []

    class Has(dict):
        def get(self, key, default=None):
            asked.append(key)
            return super().get(key, default)

    understand(MOVED, Has(lever_has(stage={"id": "s-0", "text": "New applicant"})))
    assert asked == ["/opportunities/o-1", "/postings/p-1"]


@pytest.mark.parametrize("listed", [[], None, ..., "odd"])
def test_an_opportunity_without_an_application_is_a_prospect(listed) -> None:
    (stands,) = told(applications=listed, stage={"id": "s", "text": "Reached out"})

    assert isinstance(stands, Stands)
    assert stands.application.prospect is (listed != "odd")


@pytest.mark.parametrize(
    ("origin", "kind", "stage", "prospect"),
    [
        ("sourced", "user", "Reached out", True),
        ("sourced", "user", "Phone interview", False),
        ("sourced", "posting", "Reached out", False),
        ("applied", "user", "Reached out", False),
        ("referred", "referral", "New lead", False),
    ],
)
def test_somebody_sourced_counts_once_there_is_a_conversation(
    origin, kind, stage, prospect
) -> None:
    given = [lever.APPLICATION | {"type": kind}]

    stands = told(origin=origin, applications=given, stage={"id": "s", "text": stage})[-1]
    assert stands.application.prospect is prospect


@pytest.mark.parametrize(
    ("origin", "kind", "thanked"),
    [("sourced", "user", False), ("sourced", "posting", True), ("referred", "user", True)],
)
def test_nobody_is_thanked_for_applying_whom_a_recruiter_sought_out(origin, kind, thanked) -> None:
    given = [lever.APPLICATION | {"type": kind}]
    changes = told(event="applicationCreated", origin=origin, applications=given)

    assert any(isinstance(each, Applied) for each in changes) is thanked
    assert isinstance(changes[-1], Stands)
    assert not changes[-1].application.prospect


def test_nobody_is_told_of_the_end_of_what_a_recruiter_began() -> None:
    given = [lever.APPLICATION | {"type": "user"}]

    ended = told(origin="sourced", applications=given, archived=lever.archived())[-1]
    assert isinstance(ended, Rejected)
    assert ended.application.prospect


@pytest.mark.parametrize(
    ("protection", "can_email"),
    [
        ({"contact": {"allowed": True, "expiresAt": None}}, True),
        ({"contact": {"allowed": False, "expiresAt": None}}, False),
        ({"contact": {"allowed": True, "expiresAt": lever.millis(FETCHED_AT)}}, False),
        ({"contact": {"allowed": True,
                      "expiresAt": lever.millis(FETCHED_AT + timedelta(days=1))}}, True),
        ({"contact": {"allowed": "yes"}}, None),
        ({"contact": None}, None),
        ({}, None),
        (None, None),
    ],
)  # fmt: skip
def test_nobody_is_mailed_whom_the_law_protects(protection, can_email) -> None:
    stands = told(dataProtection=protection)[-1]

    assert stands.application.candidate.can_email is can_email


def test_an_anonymised_person_is_erased() -> None:
    gone = {"id": "c-1", "isAnonymized": True}

    assert told(isAnonymized=True, contact=gone) == (CandidateErased("c-1", UPDATED_AT, ("o-1",)),)


def test_an_anonymised_opportunity_of_somebody_who_stays_is_deleted_alone() -> None:
    assert told(isAnonymized=True) == (ApplicationDeleted("o-1", UPDATED_AT),)


@pytest.mark.parametrize("contact", [GONE, {"id": "c-1", "isAnonymized": True}])
def test_of_an_anonymised_opportunity_the_contact_is_asked_for(contact) -> None:
    assert told({"/contacts/c-1": contact}, isAnonymized=True, contact="c-1") == (
        CandidateErased("c-1", UPDATED_AT, ("o-1",)),
    )


def at(minutes: int):
    return FETCHED_AT.replace(hour=9, minute=0) + timedelta(minutes=minutes)


def with_interviews(*listed: object, **state: object) -> list[Any]:
    changes = told({"/opportunities/o-1/interviews": list(listed)}, **state)
    return [each for each in changes if type(each).__name__.startswith("Interview")]


def test_an_interview_is_booked_and_held_once_its_end_has_passed() -> None:
    booked_at = FETCHED_AT.replace(day=3, hour=9, minute=0)

    assert with_interviews(lever.interview()) == [
        InterviewBooked(REF, booked_at, "i-1", at(0), at(60)),
        InterviewDone(REF, at(60), "i-1", at(60)),
    ]


@pytest.mark.parametrize("duration", [24 * 60, 200])
def test_an_interview_that_is_still_going_on_is_booked_alone(duration) -> None:
    (booked,) = with_interviews(lever.interview(duration=duration))

    assert isinstance(booked, InterviewBooked)
    assert booked.ends_at == at(duration)


def test_an_interview_that_was_called_off_was_not_held() -> None:
    assert with_interviews(lever.interview(canceledAt=lever.millis(at(-60)))) == [
        InterviewCancelled(at(-60), "i-1", REF)
    ]


@pytest.mark.parametrize("odd", [{"date": None}, {"date": "soon"}, {"id": None}])
def test_an_interview_without_a_date_or_an_id_is_none(odd) -> None:
    assert with_interviews(lever.interview(**odd)) == []


@pytest.mark.parametrize("duration", [None, "60", 0, -5, 10**9])
def test_an_odd_length_makes_the_interview_end_when_it_begins(duration) -> None:
    booked = with_interviews(lever.interview(duration=duration))[0]

    assert isinstance(booked, InterviewBooked)
    assert booked.ends_at == at(0)


def test_after_the_end_of_an_application_no_interview_was_held() -> None:
    early, late = lever.interview(), lever.interview(id="i-2", date=lever.millis(at(90)))

    done = with_interviews(early, late, archived=lever.archived())
    assert [each.external_id for each in done] == ["i-1", "i-1"]


def test_an_interview_that_lever_has_no_more_is_called_off_when_it_said_so() -> None:
    raw = lever.body("interviewDeleted", interviewId="i-9")

    assert understand(raw, lever_has()).changes == (
        *JOB_STATED,
        STANDS,
        InterviewCancelled(lever.TRIGGERED_AT, "i-9", REF),
    )


def test_an_interview_said_to_be_deleted_that_lever_still_has_is_not() -> None:
    raw = lever.body("interviewDeleted", interviewId="i-9")
    has = lever_has({"/opportunities/o-1/interviews/i-9": lever.interview(id="i-9")})

    assert understand(raw, has).changes == (*JOB_STATED, STANDS)


def test_the_owner_of_the_posting_owns_what_nobody_else_does() -> None:
    stands = told(owner=None)[-1]

    assert stands.application.owner == Person("u-1", "Tess Marlow", "tess.marlow@example.org")


def test_odd_optional_parts_are_named_and_lose_nothing() -> None:
    reading = understand(
        MOVED,
        lever_has(emails=["nowhere", "mira@example.com"], phones="none", createdAt="once",
                  name=5, stage=["s-1"], archived=None),
    )  # fmt: skip

    stands = reading.changes[-1]
    assert isinstance(stands, Stands)
    assert stands.application.candidate is not None
    assert stands.application.candidate.emails == ("mira@example.com",)
    assert {warning.split(":")[0] for warning in reading.warnings} >= {
        "/data/emails", "/data/phones", "/data/name",
    }  # fmt: skip


def test_a_question_holds_the_id_and_nothing_beside_it() -> None:
    (ask,) = needs(lever.body("candidateHired", opportunityId="a/../b?x=1"))

    assert ask.path == "/opportunities/a%2F..%2Fb%3Fx%3D1"
    assert isinstance(ask, Ask)
