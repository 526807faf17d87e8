"""Greenhouse: what its actions mean for an application, on invented payloads."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

import pytest

from service.domain.changes import (
    ApplicationDeleted,
    ApplicationRef,
    ApplicationUpdated,
    Applied,
    CandidateFacts,
    Hired,
    InterviewBooked,
    InterviewDone,
    Moved,
    Person,
    Rejected,
    Stage,
    Translation,
    Unhired,
    Unrejected,
    Withdrawn,
)
from tests.doubles.greenhouse_bodies import (
    ACTIVE_AT,
    APPLIED_AT,
    CANDIDATE,
    JOB,
    REF,
    REJECTED_AT,
    application,
    at_stage,
    stage,
    translate,
)


def test_a_new_application_brings_everyone_around_it() -> None:
    first = application(current_stage=stage("Application Review", (1, "Application Review", "x")))

    translated = translate("new_candidate_application", first)
    expected = Applied(at_stage("Application Review"), APPLIED_AT, Stage.APPLIED)
    assert translated == Translation((expected,))


def test_a_new_application_may_start_beyond_the_first_stage() -> None:
    (applied,) = translate("new_candidate_application", application()).changes

    assert applied == Applied(REF, APPLIED_AT, Stage.INTERVIEW)


def test_a_stage_that_maps_to_none_of_ours_is_not_silently_taken_for_applied() -> None:
    odd = application(current_stage=stage("Phase Blue"))
    ref = at_stage("Phase Blue")

    assert translate("new_candidate_application", odd).changes == (
        Applied(ref, APPLIED_AT),
        Moved(ref, APPLIED_AT, None),
    )
    assert translate("candidate_stage_change", odd).changes == (Moved(ref, ACTIVE_AT, None),)


def test_an_application_rejected_on_arrival_is_both() -> None:
    done = application(status="rejected", rejected_at="2026-03-05T11:00:00Z")

    changes = translate("new_candidate_application", done).changes
    assert [type(change) for change in changes] == [Applied, Rejected]


def test_a_stage_change_is_timed_by_the_last_activity() -> None:
    translated = translate("candidate_stage_change", application())

    assert translated == Translation((Moved(REF, ACTIVE_AT, Stage.INTERVIEW),))


def test_a_stage_change_that_arrives_after_the_end_does_not_reopen_it() -> None:
    late = application(status="rejected", rejected_at="2026-03-05T11:00:00Z")

    assert translate("candidate_stage_change", late).changes == (
        ApplicationUpdated(REF, ACTIVE_AT),
        Rejected(REF, REJECTED_AT),
    )


def test_the_steps_of_a_stage_tell_which_interviews_are_booked_and_done() -> None:
    steps = stage(
        "Face to Face",
        (1, "Panel", "scheduled"),
        (2, "Lunch", "awaiting_feedback"),
        (3, "Portfolio talk", "complete"),
        (4, "Second panel", "to_be_scheduled"),
        (5, "Third panel", "skipped"),
        (6, "Application Review", "collect_feedback"),
        (7, "Take Home Test", "received"),
    )
    ref = at_stage("Face to Face")

    assert translate("application_updated", application(current_stage=steps)).changes == (
        ApplicationUpdated(ref, ACTIVE_AT),
        InterviewBooked(ref, ACTIVE_AT, "1"),
        InterviewDone(ref, ACTIVE_AT, "2"),
        InterviewDone(ref, ACTIVE_AT, "3"),
    )


@pytest.mark.parametrize("step", ["Application Review", "Take Home Test", "Reference Check"])
def test_a_complete_step_in_which_nobody_met_the_candidate_is_no_interview(step) -> None:
    steps = stage("Face to Face", (1, step, "complete"))

    changes = translate("application_updated", application(current_stage=steps)).changes
    assert [type(change) for change in changes] == [ApplicationUpdated]


def test_a_rejection_keeps_its_own_time_and_reason() -> None:
    rejected = application(
        status="rejected",
        rejected_at="2026-03-05T11:00:00Z",
        rejection_reason={
            "id": 4,
            "name": "Gilding",
            "type": {"id": 1, "name": "We rejected them"},
        },
    )

    translated = translate("reject_candidate", rejected)
    assert translated == Translation((Rejected(REF, REJECTED_AT, "Gilding"),))


def test_a_rejection_after_an_interview_tells_of_the_interview_first_and_of_no_booking() -> None:
    steps = stage("Face to Face", (1, "Panel", "complete"), (2, "Second panel", "scheduled"))
    rejected = application(rejected_at="2026-03-05T11:00:00Z", current_stage=steps)
    ref = at_stage("Face to Face")

    assert translate("reject_candidate", rejected).changes == (
        InterviewDone(ref, ACTIVE_AT, "1"),
        Rejected(ref, REJECTED_AT),
    )


def test_a_candidate_who_turned_us_down_is_not_rejected() -> None:
    left = application(
        status="rejected",
        rejected_at="2026-03-05T11:00:00Z",
        rejection_reason={"id": 9, "name": "Moved", "type": {"id": 2, "name": "They rejected us"}},
    )

    expected = Withdrawn(REF, REJECTED_AT, "Moved")
    assert translate("reject_candidate", left).changes == (expected,)
    assert translate("application_updated", left).changes[-1] == expected


@pytest.mark.parametrize(
    ("name", "kind", "left"),
    [
        ("Candidate withdrew", {"id": 3, "name": "None specified"}, True),
        ("Withdrew application", None, True),
        ("Preferred another candidate", {"id": 3, "name": "None specified"}, False),
        ("Candidate withdrew", {"id": 1, "name": "We rejected them"}, False),
    ],
)
def test_a_reason_whose_type_names_nobody_is_read_by_its_words(name, kind, left) -> None:
    closed = application(
        status="rejected",
        rejected_at="2026-03-05T11:00:00Z",
        rejection_reason={"id": 9, "name": name, "type": kind},
    )

    (change,) = translate("reject_candidate", closed).changes
    assert isinstance(change, Withdrawn if left else Rejected)


def test_a_status_of_rejected_without_a_time_is_no_decision() -> None:
    translated = translate("application_updated", application(status="rejected"))

    assert translated.changes == (ApplicationUpdated(REF, ACTIVE_AT),)
    assert "not taken as a decision" in translated.warnings[0]


def test_a_rejection_taken_back_says_where_the_application_stands() -> None:
    translated = translate("unreject_candidate", application())

    assert translated.changes == (Unrejected(REF, ACTIVE_AT, Stage.INTERVIEW),)


def test_a_hire_is_dated_by_the_accepted_offer() -> None:
    hired = {
        "application": {
            "id": 9001,
            "candidate": CANDIDATE,
            "job": {"id": 1, "name": "the deprecated place"},
            "jobs": [JOB],
            "offer": {"id": 5, "version": 2, "resolved_at": "2026-03-05T10:00:00Z"},
        }
    }
    ref = dataclasses.replace(REF, applied_at=None, ats_stage=None)

    translated = translate("hire_candidate", hired)
    assert translated == Translation((Hired(ref, datetime(2026, 3, 5, 10, 0, tzinfo=UTC)),))

    # Accepted before they were moved last, as while a new version of the offer was written.
    hired["application"]["last_activity_at"] = "2026-03-05T12:00:00Z"
    assert translate("hire_candidate", hired).changes == (
        Hired(ref, datetime(2026, 3, 5, 12, 0, tzinfo=UTC)),
    )


def test_a_hire_without_any_time_is_left_to_the_time_of_receipt() -> None:
    hired = {"application": {"id": 9001, "candidate": {"id": 501}}}

    expected = Hired(ApplicationRef("9001", CandidateFacts("501")), None)
    assert translate("hire_candidate", hired).changes == (expected,)


def test_a_hire_taken_back_says_where_the_application_stands() -> None:
    back = application(current_stage=stage("Offer"))

    assert translate("unhire_candidate", back).changes == (
        Unhired(at_stage("Offer"), ACTIVE_AT, Stage.OFFER),
    )


@pytest.mark.parametrize(
    "action",
    [
        "new_candidate_application", "candidate_stage_change", "application_updated",
        "reject_candidate", "unreject_candidate", "hire_candidate", "unhire_candidate",
    ],
)  # fmt: skip
def test_nothing_is_owed_to_a_prospect(action) -> None:
    translated = translate(action, application(prospect=True, current_stage=None))

    assert translated.changes == ()
    assert translated.ignored == "a prospect has not applied, so nothing is owed"


def test_a_deleted_application_goes_alone() -> None:
    deleted = {"application": {"id": 9001, "candidate_id": 501, "job_id": 71}}

    assert translate("delete_application", deleted).changes == (ApplicationDeleted("9001", None),)


def test_without_a_recruiter_of_their_own_the_jobs_recruiter_owns_the_application() -> None:
    alone = application(candidate={**CANDIDATE, "recruiter": None, "coordinator": None})

    (moved,) = translate("candidate_stage_change", alone).changes
    assert isinstance(moved, Moved)
    assert (moved.application.owner, moved.application.coordinator) == (Person("33"), None)
