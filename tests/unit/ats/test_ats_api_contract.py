"""The contract of every adapter that asks its vendor: hints, polling and writing back.

An adapter only says what to ask. Whatever a body, an answer or a setting holds, that is a
well-formed request, and whatever is answered, the reading ends.
"""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from service.ats.asking import Needs
from service.ats.base import PayloadError
from tests.unit.ats.damage import leaves, with_leaf
from tests.unit.ats.junk import JUNK
from tests.unit.ats.requests_seen import HOSTILE, answered, assert_well_formed, understood

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
