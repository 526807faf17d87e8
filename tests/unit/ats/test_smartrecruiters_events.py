"""What SmartRecruiters' events mean, once what they point to was fetched."""

from __future__ import annotations

from typing import Any

import pytest

from service.ats.asking import Answers, Needs
from service.ats.base import PayloadError
from service.domain.changes import (
    ApplicationDeleted,
    ApplicationUpdated,
    Applied,
    CandidateErased,
    CandidateUpdated,
    Change,
    Hired,
    JobFacts,
    JobStatus,
    JobUpdated,
    Moved,
    Rejected,
    Stage,
    Stands,
    Translation,
    Withdrawn,
)
from tests.doubles import smartrecruiters_bodies as bodies
from tests.unit.ats.smartrecruiters_case import (
    ADAPTER,
    FETCHED_AT,
    KNOWN_SINCE,
    MANAGER,
    PERSON,
    RECEIVED_AT,
    RECRUITER,
    answering,
    at,
    means,
    ref,
)


def standing(**world: Any) -> list[Change]:
    """What an application's event says beside that somebody applied and who they are."""
    changes = means(**world).changes
    assert isinstance(changes[0], Applied)
    assert changes[-1] == CandidateUpdated(PERSON, KNOWN_SINCE)
    return list(changes[1:-1])


@pytest.mark.parametrize(
    "event", ["application.created", "application.status.updated", "application.fields.updated"]
)
def test_an_application_is_fetched_with_its_person_its_job_and_who_leads_it(event) -> None:
    assert means(event).changes == (
        Applied(ref(), at("04T09:00")),
        Stands(ref(), at("04T09:00"), Stage.APPLIED),
        CandidateUpdated(PERSON, KNOWN_SINCE),
    )


@pytest.mark.parametrize(
    ("status", "sub_status", "stage"),
    [
        ("NEW", None, Stage.APPLIED),
        ("IN_REVIEW", None, Stage.SCREENING),
        ("IN-REVIEW", "Recruiter screen", Stage.SCREENING),
        ("IN_REVIEW", "Take-home assignment", Stage.ASSESSMENT),
        ("IN_REVIEW", "Offer review", Stage.SCREENING),
        ("INTERVIEW", None, Stage.INTERVIEW),
        ("INTERVIEW", "Coding test", Stage.ASSESSMENT),
        ("OFFERED", "Interview", Stage.OFFER),
    ],
)
def test_an_open_status_stands_at_our_stage_since_it_was_given(status, sub_status, stage) -> None:
    (stands,) = standing(
        application=bodies.application(status, sub_status),
        history=bodies.history(
            ("2026-03-04T09:00:00.000Z", "NEW"), ("2026-03-05T10:30:00.000Z", status)
        ),
    )

    label = sub_status or status.replace("-", "_").replace("_", " ").capitalize()
    assert stands == Stands(ref(label), at("05T10:30"), stage)


@pytest.mark.parametrize("label", [None, "Interview"])
def test_a_status_that_is_unknown_is_a_label_and_takes_no_closing_back(label) -> None:
    (moved,) = standing(
        application=bodies.application("SOMETHING_NEW", label),
        history=bodies.history(
            ("2026-03-04T09:00:00.000Z", "REJECTED"),
            ("2026-03-05T10:30:00.000Z", "SOMETHING_NEW"),
        ),
    )

    assert moved == Moved(ref(label or "Something new"), at("05T10:30"), None)


def test_a_rejection_is_told_with_its_time_and_reason() -> None:
    (change,) = standing(
        application=bodies.application(
            "REJECTED", "Not a fit", reasonOfRejection={"id": "r1", "label": "Other offer"}
        ),
        history=bodies.history(
            ("2026-03-04T09:00:00.000Z", "NEW"), ("2026-03-05T10:30:00.000Z", "REJECTED")
        ),
    )

    assert change == Rejected(ref("Not a fit"), at("05T10:30"), "Other offer")


@pytest.mark.parametrize(
    ("status", "more", "expected"),
    [
        ("HIRED", {}, Hired(ref("Hired"), at("05T10:30"))),
        (
            "WITHDRAWN",
            {"reasonOfWithdrawal": "Found another job"},
            Withdrawn(ref("Withdrawn"), at("05T10:30"), "Found another job"),
        ),
        (
            "TRANSFERRED",
            {},
            Withdrawn(ref("Transferred"), at("05T10:30"), "transferred to another job"),
        ),
    ],
)
def test_every_other_end_is_no_rejection(status, more, expected) -> None:
    (change,) = standing(
        application=bodies.application(status, **more),
        history=bodies.history(
            ("2026-03-04T09:00:00.000Z", "NEW"), ("2026-03-05T10:30:00.000Z", status)
        ),
    )

    assert change == expected


