"""The database itself enforces what the design rests on, on both kinds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.orm import Session

import service.models as models
from service.db import Base, prepare_engine
from service.models import (
    ApiKey,
    CandidateEmail,
    Connection,
    Decision,
    Delivery,
    Heartbeat,
    MailEvent,
    Message,
    Notice,
    Promise,
    TimelineEntry,
    User,
)
from tests.integration.small_world import NOW, World, small_world


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on a fresh migrated database."""
    made = create_engine(database_url)
    prepare_engine(made)
    yield made
    made.dispose()


def _promise(world: World, **fields: Any) -> Promise:
    return Promise(
        **{
            "application_id": world.application.id, "kind": "reply", "origin": "spoken",
            "wording": "A reply", "terms": {}, "made_at": NOW, "start_at": NOW,
            "first_due_at": NOW, "due_at": NOW, "trace": [], "ladder": [], **fields,
        }
    )  # fmt: skip


def _message(world: World, **fields: Any) -> Message:
    return Message(
        **{
            "kind": "holding", "application_id": world.application.id, "automatic": False,
            "dedupe_key": "one", "to_address": "amara@example.com", "to_name": "Amara",
            "from_address": "hiring@example.com", "from_name": "Hiring", "template_version": "1",
            "values": {}, "subject": "s", "own_text": "t", "own_html": "h", "state": "ready",
            "created_at": NOW, **fields,
        }
    )  # fmt: skip


def _by_policy(world: World) -> list[Any]:
    return [
        _promise(world, origin="policy", policy_id=world.policy.id, state=state)
        for state in ("open", "paused")
    ]


def _same_cause(world: World) -> list[Any]:
    return [_promise(world, cause="applied:1", state=state) for state in ("kept", "released")]


def _same_notice(world: World) -> list[Any]:
    promise = _promise(world, id="prm_one")
    notices = [
        Notice(promise_id="prm_one", rung=1, due_version=1, action="flag", created_at=NOW)
        for _ in range(2)
    ]
    return [promise, *notices]


def _same_delivery(world: World) -> list[Any]:
    return [
        Delivery(
            connection_id=world.connection.id, identity="one", headers={}, body=b"{}",
            received_at=NOW, next_attempt_at=NOW,
        )
        for _ in range(2)
    ]  # fmt: skip


def _two_decisions(world: World) -> list[Any]:
    return [
        Decision(
            application_id=world.application.id, outcome="rejected", source="test",
            decided_at=NOW, created_at=NOW,
        )
        for _ in range(2)
    ]  # fmt: skip


def _same_event(_world: World) -> list[Any]:
    return [
        MailEvent(provider_event_id="e1", kind="delivered", at=NOW, raw={}, received_at=NOW)
        for _ in range(2)
    ]


TWICE: dict[str, Callable[[World], list[Any]]] = {
    "an open promise by one rule": _by_policy,
    "a promise for one cause": _same_cause,
    "a notice of one rung": _same_notice,
    "a dedupe key": lambda world: [_message(world), _message(world)],
    "a delivery": _same_delivery,
    "a standing decision": _two_decisions,
    "a mail event": _same_event,
    "a colleague, however spelt": lambda _: [
        User(email=email, name="Ada", created_at=NOW)
        for email in ("ada@example.com", "ADA@example.com")
    ],
    "an API key": lambda _: [
        ApiKey(name="k", start="kw_1", digest="d", scopes=[], created_at=NOW) for _ in range(2)
    ],
    "a connection's name": lambda _: [
        Connection(name="main", vendor="x", secrets=[], stage_map={}, created_at=NOW)
    ],
    "an address of one person": lambda world: [
        CandidateEmail(
            candidate_id=world.application.candidate_id,
            address="Amara@example.com",
            address_key="amara@example.com",
        )
    ],
}


@pytest.mark.parametrize("what", TWICE)
def test_the_database_refuses_a_second(engine: Engine, what: str) -> None:
    with Session(engine) as session:
        world = small_world(session)
        rows = TWICE[what](world)
        for row in rows[:-1]:
            session.add(row)
            session.flush()
        session.add(rows[-1])
        with pytest.raises(IntegrityError):
            session.flush()


def test_what_is_closed_makes_room(engine: Engine) -> None:
    with Session(engine) as session:
        world = small_world(session)
        policy = {"origin": "policy", "policy_id": world.policy.id}
        for state in ("kept", "released", "replaced", "open"):
            session.add(_promise(world, state=state, **policy))
        first, second = _two_decisions(world)
        first.withdrawn_at = NOW
        session.add_all([first, second])
        session.commit()

        assert session.query(Promise).count() == 4


DANGLING: dict[str, Callable[[World], Any]] = {
    "promise": lambda world: _promise(world, application_id="app_nobody"),
    "message": lambda world: _message(world, application_id="app_nobody"),
    "notice": lambda _: Notice(
        promise_id="prm_none", rung=0, due_version=1, action="flag", created_at=NOW
    ),
    "timeline": lambda _: TimelineEntry(
        application_id="app_nobody", at=NOW, recorded_at=NOW, kind="k", actor="a", source="s",
        data={},
    ),
}  # fmt: skip


@pytest.mark.parametrize("table", DANGLING)
def test_the_database_refuses_what_hangs_on_nothing(engine: Engine, table: str) -> None:
    with Session(engine) as session:
        session.add(DANGLING[table](small_world(session)))
        with pytest.raises(IntegrityError):
            session.flush()


def test_what_others_hang_on_cannot_be_deleted(engine: Engine) -> None:
    with Session(engine) as session:
        world = small_world(session)
        session.add(_promise(world))
        session.flush()
        session.execute(text("DELETE FROM candidate_email"))
        with pytest.raises(IntegrityError):
            session.execute(text("DELETE FROM application"))


def test_a_naive_instant_is_refused_and_any_zone_is_read_back_in_utc(engine: Engine) -> None:
    with Session(engine) as session:
        session.add(Heartbeat(name="naive", at=datetime(2026, 3, 2, 9, 0), data={}))  # noqa: DTZ001
        with pytest.raises(StatementError, match="a naive datetime cannot be stored"):
            session.flush()
    berlin = datetime.fromisoformat("2026-03-02T10:00:00.123456+01:00")
    with Session(engine) as session:
        session.add(Heartbeat(name="check", at=berlin, data={}))
        session.commit()
    with Session(engine) as session:
        at = session.get_one(Heartbeat, "check").at

    assert (at, at.tzinfo) == (berlin, UTC)


def test_every_instant_column_is_aware() -> None:
    kinds = {
        type(column.type).__name__
        for table in Base.metadata.tables.values()
        for column in table.columns
        if column.name.endswith("_at") or column.name == "at"
    }

    assert kinds == {"UTCDateTime"}
    assert models.__all__
