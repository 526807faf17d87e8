"""What Teamtailor's events mean, once what they point to was fetched."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from service.ats.asking import Answer, Ask
from service.ats.base import PayloadError
from service.ats.teamtailor import Teamtailor
from service.domain.changes import (
    ApplicationDeleted,
    ApplicationRef,
    ApplicationUpdated,
    Applied,
    CandidateErased,
    CandidateFacts,
    CandidateUpdated,
    Change,
    Hired,
    JobDeleted,
    JobFacts,
    JobStatus,
    JobUpdated,
    Person,
    Rejected,
    Stage,
    Stands,
    Telling,
    Translation,
    Withdrawn,
)
from tests.doubles import teamtailor_bodies as bodies
from tests.unit.ats.requests_seen import understood

ADAPTER = Teamtailor()
RECEIVED_AT = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)
FETCHED_AT = datetime(2026, 3, 5, 12, 1, tzinfo=UTC)
REJECTED = "2026-03-05T11:00:00.000+01:00"
VISIBLE = "2026-03-08T11:00:00.000+01:00"

APPLICATION_ASK = Ask(
    "/v1/job-applications/634", (("include", "candidate,job,stage,reject-reason"),)
)
JOB_ASK = Ask("/v1/jobs/26", (("include", "user"),))
CANDIDATE_ASK = Ask("/v1/candidates/410")

PERSON = CandidateFacts(
    "410", "Amara", "Okafor", ("amara.okafor@example.com",), ("+46 70 555 01 00",), can_email=True
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-{text}").replace(tzinfo=UTC)


def ref(label: str = "Inbox", **more: Any) -> ApplicationRef:
    known: dict[str, Any] = {
        "candidate": PERSON,
        "job": JobFacts("26", "Bookbinder", JobStatus.OPEN),
        "owner": Person("5", "Maria Keller", "maria@example.com"),
        "applied_at": at("04T09:00"),
    }
    return ApplicationRef("634", ats_stage=label, **(known | more))


def means(
    body: bytes | None = None,
    application: dict[str, Any] | None = None,
    **world: Any,
) -> Translation:
    said: dict[Ask, Any] = {
        APPLICATION_ASK: application or bodies.application(),
        JOB_ASK: bodies.job_document(),
        CANDIDATE_ASK: {"data": bodies.candidate()},
        **world.get("said", {}),
    }

    def answer(ask: Ask) -> Answer:
        record = said[ask]
        return Answer(404 if record is None else 200, json.dumps(record).encode(), FETCHED_AT)

    return understood(
        lambda answers: ADAPTER.translate(body or bodies.webhook(), {}, RECEIVED_AT, answers),
        answer,
    )


def standing(body: bytes | None = None, **application: Any) -> Change:
    """What an application's event says beside that somebody applied and who they are."""
    changes = means(body, bodies.application(**application)).changes
    assert isinstance(changes[0], Applied)
    assert isinstance(changes[-1], CandidateUpdated)
    (change,) = changes[1:-1]
    return change


@pytest.mark.parametrize("event", ["job_application.create", "job_application.update"])
def test_an_application_is_fetched_with_its_person_its_job_and_its_owner(event) -> None:
    assert means(bodies.webhook(event)).changes == (
        Applied(ref(), at("04T09:00")),
        Stands(ref(), at("05T09:00"), Stage.APPLIED),
        CandidateUpdated(PERSON, at("05T08:00")),
    )


@pytest.mark.parametrize(
    ("name", "kind", "stage"),
    [
        ("Eingang", "Inbox", Stage.APPLIED),
        ("Offer", "Inbox", Stage.APPLIED),
        ("Phone screen", "In process", Stage.SCREENING),
        ("Kaffee", "In process", None),
        ("Kaffee", "Interview", Stage.INTERVIEW),
        ("Case study", "Interview", Stage.ASSESSMENT),
        ("Signing", "Offer", Stage.OFFER),
        ("Interview", "Something new", Stage.INTERVIEW),
        ("Hired", "In process", None),
    ],
)
def test_a_stages_type_counts_and_its_name_where_the_type_says_little(name, kind, stage) -> None:
    stands = standing(at=bodies.stage(name, kind))

    assert stands == Stands(ref(name), at("05T09:00"), stage)


def test_only_the_stage_of_the_type_hired_is_a_hire() -> None:
    assert standing(at=bodies.stage("Anställd", "Hired")) == Hired(ref("Anställd"), at("05T09:00"))


def test_an_open_state_counts_as_of_its_last_update_not_its_last_move() -> None:
    """A rejection taken back moves nobody, and must win over the rejection."""
    stands = standing(
        updated_at="2026-03-05T12:30:00+01:00", changed_stage_at="2026-03-04T10:00:00+01:00"
    )

    assert stands == Stands(ref(), at("05T11:30"), Stage.APPLIED)


