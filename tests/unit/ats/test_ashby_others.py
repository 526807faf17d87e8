"""Ashby: what is asked where a part is missing, interviews, offers, jobs, merges and erasures."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime, timedelta

import pytest

from service.ats.ashby import Ashby
from service.ats.ashby_api import application_info, offer_info
from service.ats.asking import Answer, Needs
from service.ats.payload import PayloadError
from service.domain.changes import (
    ApplicationRef,
    CandidateErased,
    CandidatesMerged,
    Change,
    Hired,
    InterviewBooked,
    InterviewCancelled,
    InterviewDone,
    JobFacts,
    JobStatus,
    JobUpdated,
    OfferMade,
    OfferWithdrawn,
    Person,
    Rejected,
    Stage,
    Stands,
    Translation,
)
from tests.doubles import ashby_bodies as ashby
from tests.doubles.ashby_bodies import (
    ARCHIVED_AT,
    RECEIVED_AT,
    REF,
    UPDATED_AT,
    answers,
    needs,
    refused,
    translate,
)

STANDS: tuple[Change, ...] = (Stands(REF, UPDATED_AT, Stage.INTERVIEW),)
BEGINS = datetime(2026, 3, 5, 9, 0, tzinfo=UTC)
ENDS = datetime(2026, 3, 5, 10, 0, tzinfo=UTC)
ASK = application_info("a-1")


@pytest.mark.parametrize("part", ["job", "hiringTeam", "candidate"])
@pytest.mark.parametrize("missing", [..., None])
@pytest.mark.parametrize("action", ["applicationSubmit", "applicationUpdate", "candidateHire"])
def test_a_missing_part_is_asked_for(action, missing, part) -> None:
    asks = needs(action, {"application": ashby.application(**{part: missing})})

    assert asks == (ASK,)
    assert ASK.method == "POST"
    assert ASK.path == "/application.info"
    assert json.loads(ASK.json or "") == {"applicationId": "a-1"}


def bare(**changes: object) -> dict[str, object]:
    """As observed: a delivery with neither job nor hiring team."""
    return {"application": ashby.application(job=..., hiringTeam=..., **changes)}


def test_what_was_missing_is_filled_in_from_the_answer() -> None:
    assert translate("applicationUpdate", bare(), answers()).changes == STANDS


def test_a_newer_answer_wins_over_what_was_told() -> None:
    newer = ashby.archived("RejectedByOrg", updatedAt="2026-03-05T13:00:00Z")

    (rejected,) = translate("applicationUpdate", bare(), answers(newer)).changes
    assert isinstance(rejected, Rejected)
    assert rejected.at == ARCHIVED_AT


def test_what_changed_after_the_event_came_is_believed_when_it_was_asked_later() -> None:
    later = ashby.answer(ashby.application(updatedAt="2026-03-06T20:00:00Z"))
    asked = dataclasses.replace(later, fetched_at=RECEIVED_AT + timedelta(days=1))

    (stands,) = translate("applicationUpdate", bare(), answers(asked)).changes
    assert isinstance(stands, Stands)
    assert stands.at == datetime(2026, 3, 6, 20, 0, tzinfo=UTC)


def test_an_answer_from_before_the_event_only_fills_in() -> None:
    older = ashby.application(updatedAt="2026-03-05T08:00:00Z")

    (hired,) = translate("candidateHire", bare(status="Hired"), answers(older)).changes
    assert hired == Hired(REF, UPDATED_AT)


def test_a_hire_taken_back_before_it_was_looked_at_ends_open() -> None:
    reopened = ashby.application(updatedAt="2026-03-05T13:00:00Z")

    changes = translate("candidateHire", bare(status="Hired"), answers(reopened)).changes
    assert [type(each) for each in changes] == [Hired, Stands]
    assert changes[1].at == datetime(2026, 3, 5, 13, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "answer",
    [
        refused("application_not_found"),
        refused("a fault, with words"),
        Answer(404, b"", RECEIVED_AT),
        Answer(400, b"?", RECEIVED_AT),
        ashby.answer(ashby.application(id="a-2")),
        ashby.answer(None),
    ],
)
def test_where_ashby_does_not_tell_what_is_missing_the_event_still_counts(answer) -> None:
    told = translate("applicationUpdate", bare(), answers(answer))

    (stands,) = told.changes
    assert isinstance(stands, Stands)
    assert stands.application.job is None
    assert stands.application.candidate == REF.candidate
    assert any(w.startswith("/data/application/job: asked Ashby") for w in told.warnings)


def test_an_answer_that_is_no_json_is_an_error_and_not_a_guess() -> None:
    with pytest.raises(PayloadError):
        translate("applicationUpdate", bare(), answers(Answer(200, b"<html>", RECEIVED_AT)))


def test_an_interview_with_a_date_is_booked_from_its_first_start_to_its_last_end() -> None:
    told = translate("interviewScheduleCreate", ashby.schedule("Scheduled"), answers())

    assert told.changes == (*STANDS, InterviewBooked(REF, UPDATED_AT, "i-1", BEGINS, ENDS))


def test_an_interview_asks_for_its_application_first() -> None:
    assert needs("interviewScheduleUpdate", ashby.schedule("Scheduled")) == (ASK,)


@pytest.mark.parametrize("status", ["WaitingOnFeedback", "Complete", "Completed"])
def test_an_interview_that_awaits_feedback_took_place(status) -> None:
    told = translate("interviewScheduleUpdate", ashby.schedule(status), answers())

    assert told.changes == (
        *STANDS,
        InterviewBooked(REF, UPDATED_AT, "i-1", BEGINS, ENDS),
        InterviewDone(REF, UPDATED_AT, "i-1", ENDS),
    )


def test_an_interview_done_before_its_planned_end_ended_when_ashby_said_so() -> None:
    late = [{"startTime": "2026-03-06T09:00:00Z", "endTime": "2026-03-06T10:00:00Z"}]
    data = ashby.schedule("Complete", interviewEvents=late)

    assert translate("interviewScheduleUpdate", data, answers()).changes[-1] == (
        InterviewDone(REF, UPDATED_AT, "i-1", UPDATED_AT)
    )


@pytest.mark.parametrize("status", ["Cancelled", "NeedsScheduling", "OnHold", "Rescheduling"])
def test_an_interview_called_off_or_put_back_is_booked_no_more(status) -> None:
    told = translate("interviewScheduleUpdate", ashby.schedule(status), answers())

    assert told.changes == (*STANDS, InterviewCancelled(UPDATED_AT, "i-1", REF))


@pytest.mark.parametrize("status", ["NeedsScheduling", "WaitingOnCandidateBooking", "Brewing", ""])
def test_an_interview_without_a_date_changes_nothing(status) -> None:
    assert translate("interviewScheduleCreate", ashby.schedule(status)).ignored


def test_an_interview_of_an_application_that_ashby_does_not_show_names_it_by_id() -> None:
    told = translate(
        "interviewScheduleUpdate", ashby.schedule("Cancelled"), answers(refused("not_found"))
    )

    assert told.changes == (InterviewCancelled(UPDATED_AT, "i-1", ApplicationRef("a-1")),)


def test_an_interview_with_a_lead_is_booked_and_moves_nobody() -> None:
    lead = ashby.application(status="Lead")
    told = translate("interviewScheduleUpdate", ashby.schedule("Scheduled"), answers(lead))

    (booked,) = told.changes
    assert isinstance(booked, InterviewBooked)
    assert booked.application.prospect


def offer_told(data: dict[str, object], answer: Answer | None = None) -> tuple[Change, ...]:
    known = answers()
    known.add(offer_info("o-1"), answer or ashby.answer(data["offer"]))
    return translate("offerUpdate", data, known).changes


@pytest.mark.parametrize(
    ("acceptance", "process", "sent"),
    [
        ("Created", "WaitingOnApprovalStart", False),
        ("Created", "WaitingOnOfferApproval", False),
        ("Pending", "WaitingOnCandidateResponse", True),
        ("WaitingOnResponse", "WaitingOnCandidateResponse", True),
        ("Accepted", "CandidateAccepted", True),
        ("Accepted", "WaitingOnApprovalStart", True),
        ("Whatever", "New", False),
    ],
)
def test_an_offer_stands_and_is_out_when_its_answer_is_awaited(acceptance, process, sent) -> None:
    assert offer_told(ashby.offer(acceptance, process)) == (
        *STANDS,
        OfferMade("a-1", None, "o-1", sent=sent),
    )


@pytest.mark.parametrize(
    ("acceptance", "process"),
    [("Declined", "CandidateRejected"), ("Cancelled", "OfferCancelled"), ("Declined", "x"),
     ("Pending", "OfferCancelled")],
)  # fmt: skip
def test_an_offer_declined_or_cancelled_stands_no_more_and_withdraws_nobody(
    acceptance, process
) -> None:
    data = ashby.offer(acceptance, process, decidedAt="2026-03-05T11:00:00Z")

    assert offer_told(data) == (*STANDS, OfferWithdrawn("a-1", ARCHIVED_AT, "o-1"))


def test_an_offer_asks_how_it_and_its_application_stand_now() -> None:
    asks = needs("offerCreate", ashby.offer("Pending", "WaitingOnCandidateResponse"))

    assert asks == (ASK, offer_info("o-1"))


def test_an_offer_told_of_late_stands_no_more() -> None:
    late = ashby.offer("Pending", "WaitingOnCandidateResponse")
    declined = ashby.offer("Declined", "CandidateRejected")["offer"]

    assert offer_told(late, ashby.answer(declined))[-1] == OfferWithdrawn("a-1", None, "o-1")
    for gone in (refused("offer_not_found"), Answer(404, b"", RECEIVED_AT)):
        assert offer_told(late, gone)[-1] == OfferWithdrawn("a-1", None, "o-1")


def test_where_ashby_does_not_show_an_offer_its_event_counts() -> None:
    told = offer_told(ashby.offer("Pending", "x"), refused("missing_endpoint_permission"))

    assert told[-1] == OfferMade("a-1", None, "o-1", sent=True)


def test_a_deleted_offer_stands_no_more() -> None:
    assert translate("offerDelete", ashby.offer("Pending", "x")).changes == (
        OfferWithdrawn("a-1", None, "o-1"),
    )


@pytest.mark.parametrize(
    ("status", "ours"),
    [("Open", JobStatus.OPEN), ("Closed", JobStatus.CLOSED), ("Archived", JobStatus.CLOSED),
     ("Draft", None), ("Paused", None)],
)  # fmt: skip
def test_a_job_is_stated_as_of_its_update(status, ours) -> None:
    job = {"id": "j-1", "title": "Bookbinder", "status": status, "hiringTeam": ashby.TEAM,
           "updatedAt": "2026-03-05T12:00:00Z"}  # fmt: skip
    manager = Person("u-3", "Hana Lind", "hana.lind@example.org")

    for action in ("jobCreate", "jobUpdate"):
        assert translate(action, {"job": job}).changes == (
            JobUpdated(JobFacts("j-1", "Bookbinder", ours, manager), UPDATED_AT),
        )


def test_a_deleted_candidate_is_erased() -> None:
    assert translate("candidateDelete", {"candidate": {"id": "c-1"}}).changes == (
        CandidateErased("c-1", None),
    )


def test_merged_candidates_become_one() -> None:
    data = {"deletedCandidate": {"id": "c-2"}, "mergedCandidate": {"id": "c-1"}}

    assert translate("candidateMerge", data).changes == (CandidatesMerged("c-2", "c-1", None),)


@pytest.mark.parametrize(
    ("action", "data", "pointer"),
    [
        ("applicationUpdate", {}, "/data/application"),
        ("applicationUpdate", {"application": {"status": "Active"}}, "/data/application/id"),
        ("applicationUpdate", {"application": {"id": 1.5}}, "/data/application/id"),
        ("applicationUpdate", {"application": ashby.application(candidate={"name": "X"})},
         "/data/application/candidate/id"),
        ("applicationUpdate", {"application": ashby.application(job={"title": "X"})},
         "/data/application/job/id"),
        ("candidateDelete", {"candidate": {}}, "/data/candidate/id"),
        ("candidateMerge", {"deletedCandidate": {"id": "c-1"}}, "/data/mergedCandidate"),
        ("candidateMerge", {"deletedCandidate": {"id": "c-1"}, "mergedCandidate": {"id": "c-1"}},
         "/data/mergedCandidate"),
        ("interviewScheduleUpdate", {"interviewSchedule": {"id": "i-1"}},
         "/data/interviewSchedule/applicationId"),
        ("offerUpdate", {"offer": {"id": "o-1"}}, "/data/offer/applicationId"),
        ("offerDelete", {"offer": {"applicationId": "a-1"}}, "/data/offer/id"),
        ("jobUpdate", {"job": {}}, "/data/job/id"),
    ],
)  # fmt: skip
def test_a_missing_id_is_named_by_its_place(action, data, pointer) -> None:
    with pytest.raises(PayloadError) as refused_payload:
        translate(action, data)

    assert refused_payload.value.pointer == pointer


def found(kind: str, record: object) -> Translation | Needs:
    return Ashby().translate_found(kind, json.dumps(record).encode(), RECEIVED_AT)


def test_an_application_found_by_asking_stands_where_it_stands() -> None:
    assert found("application", ashby.APPLICATION) == Translation(STANDS)


def test_somebody_imported_in_bulk_is_owed_no_acknowledgement() -> None:
    fresh = ashby.application(createdAt="2026-03-06T07:59:00Z", updatedAt="2026-03-06T07:59:00Z")

    reading = found("application", fresh)
    assert isinstance(reading, Translation)
    assert [type(each) for each in reading.changes] == [Stands]


def test_a_closed_application_found_by_asking_is_closed() -> None:
    ended = dataclasses.replace(REF, ats_stage="Archived")

    assert found("application", ashby.archived("RejectedByOrg")) == Translation(
        (Rejected(ended, ARCHIVED_AT, "Other offer"),)
    )


def test_what_else_is_found_reads_like_its_event() -> None:
    job = found("job", {"id": "j-1", "status": "Closed"})

    assert isinstance(job, Translation)
    assert job.changes == (JobUpdated(JobFacts("j-1", None, JobStatus.CLOSED), None),)
    assert isinstance(found("interviewSchedule", ashby.schedule("Scheduled")["interviewSchedule"]),
                      Needs)  # fmt: skip


def test_a_record_of_an_unknown_kind_is_refused() -> None:
    with pytest.raises(PayloadError, match="'tea'"):
        found("tea", {})
