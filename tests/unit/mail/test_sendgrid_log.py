from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from service.clock import FakeClock
from service.mail.base import Accepted, CannotTell, Found, NotFound, Sought, Uncertain
from service.mail.sendgrid import SendGridTransport
from service.mail.sendgrid_body import request_body
from service.mail.sendgrid_log import AFTER, BEFORE, MAX_LOOKS
from tests.doubles.sendgrid import SendGridDouble
from tests.doubles.sendgrid_behaviours import Behaviour, answer, rate_limited, reset, silent
from tests.unit.mail.batch_letters import letter
from tests.unit.mail.sending import BATCH, KEY, NOW, free_port

GROUP = tuple(letter(number) for number in range(3))
SOUGHT = Sought(message_id="msg_1", batch_id=BATCH, to_address=GROUP[1].to_address, sent_at=NOW)


@pytest.fixture(name="double")
def _double(clock: FakeClock) -> Iterator[SendGridDouble]:
    with SendGridDouble(api_key=KEY, now=clock.now) as double:
        yield double
    assert double.faults == []
    assert double.violations == []


def test_a_letter_whose_answer_was_lost_is_found_by_our_own_id(
    double: SendGridDouble, impatient: SendGridTransport
) -> None:
    double.then(reset(accepted=True))

    assert isinstance(impatient.send(GROUP, BATCH), Uncertain)
    assert impatient.look_up(SOUGHT) == Found(double.accepted[1].request_id)
    assert (double.requests, double.lookups) == (1, 2)


def test_any_letter_of_the_request_proves_it(
    double: SendGridDouble, transport: SendGridTransport
) -> None:
    transport.send(GROUP, BATCH)

    assert isinstance(transport.look_up(replace(SOUGHT, message_id="msg_other")), Found)
    assert isinstance(transport.look_up(replace(SOUGHT, batch_id="bat_other")), Found)


def test_mail_of_another_request_to_the_same_address_proves_nothing(
    double: SendGridDouble, transport: SendGridTransport
) -> None:
    transport.send((replace(GROUP[1], message_id="msg_other"),), "bat_other")

    assert transport.look_up(SOUGHT) == NotFound()
    assert double.lookups == 2


def test_what_was_never_accepted_is_not_found(
    double: SendGridDouble, impatient: SendGridTransport
) -> None:
    double.then(reset(accepted=False))
    impatient.send(GROUP, BATCH)

    assert impatient.look_up(SOUGHT) == NotFound()
    assert double.lookups == 1


def test_an_entry_that_comes_late_is_found_later(
    double: SendGridDouble, transport: SendGridTransport, clock: FakeClock
) -> None:
    double.log_lag = timedelta(minutes=10)
    transport.send(GROUP, BATCH)
    first = transport.look_up(SOUGHT)
    clock.advance(timedelta(minutes=10))

    assert first == NotFound()
    assert isinstance(transport.look_up(SOUGHT), Found)


@pytest.mark.parametrize(
    ("after", "found"),
    [
        (-BEFORE - timedelta(seconds=1), False),
        (-BEFORE, True),
        (AFTER, True),
        (AFTER + timedelta(seconds=1), False),
    ],
)
def test_only_mail_of_about_that_time_is_looked_at(
    double: SendGridDouble,
    transport: SendGridTransport,
    clock: FakeClock,
    after: timedelta,
    found: bool,
) -> None:
    transport.send(GROUP, BATCH)
    local = timezone(timedelta(hours=5, minutes=30))
    looked = transport.look_up(replace(SOUGHT, sent_at=(clock.now() - after).astimezone(local)))

    assert isinstance(looked, Found if found else NotFound)


def test_the_nearest_entries_are_read_first_and_never_more_than_ten(
    double: SendGridDouble, transport: SendGridTransport, clock: FakeClock
) -> None:
    for number in range(MAX_LOOKS + 2):
        transport.send((replace(GROUP[1], message_id=f"x{number}"),), f"b{number}")
        clock.advance(timedelta(minutes=5))
    nearly = NOW + timedelta(minutes=35, seconds=10)
    near = replace(SOUGHT, message_id="x7", batch_id="b7", sent_at=nearly)

    assert isinstance(transport.look_up(near), Found)
    assert double.lookups == 2
    # Two were not read, so it cannot be said that none of them was the one.
    assert isinstance(transport.look_up(SOUGHT), CannotTell)
    assert double.lookups == 2 + 1 + MAX_LOOKS


def test_a_letter_found_under_an_earlier_request_says_nothing_of_the_one_asked_about(
    transport: SendGridTransport, clock: FakeClock
) -> None:
    again = replace(SOUGHT, message_id=GROUP[1].message_id, batch_id="b-second")
    transport.send((GROUP[1],), "b-first")
    found = transport.look_up(again)
    assert isinstance(found, Found)
    assert found.alone

    clock.advance(timedelta(minutes=5))
    transport.send((replace(GROUP[1], attempt=2),), "b-second")
    found = transport.look_up(again)
    assert isinstance(found, Found)
    assert not found.alone


