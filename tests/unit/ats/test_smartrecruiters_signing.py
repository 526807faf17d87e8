"""SmartRecruiters' signature, byte by byte, its greeting, and what makes deliveries the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from service import signing
from service.ats.base import Incoming, SignatureError
from service.ats.smartrecruiters import SmartRecruiters
from tests.doubles import smartrecruiters_bodies as bodies

ADAPTER = SmartRecruiters()

# SmartRecruiters' documentation, "Create a webhook subscription secret key", with the link in the
# angle brackets that its page swallows.
KEY = "HeBVky2bccvvkcXPimH8c"
SENT_AT = datetime.fromtimestamp(1574080897, UTC)
BODY = b'{"job_id":"jid","candidate_id":"cid"}'
HEADERS = {
    "smartrecruiters-timestamp": "1574080897",
    "event-id": "123",
    "event-name": "application.created",
    "event-version": "v201910",
    "link": "<http://smartrecruiters.com/endpoint>; rel=self",
    "smartrecruiters-signature": (
        "v1=2e9291f10d44ca10204a4cd81b05d73b6a316b2b605d4e2e0e0b37b40198ce1f"
    ),
}
SIGNATURE = HEADERS["smartrecruiters-signature"]


def verify(
    headers: dict[str, str] = HEADERS,
    body: bytes = BODY,
    keys: tuple[str, ...] = (KEY,),
    now: datetime = SENT_AT,
) -> None:
    ADAPTER.verify(Incoming.of(headers.items(), body, now), keys, now)


def test_the_published_example_is_authentic() -> None:
    verify()


@pytest.mark.parametrize("name", sorted(HEADERS))
def test_each_changed_character_of_each_signed_header_is_refused(name) -> None:
    right = HEADERS[name]
    for place, character in enumerate(right):
        wrong = right[:place] + ("1" if character == "0" else "0") + right[place + 1 :]
        if wrong == right:
            continue
        with pytest.raises(SignatureError):
            verify(HEADERS | {name: wrong})


def test_each_changed_byte_of_the_body_is_refused() -> None:
    for place in range(len(BODY)):
        forged = bytearray(BODY)
        forged[place] ^= 1

        with pytest.raises(SignatureError):
            verify(body=bytes(forged))


@pytest.mark.parametrize("name", ["event-id", "event-name", "event-version", "link"])
def test_a_signed_header_that_was_taken_away_or_added_is_refused(name) -> None:
    without = {each: value for each, value in HEADERS.items() if each != name}

    with pytest.raises(SignatureError):
        verify(without)


@pytest.mark.parametrize("name", ["event-id", "event-name", "event-version", "link"])
def test_an_absent_header_is_signed_as_an_empty_one(name) -> None:
    signed = ADAPTER.sign(BODY, KEY, SENT_AT, "e1")
    given = {each.lower(): value for each, value in signed.items()} | {name: ""}
    from_vendor = _signed_anew({each: value for each, value in given.items() if each != name})

    verify(from_vendor)


@pytest.mark.parametrize("name", ["event-id", "link", "smartrecruiters-timestamp"])
def test_a_signed_header_that_came_twice_is_refused(name) -> None:
    twice = [*HEADERS.items(), (name, HEADERS[name])]

    with pytest.raises(SignatureError, match="more than once"):
        ADAPTER.verify(Incoming.of(twice, BODY, SENT_AT), [KEY], SENT_AT)


@pytest.mark.parametrize(
    "header",
    [
        f"{SIGNATURE};v1={'0' * 64}",
        f"v1={'0' * 64};{SIGNATURE}",
        f"v2=something-to-come;{SIGNATURE}",
        f" {SIGNATURE} ; v1={'f' * 64}",
        ";".join([f"v1={n:064x}" for n in range(15)] + [SIGNATURE]),
    ],
)
def test_any_of_several_signatures_will_do(header) -> None:
    """One for each of up to sixteen live keys, and others of schemes that do not exist yet."""
    verify(HEADERS | {"smartrecruiters-signature": header})


@pytest.mark.parametrize(
    "header",
    [
        "",
        "v1=",
        "v1",
        SIGNATURE.replace("v1=", "v2="),
        SIGNATURE.removeprefix("v1="),
        SIGNATURE[:-1],
        SIGNATURE + "0",
        SIGNATURE.replace("=", ":"),
        ";".join([f"v1={n:064x}" for n in range(40)] + [SIGNATURE]),
    ],
)
def test_what_is_no_signature_is_refused(header) -> None:
    with pytest.raises(SignatureError, match="smartrecruiters-signature"):
        verify(HEADERS | {"smartrecruiters-signature": header})


@pytest.mark.parametrize("keys", [("another",), (), ("",), (KEY + " ",)])
def test_another_key_is_refused(keys) -> None:
    with pytest.raises(SignatureError, match="does not match"):
        verify(keys=keys)


def test_the_old_key_and_the_new_one_pass_while_both_live() -> None:
    verify(keys=("the new key", KEY))
    verify(keys=(KEY, "the new key"))


@pytest.mark.parametrize("late", [timedelta(minutes=5), timedelta(minutes=-5)])
def test_five_minutes_either_way_are_fresh(late) -> None:
    verify(now=SENT_AT + late)


@pytest.mark.parametrize("late", [timedelta(seconds=301), timedelta(days=1), -timedelta(hours=1)])
def test_a_stale_delivery_is_refused_though_its_signature_is_right(late) -> None:
    with pytest.raises(SignatureError, match="too far from"):
        verify(now=SENT_AT + late)


@pytest.mark.parametrize("seconds", ["", "yesterday", "-1574080897", "1574080897.5", "1" * 12])
def test_a_time_that_is_none_is_refused(seconds) -> None:
    with pytest.raises(SignatureError, match="smartrecruiters-timestamp"):
        verify(HEADERS | {"smartrecruiters-timestamp": seconds})


def test_bytes_of_a_header_are_signed_as_they_came() -> None:
    """A web server hands each byte on as one character."""
    odd = HEADERS | {"link": "</caf\u00c3\u00a9>; rel=self"}

    verify(_signed_anew(odd))


def test_the_greeting_is_answered_with_its_own_secret() -> None:
    incoming = Incoming.of([("x-hook-secret", "4jn8fs9011jj8")], b"", SENT_AT)

    answer = ADAPTER.handshake(incoming)
    assert answer is not None
    assert (answer.status, dict(answer.headers)) == (200, {"X-Hook-Secret": "4jn8fs9011jj8"})


def test_a_greetings_secret_is_no_key_to_anything() -> None:
    """It is echoed and forgotten: signing with it proves nothing."""
    secret = "4jn8fs9011jj8"
    ADAPTER.handshake(Incoming.of([("x-hook-secret", secret)], b"", SENT_AT))

    signed = ADAPTER.sign(BODY, secret, SENT_AT, "e1")
    with pytest.raises(SignatureError):
        ADAPTER.verify(Incoming.of(signed.items(), BODY, SENT_AT), [KEY], SENT_AT)


@pytest.mark.parametrize("secret", ["", "a b", "a\r\nset-cookie: b", "\u00e9", "x" * 256])
def test_a_greeting_that_no_header_could_carry_back_is_none(secret) -> None:
    incoming = Incoming.of([("x-hook-secret", secret)], b"", SENT_AT)

    assert ADAPTER.handshake(incoming) is None


def test_what_is_signed_is_judged_by_its_signature_whatever_it_greets_with() -> None:
    greeting = [*HEADERS.items(), ("x-hook-secret", "4jn8fs9011jj8")]

    assert ADAPTER.handshake(Incoming.of(greeting, BODY, SENT_AT)) is None


def test_a_greeting_with_two_secrets_is_none() -> None:
    twice = [("x-hook-secret", "one"), ("x-hook-secret", "two")]

    assert ADAPTER.handshake(Incoming.of(twice, b"", SENT_AT)) is None


def test_every_attempt_at_one_event_is_the_same_delivery() -> None:
    first = Incoming.of(HEADERS.items(), BODY, SENT_AT)
    retry = Incoming.of(
        (HEADERS | {"smartrecruiters-timestamp": "1574081200"}).items(), BODY, SENT_AT
    )

    assert ADAPTER.identity(first) == ADAPTER.identity(retry) == "123"


def test_two_events_with_equal_ids_in_their_bodies_are_two_deliveries() -> None:
    other = Incoming.of((HEADERS | {"event-id": "124"}).items(), BODY, SENT_AT)

    assert ADAPTER.identity(other) == "124"


@pytest.mark.parametrize("event_id", ["x" * 300, "a b", "\u00e9", None])
def test_an_odd_event_id_still_tells_deliveries_apart(event_id) -> None:
    plain = {name: value for name, value in HEADERS.items() if name != "event-id"}
    headers = plain if event_id is None else plain | {"event-id": event_id}
    first = ADAPTER.identity(Incoming.of(headers.items(), BODY, SENT_AT))
    other = ADAPTER.identity(Incoming.of(headers.items(), bodies.application_body(), SENT_AT))

    assert first.startswith("sha256:")
    assert first != other


def test_only_202_is_success() -> None:
    assert ADAPTER.success_status == 202


def _signed_anew(headers: dict[str, str]) -> dict[str, str]:
    """The headers with the signature that SmartRecruiters would give them."""
    parts = ["smartrecruiters-timestamp", "event-id", "event-name", "event-version", "link"]
    first, *others = (headers.get(name, "").encode("latin-1") for name in parts)
    signed = b".".join([first, BODY, *others])
    return headers | {"smartrecruiters-signature": f"v1={signing.hex_signature(signed, KEY)}"}
