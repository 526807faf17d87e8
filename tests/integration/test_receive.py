"""The hooks over HTTP: what is not authentic leaves a count, what is authentic is kept."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from service.db import db
from service.hooks.bodies import MAX_BODY_BYTES
from service.models import Application, Connection, Delivery
from service.workflows.connections import add_connection
from tests.doubles.greenhouse_bodies import application, body
from tests.harness import Employer, make_employer
from tests.integration.watching import at_once

SECRET = "an invented greenhouse secret"


OTHER = "the secret of another connection"


HOOK = "/hooks/ats/greenhouse-main"


SAMPLES = Path(__file__).resolve().parents[2] / "../shared/data/ats-samples/greenhouse"


@pytest.fixture
def ats(employer: Employer) -> Employer:
    """An employer with two connections to Greenhouse."""
    with employer.work() as work:
        add_connection(work, "greenhouse-main", "greenhouse", [SECRET], rejections_by="keepword")
        add_connection(work, "greenhouse-other", "greenhouse", [OTHER], rejections_by="keepword")
    return employer


def _sign(content: bytes, secret: str = SECRET) -> str:
    return "sha256 " + hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()


def _post(
    employer: Employer, content: bytes, signature: str | None = None, hook: str = HOOK, **more: str
) -> Any:
    headers = [("Content-Type", "application/json"), *more.items()]
    headers.append(("Signature", signature or _sign(content)))
    return employer.app.test_client().post(hook, data=content, headers=headers)


def _post_in_chunks(employer: Employer, content: bytes) -> Any:
    """Post as gunicorn hands over what came in chunks: nobody says how long it is."""
    return employer.app.test_client().post(
        HOOK,
        input_stream=BytesIO(content),
        environ_overrides={"wsgi.input_terminated": True},
        content_type="application/json",
        headers={"Signature": _sign(content), "Transfer-Encoding": "chunked"},
    )


def _deliveries(employer: Employer) -> list[Delivery]:
    with employer.session() as session:
        return list(session.scalars(select(Delivery).order_by(Delivery.seq)))


def _connection(employer: Employer, name: str = "greenhouse-main") -> Connection:
    with employer.session() as session:
        return session.scalars(select(Connection).where(Connection.name == name)).one()


PING = b'{"action": "ping", "payload": {"web_hook_id": 7}}'


BAD = {
    "another secret": [("Signature", _sign(PING, OTHER))],
    "none": [],
    "empty": [("Signature", "")],
    "another body": [("Signature", _sign(PING + b" "))],
    "two": [("Signature", _sign(PING)), ("Signature", _sign(PING))],
    "two in one": [("Signature", f"{_sign(PING)}, {_sign(PING)}")],
    "no hex": [("Signature", "sha256 " + "z" * 64)],
    "base64": [("Signature", "sha256 " + base64.b64encode(b"x" * 32).decode())],
    "another algorithm": [("Signature", _sign(PING).replace("sha256", "md5"))],
    "not ASCII": [("Signature", "sha256 ÿÿÿ")],
}


def test_what_is_not_authentic_is_refused_and_only_counted(ats: Employer) -> None:
    client = ats.app.test_client()
    for fault, headers in BAD.items():
        assert client.post(HOOK, data=PING, headers=headers).status_code == 401, fault

    assert _deliveries(ats) == []
    connection = _connection(ats)
    assert (connection.refused_count, connection.last_refused_at) == (len(BAD), ats.now)
    assert connection.last_authentic_at is None
    assert _connection(ats, "greenhouse-other").refused_count == 0


def test_a_generic_delivery_with_a_broken_signature_is_refused(employer: Employer) -> None:
    with employer.work() as work:
        add_connection(
            work,
            "own",
            "generic",
            ["whsec_" + base64.b64encode(b"k" * 32).decode()],
            rejections_by="keepword",
        )
    broken: list[dict[str, str]] = [
        {},
        {"webhook-id": "m1", "webhook-timestamp": "1772442000", "webhook-signature": "v1,!!!"},
        {"webhook-id": "m1", "webhook-timestamp": "soon", "webhook-signature": "v1,AAAA"},
        {"webhook-id": "m1", "webhook-timestamp": "1772442000", "webhook-signature": "AAAA"},
    ]
    for headers in broken:
        client = employer.app.test_client()
        answer = client.post("/hooks/ats/own", data=b"{}", headers=headers)
        assert answer.status_code == 401, headers

    assert _deliveries(employer) == []
    assert _connection(employer, "own").refused_count == len(broken)


def test_an_unknown_connection_is_not_found_and_nothing_is_stored(ats: Employer) -> None:
    for name in ("nobody", "Greenhouse-Main", "%00", "x" * 300):
        assert _post(ats, PING, hook=f"/hooks/ats/{name}").status_code == 404, name

    assert _deliveries(ats) == []


def test_an_inactive_connection_takes_nothing(ats: Employer) -> None:
    with ats.work() as work:
        work.session.scalars(
            select(Connection).where(Connection.name == "greenhouse-main")
        ).one().active = False

    assert _post(ats, PING).status_code == 404


def test_an_authentic_delivery_is_stored_as_it_came_and_answered(ats: Employer) -> None:
    answer = _post(ats, PING, **{"Greenhouse-Event-ID": "gh-1"})

    assert (answer.status_code, answer.json) == (200, {"stored": True})
    (delivery,) = _deliveries(ats)
    assert (delivery.body, delivery.state, delivery.received_at) == (PING, "received", ats.now)
    assert delivery.headers["greenhouse-event-id"] == "gh-1"
    assert "signature" not in delivery.headers
    assert _connection(ats).first_authentic_at == ats.now


def test_the_same_delivery_again_is_answered_with_success_and_stored_once(ats: Employer) -> None:
    answers = [_post(ats, PING, **{"Greenhouse-Event-ID": f"gh-{i}"}) for i in range(3)]

    assert [answer.status_code for answer in answers] == [200] * 3
    (delivery,) = _deliveries(ats)
    assert delivery.duplicates == 2


def test_the_same_delivery_many_times_at_once_is_stored_once_and_always_answered(
    ats: Employer,
) -> None:
    answers = at_once(*[lambda: _post(ats, PING).status_code] * 6)

    assert answers == [200] * 6
    (delivery,) = _deliveries(ats)
    assert delivery.duplicates == 5


def test_both_secrets_are_live_while_one_is_rotated(employer: Employer) -> None:
    with employer.work() as work:
        add_connection(
            work, "greenhouse-main", "greenhouse", [OTHER, SECRET], rejections_by="keepword"
        )

    assert _post(employer, PING, _sign(PING, OTHER)).status_code == 200
    assert _post(employer, PING, _sign(PING, SECRET)).status_code == 200


def test_ten_megabytes_are_kept_and_visible_and_the_next_delivery_goes_on(ats: Employer) -> None:
    large = b'{"action": "' + b"x" * (10 * 1024 * 1024) + b'", "payload": {}}'
    assert _post(ats, large).status_code == 200
    assert _post(ats, body("new_candidate_application", application())).status_code == 200
    ats.turn()

    first, second = _deliveries(ats)
    assert first.state in ("ignored", "failed")
    assert first.body == large
    assert len(first.outcome or first.error or "") in range(1, 500)
    assert second.state == "done"


@pytest.mark.parametrize("in_chunks", [False, True])
def test_seventeen_megabytes_are_too_large(ats: Employer, *, in_chunks: bool) -> None:
    """Also where nobody says how long they are: what is read of them was never signed."""
    large = b"x" * (17 * 1024 * 1024)
    answer = _post_in_chunks(ats, large) if in_chunks else _post(ats, large)

    assert answer.status_code == 413
    assert answer.json == {"error": "the body is larger than 16 MB"}
    assert _deliveries(ats) == []


def test_what_comes_in_chunks_is_taken_up_to_the_very_bound(ats: Employer) -> None:
    largest = PING + b" " * (MAX_BODY_BYTES - len(PING))

    assert _post_in_chunks(ats, PING).status_code == 200
    assert _post_in_chunks(ats, largest).status_code == 200
    assert _post_in_chunks(ats, largest + b" ").status_code == 413


ODD = {
    "deep": b'{"action": "hire_candidate", "payload": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "NUL bytes": b'{"action": "hire_candidate", "payload": {"a": "\x00"}}',
    "an escaped NUL": body(
        "new_candidate_application",
        application(jobs=[{"id": 7, "name": "a\x00b", "status": "open"}]),
    ),
    "an escaped NUL as a name": b'{"action": "ping\\u0000", "payload": {"\\u0000": 1}}',
    "a lone surrogate": b'{"action": "\\ud800", "payload": {}}',
    "no JSON": b"hello",
    "empty": b"",
    "not UTF-8": b'{"action": "\xff\xfe"}',
    "no action": b'{"payload": {}}',
    "no payload": b'{"action": "hire_candidate"}',
    "a list": b"[]",
    "missing fields": b'{"action": "candidate_stage_change", "payload": {"application": {}}}',
    "a huge number": b'{"action": "delete_application", "payload": {"application": {"id": 1e999}}}',
    "an unknown event": b'{"action": "coffee_spilled", "payload": {"cups": 3}}',
}


def test_what_is_authentic_and_odd_is_answered_kept_visible_and_stops_nothing(
    ats: Employer,
) -> None:
    for fault, content in ODD.items():
        assert _post(ats, content).status_code == 200, fault
    assert _post(ats, body("new_candidate_application", application())).status_code == 200
    ats.turn()

    *odd, last = _deliveries(ats)
    for (fault, content), delivery in zip(ODD.items(), odd, strict=True):
        assert delivery.state in ("failed", "ignored", "done"), fault
        assert delivery.outcome or delivery.error, fault
        assert delivery.body == content
    assert last.state == "done"
    with ats.session() as session:
        assert "9001" in session.scalars(select(Application.external_id)).all()


def _samples() -> list[Path]:
    return sorted(SAMPLES.glob("*.json"))


def test_every_documented_greenhouse_payload_is_worked_in(ats: Employer) -> None:
    if not SAMPLES.is_dir():
        pytest.skip("the vendors' sample payloads do not lie beside this checkout")
    for path in _samples():
        content = path.read_bytes()
        assert _post(ats, content).status_code == 200, path.name
    ats.turn()

    by_action = {json.loads(each.body)["action"]: each for each in _deliveries(ats)}
    assert len(by_action) == len(_samples()) > 5
    assert {each.error for each in by_action.values()} == {None}
    states = {action: each.state for action, each in by_action.items()}
    assert set(states.values()) <= {"done", "ignored"}
    assert states["new_candidate_application"] == "done"


def test_a_lost_secret_key_is_said_and_the_vendor_tries_again(
    database_url: str, tmp_path: Path
) -> None:
    first = make_employer(database_url, tmp_path)
    with first.work() as work:
        add_connection(work, "greenhouse-main", "greenhouse", [SECRET], rejections_by="keepword")
    second = make_employer(database_url, tmp_path, secret_key="another invented key for the tests")
    try:
        answer = _post(second, PING)

        assert answer.status_code == 503
        assert "SECRET_KEY" in answer.json["error"]
        assert _deliveries(second) == []
    finally:
        _dispose(first, second)


def _dispose(*employers: Employer) -> None:
    for each in employers:
        with each.app.app_context():
            db.engine.dispose()
