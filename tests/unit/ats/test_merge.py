"""Merge's hints: what they make us ask, and what the models mean."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from service.ats.asking import Answer, Answers, Ask, LogEntry, Needs
from service.ats.base import Incoming
from service.ats.merge import Merge
from service.domain.changes import (
    ApplicationDeleted,
    ApplicationUpdated,
    Applied,
    CandidateErased,
    CandidateUpdated,
    Change,
    InterviewBooked,
    InterviewCancelled,
    InterviewDone,
    JobDeleted,
    JobUpdated,
    OfferMade,
    OfferWithdrawn,
    Rejected,
    Stage,
    Stands,
    Translation,
    Withdrawn,
)
from service.signing import hex_signature
from tests.doubles import merge_bodies as merge

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MODIFIED = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
SECRET = "an invented secret"
ADAPTER = Merge()
ASKED = {
    "Application": merge.APPLICATION_ASKED,
    "Candidate": merge.CANDIDATE_ASKED,
    "Job": merge.JOB_ASKED,
    "ScheduledInterview": merge.INTERVIEW_ASKED,
    "Offer": merge.OFFER_ASKED,
}


def answers(known: Mapping[Ask, object], status: int = 200) -> Answers:
    return Answers(
        {ask.key: Answer(status, json.dumps(each).encode(), NOW) for ask, each in known.items()}
    )


def means(model: str, record: dict[str, Any]) -> Translation:
    """What a hint means when the account knows this record."""
    body = merge.body(f"{model}.changed", record["id"])
    known = {merge.JOB_ASKED: merge.JOB, merge.APPLICATION_ASKED: merge.application()}
    known[ASKED[model]] = record
    found = ADAPTER.translate(body, {}, NOW, answers(known))
    assert isinstance(found, Translation)
    return found


def standing(**more: Any) -> list[Change]:
    changes = means("Application", merge.application(**more)).changes
    return [each for each in changes if not isinstance(each, Applied)]


def test_the_signature_is_base64url_of_the_raw_body() -> None:
    body = merge.body("Candidate.changed", "c1")
    digest = bytes.fromhex(hex_signature(body, SECRET))
    written = base64.urlsafe_b64encode(digest).decode()
    headers = ADAPTER.sign(body, SECRET, NOW, "x")

    assert headers["X-Merge-Webhook-Signature"] == written
    for other in (written, written.rstrip("=")):
        incoming = Incoming.of([("X-Merge-Webhook-Signature", other)], body, NOW)
        ADAPTER.verify(incoming, [SECRET], NOW)


def test_two_changes_of_one_record_are_two_deliveries() -> None:
    def identity(body: bytes) -> str:
        return ADAPTER.identity(Incoming.of([], body, NOW))

    one = merge.body("Candidate.changed", "c1")
    later = merge.body("Candidate.changed", "c1", modified_at="2026-03-02T08:31:00Z")
    # The hook's own id is the same in all of them.
    assert identity(one) == identity(one)
    assert identity(one) != identity(later) != identity(merge.body("Candidate.removed", "c1"))


@pytest.mark.parametrize("model", ASKED)
@pytest.mark.parametrize("kind", ["added", "changed", "removed"])
def test_each_model_is_asked_for_by_its_id(model: str, kind: str) -> None:
    ask = ASKED[model]
    found = ADAPTER.translate(merge.body(f"{model}.{kind}", ask.path.split("/")[-1]), {}, NOW)

    assert found == Needs((ask,))


@pytest.mark.parametrize("event", ["LinkedAccount.synced", "Issue.created", "Tag.changed", "tea"])
def test_other_events_are_ignored_by_name(event: str) -> None:
    found = ADAPTER.translate(merge.body(event), {}, NOW)

    assert isinstance(found, Translation)
    assert repr(event) in (found.ignored or "")


@pytest.mark.parametrize("status", [404, 410])
def test_what_another_tenants_account_sent_changes_nothing_here(status: int) -> None:
    body = merge.body("Application.changed", "a1", rejected_at="2026-03-02T08:00:00Z")
    known = answers({merge.APPLICATION_ASKED: {"detail": "Not found."}}, status)
    found = ADAPTER.translate(body, {}, NOW, known)

    assert isinstance(found, Translation)
    assert found.changes == ()
    assert "another's" in (found.ignored or "")


def test_the_body_of_a_hint_decides_nothing() -> None:
    body = merge.body("Application.changed", "a1", rejected_at="2026-03-02T08:00:00Z")
    known = {merge.APPLICATION_ASKED: merge.application(), merge.JOB_ASKED: merge.JOB}
    found = ADAPTER.translate(body, {}, NOW, answers(known))

    assert isinstance(found, Translation)
    assert [type(each) for each in found.changes] == [Applied, Stands]


def test_an_open_application_is_told_whole() -> None:
    (stands,) = standing()

    assert isinstance(stands, Stands)
    assert (stands.at, stands.stage) == (MODIFIED, Stage.SCREENING)
    ref = stands.application
    assert ref.candidate is not None
    assert ref.candidate.emails == ("ada@example.com", "ada@work.example.com")
    assert ref.candidate.can_email is True
    assert ref.owner is not None
    assert ref.owner.email == "maria@example.com"
    assert ref.job is not None
    assert ref.job.hiring_manager is not None
    assert ref.job.hiring_manager.email == "noor@example.com"


def test_a_private_candidate_gets_no_mail_by_a_rule() -> None:
    (stands,) = standing(candidate={**merge.CANDIDATE, "is_private": True})

    assert isinstance(stands, Stands)
    assert stands.application.candidate is not None
    assert stands.application.candidate.can_email is False


def test_a_rejection_needs_the_time_of_one() -> None:
    reason = {"id": "r1", "name": "Not enough experience"}
    (rejected,) = standing(rejected_at="2026-03-02T08:00:00Z", reject_reason=reason)
    assert isinstance(rejected, Rejected)
    assert (rejected.at, rejected.reason) == (MODIFIED, "Not enough experience")
    assert rejected.decided_at == datetime(2026, 3, 2, 8, 0, tzinfo=UTC)

    found = means("Application", merge.application(reject_reason=reason))
    assert [type(each) for each in found.changes] == [Applied, ApplicationUpdated]
    assert any("rejected_at" in warning for warning in found.warnings)


def test_a_candidate_who_left_is_not_rejected() -> None:
    (change,) = standing(
        rejected_at="2026-03-02T08:00:00Z",
        reject_reason={"id": "r1", "name": "Candidate withdrew application"},
    )

    assert isinstance(change, Withdrawn)


def test_a_stage_called_hired_hires_nobody_and_is_a_to_do() -> None:
    (change,) = standing(current_stage={"id": "s9", "name": "Hired"})

    assert isinstance(change, Stands)
    assert change.stage is None


def test_what_was_deleted_at_the_source() -> None:
    gone = {"remote_was_deleted": True}

    assert means("Application", merge.application(**gone)).changes == (
        ApplicationDeleted("a1", MODIFIED),
    )
    (candidate,) = means("Candidate", merge.CANDIDATE | gone).changes
    (job,) = means("Job", merge.JOB | gone).changes
    (interview,) = means("ScheduledInterview", merge.INTERVIEW | gone).changes
    (offer,) = means("Offer", merge.OFFER | gone).changes
    assert isinstance(candidate, CandidateErased)
    assert isinstance(job, JobDeleted)
    assert isinstance(interview, InterviewCancelled)
    assert isinstance(offer, OfferWithdrawn)


def test_the_other_models() -> None:
    (candidate,) = means("Candidate", merge.CANDIDATE).changes
    (job,) = means("Job", merge.JOB).changes
    (done,) = means("ScheduledInterview", merge.INTERVIEW).changes
    (booked,) = means("ScheduledInterview", merge.INTERVIEW | {"status": "SCHEDULED"}).changes
    (offer,) = means("Offer", merge.OFFER).changes
    (over,) = means("Offer", merge.OFFER | {"status": "DENIED"}).changes

    assert isinstance(candidate, CandidateUpdated)
    assert isinstance(job, JobUpdated)
    assert isinstance(done, InterviewDone)
    assert done.ended_at == datetime(2026, 3, 2, 8, 45, tzinfo=UTC)
    assert isinstance(booked, InterviewBooked)
    # The interview may come before its application was heard of.
    assert booked.application.candidate is not None
    assert isinstance(offer, OfferMade)
    assert isinstance(over, OfferWithdrawn)
    nothing = means("Offer", merge.OFFER | {"status": "DRAFT"})
    assert (nothing.changes, nothing.ignored) == ((), "nothing of this offer concerns Keepword")


def test_the_poller_reads_every_list_by_cursor() -> None:
    poller, since = ADAPTER.poller, NOW - timedelta(hours=1)
    assert poller is not None
    asks = poller.first(since, {})
    assert [ask.path for ask in asks] == [
        "/jobs", "/candidates", "/applications", "/interviews", "/offers"
    ]  # fmt: skip
    applications = asks[2]
    assert ("modified_after", "2026-03-02T08:00:00.000Z") in applications.query
    assert ("include_deleted_data", "true") in applications.query
    listing = poller.read(
        applications, Answer(200, merge.page(merge.application(), cursor="c2"), NOW), since
    )
    assert listing.next is not None
    assert listing.next.query == (*applications.query, ("cursor", "c2"))
    (found,) = listing.found
    assert ADAPTER.translate_found(found.kind, found.record, NOW) == Needs((merge.JOB_ASKED,))
    known = answers({merge.JOB_ASKED: merge.JOB})
    told = ADAPTER.translate_found(found.kind, found.record, NOW, known)
    assert isinstance(told, Translation)
    assert told.changes == means("Application", merge.application()).changes
    assert poller.read(applications, Answer(200, merge.page(), NOW), since).next is None


def test_a_note_names_its_author_twice() -> None:
    entry = LogEntry("pfe_1", "c1", "a1", NOW, "A word was kept", "By phone")
    notes = ADAPTER.write_back
    assert notes is not None
    ask = notes.request(entry, {"remote_user_id": "u1"})

    assert (ask.method, ask.path) == ("POST", "/activities")
    written = json.loads(ask.json or "")
    assert written["remote_user_id"] == written["model"]["user"] == "u1"
    assert written["model"]["candidate"] == "c1"
    assert written["model"]["activity_type"] == "NOTE"
    inside = {"model": None, "errors": [{"detail": "Ada Byron"}]}
    assert notes.refusal(Answer(200, json.dumps(inside).encode(), NOW)) == (
        "Merge took the note and said that the ATS did not"
    )


def test_the_key_and_the_account_are_in_the_headers() -> None:
    api = ADAPTER.api
    assert api is not None
    headers = api.headers({"api_key": "k", "account_token": "t"}, None)

    assert (headers["Authorization"], headers["X-Account-Token"]) == ("Bearer k", "t")
    assert api.base_url({}) == "https://api.merge.dev/api/ats/v1"
