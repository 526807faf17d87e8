"""The demo's stand-in for SendGrid answers alike for one seed, and signs what it tells."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta

from service.clock import FakeClock
from service.demo.mail import DemoMail
from service.mail.base import Accepted, Envelope, RetryLater
from service.mail.event_signature import SIGNATURE_HEADER, TIMESTAMP_HEADER, EventVerifier
from service.mail.sendgrid_events import parse_events

NOW = datetime(2026, 3, 23, 9, 0, tzinfo=UTC)
STAFF = "staff.example.com"


def envelope(number: int, *, address: str | None = None) -> Envelope:
    return Envelope(
        message_id=f"msg_{number}",
        kind="acknowledgement",
        to_address=address or f"person{number}@example.com",
        to_name="",
        from_address="hiring@example.com",
        from_name="",
        reply_to_address=None,
        reply_to_name=None,
        subject="s",
        text="t",
        html="h",
        automatic=True,
    )


def carrier(seed: int = 1, **how: object) -> DemoMail:
    mail = DemoMail(seed, STAFF, **how)
    mail.use_clock(FakeClock(NOW))
    return mail


def fates(mail: DemoMail, many: int = 800) -> Counter[object]:
    for number in range(many):
        mail.send((envelope(number),), "bat_1")
    return Counter(event["event"] for event in mail.events_until(NOW + timedelta(days=2)))


def test_one_seed_gives_one_story_and_another_seed_another() -> None:
    assert fates(carrier(1)) == fates(carrier(1))
    assert fates(carrier(1)) != fates(carrier(2))


def test_of_many_mails_some_bounce_some_wait_and_most_arrive() -> None:
    told = fates(carrier())

    assert told["delivered"] > 8 * told["bounce"] > 0
    assert told["deferred"] > 0
    assert told["dropped"] > 0


def test_some_mails_bounce_after_they_were_delivered() -> None:
    mail = carrier()
    for number in range(800):
        mail.send((envelope(number),), "bat_1")
    by_message: dict[object, list[object]] = {}
    for event in mail.events_until(NOW + timedelta(days=2)):
        by_message.setdefault(event["sg_message_id"], []).append(event["event"])

    late = [names for names in by_message.values() if names[-2:] == ["delivered", "bounce"]]
    assert len(late) > 0


def test_a_colleague_always_gets_the_mail() -> None:
    mail = carrier()
    for number in range(50):
        mail.send((envelope(number, address=f"colleague{number}@{STAFF}"),), "bat_1")

    told = Counter(event["event"] for event in mail.events_until(NOW + timedelta(days=2)))
    assert dict(told) == {"processed": 50, "delivered": 50}


def test_during_an_outage_nothing_is_taken() -> None:
    mail = carrier(outages=[(NOW, NOW + timedelta(hours=1))])

    answer = mail.send((envelope(1),), "bat_1")

    assert isinstance(answer, RetryLater)
    assert mail.events_until(NOW + timedelta(days=2)) == []


def test_its_batches_verify_and_parse_as_sendgrids() -> None:
    mail = carrier()
    answers = [mail.send((envelope(number),), "bat_1") for number in range(3)]
    events = mail.events_until(NOW + timedelta(days=1))

    body, headers = mail.signed(events, NOW)

    verifier = EventVerifier([mail.public_key])
    signature, timestamp = headers[SIGNATURE_HEADER], headers[TIMESTAMP_HEADER]
    assert verifier.verify(body, signature=signature, timestamp=timestamp)
    assert not verifier.verify(body + b" ", signature=signature, timestamp=timestamp)
    parsed = parse_events(body)
    assert ((), len(events)) == (parsed.skipped, len(parsed.events))
    assert {event.provider_id for event in parsed.events} == {
        answer.provider_id for answer in answers if isinstance(answer, Accepted)
    }
    assert len(json.loads(body)) == len(events)
