from __future__ import annotations

import json
import logging
from dataclasses import replace
from datetime import timedelta

import pytest

from service.clock import FakeClock
from service.mail.base import (
    Accepted,
    Captured,
    ChannelDown,
    Refused,
    RetryLater,
    TooLarge,
    Uncertain,
)
from service.mail.capture import CaptureTransport
from service.mail.sendgrid import SendGridTransport
from tests.doubles.sendgrid import SendGridDouble
from tests.doubles.sendgrid_behaviours import (
    Behaviour,
    answer,
    rate_limited,
    reset,
)
from tests.unit.mail.sending import BATCH, ENVELOPE, KEY, NOW


def test_202_is_accepted_with_sendgrids_own_id(
    double: SendGridDouble, transport: SendGridTransport
) -> None:
    sent = transport.send((ENVELOPE,), BATCH)

    assert sent == Accepted(double.accepted[0].request_id)
    assert double.violations == []


def test_202_without_an_id_is_accepted_all_the_same(
    double: SendGridDouble, transport: SendGridTransport
) -> None:
    double.then(Behaviour(show_id=False))

    assert transport.send((ENVELOPE,), BATCH) == Accepted(None)


def test_the_request_is_the_mail_and_nothing_else(
    double: SendGridDouble, transport: SendGridTransport
) -> None:
    transport.send((ENVELOPE,), BATCH)
    (mail,) = double.accepted

    assert mail.body == {
        "from": {"email": "talent@example.org", "name": "Invented Company"},
        "reply_to": {"email": "reply+k3f9@example.org", "name": "Rita Recruiter"},
        "subject": "Where your application stands",
        "personalizations": [
            {
                "to": [{"email": "ada@example.com", "name": "Ada Example"}],
                "custom_args": {"kw_mid": "0f9c2b1e4d", "kw_att": "2", "kw_bid": BATCH},
            }
        ],
        "content": [
            {"type": "text/plain", "value": "Dear Ada, we are still reading."},
            {"type": "text/html", "value": "<p>Dear Ada, we are still reading.</p>"},
        ],
        "headers": {
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
        },
        "tracking_settings": {
            "click_tracking": {"enable": False, "enable_text": False},
            "open_tracking": {"enable": False},
            "subscription_tracking": {"enable": False},
            "ganalytics": {"enable": False},
        },
    }


def test_a_letter_a_person_wrote_may_be_answered_by_machines(
    double: SendGridDouble, transport: SendGridTransport
) -> None:
    transport.send((replace(ENVELOPE, automatic=False),), BATCH)

    assert "headers" not in double.accepted[0].body


def test_without_a_reply_address_none_is_invented(
    double: SendGridDouble, transport: SendGridTransport
) -> None:
    transport.send((replace(ENVELOPE, reply_to_address=None, reply_to_name=None),), BATCH)

    assert "reply_to" not in double.accepted[0].body


def test_200_is_the_sandbox_and_not_sent(
    double: SendGridDouble, transport: SendGridTransport
) -> None:
    double.then(Behaviour(status=200, keep=False))
    sent = transport.send((ENVELOPE,), BATCH)

    assert isinstance(sent, ChannelDown)
    assert "sandbox" in sent.reason


def test_a_mail_that_sendgrid_judges_bad_is_refused_with_its_reason(
    double: SendGridDouble, transport: SendGridTransport
) -> None:
    double.then(answer(400, "does not match", field="personalizations.0.to.0.email"))
    sent = transport.send((ENVELOPE,), BATCH)

    assert sent == Refused("SendGrid answered 400: does not match (personalizations.0.to.0.email)")


def test_413_is_too_large(double: SendGridDouble, transport: SendGridTransport) -> None:
    double.then(answer(413, "content too large"))

    assert transport.send((ENVELOPE,), BATCH) == TooLarge(
        "SendGrid answered 413: content too large"
    )


def test_a_refusal_names_nobody(double: SendGridDouble, transport: SendGridTransport) -> None:
    double.then(
        answer(
            400,
            "ADA@example.com <Ada Example>, other.person+x@sub.example.net: subject "
            "'Where your application stands'\r\nis wrong",
        )
    )
    sent = transport.send((ENVELOPE,), BATCH)

    assert isinstance(sent, Refused)
    for personal in ("ada", "example", "person", "application", "\r", "\n"):
        assert personal not in sent.reason.casefold().replace("sendgrid", "")
    assert sent.reason.endswith("is wrong")


