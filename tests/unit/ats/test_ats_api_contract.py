"""The contract of every adapter that asks its vendor: hints, polling and writing back.

An adapter only says what to ask. Whatever a body, an answer or a setting holds, that is a
well-formed request, and whatever is answered, the reading ends.
"""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest

from service.ats.asking import Listing, LogEntry, Needs
from service.ats.base import PayloadError
from service.domain.changes import Translation
from tests.unit.ats.cases import NOW
from tests.unit.ats.damage import leaves, with_leaf
from tests.unit.ats.junk import JUNK
from tests.unit.ats.requests_seen import HOSTILE, answered, assert_well_formed, understood

SINCE = NOW - timedelta(hours=1)
ODD_TEXTS = {
    "empty": "",
    "plain": "We wrote to Ada.",
    "quotes and breaks": 'a "b"\\\r\n\t<script>&amp;</script>',
    "a NUL": "a\0b",
    "half a surrogate pair": "a\ud800b",
    "right to left": "\u202e\u05d0\u05d1\u05d2 \u0645\u0631\u062d\u0628\u0627",
    "100 kB": "x" * 100_000,
}
_HEADER = re.compile(r"[ -~]*")


def test_what_is_asked_for_is_named_and_explained(api_case) -> None:
    adapter = api_case.adapter
    fields = [*adapter.api.fields, *(adapter.write_back.fields if adapter.write_back else ())]
    names = [each.name for each in fields]

    assert len(set(names)) == len(names)
    assert "api_url" not in names
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in names)
    assert all(each.label and each.help for each in fields)
    assert any(each.secret for each in adapter.api.fields)


def test_the_case_fills_in_whatever_is_required(api_case) -> None:
    adapter = api_case.adapter
    fields = [*adapter.api.fields, *(adapter.write_back.fields if adapter.write_back else ())]

    assert {each.name for each in fields if each.required} <= set(api_case.settings)


def test_the_base_address_is_one(api_case) -> None:
    address = api_case.adapter.api.base_url(api_case.settings)

    assert re.fullmatch(r"https://[a-z0-9.-]+(/[!-~]*[^/ ])?", address)
    assert "?" not in address


@pytest.mark.parametrize("given", ["http://127.0.0.1:8123", "http://127.0.0.1:8123/v9/"])
def test_another_base_address_may_be_set(api_case, given) -> None:
    api = api_case.adapter.api
    settings = {**api_case.settings, "api_url": given}

    assert api.base_url(settings) == given.rstrip("/")
    request = api.token_request(settings)
    if request is not None:
        assert request.url.startswith(given.rstrip("/"))


def test_an_access_token_is_got_over_tls(api_case) -> None:
    request = api_case.adapter.api.token_request(api_case.settings)

    if request is not None:
        assert request.url.startswith("https://")
        assert request.form


@pytest.mark.parametrize("hostile", ["a\r\nx-other: 1", "a\0b", "é\u2028", "\ud800", " a ", ""])
def test_no_setting_breaks_a_header_or_an_address(api_case, hostile) -> None:
    api = api_case.adapter.api
    settings = dict.fromkeys(api_case.settings, hostile)

    headers = api.headers(settings, hostile)
    assert all(_HEADER.fullmatch(part) for pair in headers.items() for part in pair)
    assert re.fullmatch(r"https://[!-~]+", api.base_url(settings))


def test_the_headers_carry_what_proves_who_asks(api_case) -> None:
    headers = api_case.adapter.api.headers(api_case.settings, "an-access-token")
    others = api_case.adapter.api.headers(
        {name: value + "x" for name, value in api_case.settings.items()}, "another-token"
    )

    assert headers != others


def test_the_credentials_are_proved_by_a_request_that_changes_nothing(api_case) -> None:
    proof = api_case.adapter.api.proof()

    assert_well_formed(proof)
    assert proof.method in {"GET", "POST"}


