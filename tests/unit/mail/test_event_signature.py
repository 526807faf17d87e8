from __future__ import annotations

import base64
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from service.mail.event_signature import EventVerifier

# The vector that SendGrid's own Go, Node and Ruby libraries are tested with.
PUBLISHED_KEY = (
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEDr2LjtURuePQzplybdC+u4CwrqDqBaWjcMMsTbhdbcwHBcepxo7yAQG"
    "hHPTnlvFYPAZFceEu/1FwCM/QmGUhA=="
)
PUBLISHED_SIGNATURE = (
    "MEUCIQCtIHJeH93Y+qpYeWrySphQgpNGNr/U+UyUlBkU6n7RAwIgJTz2C+8a8xonZGi6BpSzoQsbVRamr2nlxFDWYNH2"
    "j/0="
)
PUBLISHED_TIMESTAMP = "1588788367"
PUBLISHED_BODY = b'{"category":"example_payload","event":"test_event","message_id":"message_id"}'

PRIVATE_KEY = ec.generate_private_key(ec.SECP256R1())


def spki(key: Any) -> str:
    der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()


def signed(body: bytes, timestamp: str = "1774627200") -> str:
    der = PRIVATE_KEY.sign(timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))
    return base64.b64encode(der).decode()


@pytest.fixture(name="verifier")
def _verifier() -> EventVerifier:
    return EventVerifier([PUBLISHED_KEY])


def test_the_published_vector_verifies(verifier: EventVerifier) -> None:
    assert verifier.verify(
        PUBLISHED_BODY, signature=PUBLISHED_SIGNATURE, timestamp=PUBLISHED_TIMESTAMP
    )


def test_the_published_negative_vector_does_not(verifier: EventVerifier) -> None:
    changed = PUBLISHED_SIGNATURE.replace("YNH2j/0=", "YNH3j/0=")

    assert changed != PUBLISHED_SIGNATURE
    assert not verifier.verify(PUBLISHED_BODY, signature=changed, timestamp=PUBLISHED_TIMESTAMP)


@settings(deadline=None)
@given(bit=st.integers(0, len(PUBLISHED_BODY) * 8 - 1))
def test_no_bit_of_the_body_can_be_flipped(bit: int) -> None:
    body = bytearray(PUBLISHED_BODY)
    body[bit // 8] ^= 1 << bit % 8

    assert not EventVerifier([PUBLISHED_KEY]).verify(
        bytes(body), signature=PUBLISHED_SIGNATURE, timestamp=PUBLISHED_TIMESTAMP
    )


@settings(deadline=None)
@given(bit=st.integers(0, len(base64.b64decode(PUBLISHED_SIGNATURE)) * 8 - 1))
def test_no_bit_of_the_signature_can_be_flipped(bit: int) -> None:
    der = bytearray(base64.b64decode(PUBLISHED_SIGNATURE))
    der[bit // 8] ^= 1 << bit % 8

    assert not EventVerifier([PUBLISHED_KEY]).verify(
        PUBLISHED_BODY,
        signature=base64.b64encode(bytes(der)).decode(),
        timestamp=PUBLISHED_TIMESTAMP,
    )


@pytest.mark.parametrize(
    "signature",
    [
        None,
        "",
        "x",
        PUBLISHED_SIGNATURE + "x",
        PUBLISHED_SIGNATURE + "\n",
        " " + PUBLISHED_SIGNATURE,
        PUBLISHED_SIGNATURE + PUBLISHED_SIGNATURE,
        f"{PUBLISHED_SIGNATURE},{PUBLISHED_SIGNATURE}",
        f"{PUBLISHED_SIGNATURE}, {PUBLISHED_SIGNATURE}",
        PUBLISHED_SIGNATURE.replace("+", "-").replace("/", "_"),
        PUBLISHED_SIGNATURE[:-4],
        "ÄÖÜ=",
        "\ud800",
        "AAAA",
        "MAYCAQACAQA=",
        "=" * 100_000,
    ],
)
def test_a_malformed_signature_header_is_not_verified(
    verifier: EventVerifier, signature: str | None
) -> None:
    assert not verifier.verify(PUBLISHED_BODY, signature=signature, timestamp=PUBLISHED_TIMESTAMP)


@pytest.mark.parametrize(
    "timestamp",
    [
        None,
        "",
        "1588788368",
        "1588788367 ",
        "1588788367,1588788367",
        "+1588788367",
        "١٥٨٨٧٨٨٣٦٧",
        "1" * 10_000,
    ],
)
def test_a_wrong_timestamp_header_is_not_verified(
    verifier: EventVerifier, timestamp: str | None
) -> None:
    assert not verifier.verify(PUBLISHED_BODY, signature=PUBLISHED_SIGNATURE, timestamp=timestamp)


def test_no_byte_moves_between_the_timestamp_and_the_body() -> None:
    verifier = EventVerifier([spki(PRIVATE_KEY)])
    signature = signed(b'[{"event":"delivered"}]')

    assert verifier.verify(b'[{"event":"delivered"}]', signature=signature, timestamp="1774627200")
    assert not verifier.verify(
        b'{"event":"delivered"}]', signature=signature, timestamp="1774627200["
    )


def test_a_line_break_at_the_end_of_the_body_is_signed_too() -> None:
    verifier = EventVerifier([spki(PRIVATE_KEY)])
    signature = signed(b"[]\r\n")

    assert verifier.verify(b"[]\r\n", signature=signature, timestamp="1774627200")
    assert not verifier.verify(b"[]", signature=signature, timestamp="1774627200")


def test_an_old_timestamp_still_verifies_because_sendgrid_retries_for_a_day() -> None:
    signature = signed(b"[]", "1")

    assert EventVerifier([spki(PRIVATE_KEY)]).verify(b"[]", signature=signature, timestamp="1")


def test_two_keys_are_accepted_while_one_replaces_the_other() -> None:
    both = EventVerifier([PUBLISHED_KEY, spki(PRIVATE_KEY)])
    stranger = EventVerifier([spki(ec.generate_private_key(ec.SECP256R1()))])
    signature = signed(b"[]")

    assert both.verify(b"[]", signature=signature, timestamp="1774627200")
    assert both.verify(PUBLISHED_BODY, signature=PUBLISHED_SIGNATURE, timestamp=PUBLISHED_TIMESTAMP)
    assert not stranger.verify(b"[]", signature=signature, timestamp="1774627200")


def test_a_key_in_pem_or_wrapped_over_lines_is_the_same_key() -> None:
    pem = PRIVATE_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    text = spki(PRIVATE_KEY)

    for key in (pem.decode(), f"  {text[:40]}\n  {text[40:]}\n"):
        assert EventVerifier([key]).verify(b"[]", signature=signed(b"[]"), timestamp="1774627200")


@pytest.mark.parametrize(
    "key",
    [
        "",
        "not a key",
        PUBLISHED_KEY[:-8],
        PUBLISHED_KEY + "é",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
        spki(ec.generate_private_key(ec.SECP384R1())),
        spki(ed25519.Ed25519PrivateKey.generate()),
    ],
    # Named here, because every process generates other keys.
    ids=["empty", "prose", "cut", "not ASCII", "broken PEM", "another curve", "another kind"],
)
def test_a_key_that_cannot_work_is_reported_at_the_start(key: str) -> None:
    with pytest.raises(ValueError, match="SendGrid's event key must be"):
        EventVerifier([key])


def test_no_key_at_all_is_reported_at_the_start() -> None:
    with pytest.raises(ValueError, match="no public key"):
        EventVerifier([])
