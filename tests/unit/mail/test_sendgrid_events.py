from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.mail.base import EventKind, MailEvent
from service.mail.sendgrid_events import (
    MAX_DEPTH,
    ParseError,
    parse_events,
)

DELIVERED = {
    "email": "ada@example.com",
    "timestamp": 1774627200,
    "event": "delivered",
    "sg_event_id": "2M1MaNdWRNipzTpyUCWQ2g",
    "sg_message_id": "Xj5LmNkWSOqRbdvOpR34BA.recvd-85abf8d92c-3qfgp-2-7890E356-43C.1",
    "smtp-id": "<5515.1f8a@geopod-ismtpd-1>",
    "response": "250 2.0.0 OK",
    "kw_mid": "0f9c2b1e4d",
    "kw_att": "1",
    "kw_bid": "bat_7h2k",
}


def parsed(*elements: object) -> tuple[MailEvent, ...]:
    result = parse_events(json.dumps(elements).encode())
    assert result.skipped == ()
    return result.events


def one(**changes: object) -> MailEvent:
    (event,) = parsed({**DELIVERED, **changes})
    return event


def without(*fields: str) -> dict[str, object]:
    return {name: value for name, value in DELIVERED.items() if name not in fields}


def test_a_delivered_event_is_read_whole() -> None:
    assert one() == MailEvent(
        event_id="2M1MaNdWRNipzTpyUCWQ2g",
        kind=EventKind.DELIVERED,
        at=datetime(2026, 3, 27, 16, 0, tzinfo=UTC),
        message_id="0f9c2b1e4d",
        batch_id="bat_7h2k",
        provider_id="Xj5LmNkWSOqRbdvOpR34BA",
        address="ada@example.com",
        reason=None,
        raw=DELIVERED,
    )


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("processed", EventKind.PROCESSED),
        ("deferred", EventKind.DEFERRED),
        ("delivered", EventKind.DELIVERED),
        ("bounce", EventKind.BOUNCED),
        ("dropped", EventKind.DROPPED),
        ("cancel_drop", EventKind.DROPPED),
        ("spamreport", EventKind.COMPLAINED),
        ("unsubscribe", EventKind.UNSUBSCRIBED),
        ("group_unsubscribe", EventKind.UNSUBSCRIBED),
        ("group_resubscribe", EventKind.UNKNOWN),
        ("open", EventKind.OPENED),
        ("click", EventKind.CLICKED),
        ("account_status_change", EventKind.UNKNOWN),
        ("Delivered", EventKind.UNKNOWN),
        ("something new", EventKind.UNKNOWN),
    ],
)
def test_sendgrids_names_become_keepwords_words(name: str, kind: EventKind) -> None:
    assert one(event=name).kind is kind


def test_a_bounce_of_type_blocked_is_temporary() -> None:
    assert one(event="bounce", type="blocked").kind is EventKind.BLOCKED
    assert one(event="bounce", type="bounce").kind is EventKind.BOUNCED
    assert one(event="bounce", type=["blocked"]).kind is EventKind.BOUNCED
    assert one(event="dropped", type="blocked").kind is EventKind.DROPPED


def test_the_reason_is_the_providers_own_text() -> None:
    bounce = one(event="bounce", status="5.1.1", reason="550 no\r\nsuch  user", response=None)
    dropped = one(event="dropped", reason="Bounced Address", response=None)

    assert bounce.reason == "5.1.1 550 no such user"
    assert dropped.reason == "Bounced Address"
    assert one(event="deferred", response="451 later").reason == "451 later"
    assert len(one(event="bounce", reason="x" * 10_000).reason or "") == 1_000


def test_an_asynchronous_bounce_has_only_the_address_to_hold_on_to() -> None:
    bounce = one(event="bounce", sg_message_id="", kw_mid=None)

    assert (bounce.message_id, bounce.provider_id) == (None, None)
    assert bounce.address == "ada@example.com"


@pytest.mark.parametrize("mid", [None, "", 7, ["a"], {"a": 1}, "x" * 101])
def test_an_id_of_ours_that_cannot_be_ours_is_none(mid: object) -> None:
    assert one(kw_mid=mid).message_id is None
    assert one(kw_bid=mid).batch_id is None


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (
            "Xj5LmNkWSOqRbdvOpR34BA.recvd-85abf8d92c-3qfgp-2-7890E356-43C.1",
            "Xj5LmNkWSOqRbdvOpR34BA",
        ),
        ("sZbvIvxJQXGnQXpT0pLkCg.filterdrecv-p3iad2-8ddf98858-1.0", "sZbvIvxJQXGnQXpT0pLkCg"),
        ("14c5d75ce93.dfd.64b469.filter0001.16648.5515E0B88.0", "14c5d75ce93.dfd.64b469"),
        ("14c5d75ce93.dfd.64b469", "14c5d75ce93.dfd.64b469"),
        ("Xj5LmNkWSOqRbdvOpR34BA", "Xj5LmNkWSOqRbdvOpR34BA"),
        (".recvd-1", None),
    ],
)
def test_the_providers_id_is_the_requests_even_where_it_holds_dots(
    given: str, kept: str | None
) -> None:
    assert one(sg_message_id=given).provider_id == kept