@pytest.mark.parametrize("status", [401, 403, 404, 405, 415, 302, 418])
def test_what_no_other_mail_would_pass_either_pauses_the_channel(
    double: SendGridDouble, transport: SendGridTransport, status: int
) -> None:
    double.then(answer(status, "Maximum credits exceeded"))

    assert transport.send((ENVELOPE,), BATCH) == ChannelDown(
        f"SendGrid answered {status}: Maximum credits exceeded"
    )


def test_a_wrong_key_pauses_the_channel_and_is_not_shown(
    double: SendGridDouble, clock: FakeClock
) -> None:
    transport = SendGridTransport("SG.other-key", base_url=double.base_url, clock=clock)
    sent = transport.send((ENVELOPE,), BATCH)
    transport.close()

    assert isinstance(sent, ChannelDown)
    assert "other-key" not in repr(sent) + repr(transport)
    assert double.accepted == []


def test_429_waits_until_the_reset_that_sendgrid_names(
    double: SendGridDouble, transport: SendGridTransport
) -> None:
    at = NOW + timedelta(seconds=40)
    double.then(rate_limited(int(at.timestamp())))
    sent = transport.send((ENVELOPE,), BATCH)

    assert isinstance(sent, RetryLater)
    assert sent.not_before == at


@pytest.mark.parametrize(
    "reset_at",
    [
        None,
        "",
        "soon",
        "-5",
        "1e9",
        "9" * 400,
        int(NOW.timestamp()) - 1,
        int(NOW.timestamp()) * 1_000,
    ],
)
def test_429_without_a_sensible_reset_names_no_instant(
    double: SendGridDouble, transport: SendGridTransport, reset_at: int | str | None
) -> None:
    double.then(rate_limited(reset_at))
    sent = transport.send((ENVELOPE,), BATCH)

    assert isinstance(sent, RetryLater)
    assert sent.not_before is None


@pytest.mark.parametrize("status", [500, 502, 503, 504, 204])
def test_a_fault_of_the_server_leaves_the_mail_uncertain(
    double: SendGridDouble, transport: SendGridTransport, status: int
) -> None:
    double.then(answer(status, page=b"" if status == 204 else b"<html>Bad Gateway</html>"))

    assert isinstance(transport.send((ENVELOPE,), BATCH), Uncertain)


def test_neither_key_nor_person_nor_letter_is_logged(
    double: SendGridDouble, impatient: SendGridTransport, caplog: pytest.LogCaptureFixture
) -> None:
    double.then(Behaviour(), answer(400, "bad ada@example.com"), reset(accepted=True))
    with caplog.at_level(logging.DEBUG):
        for _ in range(3):
            impatient.send((ENVELOPE,), BATCH)

    for secret in (KEY, "ada", "reading", "application"):
        assert secret.casefold() not in caplog.text.casefold()


@pytest.mark.parametrize("key", ["", " ", "SG.a b", "SG.a\nX-Evil: 1", "SG.é"])
def test_a_key_that_cannot_be_a_header_is_reported_without_being_shown(
    key: str, clock: FakeClock
) -> None:
    with pytest.raises(ValueError, match="API key is empty or holds") as caught:
        SendGridTransport(key, clock=clock)

    assert "SG." not in str(caught.value)


def test_capture_sends_nothing() -> None:
    transport = CaptureTransport()

    assert transport.send((ENVELOPE,), BATCH) == Captured()
    assert transport.name == "capture"


def test_an_answer_that_is_not_json_gives_no_reason(
    double: SendGridDouble, transport: SendGridTransport
) -> None:
    pages = [b"", b"<html>", b"[]", b'{"errors":7}', b'{"errors":["x"]}', b"[" * 50_000, b"\xff"]
    double.then(*(answer(400, page=page) for page in pages))

    for _ in pages:
        assert transport.send((ENVELOPE,), BATCH) == Refused(
            "SendGrid answered 400: no reason given"
        )


def test_a_huge_answer_is_read_in_part_only(
    double: SendGridDouble, transport: SendGridTransport
) -> None:
    page = json.dumps({"errors": [{"message": "x" * 5_000_000}]}).encode()
    double.then(answer(400, page=page))

    assert transport.send((ENVELOPE,), BATCH) == Refused("SendGrid answered 400: no reason given")
    assert isinstance(transport.send((ENVELOPE,), BATCH), Accepted)
