"""Ten times the people on PostgreSQL: what a person waits for must not take ten times as long.

Both crowds stand on one server, on the disk, and are measured in turn: what else the machine does
strikes both. All that grows with an employer is ten times as much, the late people too; what is
measured for one occasion (so many newly due, so many deliveries) is as much in both.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random
from statistics import median

from flask.testing import FlaskClient
from sqlalchemy import Engine, select, text

from bench.checker import Store
from bench.crowd import gather
from bench.data import DUE, NOW, come_due
from bench.deliveries import store_applied
from bench.figure import Figure
from bench.lives import LASTS, live
from bench.postgres import store_on_disk
from service.app import engine_of
from service.auth.sessions import begin_session
from service.models import Candidate, User
from service.parts import parts
from service.workflows.check import check
from service.workflows.ingest import ingest
from tests.harness import Employer, make_employer

GOAL = 1.5
BYTES_GOAL = 1.1
"""What is stored grows with the people and no faster."""

SETTINGS = {"shared_buffers": "1GB", "max_wal_size": "8GB", "fsync": "off"}
"""A small server's memory. Nothing here is measured that waits for the disk."""

WARMING = 3


class Site:
    """An employer over a crowd, and what is asked of it."""

    def __init__(self, employer: Employer, engine: Engine, connection_id: str) -> None:
        self._employer = employer
        self._engine = engine
        self._connection_id = connection_id
        self._client = _signed_in(employer)
        self._delivered = 1000
        with engine.connect() as connection:
            people = connection.scalars(select(Candidate.id).order_by(Candidate.id)).all()
        self.people = len(people)
        self._people = Random(7).sample(people, min(len(people), 1000))  # noqa: S311 - the same people in every run

    def queue(self) -> float:
        """Show everybody who waits."""
        return self._shown("/?tab=all")

    def person(self) -> float:
        """Show one person, a new one each time."""
        return self._shown(f"/people/{self._people.pop()}")

    def flagged(self, due: int) -> float:
        """Run the checker once as so many have come due."""
        come_due(self._engine, [DUE] * due)
        with self._employer.session() as session:
            started = time.perf_counter()
            report = check(session, parts(self._employer.app).office, NOW)
            took = time.perf_counter() - started
        if report.flagged != due:
            raise RuntimeError(f"{report.flagged} of {due} were flagged")
        return took

    def worked_in(self, deliveries: int) -> float:
        """Work in so many deliveries of new people."""
        with self._employer.session() as session:
            store_applied(
                session,
                self._connection_id,
                self._delivered,
                deliveries,
                received_at=NOW,
                next_attempt_at=NOW,
            )
            session.commit()
            self._delivered += deliveries
            started = time.perf_counter()
            report = ingest(session, parts(self._employer.app).office, self._employer.clock)
            took = time.perf_counter() - started
        if report.done != deliveries:
            raise RuntimeError(f"{report.done} of {deliveries} were worked in")
        return took

    def weight(self) -> int:
        """Return the bytes of all tables with their indexes."""
        return self._number(
            "SELECT sum(pg_total_relation_size(oid)) FROM pg_class "
            "WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )

    def weight_of(self, table: str) -> tuple[int, int]:
        """Return the bytes of one table with its indexes, and how many rows it has."""
        return (
            self._number(f"SELECT pg_total_relation_size('{table}')"),
            self._number(f"SELECT count(*) FROM {table}"),  # noqa: S608 - our own names
        )

    def _number(self, statement: str) -> int:
        with self._engine.connect() as connection:
            return int(connection.scalar(text(statement)) or 0)

    def _shown(self, path: str) -> float:
        started = time.perf_counter()
        answer = self._client.get(path)
        took = time.perf_counter() - started
        if answer.status_code != 200:
            raise RuntimeError(f"{path} answered {answer.status_code}")
        return took


def ten_times(
    home: Path, *, people: int, runs: int, due: int, deliveries: int
) -> tuple[Figure, ...]:
    """Return each figure among so many people beside the same among a tenth of them."""
    with store_on_disk(home, **SETTINGS) as store, ExitStack() as open_:
        few, many = (
            open_.enter_context(site(store, home, count)) for count in (people // 10, people)
        )
        of = f"{many.people}-people-beside-{few.people}"
        asked: dict[str, tuple[Callable[[Site], float], int]] = {
            "queue-page": (Site.queue, runs),
            "candidate-page": (Site.person, runs),
            f"check-{due}-due": (lambda each: each.flagged(due), max(3, runs // 10)),
            f"ingest-{deliveries}": (lambda each: each.worked_in(deliveries), max(3, runs // 10)),
        }
        figures = [
            Figure.ratio_of(
                f"scale.{what}.{of}", *_medians(call, many, few, times), unit="s", goal=GOAL
            )
            for what, (call, times) in asked.items()
        ]
        return (*figures, *_weights(many, few, of))


@contextmanager
def site(store: Store, home: Path, people: int) -> Iterator[Site]:
    """Yield an employer over so many people."""
    with store.empty() as name, store.opened(name) as engine:
        employer = make_employer(store.url(name), home, at=NOW - LASTS)
        lives = live(employer)
        gather(engine, lives, people)
        yield Site(employer, engine, lives.connection_id)
        engine_of(employer.app).dispose()


def _medians(
    call: Callable[[Site], float], many: Site, few: Site, times: int
) -> tuple[float, float]:
    took: dict[Site, list[float]] = {many: [], few: []}
    for turn in range(times + WARMING):
        for each, its in took.items():
            seconds = call(each)
            if turn >= WARMING:  # the first turns open connections and fill caches
                its.append(seconds)
    return median(took[many]), median(took[few])


def _weights(many: Site, few: Site, of: str) -> Iterator[Figure]:
    yield Figure.ratio_of(
        f"scale.bytes-a-candidate.{of}",
        many.weight() / many.people,
        few.weight() / few.people,
        unit="bytes",
        goal=BYTES_GOAL,
    )
    for table in ("promise", "timeline"):
        (bytes_, rows), (fewer_bytes, fewer_rows) = many.weight_of(table), few.weight_of(table)
        yield Figure.ratio_of(
            f"scale.bytes-a-row-of-{table}.{rows}-rows-beside-{fewer_rows}",
            bytes_ / rows,
            fewer_bytes / fewer_rows,
            unit="bytes",
            goal=BYTES_GOAL,
        )


def _signed_in(employer: Employer) -> FlaskClient:
    client = employer.app.test_client()
    with employer.work() as work:
        user = work.session.scalars(select(User).order_by(User.id)).first()
        assert user is not None
        _, token = begin_session(work.session, NOW, user, how="bench", user_agent="a bench")
    client.set_cookie("keepword-session", token)
    return client
