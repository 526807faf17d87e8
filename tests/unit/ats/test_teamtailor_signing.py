"""Teamtailor's signature in each reading of what it signs, and what makes deliveries the same."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest

from service import signing
from service.ats.base import Incoming, SignatureError
from service.ats.teamtailor import Teamtailor
from tests.doubles import teamtailor_bodies as bodies

ADAPTER = Teamtailor()
KEY = "an invented signature key"
SENT_AT = datetime(2026, 3, 5, 9, 0, tzinfo=UTC)
SECONDS = str(int(SENT_AT.timestamp()))
BODY = bodies.webhook(updated_at="2026-03-05T10:00:00.000+01:00", rejected_at=None)
PAYLOAD = BODY[len(b'{"payload": ') : -1]


def token(signed: bytes, key: str = KEY, seconds: str = SECONDS) -> str:
    mac = signing.hex_signature(seconds.encode() + b"." + signed, key)
    return _encoded(f"t={seconds},v2={mac}")


def inside(body: bytes, signature: str) -> bytes:
    """The body with its signature as its last member, as Teamtailor shows it."""
    return body[:-1] + f', "signature": "{signature}"}}'.encode()


def verify(header: str, body: bytes, now: datetime = SENT_AT, *keys: str) -> None:
    incoming = Incoming.of([("TT-Signature", header)], body, now)
    ADAPTER.verify(incoming, keys or [KEY], now)


def test_the_signature_is_that_of_the_documentation() -> None:
    """Its example of version 2, taken apart: the form alone, for no key belongs to it."""
    shown = (
        "dD0xNzAxMjM0NTY3LHYyPWFiY2RlZjEyMzQ1Njc4OTBhYmNkZWYxMjM0NTY3ODkwYWJjZGVmMTIzNDU2Nzg5MA=="
    )

    assert base64.b64decode(shown).startswith(b"t=1701234567,v2=abcdef1234567890")
    assert base64.b64decode(token(BODY)).startswith(f"t={SECONDS},v2=".encode())


def test_the_whole_body_as_it_came_is_signed() -> None:
    verify(token(BODY), BODY)


@pytest.mark.parametrize("signed", [BODY.replace(b'": {', b'":{', 1), PAYLOAD])
def test_the_body_without_its_signature_or_the_payload_alone_is_signed(signed) -> None:
    header = token(signed)

    verify(header, inside(BODY, header))


@pytest.mark.parametrize("body", [BODY, b' {\n"payload"\t:  ' + PAYLOAD + b" } \n"])
def test_the_payload_is_found_however_it_is_wrapped(body) -> None:
    verify(token(PAYLOAD), body)


@pytest.mark.parametrize("reading", ["whole", "payload"])
def test_each_changed_byte_of_what_is_signed_is_refused(reading) -> None:
    header = token(BODY if reading == "whole" else PAYLOAD)
    body = BODY if reading == "whole" else inside(BODY, header)
    first = 0 if reading == "whole" else body.index(PAYLOAD)
    for place in range(first, first + len(BODY if reading == "whole" else PAYLOAD)):
        forged = bytearray(body)
        forged[place] ^= 1

        with pytest.raises(SignatureError):
            verify(header, bytes(forged))


@pytest.mark.parametrize(
    "forged",
    [
        inside(BODY, "x")[:-1] + b', "payload": {"event_name": "candidate.destroy"}}',
        b'{"other": 1, ' + BODY[1:],
        BODY[:-1] + b', "more": 1}',
        BODY[:-1] + b', "signature": {"a": 1}}',
        BODY[:-1] + b', "signature": "a", "signature": "b"}',
        BODY[:-1] + b', "signature": "a\\u0022"}',
        b"[" + BODY + b"]",
        BODY + BODY,
    ],
)
def test_nothing_can_be_put_beside_a_payload_that_is_signed_alone(forged) -> None:
    with pytest.raises(SignatureError):
        verify(token(PAYLOAD), forged)


def test_a_signed_body_wrapped_up_as_a_payload_means_nothing() -> None:
    wrapped = b'{"payload": ' + BODY + b"}"
    verify(token(BODY), wrapped)

    with pytest.raises(Exception, match="event_name"):
        ADAPTER.translate(wrapped, {}, SENT_AT)


@pytest.mark.parametrize("change", ["key", "time"])
def test_another_key_or_time_is_refused(change) -> None:
    later = base64.b64decode(token(BODY)).decode().replace(SECONDS, str(int(SECONDS) + 1))
    header = token(BODY, key="another") if change == "key" else _encoded(later)

    with pytest.raises(SignatureError, match="does not match"):
        verify(header, BODY)


def test_the_old_key_and_the_new_one_pass_while_both_are_kept() -> None:
    verify(token(BODY), BODY, SENT_AT, "the new key", KEY)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "not base64!",
        base64.b64encode(b"t=1,v2=").decode(),
        base64.b64encode(b"v2=" + b"0" * 64).decode(),
        base64.b64encode(f"t={SECONDS},v1={'0' * 64}".encode()).decode(),
        base64.b64encode(f"t={SECONDS},v2={'0' * 64},v2={'1' * 64}".encode()).decode(),
        base64.b64encode(b"\xff" * 60).decode(),
        "A" * 10_000,
    ],
)
def test_what_is_no_signature_is_refused(header) -> None:
    with pytest.raises(SignatureError, match="TT-Signature"):
        verify(header, BODY)


def test_one_signature_has_one_spelling() -> None:
    """Capital digits, and bits of base64 that say nothing, are no second way to write it."""
    plain = base64.b64decode(token(BODY)).decode()
    shouted = plain[: plain.index("v2=") + 3] + plain[plain.index("v2=") + 3 :].upper()

    with pytest.raises(SignatureError):
        verify(_encoded(shouted), BODY)


def test_version_1_is_refused_and_says_what_to_do() -> None:
    """It signs the id alone: whoever has seen one could make up a deletion with it."""
    old = _encoded(signing.hex_signature(bodies.APPLICATION.encode(), KEY))
    forged = bodies.webhook("job_application.destroy")

    with pytest.raises(SignatureError, match="choose version 2"):
        verify(old, forged)


@pytest.mark.parametrize("late", [timedelta(minutes=5), -timedelta(minutes=5)])
def test_five_minutes_either_way_are_fresh(late) -> None:
    verify(token(BODY), BODY, SENT_AT + late)


@pytest.mark.parametrize("late", [timedelta(seconds=301), timedelta(days=1), -timedelta(hours=1)])
def test_a_stale_delivery_is_refused_though_its_signature_is_right(late) -> None:
    with pytest.raises(SignatureError, match="too far from"):
        verify(token(BODY), BODY, SENT_AT + late)


def identity(body: bytes, seconds: str = SECONDS) -> str:
    return ADAPTER.identity(
        Incoming.of([("tt-signature", token(body, seconds=seconds))], body, SENT_AT)
    )


def test_a_delivery_is_its_event_its_record_and_when_that_was_updated() -> None:
    assert identity(BODY) == "job_application.update:634:2026-03-05T10:00:00.000+01:00"
    assert identity(inside(BODY, "abc")) == identity(BODY)
    assert identity(BODY, "1772700001") == identity(BODY)


@pytest.mark.parametrize(
    "other",
    [
        bodies.webhook("job_application.create", updated_at="2026-03-05T10:00:00.000+01:00"),
        bodies.webhook(id="635", updated_at="2026-03-05T10:00:00.000+01:00"),
        bodies.webhook(updated_at="2026-03-05T10:00:01.000+01:00"),
    ],
)
def test_another_event_record_or_time_is_another_delivery(other) -> None:
    assert identity(other) != identity(BODY)


def test_without_a_time_of_its_own_the_signed_time_of_sending_counts() -> None:
    plain = bodies.webhook(title="Bookbinder")

    assert identity(plain) == f"job_application.update:634:sent {SECONDS}"
    assert identity(plain, "1772700001") != identity(plain)


def test_a_deletion_happens_once() -> None:
    gone = bodies.webhook("candidate.destroy")

    assert identity(gone) == identity(gone, "1772700001") == "candidate.destroy:634"


@pytest.mark.parametrize("text", ["x" * 300, "a\u2028b"])
def test_an_odd_time_still_makes_an_identity_that_fits(text) -> None:
    assert len(identity(bodies.webhook(updated_at=text))) <= 255


def test_neither_a_signature_nor_a_key_is_stored() -> None:
    incoming = Incoming.of(
        [
            ("tt-signature", token(BODY)),
            ("authorization", "Bearer secret"),
            ("teamtailor-api-token", "secret"),
            ("content-type", "application/json"),
        ],
        BODY,
        SENT_AT,
    )

    assert ADAPTER.kept_headers(incoming) == {"content-type": "application/json"}


def test_the_body_of_the_documentation_is_signed_as_ours_would_be(samples) -> None:
    sample = samples("teamtailor/job.update.json")
    payload = json.dumps(json.loads(sample)["payload"]).encode()
    header = token(payload)

    verify(header, b'{"payload":' + payload + b',"signature":"' + header.encode() + b'"}')


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
