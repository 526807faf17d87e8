"""PostgreSQL may fall and come back, and no statement of ours waits or works without end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection, Engine, event, func, select, text
from sqlalchemy.exc import OperationalError

from service.app import engine_of
from service.assembly import make_engine
from service.config import Config
from service.connecting import Limits, engine_options
from service.models import Notice, Promise
from service.workflows import migrate
from tests.harness import Employer, add_application, make_config, make_employer
from tests.reading_pages import promise_call

SETTINGS = (
    "statement_timeout",
    "lock_timeout",
    "idle_in_transaction_session_timeout",
    "application_name",
    "jit",
    "max_parallel_workers_per_gather",
    "random_page_cost",
)


@pytest.fixture
def employer(new_database: Callable[..., str], tmp_path: Path) -> Iterator[Employer]:
    """One on PostgreSQL whose statements may wait a second for a lock."""
    url = new_database("postgresql", started=True)
    made = make_employer(url, tmp_path, lock_seconds=1)
    yield made
    engine_of(made.app).dispose()


def cut_off(engine: Engine) -> int:
    """End every connection to the database, as a restart does; return how many there were."""
    dsn = engine.url.render_as_string(hide_password=False).replace("+psycopg", "")
    with psycopg.connect(dsn, autocommit=True) as connection:
        ended = connection.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchone()
    return int(ended[0]) if ended else 0


def cut_off_once_at(engine: Engine, part: str) -> None:
    """Let the connections fall just before a statement with this in it is sent."""

    fallen: list[int] = []

    def fall(_connection: object, _cursor: object, statement: str, *_: Any) -> None:
        if part in statement and not fallen:
            fallen.append(cut_off(engine))

    event.listen(engine, "before_cursor_execute", fall)


def shown(engine: Engine) -> dict[str, str]:
    with engine.connect() as connection:
        return {
            name: str(connection.execute(text(f"SHOW {name}")).scalar_one()) for name in SETTINGS
        }


def test_after_a_restart_of_the_database_nobody_is_turned_away(employer: Employer) -> None:
    promise_call(employer, within="2 business hours")
    engine = engine_of(employer.app)
    asked = {"Authorization": f"Bearer {employer.key('read')}"}
    client = employer.app.test_client()
    assert client.get("/api/v1/promises", headers=asked).status_code == 200

    assert cut_off(engine) > 0
    answered = client.get("/api/v1/promises", headers=asked)
    assert cut_off(engine) > 0
    employer.pass_time(hours=5)

    assert answered.status_code == 200
    with employer.session() as session:
        assert session.scalars(select(Promise.breached_at)).one() is not None


def test_what_was_under_way_when_it_fell_is_told_so_and_the_next_works(employer: Employer) -> None:
    promise_call(employer, within="2 business hours")
    engine = engine_of(employer.app)
    asked = {"Authorization": f"Bearer {employer.key('read')}"}
    client = employer.app.test_client()

    cut_off_once_at(engine, "FROM promise")
    fallen = client.get("/api/v1/promises", headers=asked)
    answered = client.get("/api/v1/promises", headers=asked)
    cut_off_once_at(engine, "INSERT INTO notice")
    employer.pass_time(hours=5)
    cut_off_once_at(engine, "heartbeat")
    with pytest.raises(OperationalError):
        employer.turn()
    employer.turn()

    assert (fallen.status_code, fallen.headers["Retry-After"]) == (503, "1")
    assert answered.status_code == 200
    with employer.session() as session:
        # What the fallen turn had begun was not kept, and its promise is no faulty one.
        promise = session.scalars(select(Promise)).one()
        assert (promise.breached_at, promise.rung) == (promise.due_at, 2)
        assert (promise.check_failures, session.scalar(select(func.count(Notice.id)))) == (0, 1)


def test_whoever_waits_for_a_lock_is_told_in_time(employer: Employer) -> None:
    with employer.work() as work:
        application_id = add_application(work).id
    asked = {"Authorization": f"Bearer {employer.key('write')}"}
    path = "/api/v1/promises"
    body = {
        "application_id": application_id,
        "kind": "callback",
        "wording": "A call",
        "within": "2 business hours",
    }
    client = employer.app.test_client()

    with engine_of(employer.app).begin() as other:
        other.execute(text("SELECT id FROM application FOR UPDATE"))
        waited = client.post(path, headers=asked, json=body)
    made = client.post(path, headers=asked, json=body)

    assert (waited.status_code, waited.get_json()["type"][-13:]) == (503, "database-busy")
    assert made.status_code == 201


def test_each_connection_says_who_it_is_and_how_long_it_may_take(
    employer: Employer, tmp_path: Path
) -> None:
    engine = engine_of(employer.app)
    address = engine.url.render_as_string(hide_password=False)
    own = make_engine(make_config(f"{address}?options=-c%20lock_timeout%3D7s", tmp_path))

    assert shown(engine) == {
        "statement_timeout": "1min",
        "lock_timeout": "1s",
        "idle_in_transaction_session_timeout": "5min",
        "application_name": "keepword",
        "jit": "off",
        "max_parallel_workers_per_gather": "0",
        "random_page_cost": "1.1",
    }
    # An import, a copy, a migration take as long as they take; what the address says is kept.
    assert shown(own) == shown(engine) | {
        "statement_timeout": "0",
        "lock_timeout": "7s",
        "idle_in_transaction_session_timeout": "0",
    }
    own.dispose()


def test_the_connection_that_worked_last_works_next(employer: Employer) -> None:
    """Its server process has everything at hand; the others stay for when many work at once."""

    def process(connection: Connection) -> int:
        return int(connection.execute(text("SELECT pg_backend_pid()")).scalar_one())

    engine = engine_of(employer.app)
    opened = [engine.connect() for _ in range(3)]
    last = process(opened[-1])
    for each in opened:
        each.close()

    for _ in range(4):
        with engine.connect() as connection:
            assert process(connection) == last


def test_a_migration_waits_for_a_table_only_so_long_and_leaves_no_limit_behind(
    employer: Employer,
) -> None:
    seen: dict[str, str] = {}
    engine = engine_of(employer.app)

    def look(connection: Any, _cursor: object, statement: str, *_: Any) -> None:
        if "CREATE INDEX" in statement and not seen:
            seen["lock_timeout"] = ""
            seen.update(
                {
                    name: connection.exec_driver_sql(f"SHOW {name}").scalar_one()
                    for name in SETTINGS[:3]
                }
            )

    migrate.downgrade(engine, "0006")
    event.listen(engine, "before_cursor_execute", look)
    migrate.upgrade(engine)
    event.remove(engine, "before_cursor_execute", look)

    assert seen == {
        "statement_timeout": "0",
        "lock_timeout": "10s",
        "idle_in_transaction_session_timeout": "0",
    }
    assert shown(engine)["statement_timeout"] == "1min"


def test_the_limits_are_settings() -> None:
    given = {"KEEPWORD_STATEMENT_SECONDS": "5", "KEEPWORD_LOCK_SECONDS": "0"}
    usual, told = Config.from_environment({}), Config.from_environment(given)

    assert (usual.statement_seconds, usual.lock_seconds) == (60, 10)
    assert (told.statement_seconds, told.lock_seconds) == (5, 0)


def test_what_an_address_says_of_itself_is_not_said_over() -> None:
    told = engine_options(
        "postgresql+psycopg://host/name?application_name=recruiting&keepalives_idle=5", Limits()
    )["connect_args"]

    assert "application_name" not in told
    assert "keepalives_idle" not in told
    assert "connect_args" not in engine_options("sqlite:///keepword.db")
