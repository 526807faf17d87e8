"""Lever's API: who asks, the lists that are read, and the notes that are written."""

from __future__ import annotations

import base64
import json

import pytest

from service.ats.asking import Answer, Ask, LogEntry
from service.ats.lever_api import LeverApi
from service.ats.lever_poller import LeverPoller
from service.ats.lever_write_back import LeverWriteBack
from service.ats.payload import PayloadError
from tests.doubles import lever_bodies as lever
from tests.doubles.lever_bodies import ARCHIVED_AT, FETCHED_AT

KEY = {"api_key": "an invented key"}
START = str(lever.millis(ARCHIVED_AT))


def test_the_key_is_the_user_name_and_there_is_no_password() -> None:
    scheme, _, pair = LeverApi().headers(KEY, None)["Authorization"].partition(" ")

    assert scheme == "Basic"
    assert base64.b64decode(pair) == b"an invented key:"
    assert LeverApi().token_request(KEY) is None
    assert LeverApi().base_url(KEY) == "https://api.lever.co/v1"


def test_fewer_requests_are_made_than_lever_allows() -> None:
    rate = LeverApi().rate

    assert rate.requests / rate.within.total_seconds() < 10


def first() -> dict[str, Ask]:
    return {ask.path: ask for ask in LeverPoller().first(ARCHIVED_AT, KEY)}


def test_what_was_updated_and_what_was_deleted_since_is_listed() -> None:
    asks = first()

    assert set(asks) == {"/opportunities", "/opportunities/deleted", "/postings"}
    assert ("updated_at_start", START) in asks["/opportunities"].query
    assert ("deleted_at_start", START) in asks["/opportunities/deleted"].query
    assert ("updated_at_start", START) in asks["/postings"].query
    assert all(("limit", "100") in ask.query for ask in asks.values())


def read(ask: Ask, answer: Answer):
    return LeverPoller().read(ask, answer, ARCHIVED_AT)


def page(*records: object, **more: object) -> Answer:
    return Answer(200, json.dumps({"data": records} | more).encode(), FETCHED_AT)


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/opportunities", "opportunity"), ("/opportunities/deleted", "deletion"),
     ("/postings", "posting")],
)  # fmt: skip
def test_what_each_list_holds_is_found_as_such(path, kind) -> None:
    (found,) = read(first()[path], page({"id": "x-1"})).found

    assert found.kind == kind
    assert json.loads(found.record) == {"id": "x-1"}


def test_pages_follow_one_another_by_their_offset() -> None:
    ask = first()["/opportunities"]

    second = read(ask, page(lever.OPPORTUNITY, hasNext=True, next="[1,2]")).next
    assert second is not None
    assert second.query == (*ask.query, ("offset", "[1,2]"))
    third = read(second, page(hasNext=True, next="[3,4]")).next
    assert third is not None
    assert third.query == (*ask.query, ("offset", "[3,4]"))
    assert read(third, page(hasNext=False, next="[5,6]")).next is None
    assert read(third, page()).next is None


def test_an_offset_that_leads_nowhere_new_is_an_error_and_no_endless_loop() -> None:
    stuck = Ask("/postings", (("limit", "100"), ("offset", "[1]")))

    with pytest.raises(PayloadError, match="the page it stands on"):
        read(stuck, page(hasNext=True, next="[1]"))


@pytest.mark.parametrize(
    "answer",
    [Answer(404, b"", FETCHED_AT), Answer(400, b"{}", FETCHED_AT), Answer(200, b"{}", FETCHED_AT),
     Answer(200, b"[]", FETCHED_AT), Answer(200, b"<html>", FETCHED_AT)],
)  # fmt: skip
def test_a_page_that_cannot_be_read_is_an_error_and_not_an_end(answer) -> None:
    with pytest.raises(PayloadError):
        read(first()["/opportunities"], answer)


def test_a_record_found_again_is_the_same_until_it_changes() -> None:
    def identity(**changes: object) -> str:
        answer = page(lever.opportunity(**changes))
        return read(first()["/opportunities"], answer).found[0].identity

    assert identity() == identity()
    allowed = {"contact": {"allowed": False, "expiresAt": None}}
    assert len({identity(), identity(id="o-2"), identity(dataProtection=allowed)}) == 3


LETTER = LogEntry(
    "pfe_1", "c-1", "o-1", FETCHED_AT, "Your application", "Dear Mira", "<p>Dear Mira</p>",
    "hiring@example.org", "mira@example.com",
)  # fmt: skip


def test_a_note_is_written_on_the_opportunity() -> None:
    ask = LeverWriteBack().request(LETTER, KEY)

    assert (ask.method, ask.path, ask.query) == ("POST", "/opportunities/o-1/notes", ())
    value = json.loads(ask.json or "")["value"]
    assert "Your application" in value
    assert "Dear Mira" in value
    assert "mira@example.com" in value


def test_a_note_is_written_in_the_name_that_was_given() -> None:
    ask = LeverWriteBack().request(LETTER, KEY | {"perform_as": " u-1 "})

    assert ask.query == (("perform_as", "u-1"),)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lever.said({"id": "n-1"}), None),
        (lever.said({"id": "n-1"}, 201), None),
        (lever.GONE, "Lever answered 404 (ResourceNotFound)"),
        (Answer(400, b'{"code":"Mira Okafor, no"}', FETCHED_AT), "Lever answered 400"),
        (Answer(422, b"<html>", FETCHED_AT), "Lever answered 422"),
    ],
)
def test_a_refusal_is_named_without_a_name(answer, said) -> None:
    assert LeverWriteBack().refusal(answer) == said
