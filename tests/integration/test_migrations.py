"""Migrations lead to exactly the models, up and down, and the database enforces what they say."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import (
    Column,
    Engine,
    MetaData,
    Table,
    bindparam,
    create_engine,
    insert,
    inspect,
    text,
)
from sqlalchemy.orm import Session

from service.db import Base, UTCDateTime, prepare_engine
from service.models import (
    Application,
    Candidate,
    ClosingEntry,
    Connection,
    Decision,
    Delivery,
    Interview,
    JobClosing,
    Message,
    MessageAlso,
    SendBatch,
)
from service.models.application import PENDING_INDEX
from service.workflows import migrate
from tests.integration.small_world import NOW, World, small_world

BEFORE_HOLDS = "0016"
VERSIONS = Path(__file__).resolve().parents[2] / "migrations/versions"


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on a fresh migrated database."""
    made = create_engine(database_url)
    prepare_engine(made)
    yield made
    made.dispose()


def test_migrations_are_numbered_from_one_without_gaps() -> None:
    names = sorted(path.name for path in VERSIONS.glob("*.py"))
    numbers = [int(name[:4]) for name in names]

    assert numbers == list(range(1, len(names) + 1))
    for name in names:
        assert re.fullmatch(r"\d{4}_[a-z0-9_]+\.py", name)


# An index on an expression cannot be read back from SQLite; that it works is tested below.
@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based")
def test_the_newest_version_is_what_the_models_say(engine: Engine) -> None:
    with engine.connect() as connection:
        opts = {"compare_type": True, "include_object": _is_for(engine)}
        context = MigrationContext.configure(connection, opts=opts)
        differences = compare_metadata(context, Base.metadata)

    assert differences == []
    assert migrate.current(engine) == migrate.head(engine)


def _is_for(engine: Engine) -> Callable[..., bool]:
    """Leave out what the models have for the other database alone; alembic does not ask them."""

    def here(_of: object, name: str | None, *_more: object) -> bool:
        return engine.dialect.name == "postgresql" or name != PENDING_INDEX

    return here


def test_partial_indexes_are_partial_in_the_database(engine: Engine) -> None:
    wanted = {
        index.name
        for table in Base.metadata.tables.values()
        for index in table.indexes
        if index.dialect_options[engine.dialect.name]["where"] is not None
    }
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'index' AND sql LIKE '% WHERE %'"
        if engine.dialect.name == "sqlite"
        else "SELECT indexname FROM pg_indexes WHERE indexdef LIKE '% WHERE %'"
    )
    with engine.connect() as connection:
        partial = set(connection.execute(text(query)).scalars())

    assert len(wanted) > 5
    assert partial == wanted


@pytest.mark.parametrize("index", ["ix_application_standing", "ix_application_pending"])
def test_the_queues_indexes_have_their_ids_in_the_order_of_their_bytes(
    engine: Engine, index: str
) -> None:
    if engine.dialect.name == "sqlite":
        pytest.skip("SQLite compares bytes anyway")
    query = text("SELECT indexdef FROM pg_indexes WHERE indexname = :index")
    with engine.connect() as connection:
        made = connection.execute(query, {"index": index}).scalar_one()

    assert '(id COLLATE "C", candidate_id,' in made


def test_down_to_nothing_and_up_again(engine: Engine) -> None:
    with Session(engine) as session:
        small_world(session)
        session.commit()
    migrate.downgrade(engine, "base")
    assert set(inspect(engine).get_table_names()) <= {"alembic_version"}
    assert migrate.current(engine) is None

    migrate.upgrade(engine)
    migrate.upgrade(engine)
    with Session(engine) as session:
        assert session.query(Candidate).all() == []
        small_world(session)
        session.commit()


def test_every_version_can_be_gone_down_and_up_with_data_in_it(engine: Engine) -> None:
    for _ in VERSIONS.glob("*.py"):
        with Session(engine) as session:
            small_world(session)
            session.commit()
        migrate.downgrade(engine, "base")
        migrate.upgrade(engine)

    assert migrate.current(engine) == migrate.head(engine)


def test_people_outlive_a_version_that_knows_no_holds(engine: Engine) -> None:
    with Session(engine) as session:
        world = small_world(session)
        candidate = session.get_one(Candidate, world.application.candidate_id)
        candidate.first_name = "Amara"
        candidate.held_at, candidate.held_by, candidate.held_why = NOW, "user:1", "a claim"
        session.commit()
        id_ = candidate.id
    migrate.downgrade(engine, BEFORE_HOLDS)
    names = {each["name"] for each in inspect(engine).get_columns("candidate")}
    assert not names & {"held_at", "held_by", "held_why", "erasure_asked_at"}

    migrate.upgrade(engine)
    with Session(engine) as session:
        candidate = session.get_one(Candidate, id_)
        assert (candidate.first_name, candidate.held_at, candidate.held_why) == (
            "Amara",
            None,
            None,
        )