def test_without_any_time_it_counts_as_of_when_it_was_fetched() -> None:
    assert standing(updated_at=None) == Stands(ref(), FETCHED_AT, Stage.APPLIED)


def test_a_rejection_is_told_with_its_time_and_reason() -> None:
    change = standing(why=bodies.reason("Other offer"), rejected_at=REJECTED)

    assert change == Rejected(ref(), at("05T10:00"), "Other offer", telling=Telling(None))


def test_a_rejection_without_a_reason_is_one() -> None:
    assert standing(rejected_at=REJECTED) == Rejected(ref(), at("05T10:00"), telling=Telling(None))


@pytest.mark.parametrize(("by_company", "kind"), [(True, Rejected), (None, Rejected)])
def test_a_reason_of_the_companys_is_a_rejection(by_company, kind) -> None:
    change = standing(why=bodies.reason(by_company=by_company), rejected_at=REJECTED)

    assert isinstance(change, kind)


def test_a_reason_of_the_candidates_is_a_withdrawal() -> None:
    why = bodies.reason("Took another job", by_company=False)

    assert standing(why=why, rejected_at=REJECTED) == Withdrawn(
        ref(), at("05T10:00"), "Took another job"
    )


@pytest.mark.parametrize("rejected_at", ["yesterday", 1741168800, "2027-03-05T11:00:00+01:00"])
def test_a_rejection_at_no_time_that_could_be_is_neither_believed_nor_denied(rejected_at) -> None:
    changes = means(application=bodies.application(rejected_at=rejected_at)).changes

    assert ApplicationUpdated(ref(), at("05T09:00")) in changes
    assert not any(isinstance(each, Rejected | Stands) for each in changes)


def telling(body: bytes, **record: Any) -> Telling | None:
    change = standing(body, rejected_at=REJECTED, **record)
    assert isinstance(change, Rejected)
    return change.telling


@pytest.mark.parametrize("spelled", ["transparent_recruiting_visible_at", "as the record"])
def test_a_rejection_is_told_to_nobody_before_it_may_be(spelled) -> None:
    said = {"transparent_recruiting_visible_at": VISIBLE}
    if spelled == "as the record":
        told = telling(bodies.webhook(), **said)
    else:
        told = telling(bodies.webhook(rejected_at=REJECTED, **said))

    assert told == Telling(at("08T10:00"))


def test_underscores_are_read_like_dashes() -> None:
    body = json.loads(bodies.webhook(rejected_at=REJECTED))
    attributes = {"rejected_at": REJECTED, "transparent_recruiting_visible_at": VISIBLE}
    body["payload"]["data"]["attributes"] = attributes

    assert telling(json.dumps(body).encode()) == Telling(at("08T10:00"))


def test_the_later_of_two_instants_counts() -> None:
    body = bodies.webhook(rejected_at=REJECTED, transparent_recruiting_visible_at=VISIBLE)

    assert telling(body, transparent_recruiting_visible_at="2026-03-06T11:00:00+01:00") == Telling(
        at("08T10:00")
    )


def test_said_to_be_null_it_may_be_told_at_once() -> None:
    body = bodies.webhook(rejected_at=REJECTED, transparent_recruiting_visible_at=None)

    assert telling(body) == Telling(at("05T10:00"))


def test_not_said_at_all_a_person_must_look() -> None:
    assert telling(bodies.webhook(rejected_at=REJECTED)) == Telling(None)


@pytest.mark.parametrize("rejected_at", [None, "2026-03-04T11:00:00.000+01:00"])
def test_a_webhook_of_another_moment_says_nothing_of_this_rejection(rejected_at) -> None:
    body = bodies.webhook(rejected_at=rejected_at, transparent_recruiting_visible_at=None)

    assert telling(body) == Telling(None)


@pytest.mark.parametrize("odd", ["soon", 17, {}])
def test_an_instant_that_is_none_does_not_let_it_be_told(odd) -> None:
    body = bodies.webhook(rejected_at=REJECTED, transparent_recruiting_visible_at=odd)

    assert telling(body) == Telling(None)


def test_who_was_sourced_has_not_applied() -> None:
    changes = means(application=bodies.application(sourced=True)).changes

    assert not any(isinstance(each, Applied) for each in changes)
    assert isinstance(changes[0], Stands)


def test_who_applied_weeks_before_they_were_found_is_not_thanked_for_it() -> None:
    long_ago = bodies.application(created_at="2026-02-15T10:00:00.000+01:00")
    changes = means(application=long_ago).changes

    assert not any(isinstance(each, Applied) for each in changes)
    assert isinstance(changes[0], Stands)


def test_who_unsubscribed_is_not_to_be_mailed() -> None:
    who = bodies.candidate(unsubscribed=True)

    change = means(application=bodies.application(who=who)).changes[-1]
    assert isinstance(change, CandidateUpdated)
    assert change.candidate.can_email is False


