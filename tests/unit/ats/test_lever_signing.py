"""Lever: the signature in the body, its age, its one use, and the vendor's own samples."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import pytest

from service.ats.asking import Needs
from service.ats.base import Incoming, PayloadError, SignatureError
from service.ats.lever import OLDEST, Lever
from service.ats.lever_events import HANDLERS
from service.domain.changes import Translation
from tests.doubles import lever_bodies as lever
from tests.doubles.lever_bodies import RECEIVED_AT, TRIGGERED_AT

SECRET = "an invented signature token"
TOKEN = "be58f711f349c7780e4579cd7c63341ac6f881e4dccc3154"
MOMENT = lever.millis(TRIGGERED_AT)


def delivery(secret: str = SECRET, **changes: object) -> dict[str, object]:
    """Lever's documented form, made without our own code."""
    signature = hmac.new(secret.encode(), f"{TOKEN}{MOMENT}".encode(), hashlib.sha256).hexdigest()
    members: dict[str, object] = {
        "triggeredAt": MOMENT,
        "event": "candidateStageChange",
        "data": {"opportunityId": "o-1", "contactId": "c-1"},
        "signature": signature,
        "token": TOKEN,
    }
    return {key: value for key, value in (members | changes).items() if value is not ...}


def incoming(members: dict[str, object] | bytes) -> Incoming:
    raw = members if isinstance(members, bytes) else json.dumps(members).encode()
    return Incoming.of([], raw, RECEIVED_AT)


def verify(members: dict[str, object] | bytes, now: datetime = RECEIVED_AT) -> None:
    Lever().verify(incoming(members), ["the token of another event", SECRET], now)


def test_the_documented_signature_over_token_and_moment_passes() -> None:
    verify(delivery())


def test_our_own_deliveries_are_signed_as_documented() -> None:
    raw = Lever().signed_body(lever.body("candidateHired"), SECRET, RECEIVED_AT, "d-1")

    members = json.loads(raw)
    text = f"{members['token']}{members['triggeredAt']}".encode()
    assert members["signature"] == hmac.new(SECRET.encode(), text, hashlib.sha256).hexdigest()
    assert len(members["token"]) == 48
    assert members["event"] == "candidateHired"
    verify(raw)


@pytest.mark.parametrize("position", range(len(TOKEN)))
def test_a_changed_byte_of_the_token_is_refused(position) -> None:
    other = TOKEN[:position] + chr(ord(TOKEN[position]) ^ 1) + TOKEN[position + 1 :]

    with pytest.raises(SignatureError, match="does not match"):
        verify(delivery(token=other))


@pytest.mark.parametrize("position", range(len(str(MOMENT))))
def test_a_changed_digit_of_the_moment_is_refused(position) -> None:
    digits = str(MOMENT)
    other = digits[:position] + str((int(digits[position]) + 1) % 10) + digits[position + 1 :]

    with pytest.raises(SignatureError, match="does not match"):
        verify(delivery(triggeredAt=int(other)))


@pytest.mark.parametrize("digit", [True, False])
def test_a_digit_moved_from_the_token_to_the_moment_is_no_way_around(digit) -> None:
    """Nothing separates the two, so the same bytes can be cut in another place."""
    moved = int(f"{TOKEN[-1]}{MOMENT}") if digit else int(str(MOMENT)[1:])
    token = TOKEN[:-1] if digit else TOKEN + str(MOMENT)[0]

    with pytest.raises(SignatureError, match="too old, or lies in the future"):
        verify(delivery(token=token, triggeredAt=moved))


@pytest.mark.parametrize(
    "changes",
    [
        {"signature": ...}, {"signature": None}, {"signature": ""}, {"signature": 5},
        {"signature": "0" * 63}, {"signature": "g" * 64},
        {"token": ...}, {"token": None}, {"token": ""}, {"token": 48},
        {"triggeredAt": ...}, {"triggeredAt": None}, {"triggeredAt": str(MOMENT)},
        {"triggeredAt": float(MOMENT)}, {"triggeredAt": True},
    ],
)  # fmt: skip
def test_a_part_of_the_signature_missing_or_of_another_type_is_refused(changes) -> None:
    with pytest.raises(SignatureError):
        verify(delivery(**changes))


def test_a_member_given_twice_is_refused() -> None:
    raw = json.dumps(delivery()).encode()

    with pytest.raises(SignatureError):
        verify(raw[:-1] + b',"data":{"opportunityId":"o-2"}}')


