"""Workable's API: addresses, polling page by page, and comments."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from service.ats.asking import Answer, Ask, LogEntry
from service.ats.payload import PayloadError
from service.ats.workable_api import WorkableApi, WorkableComments, WorkablePoller
from tests.doubles import workable_bodies as workable

SINCE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
READ_AT = datetime(2026, 3, 6, 9, 0, tzinfo=UTC)
FIRST = Ask("/candidates", (("limit", "100"), ("updated_after", "2026-03-02T09:00:00Z")))
ENTRY = LogEntry("pfe_1", "3f7a9c2e1b", "a1", READ_AT, "Promise kept", "We called, as promised.")


def read(body: bytes, ask: Ask = FIRST, status: int = 200):
    return WorkablePoller().read(ask, Answer(status, body, READ_AT), SINCE)


@pytest.mark.parametrize(
    "subdomain", ["example-works", " Example-Works ", "example-works.workable.com"]
)
def test_the_address_is_the_accounts_own(subdomain) -> None:
    address = WorkableApi().base_url({"subdomain": subdomain})

    assert address == "https://example-works.workable.com/spi/v3"


def test_the_token_is_sent_as_a_bearer_token() -> None:
    headers = WorkableApi().headers({"api_token": "abc"}, None)

    assert headers["Authorization"] == "Bearer abc"


def test_polling_asks_for_jobs_and_then_for_candidates_changed_since() -> None:
    jobs, candidates = WorkablePoller().first(SINCE, {})

    assert jobs.path == "/jobs"
    assert candidates == FIRST


def test_the_next_page_is_asked_at_our_address_whatever_the_link_says() -> None:
    link = "https://other.example.com/spi/v3/candidates?limit=100&since_id=x&updated_after=y"
    listing = read(workable.page(workable.candidate(), following=link))

    expected = (("limit", "100"), ("since_id", "x"), ("updated_after", "y"))
    assert listing.next == Ask("/candidates", expected)
    assert read(workable.page(workable.candidate())).next is None


@pytest.mark.parametrize(
    "link",
    ["https://example-works.workable.com/spi/v3/members?limit=1",
     "https://example-works.workable.com/spi/v3/../candidates",
     "https://example-works.workable.com/spi/v3/%2e%2e/candidates",
     "nowhere", "http://[", "/",
     "/spi/v3/candidates?limit=100&updated_after=2026-03-02T09:00:00Z"],
)  # fmt: skip
def test_a_link_that_leads_elsewhere_or_round_in_a_circle_is_refused(link) -> None:
    with pytest.raises(PayloadError):
        read(workable.page(workable.candidate(), following=link))


def test_a_candidate_found_again_is_the_same_until_something_changed() -> None:
    def identity(**changes: object) -> str:
        (found,) = read(workable.page(workable.candidate(**changes))).found
        return found.identity

    assert identity() == identity()
    assert identity() != identity(updated_at="2026-03-05T13:00:00Z")


def test_an_answer_that_is_no_list_is_refused() -> None:
    with pytest.raises(PayloadError):
        read(b'{"error":"Not authorized"}')
    with pytest.raises(PayloadError):
        read(b'{"error":"Not authorized"}', status=401)


def test_a_comment_is_written_in_the_name_of_the_member() -> None:
    ask = WorkableComments().request(ENTRY, {"member_id": " 13e0eb0e "})

    assert (ask.method, ask.path) == ("POST", "/candidates/3f7a9c2e1b/comments")
    said = json.loads(ask.json or "")
    assert said["member_id"] == "13e0eb0e"
    assert "We called, as promised." in said["comment"]["body"]


def test_a_refused_comment_is_told_in_words() -> None:
    comments = WorkableComments()

    assert comments.refusal(Answer(201, b"", READ_AT)) is None
    assert comments.refusal(Answer(404, b"", READ_AT)) == (
        "Workable has no such candidate any more"
    )
    assert comments.refusal(Answer(422, b"", READ_AT)) == "Workable answered 422"