@pytest.mark.parametrize("document", [{"data": {"id": "26", "type": "jobs"}}, None])
def test_a_job_without_a_user_or_gone_leaves_it_without_an_owner(document) -> None:
    changes = means(said={JOB_ASK: document}).changes

    assert changes[1] == Stands(ref(owner=None), at("05T09:00"), Stage.APPLIED)


def test_without_a_stage_the_webhooks_name_of_it_is_the_label() -> None:
    document = bodies.application()
    del document["data"]["relationships"]["stage"]

    changes = means(bodies.webhook(stage_name="Phone screen"), document).changes
    assert changes[1] == Stands(ref("Phone screen"), at("05T09:00"), Stage.SCREENING)


def test_an_application_of_nobody_is_told_without_its_person() -> None:
    document = bodies.application()
    del document["data"]["relationships"]["candidate"]

    changes = means(application=document).changes
    assert changes[1] == Stands(ref(candidate=None), at("05T09:00"), Stage.APPLIED)
    assert not any(isinstance(each, CandidateUpdated) for each in changes)


def test_an_application_that_is_gone_was_deleted() -> None:
    translation = means(said={APPLICATION_ASK: None})

    assert translation == Translation((ApplicationDeleted("634", None),))


def test_a_new_application_that_is_not_shown_yet_is_not_taken_for_deleted() -> None:
    translation = means(bodies.webhook("job_application.create"), said={APPLICATION_ASK: None})

    assert (translation.changes, translation.ignored) == (
        (),
        "Teamtailor shows no such application (yet)",
    )


@pytest.mark.parametrize(
    ("event", "change"),
    [
        ("job_application.destroy", ApplicationDeleted("9", None)),
        ("candidate.destroy", CandidateErased("9", None)),
        ("job.destroy", JobDeleted("9", None)),
    ],
)
def test_a_deletion_is_believed_without_asking(event, change) -> None:
    translation = ADAPTER.translate(bodies.webhook(event, id="9"), {}, RECEIVED_AT)

    assert translation == Translation((change,))


def test_a_candidates_own_facts_are_fetched() -> None:
    body = bodies.webhook("candidate.update", "candidates", id="410", first_name="Nobody")

    assert means(body).changes == (CandidateUpdated(PERSON, at("05T08:00")),)


def test_a_candidate_who_cannot_be_found_is_not_taken_for_erased() -> None:
    body = bodies.webhook("candidate.update", "candidates", id="410")

    translation = means(body, said={CANDIDATE_ASK: None})
    assert translation.changes == ()
    assert translation.ignored == "Teamtailor knows the candidate no more"


@pytest.mark.parametrize(
    ("status", "human", "ours"),
    [
        ("open", "published", JobStatus.OPEN),
        ("open", "unlisted", JobStatus.OPEN),
        ("archived", "archived", JobStatus.CLOSED),
        ("open", None, JobStatus.OPEN),
        ("draft", "draft", None),
    ],
)
def test_a_jobs_event_says_it_all(status, human, ours) -> None:
    body = bodies.webhook(
        "job.update", "jobs", id="2", title="Bookbinder", status=status, human_status=human
    )

    translation = ADAPTER.translate(body, {}, RECEIVED_AT)
    assert translation == Translation((JobUpdated(JobFacts("2", "Bookbinder", ours), None),))


def test_the_documented_delivery_closes_its_job(samples) -> None:
    translation = ADAPTER.translate(samples("teamtailor/job.update.json"), {}, RECEIVED_AT)

    updated_at = datetime(2023, 2, 22, 21, 10, 48, 705000, tzinfo=UTC)
    facts = JobFacts("2", "IT Designer 1", JobStatus.CLOSED)
    assert translation == Translation((JobUpdated(facts, updated_at),))


def test_every_documented_delivery_is_expected_here(sample_names) -> None:
    assert sample_names("teamtailor") == ["job.update"]


@pytest.mark.parametrize("event", ["candidate.create", "audit_event.create", "tea.served"])
def test_what_changes_nothing_is_ignored_by_name(event) -> None:
    translation = ADAPTER.translate(bodies.webhook(event), {}, RECEIVED_AT)

    assert isinstance(translation, Translation)
    assert translation.changes == ()
    assert translation.ignored


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b'{"payload":{}}',
        b'{"payload":{"event_name":"job.update"}}',
        b'{"payload":{"event_name":"job.update","data":{}}}',
        b'{"payload":{"event_name":"job_application.update","data":{"id":".."}}}',
        b'{"payload":{"event_name":"job_application.update","data":{"id":""}}}',
    ],
)
def test_a_broken_delivery_is_a_payload_error(body) -> None:
    with pytest.raises(PayloadError):
        ADAPTER.translate(body, {}, RECEIVED_AT)


@pytest.mark.parametrize("document", [{}, {"data": []}, {"data": {"type": "job-applications"}}])
def test_a_broken_answer_is_a_payload_error(document) -> None:
    with pytest.raises(PayloadError):
        means(application={**document, "x": 1})