def test_a_lead_has_not_applied() -> None:
    changes = means(
        application=bodies.application("LEAD"),
        history=bodies.history(("2026-03-04T09:00:00.000Z", "LEAD")),
    ).changes

    assert changes[0] == ApplicationUpdated(ref("Lead", prospect=True), at("04T09:00"))
    assert not any(isinstance(each, Applied | Stands) for each in changes)


def test_the_history_is_asked_last_so_its_last_entry_is_the_present_status() -> None:
    """The status changed between two requests."""
    (change,) = standing(
        application=bodies.application("INTERVIEW", "Panel"),
        history=bodies.history(
            ("2026-03-05T12:00:30.000Z", "REJECTED"),
            ("2026-03-04T09:00:00.000Z", "NEW"),
            ("2026-03-05T10:00:00.000Z", "INTERVIEW"),
        ),
    )

    assert change == Rejected(ref("Rejected"), at("05T12:00:30"))


def test_a_history_that_ends_before_the_record_was_read_does_not_outdo_it() -> None:
    """It is a part of the history then, and who was rejected must not be taken for open."""
    history = bodies.history(
        ("2026-03-04T09:00:00.000Z", "NEW"), ("2026-03-05T07:00:00.000Z", "INTERVIEW")
    )

    (change,) = standing(application=bodies.application("REJECTED"), history=history)
    assert change == Rejected(ref("Rejected"), KNOWN_SINCE)
    (change,) = standing(
        application=bodies.application("INTERVIEW"),
        history=bodies.history(
            ("2026-03-04T09:00:00.000Z", "NEW"), ("2026-03-05T07:00:00.000Z", "REJECTED")
        ),
    )
    assert isinstance(change, Stands)


def test_a_rejection_whose_label_changes_stays_when_it_was() -> None:
    (change,) = standing(
        application=bodies.application("REJECTED", "Told"),
        history=bodies.history(
            ("2026-03-04T09:00:00.000Z", "NEW"),
            ("2026-03-05T09:00:00.000Z", "REJECTED", "Not a fit"),
            ("2026-03-05T11:00:00.000Z", "REJECTED", "Told"),
        ),
    )

    assert change == Rejected(ref("Told"), at("05T09:00"))


@pytest.mark.parametrize(
    "told",
    [None, {"content": []}, {"content": [{"changedOn": "2026-03-09T09:00:00Z", "status": "NEW"}]}],
)
def test_without_a_history_the_candidates_own_time_counts(told) -> None:
    """No history, an empty one, or one that lies in the future."""
    changes = means(application=bodies.application("INTERVIEW"), history=told).changes

    stands, person = changes
    assert isinstance(stands, Stands)
    assert (stands.at, stands.stage) == (KNOWN_SINCE, Stage.INTERVIEW)
    assert stands.application.applied_at is None
    assert isinstance(person, CandidateUpdated)


def test_nobody_is_thanked_for_applying_at_a_time_that_nobody_knows_unless_it_is_news() -> None:
    def applied(event: str) -> bool:
        return any(isinstance(each, Applied) for each in means(event, history=None).changes)

    assert applied("application.created")
    assert not applied("application.status.updated")


def test_without_any_time_it_counts_as_of_when_it_was_fetched() -> None:
    changes = means(history=None, candidate=bodies.candidate(updatedOn=None)).changes

    assert [getattr(each, "at", None) for each in changes] == [FETCHED_AT, FETCHED_AT]


@pytest.mark.parametrize("gone", ["job", "team", "recruiter", "history", "manager"])
def test_what_is_missing_around_an_application_loses_nothing_else(gone) -> None:
    changes = means(**{gone: None}).changes

    (stands,) = (each for each in changes if isinstance(each, Stands))
    assert stands.application.candidate == PERSON


def test_a_team_that_tells_addresses_needs_no_users() -> None:
    members = [{"role": "RECRUITER", "user": bodies.user()}]

    changes = means(team={"content": members}, recruiter=None, manager=None).changes
    assert isinstance(changes[1], Stands)
    assert changes[1].application.owner == RECRUITER


def test_an_application_that_is_gone_while_its_person_is_not_was_deleted() -> None:
    assert means(application=None).changes == (ApplicationDeleted(bodies.APPLICATION, None),)


def test_a_new_application_that_cannot_be_found_is_not_taken_for_deleted() -> None:
    translation = means("application.created", application=None)

    assert (translation.changes, translation.ignored is not None) == ((), True)


@pytest.mark.parametrize("event", ["application.status.updated", "candidate.updated"])
def test_a_person_who_cannot_be_found_is_not_taken_for_erased(event) -> None:
    translation = means(event, candidate=None)

    assert translation.changes == ()
    assert translation.ignored == "SmartRecruiters knows the candidate no more"


def test_a_candidates_own_facts_are_fetched() -> None:
    body = bodies.body(id=bodies.CANDIDATE)

    changes = means("candidate.updated", body, f"/candidates/{bodies.CANDIDATE}").changes
    assert changes == (CandidateUpdated(PERSON, KNOWN_SINCE),)


