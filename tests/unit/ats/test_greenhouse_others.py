"""Greenhouse: what its actions mean for candidates, offers, interviews and jobs."""

from __future__ import annotations

import dataclasses

import pytest

from service.domain.changes import (
    CandidateErased,
    CandidateFacts,
    CandidatesMerged,
    CandidateUpdated,
    InterviewCancelled,
    JobDeleted,
    JobFacts,
    JobStatus,
    JobUpdated,
    OfferMade,
    OfferWithdrawn,
    Translation,
)
from tests.doubles.greenhouse_bodies import (
    ACTIVE_AT,
    BOOKBINDER,
    CANDIDATE,
    JOB,
    MIRA,
    TESS,
    translate,
)


def test_an_updated_candidate_has_no_time_and_may_say_little() -> None:
    little = {"candidate": {"id": 501, "email_addresses": [], "recruiter": None}}

    assert translate("update_candidate", {"candidate": CANDIDATE}).changes == (
        CandidateUpdated(MIRA, None, TESS),
    )
    assert translate("update_candidate", little).changes == (
        CandidateUpdated(CandidateFacts("501", emails=()), None),
    )


def test_a_candidate_who_may_not_be_mailed_is_not() -> None:
    (change,) = translate("update_candidate", {"candidate": {"id": 1, "can_email": False}}).changes

    assert change == CandidateUpdated(CandidateFacts("1", can_email=False), None)


def test_a_private_candidate_is_not_mailed_either_and_people_are_told_why() -> None:
    private = {"candidate": {"id": 1, "can_email": True, "is_private": True}}

    translated = translate("update_candidate", private)
    expected = CandidateUpdated(CandidateFacts("1", can_email=False), None)
    assert translated.changes == (expected,)
    assert translated.warnings == (
        "/payload/candidate/is_private: private in Greenhouse, so Keepword sends no mail by itself",
    )


def test_what_is_no_address_is_left_out() -> None:
    entries = [{"value": "n/a"}, {"value": " mira@example.com\r\n"}, {"value": None}, {}]

    translated = translate("update_candidate", {"candidate": {"id": 1, "email_addresses": entries}})
    expected = CandidateUpdated(CandidateFacts("1", emails=("mira@example.com",)), None)
    assert translated.changes == (expected,)
    assert "no email address" in translated.warnings[0]


def test_a_merge_names_both() -> None:
    merged = {"person": {"id": 501, "new_candidate_id": 777}}

    assert translate("merge_candidate", merged).changes == (CandidatesMerged("501", "777", None),)


def test_a_deleted_candidate_is_erased_with_the_applications() -> None:
    deleted = {"person": {"id": 501, "deleted_application_ids": [9001, "9002"]}}

    translated = translate("delete_candidate", deleted)
    assert translated == Translation((CandidateErased("501", None, ("9001", "9002")),))


def test_a_deletion_that_may_be_a_merge_is_pointed_out() -> None:
    translated = translate("delete_candidate", {"person": {"id": 501}})

    assert translated.changes == (CandidateErased("501", None),)
    assert "Candidate merged" in translated.warnings[0]


@pytest.mark.parametrize(
    "fields", [["full_name"], ["tags", "email_addresses"], [], None, "full_name", [5]]
)
def test_an_anonymised_candidate_is_erased_also_when_in_doubt(fields) -> None:
    payload = {"candidate_id": 501, "anonymized_fields": fields}

    assert translate("candidate_anonymized", payload).changes == (CandidateErased("501", None),)


def test_anonymised_phone_numbers_go_and_other_fields_are_not_ours() -> None:
    phones = translate(
        "candidate_anonymized", {"candidate_id": 501, "anonymized_fields": ["phone_numbers"]}
    )
    tags = translate("candidate_anonymized", {"candidate_id": 501, "anonymized_fields": ["tags"]})

    assert phones.changes == (CandidateUpdated(CandidateFacts("501", phones=()), None),)
    assert tags.changes == ()
    assert tags.ignored is not None


def offer(**changes: object) -> dict[str, object]:
    return {"id": 5, "application_id": 9001, "version": 1, "offer_status": "Created"} | changes


@pytest.mark.parametrize("action", ["offer_created", "offer_approved", "offer_updated"])
def test_an_offer_stands_and_is_sent_once_it_has_a_date(action) -> None:
    drafted = translate(action, offer()).changes
    sent = translate(action, offer(sent_on="2026-03-04")).changes

    assert drafted == (OfferMade("9001", None, "5/v1", sent=False),)
    assert sent == (OfferMade("9001", None, "5/v1", sent=True),)


def test_an_accepted_offer_still_stands() -> None:
    accepted = offer(offer_status="Accepted", resolved_at="2026-03-05T12:00:00Z")

    assert translate("offer_updated", accepted).changes == (
        OfferMade("9001", ACTIVE_AT, "5/v1", sent=True),
    )


@pytest.mark.parametrize("status", ["Rejected", "Deprecated"])
def test_a_declined_or_replaced_version_no_longer_stands(status) -> None:
    over = offer(offer_status=status, resolved_at="2026-03-05T12:00:00Z")

    assert translate("offer_updated", over).changes == (OfferWithdrawn("9001", ACTIVE_AT, "5/v1"),)


def test_the_end_of_an_old_version_never_takes_the_new_one_away() -> None:
    (old,) = translate("offer_updated", offer(offer_status="Deprecated")).changes
    (new,) = translate("offer_created", offer(version=2)).changes

    assert isinstance(old, OfferWithdrawn)
    assert isinstance(new, OfferMade)
    assert old.offer_external_id != new.offer_external_id


def test_an_unknown_offer_status_is_taken_to_stand_with_a_warning() -> None:
    translated = translate("offer_updated", offer(offer_status="Wobbly"))

    assert [type(change) for change in translated.changes] == [OfferMade]
    assert "offer_status" in translated.warnings[0]


def test_a_deleted_offer_is_nested_but_may_be_flat() -> None:
    expected = (OfferWithdrawn("9001", None, "5/v1"),)

    assert translate("offer_deleted", {"offer": offer()}).changes == expected
    assert translate("offer_deleted", offer()).changes == expected


def test_a_deleted_interview_names_no_application() -> None:
    translated = translate("interview_deleted", {"interview": {"id": 3108}})

    assert translated.changes == (InterviewCancelled(None, "3108"),)


def test_a_job_is_opened_closed_and_deleted() -> None:
    created = {"job": JOB | {"created_at": "2026-03-05T12:00:00Z"}}
    closed = {"job": JOB | {"status": "closed", "closed_at": "2026-03-05T12:00:00Z"}}
    draft = {"job": {"id": 71, "status": "draft"}}

    assert translate("job_created", created).changes == (JobUpdated(BOOKBINDER, ACTIVE_AT),)
    assert translate("job_updated", closed).changes == (
        JobUpdated(dataclasses.replace(BOOKBINDER, status=JobStatus.CLOSED), None),
    )
    assert translate("job_updated", draft).changes == (JobUpdated(JobFacts("71"), None),)
    assert translate("job_deleted", {"job": {"id": 71}}).changes == (JobDeleted("71", None),)
