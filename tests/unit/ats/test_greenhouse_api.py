"""Greenhouse's Harvest API v3: how it is reached, what is found there, and what is written."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from service.ats.asking import Answer, Answers, Ask, LogEntry, Needs
from service.ats.base import PayloadError
from service.ats.greenhouse import Greenhouse
from service.domain.changes import (
    ApplicationUpdated,
    Applied,
    CandidateUpdated,
    Change,
    Hired,
    InterviewBooked,
    InterviewDone,
    JobStatus,
    JobUpdated,
    OfferMade,
    OfferWithdrawn,
    Rejected,
    Stage,
    Stands,
    Translation,
    Withdrawn,
)

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ADAPTER = Greenhouse()
CANDIDATE_ASKED = Ask("/candidates", (("ids", "815"),))
JOB_ASKED = Ask("/jobs", (("ids", "7"),))
REASON_ASKED = Ask("/rejection_reasons", (("ids", "3"), ("include_defaults", "true")))

OWNER_ASKED = Ask("/users", (("ids", "5"),))
OWNER = {
    "id": 5, "first_name": "Maria", "last_name": "Keller", "primary_email": "maria@example.com"
}  # fmt: skip

CANDIDATE: dict[str, Any] = {
    "id": 815,
    "first_name": "Ada",
    "last_name": "Byron",
    "private": False,
    "can_email": True,
    "email_addresses": [{"value": "ada@example.com", "type": "personal"}],
    "phone_numbers": [{"value": "+1 416 555 0100", "type": "mobile"}],
    "updated_at": "2026-03-02T08:00:00Z",
}
JOB: dict[str, Any] = {
    "id": 7,
    "name": "Backend Engineer",
    "status": "open",
    "updated_at": "2026-03-01T08:00:00Z",
}


def application(**more: Any) -> dict[str, Any]:
    return {
        "id": 4711,
        "candidate_id": 815,
        "job_id": 7,
        "status": "in_process",
        "stage_name": "Phone Screen",
        "prospect": False,
        "recruiter_id": 5,
        "created_at": "2026-03-01T09:00:00Z",
        "updated_at": "2026-03-02T08:30:00Z",
        "last_activity_at": "2026-03-02T08:15:00Z",
        "rejected_at": None,
        "rejection_reason_id": None,
        **more,
    }


def answers(known: Mapping[Ask, object]) -> Answers:
    return Answers(
        {ask.key: Answer(200, json.dumps(each).encode(), NOW) for ask, each in known.items()}
    )


def told(
    record: dict[str, Any], *, kind: str = "application", reason: dict[str, Any] | None = None
) -> Translation:
    known: dict[Ask, object] = {CANDIDATE_ASKED: [CANDIDATE], JOB_ASKED: [JOB]}
    known[REASON_ASKED] = [reason] if reason else []
    known[OWNER_ASKED] = [OWNER]
    found = ADAPTER.translate_found(kind, json.dumps(record).encode(), NOW, answers(known))
    assert isinstance(found, Translation)
    return found


def standing(**more: Any) -> list[Change]:
    reason = more.pop("reason", None)
    changes = told(application(**more), reason=reason).changes
    return [each for each in changes if not isinstance(each, Applied)]


def test_a_token_is_asked_for_with_the_clients_own_credentials() -> None:
    api = ADAPTER.api
    assert api is not None
    request = api.token_request({"client_id": "id", "client_secret": "s", "user_id": "7"})
    assert request is not None
    pair = base64.b64encode(b"id:s").decode()

    assert request.url == "https://auth.greenhouse.io/token"
    assert request.form == (("grant_type", "client_credentials"), ("sub", "7"))
    assert request.headers == (("Authorization", f"Basic {pair}"),)
    assert api.headers({}, "t")["Authorization"] == "Bearer t"
    assert api.base_url({}) == "https://harvest.greenhouse.io/v3"


def test_without_a_user_the_credentials_own_user_asks() -> None:
    api = ADAPTER.api
    assert api is not None
    request = api.token_request({"client_id": "id", "client_secret": "s"})
    assert request is not None

    assert request.form == (("grant_type", "client_credentials"),)


def test_the_poller_asks_each_list_what_was_updated() -> None:
    poller = ADAPTER.poller
    assert poller is not None
    asks = poller.first(NOW, {})

    assert [ask.path for ask in asks] == [
        "/jobs", "/candidates", "/applications", "/interviews", "/offers"
    ]  # fmt: skip
    assert dict(asks[0].query) == {
        "updated_at": "gte|2026-03-02T09:00:00Z|lte|2036-02-28T09:00:00Z",
        "per_page": "500",
    }


def test_pages_go_on_where_the_link_header_leads_and_its_cursor_stands_alone() -> None:
    poller = ADAPTER.poller
    assert poller is not None
    ask = poller.first(NOW, {})[2]
    link = '<https://harvest.greenhouse.io/v3/applications?cursor=abc%3D%3D>; rel="next"'
    page = Answer(200, json.dumps([application()]).encode(), NOW, {"link": link})
    listing = poller.read(ask, page, NOW)

    assert listing.next == Ask("/applications", (("cursor", "abc=="),))
    assert [found.kind for found in listing.found] == ["application"]
    assert poller.read(listing.next, Answer(200, b"[]", NOW), NOW).next is None
    again = Answer(200, json.dumps([application(status="hired")]).encode(), NOW)
    assert poller.read(ask, again, NOW).found[0].identity != listing.found[0].identity


@pytest.mark.parametrize("body", [b"{}", b"[] , {}", b'[], "list": [1', b"null", b'{"list":[]}'])
def test_a_page_that_is_no_list_is_refused(body: bytes) -> None:
    poller = ADAPTER.poller
    assert poller is not None

    with pytest.raises(PayloadError):
        poller.read(poller.first(NOW, {})[0], Answer(200, body, NOW), NOW)


def test_an_application_makes_us_ask_for_its_candidate_its_job_and_its_reason() -> None:
    record = json.dumps(application()).encode()
    assert ADAPTER.translate_found("application", record, NOW) == Needs(
        (CANDIDATE_ASKED, JOB_ASKED, OWNER_ASKED)
    )
    rejected = json.dumps(application(status="rejected", rejection_reason_id=3)).encode()

    assert ADAPTER.translate_found("application", rejected, NOW) == Needs(
        (CANDIDATE_ASKED, JOB_ASKED, OWNER_ASKED, REASON_ASKED)
    )


def test_an_open_application_stands_as_of_its_last_change() -> None:
    changes = told(application()).changes
    assert [type(each) for each in changes] == [Applied, Stands]
    stands = changes[1]

    assert isinstance(stands, Stands)
    assert (stands.stage, stands.at) == (Stage.SCREENING, datetime(2026, 3, 2, 8, 30, tzinfo=UTC))
    ref = stands.application
    assert (ref.external_id, ref.ats_stage) == ("4711", "Phone Screen")
    assert ref.candidate is not None
    assert (ref.candidate.external_id, ref.candidate.emails) == ("815", ("ada@example.com",))
    assert ref.job is not None
    assert (ref.job.title, ref.job.status) == ("Backend Engineer", JobStatus.OPEN)
    assert ref.owner is not None
    assert (ref.owner.name, ref.owner.email) == ("Maria Keller", "maria@example.com")


def reason(key: str) -> dict[str, Any]:
    return {"id": 3, "name": "A reason", "type": {"id": 1, "key": key, "name": key.title()}}


@pytest.mark.parametrize("key", ["WE_REJECTED_THEM", "NONE_SPECIFIED", "SECURITY_CONCERN"])
def test_the_employers_decision_is_a_rejection(key: str) -> None:
    (change,) = standing(
        status="rejected",
        rejected_at="2026-03-02T08:00:00Z",
        rejection_reason_id=3,
        reason=reason(key),
    )

    assert isinstance(change, Rejected)
    assert (change.at, change.reason) == (datetime(2026, 3, 2, 8, tzinfo=UTC), "A reason")


@pytest.mark.parametrize(
    "why",
    [reason("THEY_REJECTED_US"), {**reason("NONE_SPECIFIED"), "name": "Candidate withdrew"}],
)
def test_the_candidates_decision_is_a_withdrawal(why: dict[str, Any]) -> None:
    (change,) = standing(
        status="rejected",
        rejected_at="2026-03-02T08:00:00Z",
        rejection_reason_id=3,
        reason=why,
    )

    assert isinstance(change, Withdrawn)


@pytest.mark.parametrize(
    "more",
    [
        {"status": "rejected"},
        {"status": "rejected", "rejected_at": "2026-03-02T08:00:00Z", "rejection_reason_id": 3},
        {"status": "archived"},
        {"status": None},
    ],
)
def test_what_is_not_clearly_a_rejection_closes_nothing(more: dict[str, Any]) -> None:
    found = told(application(**more))

    assert [type(each) for each in found.changes] == [ApplicationUpdated]
    assert found.warnings


def test_a_rejection_without_a_reason_is_one() -> None:
    (change,) = standing(status="rejected", rejected_at="2026-03-02T08:00:00Z")

    assert isinstance(change, Rejected)


def test_hired() -> None:
    (change,) = standing(status="hired", stage_name=None)

    assert isinstance(change, Hired)


@pytest.mark.parametrize("more", [{"prospect": True}, {"status": "converted"}])
def test_prospects_are_owed_nothing(more: dict[str, Any]) -> None:
    found = told(application(**more))

    assert "prospect" in (found.ignored or "")


def test_a_candidate_who_is_not_shown_is_left_alone() -> None:
    known = answers({CANDIDATE_ASKED: [], JOB_ASKED: [JOB], OWNER_ASKED: []})
    record = json.dumps(application(status="rejected", rejected_at="2026-03-02T08:00:00Z"))
    found = ADAPTER.translate_found("application", record.encode(), NOW, known)

    assert isinstance(found, Translation)
    assert "no such candidate" in (found.ignored or "")


def test_the_other_records() -> None:
    (candidate,) = told(CANDIDATE | {"private": True}, kind="candidate").changes
    (job,) = told(JOB | {"status": "closed"}, kind="job").changes

    assert isinstance(candidate, CandidateUpdated)
    assert candidate.candidate.can_email is False
    assert isinstance(job, JobUpdated)
    assert job.job.status is JobStatus.CLOSED


def interview(status: str, **more: Any) -> dict[str, Any]:
    return {
        "id": 1,
        "application_id": 4711,
        "job_interview_id": 9,
        "status": status,
        "starts_at": "2026-03-02T07:00:00Z",
        "ends_at": "2026-03-02T08:00:00Z",
        "updated_at": "2026-03-02T08:00:00Z",
        **more,
    }


def test_interviews_in_a_calendar_are_booked_and_held_by_their_steps_own_id() -> None:
    (booked,) = told(interview("scheduled"), kind="interview").changes
    (done,) = told(interview("complete"), kind="interview").changes

    assert isinstance(booked, InterviewBooked)
    assert isinstance(done, InterviewDone)
    assert (done.external_id, done.ended_at) == ("9", datetime(2026, 3, 2, 8, tzinfo=UTC))
    for nothing in (interview("complete", starts_at=None), interview("to_be_scheduled")):
        assert told(nothing, kind="interview").changes == ()


@pytest.mark.parametrize(
    ("status", "change"),
    [("Created", OfferMade), ("Accepted", OfferMade), ("Deprecated", OfferWithdrawn)],
)
def test_offers(status: str, change: type[Change]) -> None:
    offer = {"id": 5, "version": 2, "application_id": 4711, "status": status}
    (found,) = told(offer, kind="offer").changes

    assert isinstance(found, change)
    assert getattr(found, "offer_external_id", None) == "5/v2"


def test_a_note_is_public_and_carries_its_authors_name() -> None:
    entry = LogEntry(
        "pfe_1", "815", "4711", NOW, "Your application", "Dear Ada, …", "<p>Dear Ada, …</p>",
        "hiring@example.com", "ada@example.com",
    )  # fmt: skip
    notes = ADAPTER.write_back
    assert notes is not None
    ask = notes.request(entry, {"author_id": "8"})

    assert (ask.method, ask.path) == ("POST", "/notes")
    written = json.loads(ask.json or "")
    assert (written["candidate_id"], written["user_id"], written["visibility"]) == (
        815,
        8,
        "public",
    )
    assert written["body"] == (
        "Email from hiring@example.com to ada@example.com, delivered 2026-03-02 09:00 UTC\n"
        "Subject: Your application\n\nDear Ada, …\n\nKeepword pfe_1"
    )
    long = LogEntry("pfe_1", "815", "4711", NOW + timedelta(days=1), "s", "x" * 50_000)
    body = json.loads(notes.request(long, {"author_id": "8"}).json or "")["body"]
    assert len(body) <= 10_000
    assert body.endswith("[cut: the whole text is in Keepword]\n\nKeepword pfe_1")
