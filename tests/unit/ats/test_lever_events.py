"""Lever: deletions, contacts, and what is found by asking for it."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from service.ats.lever import Lever
from service.ats.payload import PayloadError
from service.domain.changes import (
    ApplicationDeleted,
    Applied,
    CandidateErased,
    CandidateFacts,
    CandidateUpdated,
    JobUpdated,
    Rejected,
    Stands,
)
from tests.doubles import lever_bodies as lever
from tests.doubles.lever_bodies import (
    FETCHED_AT,
    GONE,
    JOB,
    JOB_STATED,
    POSTED_AT,
    RECEIVED_AT,
    TRIGGERED_AT,
    lever_has,
    needs,
    understand,
)

DELETED = lever.body("candidateDeleted")
ANONYMOUS = {"id": "c-1", "isAnonymized": True}


def test_a_deletion_asks_whether_lever_has_them_no_more() -> None:
    assert [ask.path for ask in needs(DELETED)] == ["/opportunities/o-1", "/contacts/c-1"]


@pytest.mark.parametrize("contact", [GONE, ANONYMOUS])
def test_somebody_whom_lever_has_no_more_is_erased(contact) -> None:
    has = lever_has({"/opportunities/o-1": GONE, "/contacts/c-1": contact})

    assert understand(DELETED, has).changes == (CandidateErased("c-1", TRIGGERED_AT, ("o-1",)),)


def test_one_opportunity_of_somebody_who_stays_is_deleted_alone() -> None:
    has = lever_has({"/opportunities/o-1": GONE})

    assert understand(DELETED, has).changes == (ApplicationDeleted("o-1", TRIGGERED_AT),)


def test_a_deletion_that_names_no_contact_deletes_the_application() -> None:
    raw = lever.body("candidateDeleted", contactId=None)

    assert understand(raw, {"/opportunities/o-1": GONE}).changes == (
        ApplicationDeleted("o-1", TRIGGERED_AT),
    )


def test_a_deletion_that_never_happened_deletes_nothing() -> None:
    """The event's data is not signed: whoever has one delivery can name another person in it."""
    changes = understand(DELETED, lever_has()).changes

    assert [type(each) for each in changes] == [JobUpdated, Stands]


@pytest.mark.parametrize(
    "event",
    ["applicationCreated", "candidateStageChange", "candidateArchiveChange", "candidateHired",
     "interviewCreated", "interviewUpdated", "interviewDeleted"],
)  # fmt: skip
def test_any_other_event_about_what_is_gone_changes_nothing(event) -> None:
    assert "no more" in (understand(lever.body(event), {}).ignored or "")


def test_a_claim_that_somebody_was_rejected_is_not_believed() -> None:
    claim = lever.body("candidateArchiveChange", toArchived={"archivedAt": 1, "reason": "r-1"})

    assert not any(isinstance(each, Rejected) for each in understand(claim, lever_has()).changes)


def test_the_candidates_id_names_an_opportunity_of_old() -> None:
    raw = lever.body("candidateHired", opportunityId=None, candidateId="o-1")

    assert needs(raw)[0].path == "/opportunities/o-1"


def test_a_contacts_own_facts_are_asked_for() -> None:
    contact = {"id": "c-1", "name": "Mira Berg", "emails": ["mira.berg@example.com"],
               "phones": [], "isAnonymized": False}  # fmt: skip
    raw = lever.body("contactUpdated", opportunityId=None, candidateId=None)

    assert [ask.path for ask in needs(raw)] == ["/contacts/c-1"]
    assert understand(raw, {"/contacts/c-1": lever.said(contact)}).changes == (
        CandidateUpdated(
            CandidateFacts("c-1", "Mira", "Berg", ("mira.berg@example.com",), ()), FETCHED_AT
        ),
    )


def test_an_anonymised_contact_is_erased() -> None:
    raw = lever.body("contactUpdated")

    assert understand(raw, {"/contacts/c-1": lever.said(ANONYMOUS)}).changes == (
        CandidateErased("c-1", FETCHED_AT),
    )


