from __future__ import annotations

import json
from dataclasses import replace

import pytest

from service.mail.base import (
    Accepted,
    ChannelDown,
    Refused,
    RefusedSome,
    RetryLater,
    TooLarge,
    Uncertain,
)
from service.mail.sendgrid import SendGridTransport
from tests.doubles.sendgrid import SendGridDouble
from tests.doubles.sendgrid_behaviours import (
    Behaviour,
    answer,
    rate_limited,
    refused_at,
    reset,
    silent,
)
from tests.unit.mail.batch_letters import letter
from tests.unit.mail.sending import BATCH, ENVELOPE

GROUP = tuple(letter(number) for number in range(4))


def blaming(*fields: str | None, message: str = "is wrong") -> Behaviour:
    errors = [{"message": message, "field": field} for field in fields]
    return Behaviour(status=400, errors=errors, keep=False)


def test_many_letters_are_one_request_and_share_its_id(
    double: SendGridDouble, transport: SendGridTransport
) -> None:
    (group,) = transport.sort([letter(number) for number in range(500)]).groups
    sent = transport.send(group, BATCH)

    assert double.requests == 1
    assert len(double.accepted) == 500
    assert sent == Accepted(double.accepted[0].request_id)
    assert {mail.custom_args["kw_bid"] for mail in double.accepted} == {BATCH}
    assert double.violations == []


def test_the_recipients_that_sendgrid_names_are_refused_and_no_others(
    double: SendGridDouble, transport: SendGridTransport
) -> None:
    double.then(refused_at(1, 3, message="does not contain a valid address."))
    reason = (
        "SendGrid answered 400: does not contain a valid address. (personalizations.{}.to.0.email)"
    )

    assert transport.send(GROUP, BATCH) == RefusedSome(
        {"msg_1": reason.format(1), "msg_3": reason.format(3)}
    )
    assert double.accepted == []


def test_the_place_that_sendgrid_names_is_the_letters_place_in_the_group(
    double: SendGridDouble, transport: SendGridTransport
) -> None:
    for at, bad in enumerate(GROUP):
        double.refused.clear()
        double.refuse(bad.to_address)
        sent = transport.send(GROUP, BATCH)

        assert isinstance(sent, RefusedSome)
        assert list(sent.refused) == [bad.message_id]
        assert f"personalizations.{at}." in sent.refused[bad.message_id]


def test_two_faults_of_one_letter_are_one_reason(
    double: SendGridDouble, transport: SendGridTransport
) -> None:
    double.then(blaming("personalizations.2.to.0.email", "personalizations[2].substitutions"))

    assert transport.send(GROUP, BATCH) == RefusedSome(
        {
            "msg_2": "SendGrid answered 400: is wrong (personalizations.2.to.0.email); "
            "is wrong (personalizations[2].substitutions)"
        }
    )


@pytest.mark.parametrize(
    "fields",
    [
        (None,),
        ("subject",),
        ("personalizations",),
        ("personalizations.x.to",),
        ("personalizations.4.to",),
        ("personalizations.12345.to",),
        ("personalizations.-1.to",),
        ("xpersonalizations.1.to",),
        ("personalizations.1.to", None),
        ("personalizations.1.to", "personalizations.4.to"),
        ("from.email", "personalizations.1.to"),
    ],
)
def test_where_an_error_names_no_letter_of_the_request_nobody_is_singled_out(
    double: SendGridDouble, transport: SendGridTransport, fields: tuple[str | None, ...]
) -> None:
    double.then(blaming(*fields))

    assert isinstance(transport.send(GROUP, BATCH), Refused)


@pytest.mark.parametrize("page", [b"", b"<html>", b"[]", b'{"errors":[]}', b'{"errors":7}'])
def test_a_400_without_errors_names_nobody(
    double: SendGridDouble, transport: SendGridTransport, page: bytes
) -> None:
    double.then(answer(400, page=page))

    assert transport.send(GROUP, BATCH) == Refused("SendGrid answered 400: no reason given")


def test_a_single_letter_is_refused_even_where_it_is_named(
    double: SendGridDouble, transport: SendGridTransport
) -> None:
    double.then(refused_at(0))

    assert isinstance(transport.send(GROUP[:1], BATCH), Refused)


def test_a_thousand_faults_are_all_read(
    double: SendGridDouble, transport: SendGridTransport
) -> None:
    (group,) = transport.sort([letter(number) for number in range(1_000)]).groups
    long = "does not contain a valid address. See the documents of Mail Send for what is valid. "
    double.then(refused_at(*range(1_000), message=long * 2))
    sent = transport.send(group, BATCH)

    assert isinstance(sent, RefusedSome)
    assert list(sent.refused) == [one.message_id for one in group]


