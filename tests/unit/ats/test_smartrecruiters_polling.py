"""How SmartRecruiters is reached, polled page by page, and written to."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from service.ats.asking import Answer, Answers, Ask, LogEntry, Needs
from service.ats.base import PayloadError
from service.ats.smartrecruiters import SmartRecruiters
from service.ats.smartrecruiters_api import SmartRecruitersApi
from service.ats.smartrecruiters_notes import MOST, SmartRecruitersNotes
from service.ats.smartrecruiters_poller import SmartRecruitersPoller
from service.domain.changes import Applied, CandidateUpdated, JobUpdated, Stands, Translation
from tests.doubles import smartrecruiters_bodies as bodies
from tests.unit.ats.requests_seen import understood

SINCE = datetime(2026, 3, 5, 9, 0, tzinfo=UTC)
POLLER = SmartRecruitersPoller()
CANDIDATES, JOBS = POLLER.first(SINCE, {})


def page(*records: dict[str, Any], **more: Any) -> Answer:
    return Answer(200, json.dumps({"content": list(records), **more}).encode(), SINCE)


def test_both_lists_are_asked_for_what_changed_since() -> None:
    toronto = SINCE.astimezone(timezone(timedelta(hours=-5)))

    assert POLLER.first(toronto, {}) == (CANDIDATES, JOBS)
    assert (
        Ask("/candidates", (("limit", "100"), ("updatedAfter", "2026-03-05T09:00:00.000Z")))
        == CANDIDATES
    )
    assert JOBS.path == "/jobs"


def test_a_page_leads_to_the_next_by_its_id() -> None:
    first = POLLER.read(CANDIDATES, page(bodies.candidate(), nextPageId="a=b&c"), SINCE)

    assert first.next == Ask("/candidates", (*CANDIDATES.query, ("pageId", "a=b&c")))
    assert POLLER.read(first.next, page(nextPageId="d"), SINCE).next == Ask(
        "/candidates", (*CANDIDATES.query, ("pageId", "d"))
    )
    assert POLLER.read(first.next, page(totalFound=900), SINCE).next is None


def test_a_list_that_counts_is_read_by_its_offset() -> None:
    first = POLLER.read(JOBS, page(bodies.job(), bodies.job(), totalFound=3), SINCE)

    assert first.next == Ask("/jobs", (*JOBS.query, ("offset", "2")))
    assert POLLER.read(first.next, page(bodies.job(), totalFound=3), SINCE).next is None
    assert POLLER.read(first.next, page(totalFound=3), SINCE).next is None


def test_a_page_that_leads_to_itself_is_refused() -> None:
    ask = Ask("/candidates", (*CANDIDATES.query, ("pageId", "a")))

    with pytest.raises(PayloadError, match="the page it stands on"):
        POLLER.read(ask, page(nextPageId="a"), SINCE)


def test_a_record_is_named_anew_when_it_changed() -> None:
    def identity(**more: Any) -> str:
        (found,) = POLLER.read(CANDIDATES, page(bodies.candidate(**more)), SINCE).found
        return found.identity

    assert identity() == f"{bodies.CANDIDATE}:2026-03-05T08:00:00.000Z"
    assert identity(updatedOn="2026-03-05T09:00:00.000Z") != identity()
    assert identity(updatedOn=None, tags=["a"]) != identity(updatedOn=None, tags=["b"])


@pytest.mark.parametrize("body", [b"{}", b'{"content":1}', b"[]", b'{"content":[{}]}'])
def test_a_broken_page_is_a_payload_error(body) -> None:
    with pytest.raises(PayloadError):
        POLLER.read(CANDIDATES, Answer(200, body, SINCE), SINCE)


def test_no_other_list_is_read() -> None:
    with pytest.raises(PayloadError, match="nothing is listed"):
        POLLER.read(Ask("/users"), page(), SINCE)


def found(kind: str, record: dict[str, Any], **world: Any) -> Translation:
    said = bodies.world(**world)

    def answer(ask: Ask) -> Answer:
        there = said.get(ask)
        return Answer(404 if there is None else 200, json.dumps(there).encode(), SINCE)

    return understood(
        lambda answers: SmartRecruiters().translate_found(
            kind, json.dumps(record).encode(), SINCE, answers
        ),
        answer,
    )


def test_a_found_candidate_is_asked_for_all_their_applications() -> None:
    changes = found("candidate", {"id": bodies.CANDIDATE}).changes

    assert [type(each) for each in changes] == [Applied, Stands, CandidateUpdated]


def test_who_applied_weeks_before_they_were_found_is_not_thanked_for_it() -> None:
    told = bodies.history(("2026-02-15T09:00:00.000Z", "NEW"))
    changes = found("candidate", {"id": bodies.CANDIDATE}, history=told).changes

    assert [type(each) for each in changes] == [Stands, CandidateUpdated]


def test_a_second_application_is_told_of_as_well() -> None:
    two = bodies.candidate(secondaryAssignments=[bodies.assignment("j2")])

    reading = SmartRecruiters().translate_found(
        "candidate", json.dumps(two).encode(), SINCE, _known(Ask(f"/candidates/{two['id']}"), two)
    )
    assert isinstance(reading, Needs)
    assert [ask.path for ask in reading.asks] == [
        f"/candidates/{bodies.CANDIDATE}/jobs/{bodies.JOB}",
        f"/candidates/{bodies.CANDIDATE}/jobs/j2",
    ]


def test_an_assignment_that_is_gone_by_now_is_left_out() -> None:
    changes = found("candidate", {"id": bodies.CANDIDATE}, application=None).changes

    assert [type(each) for each in changes] == [CandidateUpdated]


def test_a_found_candidate_who_is_gone_changes_nothing() -> None:
    assert found("candidate", {"id": bodies.CANDIDATE}, candidate=None).changes == ()


def test_a_found_job_is_asked_for_its_status() -> None:
    (change,) = found("job", {"id": bodies.JOB}).changes

    assert isinstance(change, JobUpdated)


def test_nothing_else_is_ever_found() -> None:
    with pytest.raises(PayloadError, match="'tea'"):
        SmartRecruiters().translate_found("tea", b'{"id":"1"}', SINCE)


def test_the_key_goes_to_the_one_host_unless_another_is_set() -> None:
    api = SmartRecruitersApi()

    assert api.base_url({}) == "https://api.smartrecruiters.com"
    assert api.base_url({"api_url": "http://127.0.0.1:9/x/"}) == "http://127.0.0.1:9/x"
    assert api.headers({"api_key": "k\r\nx: y"}, None)["X-SmartToken"] == "kx: y"
    assert api.token_request({}) is None
    assert api.proof().path == "/candidates"
    assert [each.secret for each in api.fields] == [True]


ENTRY = LogEntry(
    "lg1", bodies.CANDIDATE, bodies.APPLICATION, SINCE, "Your application", "Dear Amara,\nno."
)


def note(**more: Any) -> dict[str, Any]:
    ask = SmartRecruitersNotes().request(_entry(**more), {})
    assert (ask.method, ask.path) == ("POST", "/messages/shares")
    written: dict[str, Any] = json.loads(ask.json or "")
    return written


def test_a_letter_becomes_an_open_note_tagged_with_its_candidate() -> None:
    assert note() == {
        "content": "Your application (2026-03-05 09:00 UTC)\n\nDear Amara,\nno."
        f"\n\nKeepword lg1\n#[CANDIDATE:{bodies.CANDIDATE}]",
        "shareWith": {"openNote": True},
    }


def test_a_text_mentions_and_tags_nobody() -> None:
    content = note(text="@[USER:1] #[CANDIDATE:2]", subject="@[USER:3]")["content"]

    assert content.count("@[") == 0
    assert content.count("#[") == 1
    assert content.endswith(f"#[CANDIDATE:{bodies.CANDIDATE}]")


def test_a_candidates_id_cannot_end_its_tag() -> None:
    assert note(candidate_external_id="a] @[USER:1")["content"].endswith("#[CANDIDATE:aUSER1]")


def test_a_long_letter_is_cut_and_says_so() -> None:
    content = note(text="x" * 20_000)["content"]

    assert len(content) == MOST
    assert "the whole text is in Keepword" in content
    assert content.endswith(f"#[CANDIDATE:{bodies.CANDIDATE}]")


@pytest.mark.parametrize(("status", "refused"), [(200, False), (201, False), (400, True)])
def test_only_a_2xx_took_the_note(status, refused) -> None:
    answer = Answer(status, b"{}", SINCE)

    assert (SmartRecruitersNotes().refusal(answer) is not None) is refused


def _entry(**more: Any) -> LogEntry:
    return LogEntry(**(vars(ENTRY) | more))


def _known(ask: Ask, record: dict[str, Any]) -> Answers:
    return Answers({ask.key: Answer(200, json.dumps(record).encode(), SINCE)})