def test_a_deleted_candidate_is_erased_without_asking() -> None:
    body = bodies.body(id=bodies.CANDIDATE)
    headers = bodies.headers("candidate.deleted", f"/candidates/{bodies.CANDIDATE}")

    translation = ADAPTER.translate(body, headers, RECEIVED_AT)
    assert translation == Translation((CandidateErased(bodies.CANDIDATE, None),))


@pytest.mark.parametrize(
    ("status", "ours"),
    [
        ("CREATED", JobStatus.OPEN),
        ("SOURCING", JobStatus.OPEN),
        ("FILLED", JobStatus.FILLED),
        ("CANCELLED", JobStatus.CLOSED),
        ("ON_HOLD", None),
        ("SOMETHING_NEW", None),
    ],
)
def test_a_jobs_status_and_manager_are_fetched(status, ours) -> None:
    body = bodies.body(job_id=bodies.JOB)

    changes = means("job.status.updated", body, "", job=bodies.job(status)).changes
    facts = JobFacts(bodies.JOB, "Bookbinder", ours, MANAGER)
    assert changes == (JobUpdated(facts, at("05T07:00")),)


@pytest.mark.parametrize(
    "event", ["candidate.created", "application.onboarding-status.updated", "tea.served", "x" * 99]
)
def test_what_changes_nothing_is_ignored_by_name(event) -> None:
    translation = ADAPTER.translate(bodies.application_body(), bodies.headers(event), RECEIVED_AT)

    assert isinstance(translation, Translation)
    assert translation.changes == ()
    assert translation.ignored


def test_ids_that_the_body_leaves_out_are_read_from_the_links_path() -> None:
    assert means(body=b'{"id":"c4d7e2a9"}').changes == means().changes


@pytest.mark.parametrize(
    "link",
    [
        f"<https://evil.example.com/candidates/{bodies.CANDIDATE}/jobs/{bodies.JOB}>; rel=self",
        f"<//evil.example.com/candidates/{bodies.CANDIDATE}/jobs/{bodies.JOB}>",
        f"https://user@evil.example.com/candidates/{bodies.CANDIDATE}/jobs/{bodies.JOB}; rel=self",
    ],
)
def test_only_a_links_ids_are_believed_never_its_host(link) -> None:
    headers = bodies.headers("application.created") | {"link": link}

    reading = ADAPTER.translate(b'{"id":"x"}', headers, RECEIVED_AT)
    assert isinstance(reading, Needs)
    assert [ask.path for ask in reading.asks] == [
        f"/candidates/{bodies.CANDIDATE}",
        f"/candidates/{bodies.CANDIDATE}/jobs/{bodies.JOB}",
    ]


@pytest.mark.parametrize(
    "link",
    [
        "",
        "<>",
        "<https://[broken>; rel=self",
        "</candidates/../jobs/%2e%2e>",
        "</candidates/a%2fb/jobs/c>",
        f"</candidates/{'x' * 101}/jobs/j>",
    ],
)
def test_a_link_that_names_no_ids_is_no_help(link) -> None:
    headers = bodies.headers("application.created") | {"link": link}

    with pytest.raises(PayloadError, match="names no candidate and job"):
        ADAPTER.translate(b'{"id":"x"}', headers, RECEIVED_AT)


@pytest.mark.parametrize("bad", ["../admin", "a/b", "a b", "x" * 101, "a?b=c"])
def test_an_id_that_would_lead_elsewhere_is_refused(bad) -> None:
    with pytest.raises(PayloadError):
        ADAPTER.translate(
            bodies.body(candidate_id=bad, job_id=bodies.JOB),
            bodies.headers("application.created"),
            RECEIVED_AT,
        )


def test_an_event_without_a_name_is_a_payload_error() -> None:
    with pytest.raises(PayloadError, match="event-name"):
        ADAPTER.translate(bodies.application_body(), {}, RECEIVED_AT)


def test_an_application_without_a_status_is_a_payload_error() -> None:
    with pytest.raises(PayloadError, match="/status"):
        means(application={"applicationId": "x"})


def test_nothing_is_asked_twice_and_histories_after_records() -> None:
    answers = Answers()
    asked: list[list[str]] = []
    answer = answering()
    while True:
        reading = ADAPTER.translate(
            bodies.application_body(), bodies.headers("application.created"), RECEIVED_AT, answers
        )
        if isinstance(reading, Translation):
            break
        asked.append([ask.path.rpartition("/")[2] for ask in reading.asks])
        for ask in reading.asks:
            answers.add(ask, answer(ask))

    assert asked == [
        [bodies.CANDIDATE, bodies.JOB],
        ["history", bodies.JOB, "hiring-team"],
        [bodies.RECRUITER, bodies.MANAGER],
    ]
