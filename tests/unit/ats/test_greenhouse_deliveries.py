"""Greenhouse: broken payloads, odd ones, and which deliveries are the same."""

from __future__ import annotations

import pytest

from service.ats.base import Incoming
from service.ats.greenhouse import Greenhouse
from service.ats.greenhouse_actions import HANDLERS
from service.ats.payload import PayloadError
from service.domain.changes import ApplicationRef, CandidateFacts, Moved, Rejected, Translation
from tests.doubles.greenhouse_bodies import RECEIVED_AT, REJECTED_AT, application, body, translate


def test_only_ids_are_needed() -> None:
    bare = {"application": {"id": "A", "candidate": {"id": "C"}}}

    translated = translate("candidate_stage_change", bare)
    ref = ApplicationRef("A", CandidateFacts("C"))
    assert translated == Translation((Moved(ref, None, None),))


def test_an_odd_optional_part_is_left_out_and_named_but_loses_no_event() -> None:
    odd = application(
        rejected_at="2026-03-05T11:00:00Z",
        applied_at="last week",
        candidate={"id": 501, "first_name": 5, "phone_numbers": "none", "recruiter": []},
        jobs={},
    )

    translated = translate("reject_candidate", odd)
    ref = ApplicationRef("9001", CandidateFacts("501"), ats_stage="Phone Interview")
    assert translated.changes == (Rejected(ref, REJECTED_AT),)
    assert {warning.split(":")[0] for warning in translated.warnings} == {
        "/payload/application/jobs",
        "/payload/application/applied_at",
        "/payload/application/candidate/first_name",
        "/payload/application/candidate/phone_numbers",
        "/payload/application/candidate/recruiter",
    }


@pytest.mark.parametrize(
    ("action", "payload", "pointer"),
    [
        ("candidate_stage_change", {}, "/payload/application"),
        ("candidate_stage_change", {"application": 5}, "/payload/application"),
        ("candidate_stage_change", {"application": {"id": 1}}, "/payload/application/candidate"),
        ("candidate_stage_change", {"application": {"id": 1, "candidate": {}}},
         "/payload/application/candidate/id"),
        ("candidate_stage_change", {"application": {"candidate": {"id": 1}}},
         "/payload/application/id"),
        ("reject_candidate", {"application": {"id": True, "candidate": {"id": 1}}},
         "/payload/application/id"),
        ("hire_candidate", {"application": {"id": 1.5, "candidate": {"id": 1}}},
         "/payload/application/id"),
        ("candidate_stage_change", application(jobs=[{"name": "no id"}]),
         "/payload/application/jobs/0/id"),
        ("update_candidate", {"candidate": {}}, "/payload/candidate/id"),
        ("merge_candidate", {"person": {"id": 1}}, "/payload/person/new_candidate_id"),
        ("merge_candidate", {"person": {"id": 1, "new_candidate_id": 1}},
         "/payload/person/new_candidate_id"),
        ("delete_candidate", {"person": {}}, "/payload/person/id"),
        ("candidate_anonymized", {}, "/payload/candidate_id"),
        ("offer_created", {"id": 1}, "/payload/application_id"),
        ("offer_created", {"application_id": 1}, "/payload/id"),
        ("offer_deleted", {"offer": {"id": 1}}, "/payload/offer/application_id"),
        ("interview_deleted", {"interview": {}}, "/payload/interview/id"),
        ("job_updated", {"job": {}}, "/payload/job/id"),
        ("delete_application", {"application": {}}, "/payload/application/id"),
    ],
)  # fmt: skip
def test_a_missing_id_is_named_by_its_place(action, payload, pointer) -> None:
    with pytest.raises(PayloadError) as refused:
        translate(action, payload)

    assert refused.value.pointer == pointer


@pytest.mark.parametrize("action", sorted(HANDLERS))
def test_every_action_needs_its_payload(action) -> None:
    with pytest.raises(PayloadError, match="/payload"):
        Greenhouse().translate(b'{"action":"%s"}' % action.encode(), {}, RECEIVED_AT)


def test_a_time_in_the_future_is_not_believed() -> None:
    ahead = application(last_activity_at="2026-03-07T00:00:00Z")

    translated = translate("candidate_stage_change", ahead)
    (moved,) = translated.changes
    assert isinstance(moved, Moved)
    assert moved.at is None
    assert translated.warnings == (
        "/payload/application/last_activity_at: lies in the future; left out",
    )


def identity(action: str, payload: dict[str, object], event_id: str | None) -> str:
    headers = [("Greenhouse-Event-ID", event_id)] if event_id else []
    return Greenhouse().identity(Incoming.of(headers, body(action, payload), RECEIVED_AT))


def test_a_retry_or_a_replay_under_another_event_id_is_the_same_delivery() -> None:
    first = identity("candidate_stage_change", application(), "e-1")

    assert first == identity("candidate_stage_change", application(), "e-2")
    assert first == identity("candidate_stage_change", application(), None)
    assert first != identity("reject_candidate", application(), "e-1")


@pytest.mark.parametrize("action", ["update_candidate", "job_updated", "application_updated"])
def test_a_fact_that_turns_back_to_what_it_was_is_another_delivery(action) -> None:
    payload: dict[str, object] = {"candidate": {"id": 501, "last_name": "Okafor"}}

    assert identity(action, payload, "e-1") == identity(action, payload, "e-1")
    assert identity(action, payload, "e-1") != identity(action, payload, "e-3")


def test_the_escapes_of_the_body_are_signed_as_they_stand() -> None:
    raw = body("update_candidate", {"candidate": {"id": 1, "first_name": "<b>"}})
    assert b"\\u003c" in raw
    headers = Greenhouse().sign(raw, "a secret", RECEIVED_AT, "e-1")

    Greenhouse().verify(Incoming.of(headers.items(), raw, RECEIVED_AT), ["a secret"], RECEIVED_AT)