def test_an_updated_contact_that_is_gone_may_be_merged_and_erases_nobody() -> None:
    assert understand(lever.body("contactUpdated"), {}).ignored


@pytest.mark.parametrize(
    ("event", "data", "pointer"),
    [
        ("candidateHired", {"opportunityId": None, "candidateId": None}, "/data/opportunityId"),
        ("candidateHired", {"opportunityId": 1.5}, "/data/opportunityId"),
        ("candidateDeleted", {"opportunityId": None, "candidateId": None}, "/data/opportunityId"),
        ("contactUpdated", {"contactId": None}, "/data/contactId"),
    ],
)
def test_a_missing_id_is_named_by_its_place(event, data, pointer) -> None:
    with pytest.raises(PayloadError) as refused:
        needs(lever.body(event, **data))

    assert refused.value.pointer == pointer


@pytest.mark.parametrize("answer", [lever.said(None), lever.said([]), lever.said({"name": "x"})])
def test_an_answer_without_an_opportunity_is_an_error_and_not_a_guess(answer) -> None:
    with pytest.raises(PayloadError):
        understand(lever.body("candidateHired"), {"/opportunities/o-1": answer})


def test_an_answer_that_refuses_is_an_error_and_not_an_end() -> None:
    with pytest.raises(PayloadError, match="400"):
        understand(lever.body("candidateHired"), {"/opportunities/o-1": lever.said({}, 400)})


def found(kind: str, record: object, **has) -> tuple[object, ...]:
    raw = json.dumps(record).encode()
    return understand(raw, lever_has(*([has["has"]] if has else [])), kind=kind).changes


def test_an_opportunity_found_by_asking_stands_where_it_stands() -> None:
    assert (
        found("opportunity", lever.opportunity())
        == understand(lever.body("applicationCreated"), lever_has()).changes
    )


@pytest.mark.parametrize(
    ("kind", "age", "applied"),
    [
        ("posting", timedelta(days=6), True),
        ("posting", timedelta(days=8), False),
        ("user", timedelta(hours=1), False),
        ("referral", timedelta(hours=1), False),
    ],
)
def test_only_who_applied_through_a_posting_just_now_is_owed_an_acknowledgement(
    kind, age, applied
) -> None:
    at = lever.millis(RECEIVED_AT - age)
    record = lever.opportunity(
        createdAt=at, applications=[lever.APPLICATION | {"type": kind, "createdAt": at}]
    )

    changes = found("opportunity", record)
    assert any(isinstance(each, Applied) for each in changes) is applied


def test_what_was_deleted_meanwhile_is_deleted_when_lever_says() -> None:
    record = {"id": "o-1", "deletedAt": lever.millis(TRIGGERED_AT), "deletedBy": "u-1"}

    assert found("deletion", record) == (ApplicationDeleted("o-1", TRIGGERED_AT),)


@pytest.mark.parametrize("contact", ["c-1", {"id": "c-1"}])
def test_who_was_deleted_with_it_is_erased(contact) -> None:
    record = {"id": "o-1", "deletedAt": lever.millis(TRIGGERED_AT), "contact": contact}

    assert found("deletion", record, has={"/contacts/c-1": GONE}) == (
        CandidateErased("c-1", TRIGGERED_AT, ("o-1",)),
    )
    assert found("deletion", record) == (ApplicationDeleted("o-1", TRIGGERED_AT),)


def test_a_posting_found_closed_closes_its_job() -> None:
    assert found("posting", lever.POSTING) == (JobUpdated(JOB, POSTED_AT),)
    assert (JobUpdated(JOB, POSTED_AT),) == JOB_STATED


def test_a_record_of_an_unknown_kind_is_refused() -> None:
    with pytest.raises(PayloadError, match="'tea'"):
        Lever().translate_found("tea", b"{}", RECEIVED_AT)
