from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.doubles.sendgrid import SendGridDouble
from tests.doubles.sendgrid_behaviours import Behaviour, answer, hang_up, rate_limited, reset

AT = datetime(2026, 3, 27, 16, 0, tzinfo=UTC)


def mail(**changes: Any) -> dict[str, Any]:
    body = {
        "personalizations": [
            {"to": [{"email": "ada@example.com"}], "custom_args": {"kw_mid": "m1"}}
        ],
        "from": {"email": "talent@example.org"},
        "subject": "Hello",
        "content": [{"type": "text/plain", "value": "Dear Ada"}],
    }
    return {name: value for name, value in {**body, **changes}.items() if value is not None}


def to(*addresses: str, **changes: Any) -> dict[str, Any]:
    return {"to": [{"email": address} for address in addresses], **changes}


def post(
    double: SendGridDouble,
    body: object,
    *,
    path: str = "/v3/mail/send",
    key: str | None = None,
    kind: str = "application/json",
    method: str = "POST",
) -> tuple[int, Any, dict[str, str]]:
    connection = http.client.HTTPConnection("127.0.0.1", double.port, timeout=10)
    try:
        payload = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {
            "Authorization": f"Bearer {double.api_key if key is None else key}",
            "Content-Type": kind,
        }
        connection.request(method, path, payload, headers)
        response = connection.getresponse()
        text = response.read()
        return response.status, json.loads(text) if text else None, dict(response.headers)
    finally:
        connection.close()


@pytest.fixture(name="double")
def _double() -> Iterator[SendGridDouble]:
    with SendGridDouble() as double:
        yield double
    assert double.faults == []


def test_a_sound_request_is_kept_and_answered_as_sendgrid_does(double: SendGridDouble) -> None:
    status, body, headers = post(double, mail())
    (kept,) = double.accepted

    assert (status, body) == (202, None)
    assert headers["X-Message-Id"] == kept.request_id
    assert kept.sg_message_id.startswith(f"{kept.request_id}.")
    assert (kept.to_address, kept.subject, kept.text) == ("ada@example.com", "Hello", "Dear Ada")
    assert kept.custom_args == {"kw_mid": "m1"}
    assert double.violations == []


def test_a_batch_is_kept_recipient_by_recipient_with_its_substitutions(
    double: SendGridDouble,
) -> None:
    batch = [
        to(
            f"{name}@example.com",
            substitutions={"-k3.name-": name},
            custom_args={"kw_mid": name},
            subject=None if name == "ada" else "For -k3.name-",
        )
        for name in ("ada", "bob")
    ]
    del batch[0]["subject"]
    content = [
        {"type": "text/plain", "value": "Dear -k3.name-"},
        {"type": "text/html", "value": "<p>-k3.name-</p>"},
    ]
    status, _, _ = post(double, mail(personalizations=batch, content=content))

    assert status == 202
    assert [(kept.subject, kept.text, kept.html) for kept in double.accepted] == [
        ("Hello", "Dear ada", "<p>ada</p>"),
        ("For bob", "Dear bob", "<p>bob</p>"),
    ]
    assert len({kept.request_id for kept in double.accepted}) == 1
    assert len({kept.sg_message_id for kept in double.accepted}) == 2


def test_a_thousand_recipients_pass(double: SendGridDouble) -> None:
    batch = [to(f"p{number}@example.com") for number in range(1_000)]

    assert post(double, mail(personalizations=batch))[0] == 202
    assert len(double.accepted) == 1_000


@pytest.mark.parametrize("body", [b"{", b"", b'{"a":"\xff"}', b"[" * 100_000, mail(subject="")])
def test_what_sendgrid_would_refuse_is_refused_and_remembered(
    double: SendGridDouble, body: object
) -> None:
    status, answered, _ = post(double, body)

    assert status == 400
    assert answered["errors"][0]["message"]
    assert double.violations
    assert double.accepted == []


def test_an_error_names_its_field_as_sendgrid_does(double: SendGridDouble) -> None:
    batch = [to("ada@example.com"), to("ADA@example.com")]
    _, body, _ = post(double, mail(personalizations=batch))

    assert body["errors"] == [
        {"message": "each address once in a request", "field": "personalizations.1.to.0.email"}
    ]


def test_an_unsound_request_is_refused_whatever_was_asked_for(double: SendGridDouble) -> None:
    double.then(Behaviour())

    assert post(double, mail(subject=""))[0] == 400


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"key": "SG.other"}, 401),
        ({"key": ""}, 401),
        ({"kind": "text/plain"}, 415),
        ({"path": "/mail/send"}, 404),
        ({"method": "GET"}, 405),
    ],
)
def test_a_request_that_is_no_mail_send_is_refused(
    double: SendGridDouble, changes: dict[str, str], status: int
) -> None:
    assert post(double, mail(), **changes)[0] == status
    assert double.accepted == []


SANDBOX = {"sandbox_mode": {"enable": True}}


def test_the_sandbox_answers_200_and_keeps_nothing(double: SendGridDouble) -> None:
    double.then(answer(500))
    status, _, headers = post(double, mail(mail_settings=SANDBOX))

    assert status == 200
    assert "X-Message-Id" not in headers
    assert double.accepted == []
    assert (double.probes, double.requests) == (1, 0)
    # What was queued is for mail that is to be sent.
    assert post(double, mail())[0] == 500


def test_an_outage_reaches_the_sandbox_and_bad_mail_is_bad_there_too(
    double: SendGridDouble,
) -> None:
    double.otherwise = answer(503)
    out = post(double, mail(mail_settings=SANDBOX))[0]
    double.otherwise = Behaviour()

    assert out == 503
    assert post(double, mail(mail_settings=SANDBOX, subject=""))[0] == 400
    assert double.violations


