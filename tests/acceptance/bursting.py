"""A burst of signed deliveries at a real ``keepword serve`` that is killed while they come.

The poster does as vendors do: whatever was not answered with success is sent again, the same.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import urllib3
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.assembly import make_engine, make_office
from service.ats.registry import adapter_named
from service.clock import FakeClock
from service.config import Config
from service.models import Application, Delivery, Promise, TimelineEntry
from service.workflows.bootstrap import bootstrap
from service.workflows.connections import add_connection
from service.workflows.ingest import ingest
from service.workflows.work import Work
from tests.doubles import greenhouse_bodies as greenhouse

NAME, SECRET = "main", "an invented webhook secret"
SECRET_KEY = "an invented secret key for tests only"
POSTERS = 4
PATIENCE = 90.0
"""Seconds until a wait that should have ended is a failure."""

AFTER_EVERY_LEASE = timedelta(minutes=10)


@dataclass(frozen=True)
class Counted:
    """What a burst came to. All of ``lost``, ``twice`` and ``unsettled`` should be nothing."""

    posted: int
    acknowledged: int
    again: int
    """Posts that were sent again, for want of an answer."""
    kills: int
    lost: Sequence[str]
    twice: Sequence[str]
    unsettled: int


@dataclass
class Burst:
    """One database, one connection, and so many people who apply, each in one delivery."""

    home: Path
    database_url: str
    people: int
    kills: int = 3
    port: int = 0
    _acknowledged: set[str] = field(default_factory=set)
    _again: int = 0
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def run(self) -> Counted:
        """Post everything, killing the server as often as asked; work in the rest; count."""
        self.port = _free_port()
        self._set_up()
        with ThreadPoolExecutor(POSTERS) as pool, _Server(self) as server:
            posted = [
                pool.submit(self._post_each, range(own, self.people, POSTERS))
                for own in range(POSTERS)
            ]
            for kill in range(1, self.kills + 1):
                self._await_acknowledged(self.people * kill // (self.kills + 1))
                server.kill()
                server.start()
            for each in posted:
                each.result()
            server.kill()
        self._work_in()
        return self._counted()

    @property
    def _config(self) -> Config:
        return Config(home=self.home, database_url=self.database_url, secret_key=SECRET_KEY)

    @contextlib.contextmanager
    def _session(self) -> Iterator[Session]:
        engine = make_engine(self._config)
        try:
            with Session(engine, expire_on_commit=False) as session:
                yield session
        finally:
            engine.dispose()

    def _set_up(self) -> None:
        with self._session() as session:
            work = Work(session, datetime.now(UTC), make_office(self._config))
            bootstrap(work)
            add_connection(work, NAME, "greenhouse", [SECRET], rejections_by="keepword")
            session.commit()

    def _post_each(self, numbers: range) -> None:
        adapter, pool = adapter_named("greenhouse"), urllib3.PoolManager(retries=False, timeout=20)
        for number in numbers:
            body = _application(number)
            headers = adapter.sign(body, SECRET, datetime.now(UTC), str(number))
            self._post(pool, str(number), body, headers)

    def _post(
        self, pool: urllib3.PoolManager, number: str, body: bytes, headers: dict[str, str]
    ) -> None:
        url = f"http://127.0.0.1:{self.port}/hooks/ats/{NAME}"
        end = time.monotonic() + PATIENCE
        while True:
            with contextlib.suppress(urllib3.exceptions.HTTPError):
                if pool.request("POST", url, body=body, headers=headers).status == 200:
                    with self._guard:
                        self._acknowledged.add(number)
                    return
            assert time.monotonic() < end, "the server does not come back"
            with self._guard:
                self._again += 1
            time.sleep(0.05)

    def _await_acknowledged(self, number: int) -> None:
        end = time.monotonic() + PATIENCE
        while len(self._acknowledged) < number:
            assert time.monotonic() < end, "the server takes nothing"
            time.sleep(0.005)

    def _work_in(self) -> None:
        """Work in what is left, when the leases of whoever was killed have ended."""
        with self._session() as session:
            later = FakeClock(datetime.now(UTC) + AFTER_EVERY_LEASE)
            ingest(session, make_office(self._config), later)

    def _counted(self) -> Counted:
        with self._session() as session:
            applied = session.execute(
                select(Application.external_id, func.count(TimelineEntry.seq.distinct()))
                .join(TimelineEntry, TimelineEntry.application_id == Application.id)
                .where(TimelineEntry.kind == "applied")
                .group_by(Application.id)
            ).all()
            owed = session.execute(
                select(Application.external_id, func.count())
                .join(Promise, Promise.application_id == Application.id)
                .where(Promise.kind == "acknowledgement")
                .group_by(Application.id)
            ).all()
            unsettled = session.scalars(
                select(func.count()).select_from(Delivery).where(Delivery.state != "done")
            ).one()
        found = Counter(external for external, _ in applied)
        twice = {external for external, number in (*applied, *owed, *found.items()) if number > 1}
        return Counted(
            posted=self.people,
            acknowledged=len(self._acknowledged),
            again=self._again,
            kills=self.kills,
            lost=sorted(self._acknowledged - set(found)),
            twice=sorted(twice),
            unsettled=unsettled,
        )


class _Server:
    """``keepword serve`` as a process group of its own; ended with the block."""

    def __init__(self, burst: Burst) -> None:
        self._burst = burst
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> _Server:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        """Start it; the posters find out by themselves when it listens."""
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        own = {
            "HOME": str(self._burst.home),
            "KEEPWORD_HOME": str(self._burst.home),
            "DATABASE_URL": self._burst.database_url,
            "SECRET_KEY": SECRET_KEY,
        }
        with (self._burst.home / "log.txt").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "service", "serve", "--port", str(self._burst.port)],
                env=kept | own,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill(self) -> None:
        """Cut it off, with the worker it started, in the middle of whatever it does."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(PATIENCE)
            self._process = None


def _application(number: int) -> bytes:
    """An application of a person of its own."""
    person = greenhouse.CANDIDATE | {
        "id": 10_000 + number,
        "email_addresses": [{"value": f"mira{number}@example.com", "type": "personal"}],
        "phone_numbers": [],
    }
    return greenhouse.body(
        "new_candidate_application", greenhouse.application(id=number, candidate=person)
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
