"""Ashby: where an application stands, by its status and its archive reason."""

from __future__ import annotations

import dataclasses

import pytest

from service.domain.changes import (
    ApplicationUpdated,
    Applied,
    Hired,
    Moved,
    Person,
    Rejected,
    Stage,
    Stands,
    Withdrawn,
)
from tests.doubles import ashby_bodies as ashby
from tests.doubles.ashby_bodies import ARCHIVED_AT, CREATED_AT, REF, UPDATED_AT, translate

ENDED = dataclasses.replace(REF, ats_stage="Archived")


def told(action: str, application: dict[str, object]) -> tuple[object, ...]:
    return translate(action, {"application": application}).changes


def test_somebody_who_applies_is_taken_in_with_all_that_is_said() -> None:
    stage = ashby.stage("Application Review", "PreInterviewScreen")
    ref = dataclasses.replace(REF, ats_stage="Application Review")

    assert told("applicationSubmit", ashby.application(currentInterviewStage=stage)) == (
        Applied(ref, CREATED_AT, Stage.APPLIED),
        Stands(ref, UPDATED_AT, Stage.APPLIED),
    )


@pytest.mark.parametrize("action", ["candidateStageChange", "applicationUpdate"])
def test_an_active_application_stands_open_as_of_its_update(action) -> None:
    assert told(action, ashby.application()) == (Stands(REF, UPDATED_AT, Stage.INTERVIEW),)


@pytest.mark.parametrize(
    ("title", "kind", "stage"),
    [
        ("Offer", "Offer", Stage.OFFER),
        ("Paperwork", "Offer", Stage.OFFER),
        ("Application Review", "PreInterviewScreen", Stage.APPLIED),
        ("Inbox", "PreInterviewScreen", Stage.APPLIED),
        ("Vier-Augen", "PreInterviewScreen", Stage.APPLIED),
        ("Interview readiness", "PreInterviewScreen", Stage.APPLIED),
        ("Take-home", "PreInterviewScreen", Stage.ASSESSMENT),
        ("Recruiter Screen", "Active", Stage.SCREENING),
        ("Onsite", "Active", Stage.INTERVIEW),
        ("Step Seven", "Active", None),
        ("Talent pool", "Active", None),
        ("Hired", "Hired", None),
    ],
)
def test_the_stages_type_decides_where_it_says_more_than_the_title(title, kind, stage) -> None:
    application = ashby.application(currentInterviewStage=ashby.stage(title, kind))

    (stands,) = told("candidateStageChange", application)
    assert isinstance(stands, Stands)
    assert stands.stage is stage
    assert stands.application.ats_stage == title


def test_a_rejection_by_the_employer_is_one_at_the_time_it_was_archived() -> None:
    for action in ("candidateStageChange", "applicationUpdate"):
        assert told(action, ashby.archived("RejectedByOrg", "Too inexperienced")) == (
            Rejected(ENDED, ARCHIVED_AT, "Too inexperienced"),
        )


def test_a_rejection_by_the_candidate_is_a_withdrawal() -> None:
    assert told("applicationUpdate", ashby.archived("RejectedByCandidate")) == (
        Withdrawn(ENDED, ARCHIVED_AT, "Other offer"),
    )


@pytest.mark.parametrize("kind", ["Other", "SomethingNew", None])
def test_an_archiving_that_says_not_who_decided_rejects_nobody_and_is_a_to_do(kind) -> None:
    translated = translate("applicationUpdate", {"application": ashby.archived(kind, "Duplicate")})

    label = "Archived: Duplicate" if kind else "Archived: no reason"
    assert translated.changes == (
        Moved(dataclasses.replace(REF, ats_stage=label), ARCHIVED_AT, None),
    )
    assert any("a person must decide" in warning for warning in translated.warnings)


def test_an_archive_reason_left_over_on_an_active_application_ends_nothing() -> None:
    left_over = ashby.archived("RejectedByOrg", status="Active", currentInterviewStage=ashby.STAGE)

    assert told("applicationUpdate", left_over) == (Stands(REF, UPDATED_AT, Stage.INTERVIEW),)


def test_without_the_time_of_archiving_the_update_counts() -> None:
    (rejected,) = told("applicationUpdate", ashby.archived("RejectedByOrg", archivedAt=None))

    assert isinstance(rejected, Rejected)
    assert rejected.at == UPDATED_AT