def test_the_rate_allows_something(api_case) -> None:
    assert api_case.adapter.api.rate.requests > 0
    assert api_case.adapter.api.rate.within > timedelta()
    assert all(name == name.lower() for name in api_case.adapter.api.page_headers)


def _each_event(case) -> list[tuple[bytes, dict[str, str]]]:
    return [(body, case.kept()) for body in (case.event, *case.more_events)]


@pytest.mark.parametrize("junk", ["an empty object", "not json", "an array", "nested 65 levels"])
def test_a_hint_ends_whatever_is_answered(api_case, now, junk) -> None:
    for body, headers in _each_event(api_case):
        for status in (404, 410, 400, 422, 200):
            try:
                understood(
                    lambda answers, body=body, headers=headers: api_case.adapter.translate(
                        body, headers, now, answers
                    ),
                    lambda _, status=status: answered(status, JUNK[junk]),
                )
            except PayloadError:
                continue


def test_a_hint_about_what_is_gone_rejects_nobody(api_case, now) -> None:
    """Not found may mean deleted, hidden or another account's: it decides nothing by itself."""
    for body, headers in _each_event(api_case):
        if not isinstance(api_case.adapter.translate(body, headers, now), Needs):
            continue
        try:
            reading = understood(
                lambda answers, body=body, headers=headers: api_case.adapter.translate(
                    body, headers, now, answers
                ),
                lambda _: answered(404, b""),
            )
        except PayloadError:
            continue
        assert not {type(change).__name__ for change in reading.changes} & {"Rejected", "Hired"}


@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_id_leads_a_question_elsewhere(api_case, now, hostile) -> None:
    for body, headers in _each_event(api_case):
        changed = [with_leaf(body, place, hostile) for place in leaves(body)]
        odd = [(each, headers) for each in changed]
        odd += [(body, headers | {name: hostile}) for name in headers]
        for each, each_headers in odd:
            _ask_all(api_case, each, each_headers, now, api_case.records)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_answer_leads_a_question_elsewhere(api_case, now, hostile) -> None:
    odd = [
        with_leaf(record, place, hostile) for record in api_case.records for place in leaves(record)
    ]
    for each in odd:
        for body, headers in _each_event(api_case):
            _ask_all(api_case, body, headers, now, (each,))


def _ask_all(case, body, headers, now, records) -> None:
    try:
        if not isinstance(case.adapter.translate(body, headers, now), Needs):
            return
    except PayloadError:
        return
    for record in records or (b"{}",):
        try:
            understood(
                lambda answers: case.adapter.translate(body, headers, now, answers),
                lambda _, record=record: answered(200, record),
            )
        except PayloadError:
            continue


def test_polling_starts_with_well_formed_questions_that_differ(polled_case) -> None:
    first = polled_case.adapter.poller.first(SINCE, polled_case.settings)
    later = polled_case.adapter.poller.first(NOW, polled_case.settings)

    assert first
    assert len({ask.key for ask in first}) == len(first)
    for ask in (*first, *later):
        assert_well_formed(ask)


def test_a_page_is_read_alike_each_time_and_its_records_are_told_apart(polled_case, now) -> None:
    poller = polled_case.adapter.poller
    for ask, page in polled_case.polled(SINCE):
        listing = poller.read(ask, answered(200, page), SINCE)
        assert listing.found
        assert listing == poller.read(ask, answered(200, page), SINCE)
        assert len({found.identity for found in listing.found}) == len(listing.found)
        for found in listing.found:
            assert 0 < len(found.identity) <= 255
            assert 0 < len(found.kind) <= 60
            assert isinstance(_found_means(polled_case, found, now), Translation)


def _found_means(case, found, now) -> Translation:
    pool = (*case.records, b"{}")
    return understood(
        lambda answers: case.adapter.translate_found(found.kind, found.record, now, answers),
        lambda _: answered(200, pool[0]),
    )


