"""Measures the first page: with a hundred times the people it must stay as quick as with few.

Both sizes show a full page of fifty rows over the whole application, signed in; what differs is
only how many more wait behind them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import Engine, bindparam, event, text

from bench.checker import Store
from bench.data import DUE, LATER, NOW, fill
from bench.figure import Figure
from service.app import create_app, session_of
from service.auth.sessions import begin_session
from service.clock import FakeClock
from service.config import Config
from service.db import UTCDateTime, db
from service.models import User
from service.workflows.bootstrap import bootstrap
from service.workflows.work import Work

GOAL = 2.0
STATEMENTS = 12
"""Statements of one page, whatever the size."""


def queue_page(store: Store, home: Path, *, few: int, many: int, due: int, runs: int) -> Figure:
    """Compare the page among many people with the same page among few."""
    with _served(store, home, few, few // 2) as small, _served(store, home, many, due) as large:
        times: dict[str, list[float]] = {"small": [], "large": []}
        for turn in range(runs + 3):
            for key, client in (("small", small), ("large", large)):
                took = _timed(client)
                if turn >= 3:  # the first turns open connections and fill caches
                    times[key].append(took)
    return Figure.ratio_of(
        f"queue.page.{store.kind}.{many}-vs-{few}",
        median(times["large"]),
        median(times["small"]),
        unit="s",
        goal=GOAL,
    )


@contextmanager
def _served(store: Store, home: Path, people: int, due: int) -> Iterator[FlaskClient]:
    """Yield a browser signed in to an application over so many people."""
    with store.empty() as name:
        with store.opened(name) as engine:
            fill(engine, applications=people, each=1, due=due)
            _one_each(engine)
        app = create_app(
            Config(
                home=home,
                database_url=store.url(name),
                secret_key="seals nothing of anybody",  # noqa: S106 - as it says
                company="Example Works",
                mail_from="hiring@example.com",
            ),
            clock=FakeClock(NOW),
        )
        client = app.test_client()
        with session_of(app) as session:
            bootstrap(Work(session, NOW, app.extensions["keepword"].office))
            user = User(
                email="maria@example.com",
                name="Maria Keller",
                role="administrator",
                created_at=NOW,
            )
            session.add(user)
            session.flush()
            _, token = begin_session(session, NOW, user, how="bench", user_agent="a bench")
            session.commit()
        client.set_cookie("keepword-session", token)
        _check(app, client)
        yield client
        with app.app_context():
            db.engine.dispose()


def _one_each(engine: Engine) -> None:
    """Give each application a person of its own, flag what is overdue, warn in good time."""
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO candidate (id, first_name, last_name, can_email, created_at, version) "
                "SELECT 'cnd' || substr(id, 4), 'Amara', 'Okafor', true, created_at, 1 "
                "FROM application"
            )
        )
        connection.execute(text("UPDATE application SET candidate_id = 'cnd' || substr(id, 4)"))
        instants = (bindparam("at", type_=UTCDateTime()), bindparam("warn", type_=UTCDateTime()))
        connection.execute(
            text("UPDATE promise SET warn_at = :warn WHERE due_at = :at").bindparams(*instants),
            {"at": LATER, "warn": LATER - timedelta(hours=2)},
        )
        connection.execute(
            text("UPDATE promise SET breached_at = due_at WHERE due_at = :at").bindparams(
                instants[0]
            ),
            {"at": DUE},
        )
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))


def _timed(client: FlaskClient) -> float:
    started = time.perf_counter()
    answer = client.get("/?tab=all")
    took = time.perf_counter() - started
    if answer.status_code != 200:
        raise RuntimeError(f"the page answered {answer.status_code}")
    return took


def _check(app: Any, client: FlaskClient) -> None:
    """A full page, in few statements, or the figure says nothing."""
    html = client.get("/?tab=all").get_data(as_text=True)
    rows = html.count('id="row-')
    if rows != 50:
        raise RuntimeError(f"the page has {rows} rows")
    asked: list[str] = []

    def note(*given: Any) -> None:
        asked.append(given[2])

    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", note)
        client.get("/?tab=all")
        event.remove(db.engine, "before_cursor_execute", note)
    queries = [each for each in asked if not each.startswith("BEGIN")]
    if len(queries) > STATEMENTS:
        raise RuntimeError(f"the page asked {len(queries)} queries")
