"""Many processes over one database and a real broker: killed in the middle, they lose nothing."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from service.app import engine_of
from service.ats.registry import adapter_named
from service.calling import broker_fault
from service.clock import FakeClock
from service.models import Delivery, Message
from service.steps import Lane
from service.workflows.connections import add_connection
from tests.brokers import Broker, RabbitMQ, Redis
from tests.doubles import greenhouse_bodies as greenhouse
from tests.doubles.sendgrid import SendGridDouble
from tests.doubles.sendgrid_behaviours import ACCEPT, held
from tests.harness import Employer, add_notices, make_employer

pytest.importorskip("celery", reason="Celery is an extra: pip install .[cluster]")

from service.cluster import make_celery, queue_of

SECRET = "an invented webhook secret"
PATIENCE = 20.0
"""Seconds until a wait that should have ended is a failure; a busy machine is slow to start."""

LETTERS = 40


@pytest.fixture(params=[Redis, RabbitMQ], ids=["redis", "rabbitmq"])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Broker]:
    """A running broker."""
    if request.param.program() is None:
        pytest.skip(f"there is no {request.param.__name__} server on this machine")
    made = request.param(tmp_path)
    made.start()
    yield made
    made.kill()


class Cluster:
    """Processes of ``keepword cluster`` on one database."""

    def __init__(self, employer: Employer, broker: Broker, double: SendGridDouble) -> None:
        config = employer.app.extensions["keepword"].config
        self.employer = employer
        self._home = config.home
        self._processes: list[subprocess.Popen[bytes]] = []
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        self._environment = kept | {
            "HOME": str(config.home),
            "KEEPWORD_HOME": str(config.home),
            "DATABASE_URL": config.database_url,
            "SECRET_KEY": config.secret_key,
            "KEEPWORD_BROKER_URL": broker.url,
            "KEEPWORD_MAIL": "sendgrid",
            "KEEPWORD_MAIL_FROM": "Hiring <hiring@example.com>",
            "SENDGRID_API_KEY": double.api_key,
            "SENDGRID_BASE_URL": double.base_url,
            "SENDGRID_EVENT_PUBLIC_KEY": double.public_key,
        }

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start ``keepword cluster`` with these arguments."""
        with self.log_file.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "service", "cluster", *arguments],
                env=self._environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._processes.append(process)
        return process

    @property
    def log_file(self) -> Path:
        """Where all of them write."""
        return self._home / "cluster.log"

    @property
    def log(self) -> str:
        """Everything they printed."""
        return self.log_file.read_text(encoding="utf-8")

    def wait_for(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds; fail with the log where it does not."""
        end = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < end, (self.letters(), self.deliveries(), self.log)
            time.sleep(0.05)

    def letters(self) -> Counter[str]:
        """Return how many letters are in which state."""
        with self.employer.session() as session:
            return Counter(session.scalars(select(Message.state)))

    def deliveries(self) -> Counter[str]:
        """Return how many deliveries are in which state."""
        with self.employer.session() as session:
            return Counter(session.scalars(select(Delivery.state)))

    def end_leases(self) -> None:
        """Let the two minutes pass for which a killed worker's letters are its own."""
        with self.employer.session() as session:
            session.execute(
                update(Message)
                .where(Message.state.in_(["claimed", "sending"]))
                .values(due_at=datetime.now(UTC), lease_until=datetime.now(UTC))
            )
            session.commit()

    def cut_off(self) -> None:
        """Kill whatever still runs."""
        for process in self._processes:
            if process.poll() is None:
                kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(PATIENCE)


@pytest.fixture
def employer(
    new_database: Callable[..., str], broker: Broker, tmp_path: Path
) -> Iterator[Employer]:
    """A web part at the present instant, whose loops run elsewhere."""
    now = FakeClock(datetime.now(UTC))
    url = new_database("postgresql", started=True)
    made = make_employer(url, tmp_path, clock=now, broker_url=broker.url)
    yield made
    engine_of(made.app).dispose()


def test_workers_a_broker_and_beats_are_killed_and_nothing_is_lost_or_doubled(
    employer: Employer, broker: Broker
) -> None:
    gate = threading.Event()
    with employer.work() as work:
        add_connection(work, "main", "greenhouse", [SECRET], rejections_by="keepword")
        add_notices(work, LETTERS)
    with SendGridDouble() as double:
        double.then(*[ACCEPT] * 5, held(gate))
        cluster = Cluster(employer, broker, double)
        try:
            kills(cluster, broker, double, gate)
        finally:
            gate.set()
            cluster.cut_off()

    sent = Counter(mail.to_address for mail in double.accepted)
    assert len(sent) == LETTERS
    assert set(sent.values()) == {1}
    assert double.violations == []
    assert "@example.com" not in cluster.log
    assert "Traceback" not in cluster.log


def kills(cluster: Cluster, broker: Broker, double: SendGridDouble, gate: threading.Event) -> None:
    beats = [cluster.start("beat"), cluster.start("beat")]
    first = cluster.start("worker")
    # It is at the sixth letter, and has claimed all others.
    cluster.wait_for(lambda: double.requests == 6)

    kill(first)
    broker.kill()
    gate.set()
    others = [cluster.start("worker", "--queues", lanes) for lanes in ("core,bulk", "mail")]
    broker.start()
    cluster.end_leases()

    left = Counter(accepted=LETTERS - 1, uncertain=1)
    cluster.wait_for(lambda: cluster.letters() == left)

    # Without a beat, a step turns when it is woken, and not before.
    for process in beats:
        kill(process)
    assert post(cluster.employer) == 200
    cluster.wait_for(lambda: cluster.deliveries() == {"done": 1})

    # Gently: what is under way ends, and so does the process.
    for process in others:
        process.terminate()
    assert [process.wait(PATIENCE) for process in others] == [0, 0], cluster.log


def test_a_request_is_answered_whatever_becomes_of_the_broker(
    new_database: Callable[..., str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    broker = Redis(tmp_path)
    if broker.program() is None:
        pytest.skip("there is no Redis server on this machine")
    heard = make_celery(broker.url).connection_for_read()
    url = new_database("sqlite", started=True)
    employer = make_employer(
        url, tmp_path, clock=FakeClock(datetime.now(UTC)), broker_url=broker.url
    )
    with employer.work() as work:
        add_connection(work, "main", "greenhouse", [SECRET], rejections_by="keepword")

    # Nobody listens there.
    assert broker_fault(broker.url) is not None
    assert post(employer) == 200
    wait_until(lambda: "the broker cannot be told" in caplog.text)
    # Somebody listens, takes whatever comes, and never answers.
    with socket.create_server(("127.0.0.1", broker.port)) as black_hole:
        assert post(employer) == 200
        black_hole.settimeout(PATIENCE)
        taken, _ = black_hole.accept()
        assert post(employer) == 200
        assert broker_fault(broker.url) is not None
        assert post(employer) == 200
        taken.close()
    broker.start()
    try:
        assert broker_fault(broker.url) is None
        assert post(employer) == 200
        wait_until(lambda: "the broker hears of new work again" in caplog.text)
        with heard, heard.SimpleQueue(queue_of(Lane.CORE)) as queue:
            assert queue.get(timeout=PATIENCE).payload[0] == ["ingest"]
    finally:
        broker.kill()
        engine_of(employer.app).dispose()


def wait_until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def post(employer: Employer) -> int:
    """Deliver somebody's application and return the answer's status."""
    event = uuid4()
    applied = greenhouse.application(id=event.int % 10**9)
    body = greenhouse.body("new_candidate_application", applied)
    headers = dict(adapter_named("greenhouse").sign(body, SECRET, datetime.now(UTC), event.hex))
    client = employer.app.test_client()
    return client.post("/hooks/ats/main", data=body, headers=headers).status_code
