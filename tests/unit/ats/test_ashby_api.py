"""Ashby's API: who asks, the lists that are read, and what is written into a profile."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest

from service.ats.ashby_api import AshbyApi
from service.ats.ashby_poller import LOOK_BACK, AshbyPoller
from service.ats.ashby_write_back import AshbyWriteBack
from service.ats.asking import Answer, Ask, LogEntry
from service.ats.payload import PayloadError
from tests.doubles import ashby_bodies as ashby
from tests.doubles.ashby_bodies import RECEIVED_AT

SINCE = datetime(2026, 3, 5, 11, 0, tzinfo=UTC)
KEY = {"api_key": "an invented key"}


def test_the_key_is_the_user_name_and_there_is_no_password() -> None:
    headers = AshbyApi().headers(KEY, None)

    scheme, _, pair = headers["Authorization"].partition(" ")
    assert scheme == "Basic"
    assert base64.b64decode(pair) == b"an invented key:"
    assert AshbyApi().token_request(KEY) is None
    assert AshbyApi().base_url(KEY) == "https://api.ashbyhq.com"


def first() -> dict[str, Ask]:
    return {ask.path: ask for ask in AshbyPoller().first(SINCE, KEY)}


def test_applications_schedules_and_jobs_are_listed_a_page_at_a_time() -> None:
    created_after = int((SINCE - LOOK_BACK).timestamp() * 1000)

    asked = {path: json.loads(ask.json or "") for path, ask in first().items()}
    assert asked == {
        "/application.list": {"limit": 100, "createdAfter": created_after},
        "/interviewSchedule.list": {"limit": 100, "createdAfter": created_after},
        "/job.list": {"limit": 100},
    }
    assert all(ask.method == "POST" for ask in first().values())


def read(ask: Ask, answer: Answer):
    return AshbyPoller().read(ask, answer, SINCE)


def test_pages_follow_one_another_by_their_cursor() -> None:
    ask = first()["/application.list"]
    page = ashby.answer([ashby.APPLICATION], moreDataAvailable=True, nextCursor="G8")

    following = read(ask, page).next
    assert following is not None
    assert following.path == ask.path
    assert json.loads(following.json or "") == json.loads(ask.json or "") | {"cursor": "G8"}
    last = read(following, ashby.answer([], moreDataAvailable=False, nextCursor="G9"))
    assert last.next is None


@pytest.mark.parametrize("answer", [
    ashby.answer([ashby.APPLICATION], moreDataAvailable=True),
    ashby.answer([ashby.APPLICATION], moreDataAvailable=True, nextCursor=7),
    ashby.answer([ashby.APPLICATION], moreDataAvailable="yes", nextCursor="G8"),
    Answer(200, b'{"success":true,"moreDataAvailable":false}', RECEIVED_AT),
    Answer(200, b'{"success":true,"results":{"id":"a-1"}}', RECEIVED_AT),
])  # fmt: skip
def test_a_page_that_does_not_say_how_it_goes_on_is_an_error_and_not_the_last_one(answer) -> None:
    with pytest.raises(PayloadError):
        read(first()["/application.list"], answer)


def after_token(**marks: str) -> dict[str, Ask]:
    settings = KEY | {f"mark:{kind}": mark for kind, mark in marks.items()}
    return {ask.path: ask for ask in AshbyPoller().first(SINCE, settings)}


def test_the_last_page_leaves_a_token_to_begin_the_next_reading_with() -> None:
    ask = first()["/application.list"]
    page = ashby.answer([ashby.APPLICATION], moreDataAvailable=True, nextCursor="G8",
                        syncToken="early")  # fmt: skip
    last = ashby.answer([], moreDataAvailable=False, syncToken="T1")

    assert read(ask, page).marks == {}
    assert read(ask, last).marks == {"application": "T1"}
    assert json.loads(after_token(application="T1")["/application.list"].json or "") == {
        "limit": 100, "syncToken": "T1",
    }  # fmt: skip


def test_a_list_without_a_token_is_read_from_its_beginning_beside_those_that_have_one() -> None:
    asked = after_token(application="T1")

    assert asked["/job.list"] == first()["/job.list"]
    assert asked["/interviewSchedule.list"] == first()["/interviewSchedule.list"]


def test_whatever_is_listed_after_a_token_has_changed_and_the_token_goes_along() -> None:
    ask = after_token(application="T1")["/application.list"]
    old = ashby.application(updatedAt=(SINCE - timedelta(days=9)).isoformat())

    listing = read(ask, ashby.answer([old], moreDataAvailable=True, nextCursor="G8"))
    assert len(listing.found) == 1
    assert listing.next is not None
    assert json.loads(listing.next.json or "") == {
        "limit": 100, "syncToken": "T1", "cursor": "G8",
    }  # fmt: skip


@pytest.mark.parametrize("token", [None, "", 7, ["T1"], "x" * 2_000])
def test_a_token_that_is_none_is_not_kept(token) -> None:
    last = ashby.answer([], moreDataAvailable=False, syncToken=token)

    assert read(first()["/application.list"], last).marks == {}


@pytest.mark.parametrize("code", ["sync_token_expired", "incremental_sync_too_large"])
def test_a_refused_token_is_an_error_so_that_the_reading_begins_without_it(code) -> None:
    with pytest.raises(PayloadError, match=code):
        read(after_token(application="T1")["/application.list"], ashby.refused(code))


def test_only_what_changed_since_is_kept_and_what_says_not_when() -> None:
    records = [
        ashby.application(id="old", updatedAt=(SINCE - timedelta(hours=1)).isoformat()),
        ashby.application(id="new", updatedAt=SINCE.isoformat()),
        ashby.application(id="undated", updatedAt=...),
    ]

    found = read(first()["/application.list"], ashby.answer(records)).found
    assert [json.loads(each.record)["id"] for each in found] == ["new", "undated"]
    assert {each.kind for each in found} == {"application"}


def test_a_record_found_again_is_the_same_until_it_changes() -> None:
    def identity(**changes: object) -> str:
        page = ashby.answer([ashby.application(**changes)])
        (found,) = read(first()["/application.list"], page).found
        return found.identity

    assert identity() == identity()
    assert len({identity(), identity(status="Hired"), identity(id="a-2"),
                identity(updatedAt="2026-03-05T13:00:00Z")}) == 4  # fmt: skip


@pytest.mark.parametrize(
    "answer",
    [
        ashby.refused("missing_endpoint_permission"),
        Answer(400, b"{}", RECEIVED_AT),
        Answer(200, b"[]", RECEIVED_AT),
        Answer(200, b"<html>", RECEIVED_AT),
    ],
)
def test_a_page_that_cannot_be_read_is_an_error_and_not_an_end(answer) -> None:
    with pytest.raises(PayloadError):
        read(first()["/application.list"], answer)


def test_a_cursor_that_leads_nowhere_new_is_an_error_and_no_endless_loop() -> None:
    ask = Ask("/application.list", json='{"cursor":"G8"}', method="POST")

    with pytest.raises(PayloadError, match="the page it stands on"):
        read(ask, ashby.answer([], moreDataAvailable=True, nextCursor="G8"))


LETTER = LogEntry(
    "pfe_1", "c-1", "a-1", RECEIVED_AT, "Your application", "Dear Mira", "<p>Dear Mira</p>",
    "hiring@example.org", "mira@example.com",
)  # fmt: skip
KEPT = LogEntry("pfe_2", "c-1", "a-1", RECEIVED_AT, "A promise was kept", "We called Mira.")


def test_a_letter_is_logged_as_the_email_it_was_under_an_id_of_its_own() -> None:
    ask = AshbyWriteBack().request(LETTER, KEY)

    assert (ask.method, ask.path) == ("POST", "/candidate.addEmailMessage")
    assert json.loads(ask.json or "") == {
        "candidateId": "c-1",
        "emailProviderEmailId": "keepword-pfe_1",
        "subject": "Your application",
        "from": "hiring@example.org",
        "to": "mira@example.com",
        "body": "<p>Dear Mira</p>",
        "sentAt": "2026-03-06T08:00:00.000Z",
    }


def test_a_letter_in_plain_text_is_escaped() -> None:
    plain = LogEntry("p", "c", "a", RECEIVED_AT, "s", "a < b", None, "x@example.org",
                     "y@example.com")  # fmt: skip

    body = json.loads(AshbyWriteBack().request(plain, KEY).json or "")["body"]
    assert body == "<pre>a &lt; b</pre>"


def test_a_kept_promise_is_a_note_and_notifies_nobody() -> None:
    ask = AshbyWriteBack().request(KEPT, KEY)

    assert (ask.method, ask.path) == ("POST", "/candidate.createNote")
    said = json.loads(ask.json or "")
    assert said["candidateId"] == "c-1"
    assert said["sendNotifications"] is False
    assert said["createdAt"] == "2026-03-06T08:00:00.000Z"
    assert "We called Mira." in said["note"]["value"]


def test_ashby_took_it_when_it_says_so() -> None:
    assert AshbyWriteBack().refusal(ashby.answer({"id": "n-1"})) is None


@pytest.mark.parametrize("code", ["email_already_exists", "duplicate_email_provider_email_id"])
def test_an_email_that_is_there_already_is_where_it_should_be(code) -> None:
    assert AshbyWriteBack().refusal(ashby.refused(code)) is None


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (ashby.refused("candidate_not_found"), "candidate_not_found"),
        (ashby.refused("Mira Okafor is not yours"), "an unnamed error"),
        (Answer(200, b'{"success":false}', RECEIVED_AT), "an unnamed error"),
        (Answer(200, b'{"success":false,"errors":["invalid_input"]}', RECEIVED_AT),
         "invalid_input"),
        (Answer(400, b"{}", RECEIVED_AT), "status 400"),
        (Answer(200, b"<html>", RECEIVED_AT), "something else than JSON"),
    ],
)  # fmt: skip
def test_a_refusal_is_seen_under_status_200_too_and_named_without_a_name(answer, said) -> None:
    assert AshbyWriteBack().refusal(answer) == f"Ashby refused it: {said}"