@pytest.mark.parametrize(
    ("behaviour", "kind"),
    [
        (Behaviour(status=200, keep=False), ChannelDown),
        (answer(413), TooLarge),
        (rate_limited(), RetryLater),
        (answer(302), ChannelDown),
        (answer(401), ChannelDown),
        (answer(403), ChannelDown),
        (answer(404), ChannelDown),
        (answer(405), ChannelDown),
        (answer(415), ChannelDown),
        (answer(500), Uncertain),
        (answer(503, page=b"<html>"), Uncertain),
        (reset(accepted=True), Uncertain),
        (silent(accepted=False), Uncertain),
    ],
)
def test_an_answer_means_the_same_for_many_as_for_one(
    double: SendGridDouble, impatient: SendGridTransport, behaviour: Behaviour, kind: type
) -> None:
    double.then(behaviour, behaviour)

    assert type(impatient.send(GROUP, BATCH)) is kind
    assert type(impatient.send(GROUP[:1], BATCH)) is kind
    assert double.requests == 2


def test_a_request_that_is_too_large_leaves_the_letters_unsent(
    double: SendGridDouble, transport: SendGridTransport
) -> None:
    double.max_body_bytes = 3_000
    many = [letter(number) for number in range(30)]

    assert transport.send(many, BATCH) == TooLarge("SendGrid answered 413: content too large")
    assert isinstance(transport.send(GROUP[:1], BATCH), Accepted)


def test_letters_nobody_sorted_are_refused_before_a_request(
    double: SendGridDouble, transport: SendGridTransport
) -> None:
    bad = replace(GROUP[1], to_address="nobody")

    assert transport.send((GROUP[0], bad), BATCH) == RefusedSome(
        {"msg_1": "recipient: the address is not a valid mail address"}
    )
    assert transport.send((GROUP[0], ENVELOPE), BATCH) == Refused(
        "the letters cannot share a request"
    )
    assert isinstance(transport.send([letter(n) for n in range(1_001)], BATCH), TooLarge)
    assert isinstance(transport.send((), BATCH), Refused)
    assert double.requests == 0


SECRETIVE = tuple(
    letter(
        number,
        to_address=f"person{number}@sub.example.net",
        to_name=f"Zebedee{number} Quux{number}",
        name=f"Zebedee{number}",
        job=f"Keeper of the {number} seals",
    )
    for number in range(3)
)


@pytest.mark.parametrize(
    "quote",
    [
        "person2@sub.example.net",
        "PERSON2@SUB.EXAMPLE.NET",
        "Zebedee2 Quux2",
        "quux2",
        "'zebedee1'",
        "Keeper of the 0 seals",
        "Your application for Keeper of the 1 seals",
        '"Zebedee0 Quux0" <person0@sub.example.net>\r\n',
        "Invented Company",
        "somebody.else@example.com",
    ],
)
@pytest.mark.parametrize("field", [None, "personalizations.0.to.0.email"])
@pytest.mark.parametrize("status", [400, 401, 413])
def test_no_reason_names_anybody_of_the_request(
    double: SendGridDouble,
    transport: SendGridTransport,
    quote: str,
    field: str | None,
    status: int,
) -> None:
    errors = [{"message": f"the value {quote} is wrong", "field": field}]
    double.then(Behaviour(status=status, errors=errors, keep=False))
    reason = repr(transport.send(SECRETIVE, BATCH))

    for personal in ("person0", "person1", "person2", "zebedee", "quux", "seals", "invented"):
        assert personal not in reason.casefold().replace("personalizations", "")
    assert "somebody" not in reason
    assert "is wrong" in reason


def test_a_name_in_a_spelling_that_folds_alike_is_left_out_too(
    double: SendGridDouble, transport: SendGridTransport
) -> None:
    double.then(answer(400, "STRASSER is wrong"), answer(400, "not Straßer"))
    one = (replace(GROUP[0], to_name="Straßer"),)

    assert "STRASSER" not in repr(transport.send(one, BATCH))
    assert "Straßer" not in repr(transport.send(one, BATCH))


def test_a_field_that_is_not_mail_sends_own_is_cleaned_like_a_message(
    double: SendGridDouble, transport: SendGridTransport
) -> None:
    double.then(answer(400, "is wrong", field="headers.Zebedee0"))
    sent = transport.send(SECRETIVE, BATCH)

    assert sent == Refused("SendGrid answered 400: is wrong (headers.(left out))")


def test_somebody_called_like_a_field_leaves_the_field_readable(
    double: SendGridDouble, transport: SendGridTransport
) -> None:
    double.then(refused_at(0, message="no valid address"))
    one = (replace(GROUP[0], to_name="To Email"),)

    assert transport.send(one, BATCH) == Refused(
        "SendGrid answered 400: no valid address (personalizations.0.to.0.email)"
    )


def test_a_reason_stays_short(double: SendGridDouble, transport: SendGridTransport) -> None:
    double.then(Behaviour(status=400, errors=[{"message": "x y " * 10_000}], keep=False))
    sent = transport.send(GROUP, BATCH)

    assert isinstance(sent, Refused)
    assert len(json.dumps(sent.reason)) < 600