@pytest.mark.parametrize(
    ("late", "passes"),
    [
        (timedelta(), True),
        (OLDEST - timedelta(minutes=1), True),
        (OLDEST + timedelta(minutes=1), False),
        (timedelta(days=4000), False),
        (-timedelta(minutes=9), True),
        (-timedelta(minutes=11), False),
    ],
)
def test_a_delivery_may_be_sent_again_for_two_weeks_and_not_for_ever(late, passes) -> None:
    now = TRIGGERED_AT + late

    if passes:
        verify(delivery(), now)
    else:
        with pytest.raises(SignatureError, match="too old, or lies in the future"):
            verify(delivery(), now)


def test_a_moment_beyond_all_calendars_is_refused() -> None:
    moment = 10**30
    text = f"{TOKEN}{moment}".encode()
    signature = hmac.new(SECRET.encode(), text, hashlib.sha256).hexdigest()

    with pytest.raises(SignatureError):
        verify(delivery(triggeredAt=moment, signature=signature))


def test_a_delivery_is_known_by_its_token_whatever_its_unsigned_id_and_data_say() -> None:
    def identity(**changes: object) -> str:
        return Lever().identity(incoming(delivery(**changes)))

    assert identity() == f"token:{TOKEN}"
    assert identity(id="an-event-uid") == identity(id="another", data={"opportunityId": "o-2"})
    assert identity(token="x" * 48) != identity()


@pytest.mark.parametrize("token", ["x" * 500, "\u2028", "a b", 5, None, ["x"]])
def test_an_odd_token_makes_no_odd_identity(token) -> None:
    identity = Lever().identity(incoming(delivery(token=token)))

    assert identity.startswith("sha256:")


def test_the_sample_event_of_the_vendor_asks_how_things_stand(samples) -> None:
    reading = Lever().translate(samples("lever/candidateStageChange.json"), {}, RECEIVED_AT)

    assert isinstance(reading, Needs)
    (ask,) = reading.asks
    assert ask.path == "/opportunities/3410c8b9-5c31-4bab-b7e9-9f710206d647"
    assert [value for name, value in ask.query if name == "expand"] == [
        "applications", "stage", "owner", "contact",
    ]  # fmt: skip


def test_the_sample_opportunity_of_the_vendor_stands_open_and_may_not_be_written_to(
    samples,
) -> None:
    id_ = "250d8f03-738a-4bba-a671-8a3d73477145"
    answer = json.loads(samples("lever/api_opportunity.json"))["data"]
    stage = "/stages/" + answer["stage"]
    applied = f"/opportunities/{id_}/applications/{answer['applications'][0]}"
    has = {
        f"/opportunities/{id_}": lever.said(answer),
        stage: lever.said({"id": answer["stage"], "text": "Phone screen"}),
        applied: lever.said({"id": answer["applications"][0], "type": "user", "posting": "p-1"}),
        "/postings/p-1": lever.said(lever.POSTING),
    }

    told = lever.understand(lever.body("candidateStageChange", opportunityId=id_), has)
    (_, stands) = told.changes
    assert type(stands).__name__ == "Stands"
    ref = stands.application
    assert ref.candidate.external_id == answer["contact"]
    assert ref.candidate.can_email is False
    assert ref.candidate.phones == ("(123) 456-7891",)
    assert ref.ats_stage == "Phone screen"
    assert ref.prospect is False


def test_every_sample_of_the_vendor_is_understood(samples, sample_names) -> None:
    for name in sample_names("lever"):
        if not name.startswith("api_"):
            reading = Lever().translate(samples(f"lever/{name}.json"), {}, RECEIVED_AT)
            assert isinstance(reading, Needs) or reading.changes or reading.ignored


@pytest.mark.parametrize("event", sorted(HANDLERS))
def test_every_event_needs_its_data(event) -> None:
    with pytest.raises(PayloadError, match="/data"):
        Lever().translate(json.dumps({"event": event}).encode(), {}, RECEIVED_AT)


@pytest.mark.parametrize("event", ["contactCreated", "requisitionCreated", "ping"])
def test_other_events_are_ignored_with_a_word(event) -> None:
    reading = Lever().translate(lever.body(event), {}, datetime(2026, 3, 5, tzinfo=UTC))

    assert isinstance(reading, Translation)
    assert reading.ignored


def test_people_tick_as_many_events_as_are_understood() -> None:
    assert len(Lever().guide.events) == len(HANDLERS)
