"""A hook whose database is busy answers 503: the sender keeps what could not be stored."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, event, text

from service.app import engine_of
from service.ats.registry import adapter_named
from service.models import Delivery, MailEvent
from service.workflows.connections import add_connection
from tests.doubles.sendgrid_events import EventSigner
from tests.harness import Employer, make_employer
from tests.integration.watching import count

SECRET = "an invented greenhouse secret"
SIGNER = EventSigner()
PING = b'{"action": "ping", "payload": {"from": "amara@example.com"}}'
EVENTS = (
    b'[{"email": "amara@example.com", "timestamp": 1772442000, "event": "delivered", '
    b'"sg_event_id": "ev-1", "sg_message_id": "req-1.recvd-1.0"}]'
)


@pytest.fixture
def hooked(database_url: str, tmp_path: Path) -> Iterator[Employer]:
    """An employer with an ATS and SendGrid, who waits only a moment for the database."""
    made = make_employer(database_url, tmp_path, sendgrid_event_public_key=SIGNER.public_key)
    with made.work() as work:
        add_connection(work, "main", "greenhouse", [SECRET], rejections_by="keepword")
    engine = engine_of(made.app)
    patience = {"sqlite": "PRAGMA busy_timeout=50", "postgresql": "SET lock_timeout='50ms'"}

    # At a connection's beginning, so that those already made are let go.
    @event.listens_for(engine, "connect")
    def hurry(dbapi_connection: Any, _record: object) -> None:
        dbapi_connection.execute(patience[engine.dialect.name])
        dbapi_connection.commit()

    engine.dispose()
    yield made
    engine.dispose()


@contextmanager
def database_busy(database_url: str) -> Iterator[None]:
    """Hold the database as another writer, or a migration, does."""
    engine = create_engine(database_url)
    try:
        with engine.connect() as other:
            if engine.dialect.name == "sqlite":
                other.execute(text("BEGIN IMMEDIATE"))
            else:
                other.execute(text("LOCK TABLE connection, mail_event IN ACCESS EXCLUSIVE MODE"))
            yield
            other.rollback()
    finally:
        engine.dispose()


def _ats(employer: Employer, signature: dict[str, str] | None = None) -> tuple[int, Any]:
    signed = adapter_named("greenhouse").sign(PING, SECRET, employer.now, "1")
    answer = employer.app.test_client().post(
        "/hooks/ats/main", data=PING, headers=signed | (signature or {})
    )
    return answer.status_code, answer.json


def _sendgrid(employer: Employer) -> tuple[int, object]:
    answer = employer.app.test_client().post(
        "/hooks/sendgrid/events", data=EVENTS, headers=SIGNER.sign(EVENTS, 1_772_442_000)
    )
    return answer.status_code, answer.json


def test_a_delivery_met_by_a_busy_database_is_to_be_sent_again(
    hooked: Employer, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING), database_busy(database_url):
        status, said = _ats(hooked)

    assert (status, list(said)) == (503, ["error"])
    assert count(hooked, Delivery) == 0
    assert "amara" not in caplog.text
    assert "Traceback" not in caplog.text
    assert _ats(hooked) == (200, {"stored": True})
    assert count(hooked, Delivery) == 1


def test_what_is_not_authentic_gets_no_500_of_a_busy_database(
    hooked: Employer, database_url: str
) -> None:
    with database_busy(database_url):
        status, _ = _ats(hooked, {"Signature": "sha256 " + "0" * 64})

    assert status == 503
    assert count(hooked, Delivery) == 0


def test_events_met_by_a_busy_database_are_to_be_sent_again(
    hooked: Employer, database_url: str
) -> None:
    with database_busy(database_url):
        status, _ = _sendgrid(hooked)

    assert status == 503
    assert _sendgrid(hooked) == (200, {"stored": 1, "skipped": 0})
    assert count(hooked, MailEvent) == 1
