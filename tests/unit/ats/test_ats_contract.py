"""The contract of every ATS adapter: what is authentic passes, and nothing else even crashes."""

from __future__ import annotations

import json

import pytest

from service.ats.base import Incoming, PayloadError, SignatureError
from service.ats.registry import UnknownAdapterError, adapter_named, all_adapters

JUNK = {
    "empty": b"",
    "not json": b"hello",
    "not utf-8": b'{"a":"\xff"}',
    "utf-16": '{"a":1}'.encode("utf-16"),
    "byte order mark": b'\xef\xbb\xbf{"action":"ping"}',
    "cut off": b'{"action":"ping"',
    "two values": b"{} {}",
    "an array": b"[]",
    "a number": b"1",
    "null": b"null",
    "an empty object": b"{}",
    "NaN": b'{"action":NaN,"type":NaN}',
    "infinity": b'{"action":-Infinity}',
    "an overflowing number": b'{"action":1e999}',
    "a number of 5000 digits": b'{"action":' + b"9" * 5000 + b"}",
    "a NUL": b'{"action":"pi\\u0000ng","type":"pi\\u0000ng"}',
    "a NUL in a key": b'{"action":"ping","type":"ping","\\u0000":1}',
    "half a surrogate pair": b'{"action":"ping","type":"ping","x":"\\ud800"}',
    "a key twice": b'{"action":"ping","type":"ping","action":"ping","type":"ping"}',
    "nested 65 levels": b'{"action":"ping","type":"ping","x":' + b"[" * 65 + b"]" * 65 + b"}",
    "nested 100000 levels": b"[" * 100_000,
    "nested 100000 objects": b'{"a":' * 100_000,
    "a name that is a list": b'{"action":[],"type":[]}',
    "a blank name": b'{"action":" ","type":" "}',
}


def test_every_registered_adapter_is_under_the_contract(case_names) -> None:
    registered = sorted(each.name for each in all_adapters())

    assert case_names == registered


def test_an_unknown_adapter_is_named_in_the_error() -> None:
    with pytest.raises(UnknownAdapterError, match="'carrier-pigeon'"):
        adapter_named("carrier-pigeon")


def test_a_valid_signature_passes(case, now) -> None:
    case.adapter.verify(case.incoming(case.headers(case.event)), [case.secret], now)


def test_header_names_may_come_in_any_case(case, now) -> None:
    shouted = {name.upper(): value for name, value in case.headers(case.event).items()}

    case.adapter.verify(case.incoming(shouted), [case.secret], now)


@pytest.mark.parametrize("used", ["old", "new"])
def test_during_rotation_either_secret_passes(case, now, used) -> None:
    secret = case.secret if used == "old" else case.other_secret
    incoming = case.incoming(case.headers(case.event, secret))

    case.adapter.verify(incoming, [case.secret, case.other_secret], now)


def test_another_connections_secret_is_refused(case, now) -> None:
    incoming = case.incoming(case.headers(case.event, case.other_secret))

    with pytest.raises(SignatureError):
        case.adapter.verify(incoming, [case.secret], now)


def test_no_secret_at_all_lets_nobody_in(case, now) -> None:
    incoming = case.incoming(case.headers(case.event))

    with pytest.raises(SignatureError):
        case.adapter.verify(incoming, [], now)


def test_a_missing_signature_is_refused(case, now) -> None:
    headers = case.headers(case.event)
    del headers[case.signature_header]

    with pytest.raises(SignatureError, match=r"(?i)signature is missing"):
        case.adapter.verify(case.incoming(headers), [case.secret], now)


def test_a_signature_header_sent_twice_is_refused_even_if_both_are_right(case, now) -> None:
    headers = case.headers(case.event)
    twice = [*headers.items(), (case.signature_header, headers[case.signature_header])]

    with pytest.raises(SignatureError, match="more than once"):
        case.adapter.verify(Incoming.of(twice, case.event, now), [case.secret], now)


def test_two_signatures_joined_by_a_proxy_are_refused(case, now) -> None:
    headers = case.headers(case.event)
    headers[case.signature_header] += "," + headers[case.signature_header]

    with pytest.raises(SignatureError):
        case.adapter.verify(case.incoming(headers), [case.secret], now)


