"""SendGrid's hook over HTTP: verified over raw bytes, stored once, kept where it is authentic."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from service.db import db
from service.models import MailEvent
from tests.doubles.sendgrid_events import SIGNATURE_HEADER, TIMESTAMP_HEADER, EventSigner
from tests.harness import Employer, make_employer
from tests.integration.watching import at_once


def _dispose(*employers: Employer) -> None:
    for each in employers:
        with each.app.app_context():
            db.engine.dispose()


SIGNER = EventSigner()


@pytest.fixture
def mailed(database_url: str, tmp_path: Path) -> Iterator[Employer]:
    """An employer that knows SendGrid's verification key."""
    made = make_employer(database_url, tmp_path, sendgrid_event_public_key=SIGNER.public_key)
    yield made
    _dispose(made)


def _events(employer: Employer, content: bytes, headers: dict[str, str] | None = None) -> Any:
    return employer.app.test_client().post(
        "/hooks/sendgrid/events",
        data=content,
        headers=headers if headers is not None else SIGNER.sign(content, 1_772_442_000),
    )


def _mail_events(employer: Employer) -> list[MailEvent]:
    with employer.session() as session:
        return list(session.scalars(select(MailEvent)))


def _event(id_: str, **more: object) -> dict[str, object]:
    return {
        "email": "amara@example.com",
        "timestamp": 1_772_442_000,
        "event": "delivered",
        "sg_event_id": id_,
        "sg_message_id": "req-1.recvd-1.0",
        **more,
    }


def test_signed_events_are_verified_over_the_raw_bytes_and_stored_once(mailed: Employer) -> None:
    content = json.dumps([_event("e1"), _event("e2"), _event("e1")]).encode() + b"\r\n"

    answers = [_events(mailed, content) for _ in range(2)]
    assert [(a.status_code, a.json["stored"]) for a in answers] == [(200, 2), (200, 0)]
    assert sorted(e.provider_event_id for e in _mail_events(mailed)) == ["e1", "e2"]


@pytest.mark.parametrize("fault", ["none", "altered", "broken base64", "another key", "no time"])
def test_events_that_are_not_authentic_are_refused_and_not_stored(
    mailed: Employer, fault: str
) -> None:
    content = json.dumps([_event("e1")]).encode()
    headers = SIGNER.sign(content, 1_772_442_000)
    if fault == "none":
        headers = {}
    elif fault == "altered":
        content += b" "
    elif fault == "broken base64":
        headers[SIGNATURE_HEADER] = "!!! not base64"
    elif fault == "another key":
        headers = EventSigner().sign(content, 1_772_442_000)
    else:
        del headers[TIMESTAMP_HEADER]

    assert _events(mailed, content, headers).status_code == 401
    assert _mail_events(mailed) == []


@pytest.mark.parametrize(
    "content",
    [b"hello", b'{"a": 1', b"\xff\xfe", b"[" * 100_000 + b"]" * 100_000, b""],
)
def test_an_authentic_body_that_cannot_be_read_is_kept_once(
    mailed: Employer, content: bytes
) -> None:
    answers = [_events(mailed, content) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    (kept,) = _mail_events(mailed)
    assert (kept.outcome or "").startswith("unreadable")
    assert base64.b64decode(kept.raw["base64"]) == content
    mailed.turn()


def test_odd_members_of_an_event_stop_neither_it_nor_the_others(mailed: Employer) -> None:
    odd = [
        _event("e1", reason="a\x00b", category="\ud800"),
        _event("e2", timestamp=10**30),
        _event("e3", event="something new"),
        {"event": "delivered"},
        7,
        _event("e4"),
    ]
    answer = _events(mailed, json.dumps(odd).encode())
    mailed.turn()

    assert answer.status_code == 200
    stored = {event.provider_event_id: event for event in _mail_events(mailed)}
    assert "e4" in stored
    assert all(event.folded_at is not None for event in stored.values())


def test_the_same_events_at_once_are_stored_once(mailed: Employer) -> None:
    content = json.dumps([_event(f"e{i}") for i in range(20)]).encode()

    answers = at_once(*[lambda: _events(mailed, content).status_code] * 4)
    assert answers == [200] * 4
    assert len(_mail_events(mailed)) == 20


def test_without_a_verification_key_nothing_is_taken(employer: Employer) -> None:
    content = json.dumps([_event("e1")]).encode()
    answer = _events(employer, content)

    assert answer.status_code == 503
    assert "SENDGRID_EVENT_PUBLIC_KEY" in answer.json["error"]
    assert _mail_events(employer) == []