def test_mail_survives_the_way_down_to_the_first_version_and_back(engine: Engine) -> None:
    """What an older version cannot know is called what it calls it, and nothing goes twice."""
    with Session(engine) as session:
        world = small_world(session)
        closing = JobClosing(
            job_id=world.application.job_id,
            outcome="filled",
            job_status_before="open",
            created_at=NOW,
        )
        batch = SendBatch(provider="sendgrid", size=2, created_at=NOW)
        session.add_all([closing, batch])
        session.flush()
        for state in ("unconfirmed", "uncertain", "held"):
            letter = message_of(world, state, due_at=NOW, batch_id=batch.id, closing_id=closing.id)
            session.add(letter)
            session.flush()
            also = MessageAlso(message_id=letter.id, application_id=world.application.id)
            session.add(also)
        session.add(
            ClosingEntry(
                closing_id=closing.id,
                application_id=world.application.id,
                part="mail",
                stage_before="applied",
                message_id=letter.id,
            )
        )
        session.commit()
    migrate.downgrade(engine, "0001")
    with engine.connect() as connection:
        down = connection.execute(text("SELECT state, due_at FROM message ORDER BY state")).all()
    migrate.upgrade(engine)
    with Session(engine) as session:
        up = {row.state: row for row in session.query(Message)}

    assert [(state, due_at is None) for state, due_at in down] == [
        ("accepted", True),
        ("held", False),
        ("uncertain", True),
    ]
    assert sorted(up) == ["accepted", "held", "uncertain"]
    assert (up["held"].overruled, up["held"].urgent, up["held"].lookups) == ([], False, 0)
    assert (up["held"].batch_id, up["held"].due_at) == (None, NOW)


def test_what_an_ats_told_survives_the_way_up_from_the_second_version(engine: Engine) -> None:
    with Session(engine) as session:
        small_world(session)
        session.commit()
    migrate.downgrade(engine, "0002")
    ahead = datetime.now(UTC) + timedelta(days=9)
    rows = {
        "delivery": {"id": "d", "connection_id": "c", "identity": "i", "headers": "{}",
                     "body": b"{}", "received_at": NOW, "state": "done", "attempts": 1,
                     "next_attempt_at": NOW, "duplicates": 0},
        "interview": {"id": "past", "application_id": "a", "external_id": "1",
                      "starts_at": NOW, "created_at": NOW},
        "decision": {"id": "x", "application_id": "a", "outcome": "rejected", "source": "api",
                     "decided_at": NOW, "created_at": NOW, "version": 1},
    }  # fmt: skip
    ids = {"c": "SELECT id FROM connection", "a": "SELECT id FROM application"}
    with engine.begin() as connection:
        known = {name: connection.execute(text(asked)).scalar_one() for name, asked in ids.items()}
        connection.execute(
            text("UPDATE application SET stage = 'rejected', connection_id = :c"), known
        )
        table = Base.metadata.tables
        for name, row in rows.items():
            values = {key: known.get(str(value), value) for key, value in row.items()}
            columns = [column for column in table[name].columns if column.name in values]
            connection.execute(
                insert(Table(name, MetaData(), *(Column(c.name, c.type) for c in columns))), values
            )
        connection.execute(
            text(
                "INSERT INTO interview (id, application_id, external_id, starts_at, created_at)"
                " SELECT 'ahead', application_id, '2', :ahead, created_at FROM interview"
            ).bindparams(bindparam("ahead", type_=UTCDateTime())),
            {"ahead": ahead},
        )
    migrate.upgrade(engine)
    with Session(engine) as session:
        of = session.query(Connection).one()
        delivery = session.query(Delivery).one()
        application = session.query(Application).one()
        over = {each.id: (each.over_at, each.assumed) for each in session.query(Interview)}
        decision = session.query(Decision).one()

    assert (of.settings, of.credentials, of.sync_marks, of.silences) == ({}, {}, {}, [])
    assert (of.write_back, of.sync_failures, of.next_sync_at) == (False, 0, None)
    assert (delivery.found, delivery.asked_at, delivery.body) == (None, None, b"{}")
    assert application.closed_here is True
    assert over == {"past": (None, False), "ahead": (ahead, False)}
    assert (decision.tell_unclear, decision.tell_not_before_at) == (False, None)
    with Session(engine) as session:
        session.get_one(Application, application.id).stage = "applied"
        session.commit()


def message_of(world: World, state: str, **fields: Any) -> Message:
    return Message(
        kind="holding",
        application_id=world.application.id,
        automatic=False,
        dedupe_key=f"test:{state}",
        to_address="amara@example.com",
        to_name="Amara Okafor",
        from_address="hiring@example.com",
        from_name="Hiring",
        template_version="1",
        values={},
        overruled=[],
        subject="s",
        own_text="t",
        own_html="<p>h</p>",
        state=state,
        created_at=NOW,
        **fields,
    )


def test_every_relation_between_tables_is_a_foreign_key() -> None:
    """But the one that must outlive what it speaks of."""
    without = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.tables.values()
        for column in table.columns
        if column.name.endswith("_id") and not column.foreign_keys
    }

    assert without & {
        "promise.application_id", "promise.owner_id", "notice.promise_id", "contact.message_id",
        "message.application_id", "decision.application_id", "delivery.connection_id",
    } == set()  # fmt: skip
    assert "mail_event.message_id" in without


def test_sqlite_is_set_to_lose_nothing(engine: Engine) -> None:
    if engine.dialect.name != "sqlite":
        pytest.skip("pragmas are SQLite's")
    with engine.connect() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }

    full = 2
    assert found == {
        "journal_mode": "wal", "synchronous": full, "foreign_keys": 1, "busy_timeout": 10_000,
    }  # fmt: skip