def test_an_event_without_an_id_gets_one_from_what_it_says() -> None:
    bare = without("sg_event_id")
    first, again = parsed(bare, dict(reversed(bare.items())))
    others = parsed(
        {**bare, "timestamp": 1774627201},
        {**bare, "event": "bounce"},
        {**bare, "email": "eve@example.net"},
        {**bare, "kw_mid": "another"},
    )

    assert first.event_id == again.event_id
    assert len({first.event_id, *(event.event_id for event in others)}) == 5


@pytest.mark.parametrize("event_id", ["", None, 5, "x" * 101])
def test_an_unusable_event_id_is_replaced(event_id: object) -> None:
    assert one(sg_event_id=event_id).event_id.startswith("sha256:")


@pytest.mark.parametrize(
    "timestamp",
    [None, "", "soon", True, [], {}, -1, 0, 10**10, 1774627200000, 10**25, 10**400, 1e300, "-5"],
)
def test_an_absurd_timestamp_skips_that_event_alone(timestamp: object) -> None:
    body = json.dumps([{**DELIVERED, "timestamp": timestamp}, DELIVERED]).encode()
    result = parse_events(body)

    assert len(result.events) == 1
    assert len(result.skipped) == 1
    assert result.skipped[0].startswith("element 0: ")
    assert "timestamp" in result.skipped[0]


def test_a_timestamp_written_as_text_is_read() -> None:
    assert one(timestamp="1774627200").at == datetime(2026, 3, 27, 16, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "element",
    [None, 1, "x", [], [DELIVERED], {}, without("event"), without("timestamp"), {"event": 5}],
)
def test_a_malformed_element_is_skipped_and_the_others_go_on(element: object) -> None:
    result = parse_events(json.dumps([DELIVERED, element, DELIVERED]).encode())

    assert len(result.events) == 2
    assert len(result.skipped) == 1
    assert "ada" not in result.skipped[0]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{}",
        b'"x"',
        b"7",
        b"null",
        b"[",
        b"[{]",
        b"[1] [2]",
        b"\xff\xfe[\x00]\x00",
        b'["\xff"]',
        b"\xef\xbb\xbf[]",
        b'["\0"]',
        b"[NaN]",
        b'[{"timestamp": -Infinity}]',
        b"[" * 200_000,
        b'{"a":' * 200_000,
        b"[" * 5_000 + b"]" * 5_000,
    ],
)
def test_a_body_that_is_no_list_of_events_is_a_clear_error(body: bytes) -> None:
    with pytest.raises(ParseError) as caught:
        parse_events(body)

    assert str(caught.value).startswith("the body is")
    assert caught.value.__cause__ is None


def test_an_empty_list_is_no_events() -> None:
    assert parse_events(b"[]").events == ()


def test_one_event_nested_too_deeply_does_not_hide_the_others() -> None:
    deep: object = "x"
    for _ in range(MAX_DEPTH):
        deep = [deep]
    result = parse_events(json.dumps([{**DELIVERED, "extra": deep}, DELIVERED]).encode())

    assert len(result.events) == 1
    assert result.skipped == ("element 0: nested deeper than 32 levels",)


def test_what_a_database_refuses_is_replaced_in_every_text() -> None:
    body = (
        b'[{"event":"bounce","timestamp":1774627200,"email":"a\\u0000da@example.com",'
        b'"kw_mid":"m\\u0000","sg_event_id":"e\\ud800","reason":"no\\u0000",'
        b'"a\\u0000b":{"c":["\\u0000","\\udfff"]}}]'
    )
    (event,) = parse_events(body).events
    text = json.dumps(event.raw, ensure_ascii=False)

    assert "\0" not in text
    assert text.encode()
    assert event.raw["a\ufffdb"] == {"c": ["\ufffd", "\ufffd"]}
    assert (event.message_id, event.event_id) == ("m\ufffd", "e\ufffd")


def test_numbers_that_no_column_holds_are_kept_as_their_text() -> None:
    body = b'[{"event":"open","timestamp":1774627200,"a":' + b"9" * 5_000 + b',"b":1e999,"c":1.5}]'
    (event,) = parse_events(body).events

    assert event.raw["a"] == "9" * 5_000
    assert event.raw["b"] == "1e999"
    assert event.raw["c"] == 1.5
    assert json.dumps(event.raw, allow_nan=False)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


@settings(deadline=None)
@given(st.lists(JSON | st.fixed_dictionaries(dict.fromkeys(DELIVERED, JSON)), max_size=3))
def test_no_json_makes_it_fail_and_every_element_is_accounted_for(elements: list[object]) -> None:
    try:
        body = json.dumps(elements, allow_nan=False).encode()
    except ValueError:  # infinity, which is no JSON
        return
    result = parse_events(body)

    assert len(result.events) + len(result.skipped) == len(elements)
    for event in result.events:
        assert "\\u0000" not in json.dumps(event.raw, allow_nan=False)
        assert 0 < len(event.event_id) <= 100


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_make_it_fail_but_with_its_own_error(body: bytes) -> None:
    try:
        parse_events(body)
    except ParseError:
        return