@pytest.mark.parametrize("action", ["candidateHire", "candidateStageChange", "applicationUpdate"])
def test_each_telling_of_a_hire_is_the_same_hire(action) -> None:
    assert told(action, ashby.application(status="Hired")) == (Hired(REF, UPDATED_AT),)


def test_a_hire_is_one_even_if_its_application_was_written_down_before_it() -> None:
    changes = told("candidateHire", ashby.application())

    assert changes[0] == Hired(REF, UPDATED_AT)


def test_a_hire_is_one_even_if_its_application_was_written_down_as_a_lead() -> None:
    (hired,) = told("candidateHire", ashby.application(status="Lead"))

    assert hired == Hired(REF, UPDATED_AT)


@pytest.mark.parametrize("action", ["applicationSubmit", "applicationUpdate"])
def test_a_lead_has_not_applied(action) -> None:
    lead = ashby.application(status="Lead", currentInterviewStage=ashby.stage("New", "Lead"))

    assert translate(action, {"application": lead}).ignored == (
        "a lead has not applied, so nothing is owed"
    )


def test_nobody_is_told_of_the_end_of_what_a_recruiter_began() -> None:
    sourced = ashby.archived("RejectedByOrg", source={"sourceType": {"title": "Sourced"}})

    (rejected,) = told("applicationUpdate", sourced)
    assert isinstance(rejected, Rejected)
    assert rejected.application.prospect


def test_somebody_sourced_who_is_in_the_running_is_no_prospect() -> None:
    sourced = ashby.application(source={"sourceType": {"title": "Sourced"}})

    (stands,) = told("applicationUpdate", sourced)
    assert isinstance(stands, Stands)
    assert not stands.application.prospect


def test_a_status_of_a_newer_version_changes_no_stage() -> None:
    translated = translate("applicationUpdate", {"application": ashby.application(status="Paused")})

    assert translated.changes == (ApplicationUpdated(REF, UPDATED_AT),)
    assert translated.warnings[0].startswith("/data/application/status: unknown")


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("Mira Okafor", "Mira", "Okafor"),
        ("Mira van der Berg", "Mira", "van der Berg"),
        ("Okafor, Mira", "Mira", "Okafor"),
        ("Mira", "Mira", None),
        ("  ", None, None),
        (None, None, None),
        ("Okafor,", "Okafor", None),
    ],
)
def test_one_name_becomes_a_first_name_and_the_rest(name, first, last) -> None:
    (stands,) = told(
        "applicationUpdate", ashby.application(candidate=ashby.CANDIDATE | {"name": name})
    )

    assert isinstance(stands, Stands)
    assert stands.application.candidate is not None
    facts = stands.application.candidate
    assert (facts.first_name, facts.last_name) == (first, last)


def test_an_odd_optional_part_is_left_out_and_named_but_loses_no_event() -> None:
    odd = ashby.archived(
        "RejectedByOrg",
        createdAt="last week",
        candidate={"id": "c-1", "name": 5, "primaryEmailAddress": {"value": "nowhere"},
                   "primaryPhoneNumber": []},
        hiringTeam=[{"role": "Recruiter"}, {"role": 7}],
        currentInterviewStage="Archived",
        source="Careers page",
    )  # fmt: skip

    translated = translate("applicationUpdate", {"application": odd})
    (rejected,) = translated.changes
    assert isinstance(rejected, Rejected)
    assert rejected.at == ARCHIVED_AT
    assert rejected.application.owner is None
    assert {warning.split(":")[0] for warning in translated.warnings} == {
        "/data/application/createdAt",
        "/data/application/candidate/name",
        "/data/application/candidate/primaryEmailAddress",
        "/data/application/candidate/primaryPhoneNumber",
        "/data/application/currentInterviewStage",
        "/data/application/source",
        "/data/application/hiringTeam/1/role",
    }


def test_a_time_in_the_future_is_not_believed() -> None:
    (stands,) = told("applicationUpdate", ashby.application(updatedAt="2026-03-07T00:00:00Z"))

    assert isinstance(stands, Stands)
    assert stands.at is None


def test_a_role_of_another_spelling_is_the_same_role() -> None:
    team = [{"role": "HIRING MANAGER", "email": "hana.lind@example.org", "userId": "u-3"}]

    (stands,) = told("applicationUpdate", ashby.application(hiringTeam=team))
    assert isinstance(stands, Stands)
    assert stands.application.job is not None
    assert stands.application.job.hiring_manager == Person("u-3", None, "hana.lind@example.org")
