"""The contract of every ATS adapter: what is authentic passes, and nothing else even crashes."""

from __future__ import annotations

import json

import pytest

from service.ats.asking import Needs
from service.ats.base import Incoming, PayloadError
from service.ats.registry import UnknownAdapterError, adapter_named, all_adapters
from service.domain.changes import Translation
from tests.unit.ats.cases import DELIVERY_ID, with_member
from tests.unit.ats.junk import JUNK, UNSTORABLE

ALL_JUNK = {**JUNK, **UNSTORABLE}


def test_every_registered_adapter_is_under_the_contract(case_names) -> None:
    registered = sorted(each.name for each in all_adapters())

    assert case_names == registered


def test_an_unknown_adapter_is_named_in_the_error() -> None:
    with pytest.raises(UnknownAdapterError, match="'carrier-pigeon'"):
        adapter_named("carrier-pigeon")


def test_people_are_told_what_to_click_and_where_the_secret_comes_from(case) -> None:
    guide = case.adapter.guide

    assert case.adapter.label
    assert guide.where
    assert guide.secret
    assert guide.events
    assert len(set(guide.events)) == len(guide.events)


def test_the_same_delivery_sent_again_has_the_same_identity(case) -> None:
    first = case.adapter.identity(case.incoming())

    assert first == case.adapter.identity(case.incoming())
    assert 0 < len(first) <= 255


@pytest.mark.parametrize("junk", ALL_JUNK.values(), ids=ALL_JUNK.keys())
def test_junk_has_an_identity_too(case, junk) -> None:
    headers = case.headers()
    kept = case.adapter.kept_headers(case.incoming(headers, junk))
    identity = case.adapter.identity(case.incoming(headers, junk))

    assert 0 < len(identity) <= 255
    assert all(len(value) <= 255 for value in kept.values())


def test_without_any_header_there_is_an_identity_too(case) -> None:
    identity = case.adapter.identity(case.incoming({}))

    assert 0 < len(identity) <= 255


def test_what_is_stored_of_the_headers_holds_no_signature(case) -> None:
    kept = case.kept()

    if case.id_header is not None:
        assert kept[case.id_header] == DELIVERY_ID
    assert case.signature() not in kept.values()


@pytest.mark.parametrize("junk", JUNK.values(), ids=JUNK.keys())
def test_junk_is_a_payload_error(case, now, junk) -> None:
    with pytest.raises(PayloadError):
        case.adapter.translate(junk, case.kept(), now)


def test_a_text_that_cannot_be_stored_hides_no_word_of_a_vendor(case, now) -> None:
    members = json.loads(case.event)
    torn = json.dumps({**members, "remark": ["cut\0", "\ud83d"]}).encode()
    if case.adapter.name == "generic":
        with pytest.raises(PayloadError):
            case.adapter.translate(torn, case.kept(), now)
        return

    assert case.adapter.translate(torn, case.kept(), now) == case.adapter.translate(
        case.event, case.kept(), now
    )


@pytest.mark.parametrize("junk", UNSTORABLE.values(), ids=UNSTORABLE.keys())
def test_a_text_that_cannot_be_stored_is_never_told(case, now, junk) -> None:
    try:
        told = repr(case.adapter.translate(junk, case.kept(), now))
    except PayloadError as error:
        told = str(error)

    assert "\\x00" not in told
    assert "\\ud8" not in told


@pytest.mark.parametrize("name", [[], {}, 1, True, None, " "])
def test_an_event_whose_name_is_no_name_is_a_payload_error(case, now, name) -> None:
    if case.event_header is not None:
        pytest.skip("this vendor names the event in a header")
    body, headers = case.named(name)

    with pytest.raises(PayloadError):
        case.adapter.translate(body, headers, now)


def test_an_event_changes_something_or_asks_how_things_stand(case, now) -> None:
    reading = case.adapter.translate(case.event, case.kept(), now)

    if isinstance(reading, Needs):
        assert case.adapter.api is not None
        assert reading.asks
    else:
        assert reading.changes
        assert reading.ignored is None


def test_a_stored_event_means_the_same_each_time_it_is_read(case, now) -> None:
    first = case.adapter.translate(case.event, case.kept(), now)

    assert case.adapter.translate(case.event, case.kept(), now) == first


def test_a_ping_is_ignored_as_one(case, now) -> None:
    if case.ping is None:
        pytest.skip("this vendor sends no signed ping")

    ping = case.adapter.translate(case.ping, case.kept(), now)
    assert isinstance(ping, Translation)
    assert ping.changes == ()
    assert ping.ignored is not None
    assert "ping" in ping.ignored


def test_an_unknown_event_is_ignored_by_name(case, now) -> None:
    body, headers = case.named("tea_served")

    translated = case.adapter.translate(body, headers, now)
    assert isinstance(translated, Translation)
    assert translated.changes == ()
    assert translated.ignored is not None
    assert "'tea_served'" in translated.ignored


def test_a_member_of_a_newer_version_does_no_harm(case, now) -> None:
    newer = with_member(case.event, ("added_in_a_newer_version",), {"x": [1, None]})

    reading = case.adapter.translate(newer, case.kept(), now)
    as_it_was = case.adapter.translate(case.event, case.kept(), now)
    if isinstance(reading, Translation) and isinstance(as_it_was, Translation):
        assert reading.changes == as_it_was.changes
    else:
        assert reading == as_it_was


def test_a_greeting_gets_the_answer_that_the_vendor_wants(case, now) -> None:
    for greeting in case.greetings:
        incoming = Incoming.of(greeting.headers.items(), greeting.body, now)

        answer = case.adapter.handshake(incoming)
        assert answer is not None
        assert answer.status == greeting.status
        said = {name.lower(): value for name, value in answer.headers.items()}
        assert said.items() >= {k.lower(): v for k, v in greeting.answer_headers.items()}.items()


def test_nothing_that_must_be_signed_passes_as_a_greeting(case) -> None:
    greetings = [greeting.body for greeting in case.greetings]

    assert case.adapter.handshake(case.incoming()) is None
    assert case.adapter.handshake(case.incoming({})) is None
    if case.ping is not None and case.ping not in greetings:
        assert case.adapter.handshake(case.incoming({}, case.ping)) is None


@pytest.mark.parametrize("junk", ALL_JUNK.values(), ids=ALL_JUNK.keys())
def test_junk_is_no_greeting(case, junk) -> None:
    assert case.adapter.handshake(case.incoming({}, junk)) is None


def test_no_header_of_a_greetings_answer_can_hold_a_second_one(case, now) -> None:
    for greeting in case.greetings:
        hostile = {name: value + "\r\nset-cookie: x=1" for name, value in greeting.headers.items()}
        answer = case.adapter.handshake(Incoming.of(hostile.items(), greeting.body, now))

        said = [] if answer is None else [*answer.headers, *answer.headers.values()]
        assert not any(set(each) & set("\r\n\0") for each in said)


def test_success_is_said_with_the_vendors_own_code(case) -> None:
    assert case.adapter.success_status == case.success_status