@pytest.mark.parametrize(
    "garbage",
    ["", " ", "x", "v1,", "v1,====", "sha256", "sha256 ", "sha256 zz", "sha256 " + "g" * 64,
     "v1," + "é" * 44, "sha256 " + "ä" * 64, "\u2028", "v1,\ud800", "v1," + "A" * 100_000],
)  # fmt: skip
def test_a_malformed_signature_is_refused_and_never_a_crash(case, now, garbage) -> None:
    headers = case.headers(case.event) | {case.signature_header: garbage}

    with pytest.raises(SignatureError):
        case.adapter.verify(case.incoming(headers), [case.secret], now)


def test_a_non_ascii_value_in_any_header_is_refused_or_passed_over(case, now) -> None:
    headers = {name: value + "é" for name, value in case.headers(case.event).items()}

    with pytest.raises(SignatureError):
        case.adapter.verify(case.incoming(headers), [case.secret], now)


def test_each_flipped_bit_of_the_body_is_refused(case, now) -> None:
    headers = case.headers(case.event)
    for position in range(len(case.event)):
        forged = bytearray(case.event)
        forged[position] ^= 1 << (position % 8)

        with pytest.raises(SignatureError):
            case.adapter.verify(case.incoming(headers, bytes(forged)), [case.secret], now)


def test_each_changed_character_of_the_signature_is_refused(case, now) -> None:
    headers = case.headers(case.event)
    right = headers[case.signature_header]
    for position, character in enumerate(right):
        wrong = right[:position] + ("0" if character != "0" else "1") + right[position + 1 :]

        with pytest.raises(SignatureError):
            case.adapter.verify(
                case.incoming(headers | {case.signature_header: wrong}), [case.secret], now
            )


def test_an_unusable_secret_beside_a_good_one_does_no_harm(case, now) -> None:
    incoming = case.incoming(case.headers(case.event))

    case.adapter.verify(incoming, ["", "whsec_***", "é\ud800", case.secret], now)


def test_an_empty_secret_never_matches(case, now) -> None:
    incoming = case.incoming(case.headers(case.event))

    with pytest.raises(SignatureError):
        case.adapter.verify(incoming, ["", "whsec_"], now)


def test_the_error_does_not_repeat_the_secret_or_the_signature(case, now) -> None:
    headers = case.headers(case.event, case.other_secret)
    with pytest.raises(SignatureError) as refused:
        case.adapter.verify(case.incoming(headers), [case.secret], now)

    message = str(refused.value)
    assert case.secret not in message
    assert headers[case.signature_header] not in message


def test_the_same_delivery_sent_again_has_the_same_identity(case) -> None:
    headers = case.headers(case.event)

    first = case.adapter.identity(case.incoming(headers))
    assert first == case.adapter.identity(case.incoming(headers))
    assert 0 < len(first) <= 255


@pytest.mark.parametrize("junk", JUNK.values(), ids=JUNK.keys())
def test_junk_has_an_identity_too(case, junk) -> None:
    identity = case.adapter.identity(case.incoming(case.headers(junk), junk))

    assert 0 < len(identity) <= 255


def test_what_is_stored_of_the_headers_holds_no_signature(case) -> None:
    headers = case.headers(case.event)

    kept = case.adapter.kept_headers(case.incoming(headers))
    assert "delivery-1" in kept.values()
    assert headers[case.signature_header] not in kept.values()


@pytest.mark.parametrize("junk", JUNK.values(), ids=JUNK.keys())
def test_junk_is_a_payload_error(case, now, junk) -> None:
    with pytest.raises(PayloadError):
        case.adapter.translate(junk, {}, now)


def test_an_event_changes_something_and_a_ping_nothing(case, now) -> None:
    event = case.adapter.translate(case.event, {}, now)
    ping = case.adapter.translate(case.ping, {}, now)

    assert (len(event.changes), event.ignored) == (1, None)
    assert ping.changes == ()
    assert ping.ignored is not None
    assert "ping" in ping.ignored


def test_an_unknown_event_is_ignored_by_name(case, now) -> None:
    body = json.dumps({"action": "tea_served", "type": "tea_served", "payload": {}}).encode()

    translated = case.adapter.translate(body, {}, now)
    assert translated.changes == ()
    assert translated.ignored is not None
    assert "'tea_served'" in translated.ignored


def test_an_unsigned_ping_is_no_handshake(case) -> None:
    assert case.adapter.handshake(case.incoming({}, case.ping)) is None


def test_success_is_said_with_the_vendors_own_code(case) -> None:
    assert case.adapter.success_status == 200
