"""``keepword serve`` and ``keepword worker`` as real processes: they work, and end gently."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
import urllib3
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.assembly import make_engine, make_office
from service.ats.registry import adapter_named
from service.config import Config
from service.models import Application, Candidate, Delivery, Message
from service.workflows.connections import add_connection
from service.workflows.work import Work
from tests.doubles import greenhouse_bodies as greenhouse
from tests.doubles.sendgrid import SendGridDouble
from tests.doubles.sendgrid_behaviours import slow
from tests.harness import add_notices

SECRET = "an invented webhook secret"
SECRET_KEY = "an invented secret key for tests only"
PATIENCE = 90.0
"""Seconds until a wait that should have ended is a failure; a busy machine is slow to start."""

END_WITHIN = 10.0
"""Seconds that SIGTERM may take: what the service managers allow."""


class Keepword:
    """One process of the command line, its database, and a client."""

    def __init__(self, home: Path, database_url: str, *arguments: str, **settings: str) -> None:
        self.config = Config(home=home, database_url=database_url, secret_key=SECRET_KEY)
        self.port = free_port()
        self._log = home / f"log-{self.port}.txt"
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        where = ("--port", str(self.port)) if arguments[0] != "worker" else ()
        with self._log.open("w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "service", *arguments, *where],
                env=kept
                | {
                    "HOME": str(home),
                    "KEEPWORD_HOME": str(home),
                    "DATABASE_URL": database_url,
                    "SECRET_KEY": SECRET_KEY,
                    **settings,
                },
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._pool = urllib3.PoolManager(retries=False, timeout=30)

    @property
    def log(self) -> str:
        """Everything it printed."""
        return self._log.read_text(encoding="utf-8")

    def wait_for(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds; fail with the log where it does not."""
        end = time.monotonic() + PATIENCE
        while not holds():
            assert self.process.poll() is None, self.log
            assert time.monotonic() < end, self.log
            time.sleep(0.05)

    def until_ready(self) -> None:
        """Wait until it answers."""
        self.wait_for(lambda: self.status("/livez") == 200)

    def status(self, path: str) -> int:
        """Return what a GET is answered with; 0 where nobody listens."""
        try:
            return self._pool.request("GET", f"http://127.0.0.1:{self.port}{path}").status
        except urllib3.exceptions.HTTPError:
            return 0

    def post(self, path: str, body: bytes, headers: dict[str, str]) -> int:
        """Return what a POST is answered with."""
        url = f"http://127.0.0.1:{self.port}{path}"
        return self._pool.request("POST", url, body=body, headers=headers).status

    @contextmanager
    def work(self) -> Iterator[Work]:
        """Do one unit of work on its database, from outside."""
        engine = make_engine(self.config)
        try:
            with Session(engine, expire_on_commit=False) as session:
                yield Work(session, datetime.now(UTC), make_office(self.config))
                session.commit()
        finally:
            engine.dispose()

    def states(self) -> dict[str, int]:
        """Return how many letters are in which state."""
        with self.work() as work:
            found = work.session.execute(
                select(Message.state, func.count().label("number")).group_by(Message.state)
            )
            return {row.state: row.number for row in found}

    def deliveries(self) -> list[str]:
        """Return the states of all deliveries."""
        with self.work() as work:
            return list(work.session.scalars(select(Delivery.state)))

    def end(self, how: signal.Signals = signal.SIGTERM, *, group: bool = False) -> float:
        """Send a signal; return the seconds until it ended with exit code 0."""
        begun = time.monotonic()
        if group:
            os.killpg(self.process.pid, how)
        else:
            self.process.send_signal(how)
        assert self.process.wait(PATIENCE) == 0, self.log
        return time.monotonic() - begun


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


Starter = Callable[..., Keepword]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Starter]:
    """Start processes; what still runs after the test is cut off with its children."""
    started: list[Keepword] = []

    def run(database_url: str, *arguments: str, **settings: str) -> Keepword:
        started.append(Keepword(tmp_path, database_url, *arguments, **settings))
        return started[-1]

    yield run
    for each in started:
        if each.process.poll() is None:
            os.killpg(each.process.pid, signal.SIGKILL)
            each.process.wait(PATIENCE)