@pytest.mark.parametrize(
    "behaviour",
    [
        answer(400),
        answer(401),
        answer(403),
        answer(404),
        rate_limited(),
        answer(500),
        answer(503, page=b"<html>"),
        reset(accepted=False),
        silent(accepted=False),
        Behaviour(status=200, page=b"<html>"),
        Behaviour(status=200, page=b"[]"),
        Behaviour(status=200, page=b'{"messages": 7}'),
        Behaviour(status=200, page=b'{"messages": [7]}'),
        Behaviour(status=200, page=b'{"messages": [{"sg_message_id": ""}]}'),
        Behaviour(status=200, page=b"{" * 50_000),
    ],
)
def test_a_log_that_cannot_be_read_says_nothing(
    double: SendGridDouble, impatient: SendGridTransport, behaviour: Behaviour
) -> None:
    impatient.send(GROUP, BATCH)
    double.logs_then(behaviour)
    looked = impatient.look_up(SOUGHT)

    assert isinstance(looked, CannotTell)
    assert "ada" not in looked.reason
    assert double.lookups == 1


@pytest.mark.parametrize(
    "behaviour", [answer(404), rate_limited(), answer(500), reset(accepted=False)]
)
def test_an_entry_that_cannot_be_read_may_have_been_the_one(
    double: SendGridDouble, impatient: SendGridTransport, behaviour: Behaviour
) -> None:
    impatient.send(GROUP, BATCH)
    double.logs_then(Behaviour(), behaviour)

    assert isinstance(impatient.look_up(SOUGHT), CannotTell)


@pytest.mark.parametrize("arguments", [None, 7, {}, {"kw_mid": ["msg_1"]}, {"kw_mid": "MSG_1"}])
def test_an_entry_without_our_id_is_not_ours(
    double: SendGridDouble, transport: SendGridTransport, arguments: object
) -> None:
    transport.send(GROUP, BATCH)
    page = json.dumps({"custom_args": arguments}).encode()
    double.logs_then(Behaviour(), Behaviour(status=200, page=page))

    assert transport.look_up(SOUGHT) == NotFound()


def test_nobody_there_says_nothing(clock: FakeClock) -> None:
    transport = SendGridTransport(KEY, base_url=f"http://127.0.0.1:{free_port()}", clock=clock)
    looked = transport.look_up(SOUGHT)
    transport.close()

    assert isinstance(looked, CannotTell)


@pytest.mark.parametrize("address", ["nobody", "", '"a b"@example.com', "a\\@example.com"])
def test_an_address_that_could_end_the_query_is_never_put_into_it(
    double: SendGridDouble, transport: SendGridTransport, address: str
) -> None:
    assert isinstance(transport.look_up(replace(SOUGHT, to_address=address)), CannotTell)
    assert double.lookups == 0


@pytest.mark.parametrize("address", ["o'brien+x@example.com", "ada@bücher.example.com"])
def test_an_address_is_asked_for_as_it_was_sent(
    double: SendGridDouble, transport: SendGridTransport, address: str
) -> None:
    sent = transport.send((replace(GROUP[1], to_address=address),), BATCH)
    looked = transport.look_up(replace(SOUGHT, to_address=address))

    assert isinstance(sent, Accepted)
    assert looked == Found(sent.provider_id)


def test_an_odd_id_stays_one_part_of_the_path(
    double: SendGridDouble, transport: SendGridTransport
) -> None:
    odd = "../../mail/send?x=1 #é"
    double.keep(odd, json.loads(request_body(GROUP[1], BATCH)))

    assert transport.look_up(SOUGHT) == Found(odd)
    assert (double.lookups, double.requests) == (2, 0)


def test_times_that_cannot_be_read_come_last(
    double: SendGridDouble, transport: SendGridTransport
) -> None:
    transport.send(GROUP, BATCH)
    wanted = double.accepted[1].sg_message_id
    listed = {
        "messages": [
            {"sg_message_id": "a", "sg_message_id_created_at": None},
            {"sg_message_id": "b", "sg_message_id_created_at": "soon"},
            {"sg_message_id": wanted, "sg_message_id_created_at": "2026-03-27T16:00:00"},
        ]
    }
    double.logs_then(Behaviour(status=200, page=json.dumps(listed).encode()))

    assert isinstance(transport.look_up(SOUGHT), Found)
    assert double.lookups == 2


def test_looking_up_logs_no_address_and_no_key(
    double: SendGridDouble, transport: SendGridTransport, caplog: pytest.LogCaptureFixture
) -> None:
    transport.send(GROUP, BATCH)
    with caplog.at_level(logging.DEBUG):
        transport.look_up(SOUGHT)

    assert "/v3/logs" in caplog.text
    for secret in (KEY, "ada1", "example.com"):
        assert secret not in caplog.text


def test_the_moment_here_is_the_doubles(double: SendGridDouble) -> None:
    assert double.now() == datetime(2026, 3, 27, 16, 0, tzinfo=UTC)
