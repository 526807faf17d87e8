"""Signatures: the published vectors verify, and whatever a forger writes is merely refused."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service import signing
from service.signing import SignatureError

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_YW5vdGhlciBpbnZlbnRlZCBvbmUsIGFsc28gMzIgYnl0ZXM="
BODY = b'{"test": 2432232314}'
SENT_AT = datetime.fromtimestamp(1614265330, UTC)
# The worked example that the reference libraries of Standard Webhooks carry.
HEADERS = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}


def test_hmac_sha256_agrees_with_the_vector_of_rfc_4231() -> None:
    signature = signing.hex_signature(b"what do ya want for nothing?", "Jefe")

    assert signature == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"


def test_hex_may_be_written_in_capitals() -> None:
    assert signing.matches_hex(b"x", signing.hex_signature(b"x", "key").upper(), ["key"])


@settings(deadline=None)
@given(body=st.binary(), signature=st.text(), secrets=st.lists(st.text()))
def test_no_text_whatever_crashes_the_comparison(body, signature, secrets) -> None:
    assert signing.matches_hex(body, signature, secrets) is False


def test_the_published_standard_webhooks_example_is_what_we_sign() -> None:
    assert signing.sign_standard(BODY, SECRET, HEADERS["webhook-id"], SENT_AT) == HEADERS


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_within_five_minutes_a_signature_is_fresh(seconds) -> None:
    now = SENT_AT + timedelta(seconds=seconds)

    signing.verify_standard(BODY, HEADERS, [SECRET], now)


@pytest.mark.parametrize("seconds", [-301, 301, 10**9])
def test_beyond_five_minutes_it_is_stale(seconds) -> None:
    now = SENT_AT + timedelta(seconds=seconds)

    with pytest.raises(SignatureError, match="too far"):
        signing.verify_standard(BODY, HEADERS, [SECRET], now)


def test_a_forger_learns_nothing_about_our_clock() -> None:
    forged = HEADERS | {"webhook-timestamp": "1"}

    with pytest.raises(SignatureError, match="does not match"):
        signing.verify_standard(BODY, forged, [SECRET], SENT_AT)


@pytest.mark.parametrize("header", ["webhook-id", "webhook-timestamp"])
def test_the_id_and_the_time_are_signed_too(header) -> None:
    forged = HEADERS | {header: HEADERS[header] + "1"}

    with pytest.raises(SignatureError):
        signing.verify_standard(BODY, forged, [SECRET], SENT_AT)


@pytest.mark.parametrize("header", sorted(HEADERS))
def test_each_of_the_three_headers_is_required(header) -> None:
    with pytest.raises(SignatureError, match=f"{header} is missing"):
        signing.verify_standard(BODY, HEADERS | {header: ""}, [SECRET], SENT_AT)


@pytest.mark.parametrize("value", ["-1", "+1", "1e9", "1_0", "٣", " 1", "1.0", "9" * 400, "é"])
def test_a_timestamp_is_plain_digits(value) -> None:
    with pytest.raises(SignatureError, match="webhook-timestamp"):
        signing.verify_standard(BODY, HEADERS | {"webhook-timestamp": value}, [SECRET], SENT_AT)


def test_one_good_signature_among_several_is_enough() -> None:
    rotated = signing.sign_standard(BODY, OTHER, HEADERS["webhook-id"], SENT_AT)
    both = f"v1a,AAAA {rotated['webhook-signature']} {HEADERS['webhook-signature']}"

    signing.verify_standard(BODY, HEADERS | {"webhook-signature": both}, [SECRET], SENT_AT)


def test_a_signature_of_another_version_alone_is_none() -> None:
    other = HEADERS["webhook-signature"].replace("v1,", "v2,")

    with pytest.raises(SignatureError, match="missing or malformed"):
        signing.verify_standard(BODY, HEADERS | {"webhook-signature": other}, [SECRET], SENT_AT)


def test_a_flood_of_signatures_is_refused_before_the_work() -> None:
    flood = " ".join([HEADERS["webhook-signature"]] * 17)

    with pytest.raises(SignatureError, match="too many"):
        signing.verify_standard(BODY, HEADERS | {"webhook-signature": flood}, [SECRET], SENT_AT)


def test_signing_with_an_unusable_secret_says_so() -> None:
    with pytest.raises(SignatureError, match="whsec_"):
        signing.sign_standard(BODY, "whsec_not base64!", "msg_1", SENT_AT)


@pytest.mark.parametrize("message_id", ["", "a b", "é", "a\n", "x" * 256])
def test_signing_an_unusable_id_says_so(message_id) -> None:
    with pytest.raises(SignatureError, match="webhook-id"):
        signing.sign_standard(BODY, SECRET, message_id, SENT_AT)


def test_a_new_secret_signs_what_it_verifies_and_is_never_the_same() -> None:
    first, second = signing.new_standard_secret(), signing.new_standard_secret()
    headers = signing.sign_standard(BODY, first, "msg_1", SENT_AT)

    signing.verify_standard(BODY, headers, [second, first], SENT_AT)
    assert first != second


@settings(deadline=None)
@given(
    headers=st.fixed_dictionaries({name: st.text() for name in HEADERS}),
    secrets=st.lists(st.text()),
    body=st.binary(),
)
def test_no_headers_whatever_crash_the_check(headers, secrets, body) -> None:
    with pytest.raises(SignatureError):
        signing.verify_standard(body, headers, secrets, SENT_AT)


def test_a_base64_signature_has_only_one_spelling() -> None:
    """The last character before the padding carries two bits that decoders throw away."""
    right = HEADERS["webhook-signature"]
    other = right.replace("OE=", "OF=")
    assert base64.b64decode(other[3:]) == base64.b64decode(right[3:])

    with pytest.raises(SignatureError):
        signing.verify_standard(BODY, HEADERS | {"webhook-signature": other}, [SECRET], SENT_AT)
