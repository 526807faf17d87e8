from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

import jsonschema
import pytest

from service.mail.base import EventKind
from service.mail.event_signature import EventVerifier
from service.mail.sendgrid_events import parse_events
from tests.doubles.sendgrid import SendGridDouble
from tests.doubles.sendgrid_events import AcceptedMail
from tests.doubles.sendgrid_rules import SCHEMA_PATH

AT = datetime(2026, 3, 27, 16, 0, tzinfo=UTC)

KEPT = AcceptedMail(
    request_id="Xj5LmNkWSOqRbdvOpR34BA",
    index=0,
    to_address="ada@example.com",
    to_name="Ada Example",
    from_address="talent@example.org",
    subject="Hello",
    text="Dear Ada",
    html="",
    headers={},
    custom_args={"kw_mid": "m1"},
    body={},
)


@pytest.fixture(name="double")
def _double() -> SendGridDouble:
    # Events need no server.
    return SendGridDouble()


EVENT_KINDS = {
    "processed": EventKind.PROCESSED,
    "deferred": EventKind.DEFERRED,
    "delivered": EventKind.DELIVERED,
    "bounce": EventKind.BOUNCED,
    "blocked": EventKind.BLOCKED,
    "dropped": EventKind.DROPPED,
    "spamreport": EventKind.COMPLAINED,
    "unsubscribe": EventKind.UNSUBSCRIBED,
    "group_unsubscribe": EventKind.UNSUBSCRIBED,
    "open": EventKind.OPENED,
    "click": EventKind.CLICKED,
}


@pytest.mark.parametrize("name", EVENT_KINDS)
def test_its_events_are_read_as_what_they_are(double: SendGridDouble, name: str) -> None:
    sent = double.event(KEPT, name, at=AT)
    (event,) = parse_events(json.dumps([sent]).encode()).events

    assert event.kind is EVENT_KINDS[name]
    assert (event.message_id, event.address, event.at) == ("m1", "ada@example.com", AT)
    assert event.provider_id == KEPT.request_id


@pytest.mark.parametrize("name", EVENT_KINDS)
def test_its_events_have_the_published_fields(double: SendGridDouble, name: str) -> None:
    path = SCHEMA_PATH.with_name("tsg_logs_v3.json")
    if not path.exists():
        pytest.skip("the published event schemas are not beside this checkout")
    schemas = json.loads(path.read_text("utf-8"))["components"]
    event = double.event(KEPT, name, at=AT)
    mapping = schemas["schemas"]["EmailLogsEvent"]["discriminator"]["mapping"]
    schema = {"$ref": mapping[event["event"]], "components": schemas}
    jsonschema.Draft202012Validator(schema).validate(event)

    assert event["kw_mid"] == "m1"


def test_every_event_has_an_id_of_its_own_and_extras_win(double: SendGridDouble) -> None:
    first = double.event(KEPT, "bounce", at=AT, reason="552 full", sg_message_id="")
    second = double.event(KEPT, "bounce", at=int(AT.timestamp()))

    assert first["sg_event_id"] != second["sg_event_id"]
    assert (first["reason"], first["sg_message_id"]) == ("552 full", "")
    assert first["timestamp"] == second["timestamp"] == 1774627200


def test_its_signatures_verify_and_others_do_not(double: SendGridDouble) -> None:
    verifier = EventVerifier([double.public_key])
    headers = double.sign(b"[]", 1774627200)
    signature, timestamp = headers.values()

    assert verifier.verify(b"[]", signature=signature, timestamp=timestamp)
    assert not verifier.verify(b"[ ]", signature=signature, timestamp=timestamp)
    assert not EventVerifier([SendGridDouble().public_key]).verify(
        b"[]", signature=signature, timestamp=timestamp
    )


def test_it_posts_signed_events_and_tells_the_status(double: SendGridDouble) -> None:
    seen: list[tuple[bytes, str | None, str | None]] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            signature = self.headers["X-Twilio-Email-Event-Webhook-Signature"]
            seen.append((body, signature, self.headers["X-Twilio-Email-Event-Webhook-Timestamp"]))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Print nothing."""

    events = [double.event(KEPT, "delivered", at=AT)]
    with HTTPServer(("127.0.0.1", 0), Hook) as hook:
        thread = threading.Thread(target=hook.handle_request)
        thread.start()
        status = double.post_events(f"http://127.0.0.1:{hook.server_port}/hooks", events)
        thread.join()
    ((body, signature, timestamp),) = seen

    assert status == 204
    assert json.loads(body) == events
    assert EventVerifier([double.public_key]).verify(body, signature=signature, timestamp=timestamp)
