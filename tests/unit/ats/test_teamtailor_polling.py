"""How Teamtailor is reached, polled page by page, and written to."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from service.ats.asking import Answer, Ask, Found, LogEntry
from service.ats.base import PayloadError
from service.ats.teamtailor import Teamtailor
from service.ats.teamtailor_api import TeamtailorApi
from service.ats.teamtailor_notes import TeamtailorNotes
from service.ats.teamtailor_poller import TeamtailorPoller
from service.domain.changes import (
    Applied,
    CandidateUpdated,
    JobUpdated,
    Rejected,
    Stands,
    Telling,
    Translation,
)
from tests.doubles import teamtailor_bodies as bodies
from tests.unit.ats.requests_seen import understood

SINCE = datetime(2026, 3, 5, 9, 0, tzinfo=UTC)
NOW = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)
POLLER = TeamtailorPoller()
APPLICATIONS, CANDIDATES, JOBS = POLLER.first(SINCE, {})
NEXT = "https://api.teamtailor.com/v1/job-applications?page%5Bnumber%5D=2&page%5Bsize%5D=30"


def read(ask: Ask, body: bytes) -> tuple[tuple[Found, ...], Ask | None]:
    listing = POLLER.read(ask, Answer(200, body, NOW), SINCE)
    return listing.found, listing.next


def found_means(found: Found) -> Translation:
    return understood(
        lambda answers: Teamtailor().translate_found(found.kind, found.record, NOW, answers),
        lambda _: Answer(200, json.dumps(bodies.job_document()).encode(), NOW),
    )


def test_three_lists_are_asked_for_what_was_updated_since() -> None:
    assert [ask.path for ask in (APPLICATIONS, CANDIDATES, JOBS)] == [
        "/v1/job-applications",
        "/v1/candidates",
        "/v1/jobs",
    ]
    for ask in (APPLICATIONS, CANDIDATES, JOBS):
        assert dict(ask.query)["filter[updated-at][from]"] == "2026-03-05T09:00:00.000Z"
        assert dict(ask.query)["page[size]"] == "30"
    assert dict(APPLICATIONS.query)["include"] == "candidate,job,stage,reject-reason"
    assert dict(JOBS.query)["filter[status]"] == "all"


def test_the_next_page_is_asked_on_our_own_host() -> None:
    link = NEXT.replace("api.teamtailor.com", "elsewhere.example.com")

    _, following = read(APPLICATIONS, bodies.page(bodies.application(), following=link))
    assert following == Ask("/v1/job-applications", (("page[number]", "2"), ("page[size]", "30")))


def test_a_long_link_is_not_cut() -> None:
    link = NEXT + "&filter%5Bx%5D=" + "y" * 900

    _, following = read(APPLICATIONS, bodies.page(following=link))
    assert following is not None
    assert dict(following.query)["filter[x]"] == "y" * 900


def test_the_last_page_leads_nowhere() -> None:
    assert read(APPLICATIONS, bodies.page(bodies.application()))[1] is None


@pytest.mark.parametrize(
    "link", ["https://api.teamtailor.com/v1/users?page=2", "https://api.teamtailor.com/../x", "x"]
)
def test_a_link_to_anywhere_else_is_refused(link) -> None:
    with pytest.raises(PayloadError):
        read(APPLICATIONS, bodies.page(following=link))


def test_a_page_that_leads_to_itself_is_refused() -> None:
    again = Ask("/v1/job-applications", (("page[number]", "2"), ("page[size]", "30")))

    with pytest.raises(PayloadError, match="same page"):
        read(again, bodies.page(following=NEXT))


def test_a_found_application_stands_for_itself() -> None:
    other = bodies.application()
    other["data"] = other["data"] | {"id": "635"}

    found, _ = read(APPLICATIONS, bodies.page(bodies.application(), other))
    assert [each.kind for each in found] == ["job-application", "job-application"]
    assert found[0].identity == "634:2026-03-05T10:00:00.000+01:00"
    assert [type(each) for each in found_means(found[0]).changes] == [
        Applied,
        Stands,
        CandidateUpdated,
    ]


def test_a_found_rejection_that_says_nothing_of_telling_waits_for_a_person() -> None:
    rejected = bodies.application(why=bodies.reason(), rejected_at="2026-03-05T09:30:00+01:00")

    (found,), _ = read(APPLICATIONS, bodies.page(rejected))
    change = found_means(found).changes[1]
    assert isinstance(change, Rejected)
    assert (change.reason, change.telling) == ("Other offer", Telling(None))


def test_a_record_is_named_anew_when_it_changed() -> None:
    def identity(**more: Any) -> str:
        (found,), _ = read(APPLICATIONS, bodies.page(bodies.application(**more)))
        return found.identity

    assert identity() == identity()
    assert identity(updated_at="2026-03-05T10:00:01+01:00") != identity()
    assert identity(updated_at=None, sourced=True) != identity(updated_at=None)


def test_found_candidates_and_jobs_are_told_as_they_are() -> None:
    (candidate,), _ = read(CANDIDATES, bodies.page({"data": bodies.candidate()}))
    (job,), _ = read(JOBS, bodies.page(bodies.job_document()))

    (person,) = found_means(candidate).changes
    (opening,) = found_means(job).changes
    assert isinstance(person, CandidateUpdated)
    assert person.candidate.first_name == "Amara"
    assert isinstance(opening, JobUpdated)
    assert opening.job.title == "Bookbinder"


@pytest.mark.parametrize(
    "body", [b"{}", b"[]", b'{"data":{}}', b'{"data":[{"type":"x"}]}', b'{"data":1}']
)
def test_a_broken_page_is_a_payload_error(body) -> None:
    with pytest.raises(PayloadError):
        read(APPLICATIONS, body)


def test_no_other_list_is_read_and_nothing_else_is_found() -> None:
    with pytest.raises(PayloadError, match="nothing is listed"):
        read(Ask("/v1/users"), bodies.page())
    with pytest.raises(PayloadError, match="'tea'"):
        Teamtailor().translate_found("tea", b"{}", NOW)


@pytest.mark.parametrize(
    ("settings", "base"),
    [
        ({}, "https://api.teamtailor.com"),
        ({"region": "EU"}, "https://api.teamtailor.com"),
        ({"region": " na "}, "https://api.na.teamtailor.com"),
        ({"region": "evil.example.com"}, "https://api.teamtailor.com"),
        ({"region": "na", "api_url": "http://127.0.0.1:9/"}, "http://127.0.0.1:9"),
    ],
)
def test_the_region_decides_the_host_and_nothing_else_does(settings, base) -> None:
    assert TeamtailorApi().base_url(settings) == base


def test_the_key_the_version_and_the_content_type_are_sent() -> None:
    headers = TeamtailorApi().headers({"api_key": "k\r\nx: y"}, None)

    assert headers["Authorization"] == "Token token=kx: y"
    assert headers["X-Api-Version"] == "20210218"
    assert headers["Content-Type"] == "application/vnd.api+json"
    assert TeamtailorApi().token_request({}) is None
    assert TeamtailorApi().proof().path == "/v1/job-applications"


ENTRY = LogEntry("lg1", "410", "634", NOW, "Your application", "Dear Amara,\nno.")


def test_a_letter_becomes_a_note_by_the_chosen_user() -> None:
    ask = TeamtailorNotes().request(ENTRY, {"note_user_id": " 5 "})

    assert (ask.method, ask.path) == ("POST", "/v1/notes")
    assert json.loads(ask.json or "") == {
        "data": {
            "type": "notes",
            "attributes": {
                "note": "Your application (2026-03-05 12:00 UTC)\n\nDear Amara,\nno."
                "\n\nKeepword lg1"
            },
            "relationships": {
                "candidate": {"data": {"type": "candidates", "id": "410"}},
                "user": {"data": {"type": "users", "id": "5"}},
            },
        }
    }


@pytest.mark.parametrize(("status", "refused"), [(201, False), (200, False), (422, True)])
def test_only_a_2xx_took_the_note(status, refused) -> None:
    answer = Answer(status, b'{"errors":[]}', NOW)

    assert (TeamtailorNotes().refusal(answer) is not None) is refused
