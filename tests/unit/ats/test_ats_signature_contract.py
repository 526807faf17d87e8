"""The contract of every adapter's signature: what is authentic passes, and nothing else does."""

from __future__ import annotations

import json

import pytest

from service.ats.base import Incoming, SignatureError
from tests.unit.ats.junk import JUNK


def test_a_valid_signature_passes(case, now) -> None:
    case.adapter.verify(case.incoming(), [case.secret], now)


def test_header_names_may_come_in_any_case(case, now) -> None:
    shouted = {name.upper(): value for name, value in case.headers().items()}

    case.adapter.verify(case.incoming(shouted), [case.secret], now)


@pytest.mark.parametrize("used", ["old", "new"])
def test_during_rotation_either_secret_passes(case, now, used) -> None:
    secret = case.secret if used == "old" else case.other_secret

    case.adapter.verify(case.incoming(secret=secret), [case.secret, case.other_secret], now)


def test_another_connections_secret_is_refused(case, now) -> None:
    incoming = case.incoming(secret=case.other_secret)

    with pytest.raises(SignatureError):
        case.adapter.verify(incoming, [case.secret], now)


def test_no_secret_at_all_lets_nobody_in(case, now) -> None:
    with pytest.raises(SignatureError):
        case.adapter.verify(case.incoming(), [], now)


def test_the_secrets_of_the_case_are_usable(case) -> None:
    assert case.adapter.secret_fault(case.secret) is None
    assert case.adapter.secret_fault(case.other_secret) is None


def test_a_missing_signature_is_refused(case, now) -> None:
    with pytest.raises(SignatureError, match=r"(?i)signature.* missing"):
        case.adapter.verify(case.signed_with(None), [case.secret], now)


def test_a_signature_header_sent_twice_is_refused_even_if_both_are_right(case, now) -> None:
    headers = case.headers()
    if case.signature_header is None:
        # A member given twice is no JSON that two parsers would read alike.
        member = json.dumps(case.signature_at[-1]).encode()
        doubled = case.body().replace(member, member + b':"",' + member, 1)
        incoming = case.incoming(headers, doubled)
    else:
        twice = [*headers.items(), (case.signature_header, headers[case.signature_header])]
        incoming = Incoming.of(twice, case.body(), now)

    with pytest.raises(SignatureError):
        case.adapter.verify(incoming, [case.secret], now)


def test_two_signatures_joined_by_a_proxy_are_refused(case, now) -> None:
    right = case.signature()

    with pytest.raises(SignatureError):
        case.adapter.verify(case.signed_with(f"{right},{right}"), [case.secret], now)


@pytest.mark.parametrize(
    "garbage",
    ["", " ", "x", "v1,", "v1,====", "v1=", "v1=;v1=", "sha256", "sha256 ", "sha256=",
     "sha256 zz", "sha256 " + "g" * 64, "sha256=" + "g" * 64, "v1=" + "0" * 64, "0" * 64,
     "v1," + "é" * 44, "sha256 " + "ä" * 64, "ä" * 64, "\u2028", "v1,\ud800", "\ud800" * 64,
     "dD0xLHYyPQ==", "A" * 43 + "=", "-_" * 22, "v1," + "A" * 100_000, "v1=0;" * 20_000],
)  # fmt: skip
def test_a_malformed_signature_is_refused_and_never_a_crash(case, now, garbage) -> None:
    with pytest.raises(SignatureError):
        case.adapter.verify(case.signed_with(garbage), [case.secret], now)


def test_a_non_ascii_value_in_any_header_is_refused_or_passed_over(case, now) -> None:
    headers = {name: value + "é" for name, value in case.headers().items()}
    incoming = case.incoming(headers, case.body())

    if case.signature_header is None:
        case.adapter.verify(incoming, [case.secret], now)
    else:
        with pytest.raises(SignatureError):
            case.adapter.verify(incoming, [case.secret], now)


def test_each_flipped_bit_of_what_is_signed_is_refused(case, now) -> None:
    body, headers = case.body(), case.headers()
    signed = case.signed(body)
    refused = 0
    for position in range(len(body)):
        forged = bytearray(body)
        forged[position] ^= 1 << (position % 8)
        if not _changes_what_is_signed(case, bytes(forged), signed):
            continue
        refused += 1

        with pytest.raises(SignatureError):
            case.adapter.verify(case.incoming(headers, bytes(forged)), [case.secret], now)
    assert refused > 0


def test_a_body_cut_off_anywhere_is_refused(case, now) -> None:
    body, headers = case.body(), case.headers()

    for length in range(len(body)):
        with pytest.raises(SignatureError):
            case.adapter.verify(case.incoming(headers, body[:length]), [case.secret], now)


def test_each_changed_character_of_the_signature_is_refused(case, now) -> None:
    right = case.signature()
    for position, character in enumerate(right):
        wrong = right[:position] + ("0" if character != "0" else "1") + right[position + 1 :]

        with pytest.raises(SignatureError):
            case.adapter.verify(case.signed_with(wrong), [case.secret], now)


@pytest.mark.parametrize("junk", JUNK.values(), ids=JUNK.keys())
def test_junk_under_another_bodys_signature_is_refused(case, now, junk) -> None:
    with pytest.raises(SignatureError):
        case.adapter.verify(case.incoming(case.headers(), junk), [case.secret], now)


def test_an_unusable_secret_beside_a_good_one_does_no_harm(case, now) -> None:
    case.adapter.verify(case.incoming(), ["", "whsec_***", "é\ud800", case.secret], now)


def test_an_empty_secret_never_matches(case, now) -> None:
    with pytest.raises(SignatureError):
        case.adapter.verify(case.incoming(), ["", "whsec_"], now)


def test_the_error_does_not_repeat_the_secret_or_the_signature(case, now) -> None:
    incoming = case.incoming(secret=case.other_secret)
    with pytest.raises(SignatureError) as refused:
        case.adapter.verify(incoming, [case.secret], now)

    message = str(refused.value)
    assert case.secret not in message
    assert case.signature(case.other_secret) not in message


def _changes_what_is_signed(case, forged: bytes, signed: object) -> bool:
    try:
        return bool(case.signed(forged) != signed)
    except (ValueError, LookupError, TypeError, AttributeError):
        return True