@pytest.mark.parametrize("junk", JUNK.values(), ids=JUNK.keys())
def test_a_broken_page_is_a_payload_error_or_an_empty_one(polled_case, junk) -> None:
    poller = polled_case.adapter.poller
    for ask in poller.first(SINCE, polled_case.settings):
        for status in (200, 400, 404):
            try:
                listing = poller.read(ask, answered(status, junk), SINCE)
            except PayloadError:
                continue
            assert listing == Listing(())


@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_page_leads_the_next_question_elsewhere(polled_case, hostile) -> None:
    poller = polled_case.adapter.poller
    for ask, page in polled_case.polled(SINCE):
        for place in leaves(page):
            try:
                listing = poller.read(ask, answered(200, with_leaf(page, place, hostile)), SINCE)
            except PayloadError:
                continue
            if listing.next is not None:
                assert_well_formed(listing.next)


@pytest.mark.parametrize("junk", JUNK.values(), ids=JUNK.keys())
def test_a_broken_record_is_a_payload_error(polled_case, now, junk) -> None:
    poller = polled_case.adapter.poller
    kinds = {
        found.kind
        for ask, page in polled_case.polled(SINCE)
        for found in poller.read(ask, answered(200, page), SINCE).found
    }

    for kind in kinds:
        with pytest.raises(PayloadError):
            polled_case.adapter.translate_found(kind, junk, now)


def test_a_record_of_an_unknown_kind_is_a_payload_error(case, now) -> None:
    with pytest.raises(PayloadError):
        case.adapter.translate_found("tea", b'{"id":"1"}', now)


def _entry(text: str = "We wrote to Ada.", candidate: str = "c1") -> LogEntry:
    return LogEntry(
        "pfe_1", candidate, "a1", NOW, subject=text, text=text, html=f"<p>{text}</p>",
        sender="hiring@example.com", to="ada@example.com",
    )  # fmt: skip


@pytest.mark.parametrize("text", ODD_TEXTS.values(), ids=ODD_TEXTS.keys())
def test_any_text_can_be_written_back(writing_case, text) -> None:
    ask = writing_case.adapter.write_back.request(_entry(text), writing_case.settings)

    assert_well_formed(ask)
    assert ask.method != "GET"
    assert isinstance(json.loads(ask.json), dict)
    assert "\\u0000" not in ask.json


@pytest.mark.parametrize("hostile", [each for each in HOSTILE if each not in {"", ".."}])
def test_no_candidates_id_leads_an_entry_elsewhere(writing_case, hostile) -> None:
    try:
        ask = writing_case.adapter.write_back.request(
            _entry(candidate=hostile), writing_case.settings
        )
    except PayloadError:
        return
    assert_well_formed(ask)


def test_an_entry_without_a_letter_can_be_written_back(writing_case) -> None:
    kept = LogEntry("pfe_2", "c1", "a1", NOW, "Promise kept", "We called on Friday, as promised.")
    ask = writing_case.adapter.write_back.request(kept, writing_case.settings)

    assert "as promised" in ask.json


def test_what_the_vendor_took_is_no_refusal(writing_case) -> None:
    answer = answered(200, writing_case.written)

    assert writing_case.adapter.write_back.refusal(answer) is None


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 500])
def test_a_refusal_is_told_without_repeating_the_answer(writing_case, status) -> None:
    body = b'{"error":"ada@example.com is unknown","errors":[{"detail":"ada@example.com"}]}'
    refusal = writing_case.adapter.write_back.refusal(answered(status, body))

    assert refusal
    assert "ada@example.com" not in refusal


@pytest.mark.parametrize("junk", JUNK.values(), ids=JUNK.keys())
def test_no_answer_to_an_entry_is_a_crash(writing_case, junk) -> None:
    for status in (200, 201, 204, 400):
        refusal = writing_case.adapter.write_back.refusal(answered(status, junk))

        assert refusal is None or refusal