def signed_application() -> tuple[bytes, dict[str, str]]:
    body = greenhouse.body("new_candidate_application", greenhouse.application())
    headers = adapter_named("greenhouse").sign(body, SECRET, datetime.now(UTC), "1")
    return body, dict(headers)


def add_letters(running: Keepword, number: int) -> None:
    with running.work() as work:
        add_notices(work, number)


def test_one_command_takes_a_delivery_works_it_in_and_finds_it_after_a_restart(
    start: Starter, tmp_path: Path
) -> None:
    database_url = f"sqlite:///{tmp_path}/keepword.db"
    running = start(database_url, "serve")
    running.until_ready()
    with running.work() as work:
        add_connection(work, "main", "greenhouse", [SECRET], rejections_by="keepword")
    body, headers = signed_application()

    assert running.post("/hooks/ats/main", body, headers) == 200
    assert running.post("/hooks/ats/main", body, headers | {"Signature": "sha256 00"}) == 401
    assert running.post("/hooks/ats/nowhere", body, headers) == 404
    # No header moves a request elsewhere: not to another path, and not below another root.
    for name, value in (("Path-Info", "/livez"), ("Path_Info", "/livez"), ("Script_Name", "/x")):
        assert running.post("/hooks/ats/nowhere", body, headers | {name: value}) == 404

    running.wait_for(lambda: running.deliveries() == ["done"])
    running.wait_for(lambda: running.status("/readyz") == 200)
    assert running.end() < END_WITHIN
    assert f"http://127.0.0.1:{running.port}" in running.log
    assert "never sent" in running.log
    for private in ("Mira", "Okafor", "example.com"):
        assert private not in running.log

    again = start(database_url, "serve")
    again.until_ready()

    with again.work() as work:
        assert work.session.scalars(select(Candidate.first_name)).all() == ["Mira"]
        assert work.session.scalars(select(func.count()).select_from(Application)).one() == 1
    assert again.deliveries() == ["done"]
    # As a terminal's Control-C does: to the parent and the worker at once.
    assert again.end(signal.SIGINT, group=True) < END_WITHIN
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_sigterm_answers_the_request_in_flight_and_leaves_no_letter_half_sent(
    start: Starter, database_url: str
) -> None:
    with SendGridDouble(otherwise=slow(0.2)) as sendgrid:
        running = start(
            database_url,
            "serve",
            KEEPWORD_MAIL="sendgrid",
            KEEPWORD_MAIL_FROM="Hiring <hiring@example.com>",
            SENDGRID_API_KEY=sendgrid.api_key,
            SENDGRID_BASE_URL=sendgrid.base_url,
            SENDGRID_EVENT_PUBLIC_KEY=sendgrid.public_key,
        )
        running.until_ready()
        add_letters(running, 100)
        with socket.create_connection(("127.0.0.1", running.port), timeout=30) as request:
            request.sendall(
                b"POST /hooks/ats/nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n"
                b"Expect: 100-continue\r\n\r\n"
            )
            # The server asks for the body: from here on the request is in its hands.
            assert b"100" in request.recv(100)
            running.wait_for(lambda: sendgrid.requests >= 3)

            running.process.send_signal(signal.SIGTERM)
            begun = time.monotonic()
            request.sendall(b"{}")
            answered = request.recv(1000)

        assert running.process.wait(PATIENCE) == 0, running.log
        assert time.monotonic() - begun < END_WITHIN
        assert answered.startswith(b"HTTP/1.1 404")
        states = running.states()
        assert set(states) == {"accepted", "ready"}
        assert states["accepted"] == len(sendgrid.accepted)
        assert states["ready"] > 0


def test_the_loops_run_without_a_web_part_and_end_at_sigterm(
    start: Starter, tmp_path: Path
) -> None:
    database_url = f"sqlite:///{tmp_path}/keepword.db"
    running = start(database_url, "worker")
    running.wait_for(lambda: "loops run" in running.log)
    add_letters(running, 3)

    running.wait_for(lambda: running.states() == {"captured": 3})

    assert running.end() < END_WITHIN