def test_recipients_can_be_bad_by_name_or_without_it(double: SendGridDouble) -> None:
    batch = mail(personalizations=[to("ada@example.com"), to("bob@example.com")])
    double.refuse("bob@example.com", "no such mailbox")
    named = post(double, batch)
    double.refused.clear()
    double.dislike("bob@example.com")
    unnamed = post(double, batch)

    assert named[:2] == (
        400,
        {"errors": [{"message": "no such mailbox", "field": "personalizations.1.to.0.email"}]},
    )
    assert unnamed[:2] == (400, {"errors": [{"message": "Bad Request", "field": None}]})
    assert post(double, mail())[0] == 202
    assert [kept.to_address for kept in double.accepted] == ["ada@example.com"]
    assert double.violations == []


def test_the_size_it_takes_can_be_set(double: SendGridDouble) -> None:
    double.max_body_bytes = 10

    assert post(double, mail())[0] == 413


def test_the_logs_show_what_was_accepted_to_whoever_has_the_key(double: SendGridDouble) -> None:
    post(double, mail())
    (kept,) = double.accepted
    query = {"query": 'to_email = "ada@example.com"'}
    status, listed, _ = post(double, query, path="/v3/logs")
    path = f"/v3/logs/{kept.sg_message_id}"
    shown = post(double, b"", path=path, method="GET")

    assert (status, listed["messages"][0]["sg_message_id"]) == (200, kept.sg_message_id)
    assert shown[1]["custom_args"] == {"kw_mid": "m1"}
    assert post(double, query, path="/v3/logs", key="SG.other")[0] == 401
    assert post(double, b"", path="/v3/logs/other", method="GET")[0] == 404
    assert post(double, {"query": "x"}, path="/v3/logs")[0] == 400
    assert (double.lookups, double.requests) == (5, 1)


def test_the_logs_fail_on_request_and_apart_from_mail(double: SendGridDouble) -> None:
    double.logs_then(answer(429))
    double.logs = answer(503)
    seen = [post(double, {}, path="/v3/logs")[0] for _ in range(3)]

    assert seen == [429, 503, 503]
    assert post(double, mail())[0] == 202


def test_a_value_that_names_a_tag_is_filled_again_as_the_documents_warn(
    double: SendGridDouble,
) -> None:
    values = {"-k3.a-": "see -k3.b-", "-k3.b-": "b"}
    for order in (values, dict(reversed(values.items()))):
        batch = [to("ada@example.com", substitutions=order)]
        post(double, mail(personalizations=batch, subject="-k3.a-"))

    assert [kept.subject for kept in double.accepted] == ["see b", "see b"]


def test_it_does_what_it_is_told_one_request_each(double: SendGridDouble) -> None:
    double.then(answer(503), rate_limited(1774627200), Behaviour())
    seen = [post(double, mail()) for _ in range(3)]

    assert [status for status, _, _ in seen] == [503, 429, 202]
    assert seen[1][2]["X-RateLimit-Reset"] == "1774627200"
    assert len(double.accepted) == 1


def test_it_can_refuse_until_told_otherwise(double: SendGridDouble) -> None:
    double.otherwise = answer(500)
    seen = [post(double, mail())[0] for _ in range(3)]
    double.otherwise = Behaviour()

    assert seen == [500, 500, 500]
    assert post(double, mail())[0] == 202


@pytest.mark.parametrize("accepted", [True, False])
def test_a_reset_is_a_reset_and_a_hang_up_is_not(double: SendGridDouble, accepted: bool) -> None:
    double.then(reset(accepted=accepted), hang_up(accepted=accepted))
    with pytest.raises(ConnectionResetError) as reset_seen:
        post(double, mail())
    with pytest.raises(http.client.RemoteDisconnected):
        post(double, mail())

    assert not isinstance(reset_seen.value, http.client.RemoteDisconnected)
    assert len(double.accepted) == 2 * int(accepted)


def test_it_stops_while_a_client_keeps_its_connection_open() -> None:
    with SendGridDouble() as double:
        idle = http.client.HTTPConnection("127.0.0.1", double.port, timeout=10)
        # A whole exchange first, so that the connection is known to be served.
        idle.request("GET", "/")
        idle.getresponse().read()
        open_socket = idle.sock
        double.stop()
        end = open_socket.recv(100)
        idle.close()

    assert end == b""


def test_it_comes_back_on_the_same_port_with_what_it_kept() -> None:
    double = SendGridDouble()
    with double:
        port = double.port
        post(double, mail())
    with double.start(port=port):
        post(double, mail())
        came_back_on = double.port
    with pytest.raises(ConnectionRefusedError):
        http.client.HTTPConnection("127.0.0.1", port, timeout=10).connect()

    assert came_back_on == port
    assert len(double.accepted) == 2


def test_it_does_not_start_twice(double: SendGridDouble) -> None:
    with pytest.raises(RuntimeError, match="running already"):
        double.start()


def test_whoever_is_cut_off_in_the_middle_of_a_request_asked_for_nothing(
    double: SendGridDouble,
) -> None:
    cut_off = http.client.HTTPConnection("127.0.0.1", double.port, timeout=10)
    cut_off.putrequest("POST", "/v3/mail/send")
    cut_off.putheader("Authorization", f"Bearer {double.api_key}")
    cut_off.putheader("Content-Type", "application/json")
    cut_off.putheader("Content-Length", "100")
    cut_off.endheaders(b'{"personalizations": [')
    assert cut_off.sock is not None
    cut_off.sock.shutdown(socket.SHUT_WR)
    # It ends the line without an answer, and so has read all that came.
    assert cut_off.sock.recv(1) == b""
    cut_off.close()

    assert (double.requests, double.violations) == (0, [])
    assert post(double, mail())[0] == 202
