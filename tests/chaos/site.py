"""One Keepword of real processes under a steady load, and what is known of it from outside.

Mail goes through a proxy of ours to the SendGrid double, so that what was sent is known without
asking Keepword.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

import urllib3
from sqlalchemy.orm import Session

from service.assembly import make_engine, make_office
from service.config import Config
from service.db import LEASE
from service.workflows.bootstrap import bootstrap
from service.workflows.connections import add_connection
from service.workflows.work import Work
from tests.chaos.brokerage import Brokerage
from tests.chaos.load import CONNECTION, SECRET, Load
from tests.chaos.processes import Process, wait_for
from tests.chaos.proxy import FaultProxy
from tests.chaos.stores import Store
from tests.chaos.watcher import Watcher
from tests.doubles.sendgrid import SendGridDouble
from tests.postgres import free_port

SECRET_KEY = "an invented secret key for tests only"


class Shape(StrEnum):
    """Which processes a site is made of."""

    NONE = "none"
    """No process: only the database and the settings."""
    ONE = "one"
    """``keepword serve``: everything in one."""
    MANY = "many"
    """A web part and two workers."""
    CLUSTER = "cluster"
    """A web part, two workers of Celery and two beats, told by a broker."""


@dataclass(frozen=True)
class Pace:
    """How long things last, in seconds. ``halt`` is how long a process stands still."""

    a_second: int = 20
    before: float = 8.0
    after: float = 10.0
    halt: float = LEASE.total_seconds() + 10
    provider: float = 100.0
    """How long the provider is out of reach: longer than Keepword waits for any answer."""
    fault: float = 5.0


QUICK = Pace(a_second=8, before=1.0, after=1.0, halt=2.0, provider=1.0, fault=1.0)
"""For what only counts: the leases are ended by hand afterwards."""


@dataclass
class Site:
    """A running Keepword. ``complaints`` gathers what was not as it should be."""

    store: Store
    double: SendGridDouble
    proxy: FaultProxy
    pace: Pace
    shape: Shape
    watcher: Watcher
    environment: dict[str, str]
    port: int
    processes: dict[str, Process] = field(default_factory=dict)
    brokerage: Brokerage | None = None
    complaints: list[str] = field(default_factory=list)
    injected: int = 0
    """How many letters nobody can know about, at most, by what was done."""
    load: Load = field(init=False)

    def __post_init__(self) -> None:
        self.load = Load(self.store, self.port, self.pace.a_second)

    @property
    def config(self) -> Config:
        """Its settings, as far as looking at its database needs them."""
        return Config(home=self.store.home, database_url=self.store.url, secret_key=SECRET_KEY)

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

    @property
    def web(self) -> Process:
        """What answers requests."""
        return self.processes["serve" if self.shape is Shape.ONE else "web"]

    @property
    def workers(self) -> list[Process]:
        """What turns the steps, and therefore sends mail."""
        names = {"serve", "worker-1", "worker-2"}
        return [each for name, each in self.processes.items() if name in names]

    @property
    def beats(self) -> list[Process]:
        """What says when to look."""
        return [each for name, each in self.processes.items() if name.startswith("beat")]

    def until_ready(self) -> None:
        """Wait until every process does its work."""
        if not self.processes:
            return
        wait_for(lambda: self.status("/livez") == 200, "an answer", self.web)
        for each in self.workers:
            if each is not self.web:
                each.says("Keepword's loops run" if self.shape is Shape.MANY else "turns the steps")

    def status(self, path: str, timeout: float = 5.0) -> int:
        """Return what a GET is answered with; 0 where nobody answers in time."""
        with contextlib.suppress(urllib3.exceptions.HTTPError):
            url = f"http://127.0.0.1:{self.port}{path}"
            return urllib3.request("GET", url, retries=False, timeout=timeout).status
        return 0

    def readiness(self, timeout: float = 20.0) -> tuple[int, set[str]]:
        """Return what ``/readyz`` is answered with, and the codes of what is wrong; 0 and none
        where nobody answers in time.
        """
        url = f"http://127.0.0.1:{self.port}/readyz"
        try:
            answer = urllib3.request("GET", url, retries=False, timeout=timeout)
        except urllib3.exceptions.HTTPError:
            return 0, set()
        return answer.status, {each["code"] for each in answer.json()["problems"]}

    def complain(self, text: str) -> None:
        """Note that something was not as it should be."""
        self.complaints.append(text)

    def sent_within(self, seconds: float) -> int:
        """Return how many letters reached the provider within the last so many seconds."""
        since = datetime.now(UTC) - timedelta(seconds=seconds)
        with self.double.lock:
            return sum(mail.accepted_at >= since for mail in self.double.accepted)


@contextmanager
def site_of(
    store: Store,
    shape: Shape,
    pace: Pace,
    more: Mapping[str, str] | None = None,
    brokerage: Brokerage | None = None,
) -> Iterator[Site]:
    """Start a Keepword on a migrated database; ``more`` are settings beside ours."""
    with SendGridDouble() as double, FaultProxy(double.port) as proxy, Watcher() as watcher:
        port = free_port()
        environment = {
            "HOME": str(store.home),
            "KEEPWORD_HOME": str(store.home),
            "DATABASE_URL": store.url,
            "SECRET_KEY": SECRET_KEY,
            "KEEPWORD_MAIL": "sendgrid",
            "KEEPWORD_MAIL_FROM": "Hiring <hiring@example.com>",
            "SENDGRID_API_KEY": double.api_key,
            "SENDGRID_BASE_URL": f"http://127.0.0.1:{proxy.port}",
            "SENDGRID_EVENT_PUBLIC_KEY": double.public_key,
            "KEEPWORD_PING_URL": watcher.url,
            **({"KEEPWORD_BROKER_URL": brokerage.url} if brokerage else {}),
            **(more or {}),
        }
        made = Site(
            store, double, proxy, pace, shape, watcher, environment, port, brokerage=brokerage
        )
        with made.work() as work:
            bootstrap(work)
            add_connection(work, CONNECTION, "greenhouse", [SECRET], rejections_by="keepword")
        made.processes = _processes(made, store.home)
        try:
            for each in made.processes.values():
                each.start()
            made.until_ready()
            yield made
        finally:
            for each in made.processes.values():
                each.kill()


def _processes(site: Site, folder: Path) -> dict[str, Process]:
    listening = ("--port", str(site.port), "--no-migrate")
    commands: dict[Shape, dict[str, tuple[str, ...]]] = {
        Shape.NONE: {},
        Shape.ONE: {"serve": ("serve", *listening)},
        Shape.MANY: {
            "web": ("web", *listening),
            "worker-1": ("worker", "--no-migrate"),
            "worker-2": ("worker", "--no-migrate"),
        },
        Shape.CLUSTER: {
            "web": ("web", *listening),
            "worker-1": ("cluster", "worker", "--no-migrate"),
            "worker-2": ("cluster", "worker", "--no-migrate"),
            "beat-1": ("cluster", "beat"),
            "beat-2": ("cluster", "beat"),
        },
    }
    return {
        name: Process(name, arguments, site.environment, folder)
        for name, arguments in commands[site.shape].items()
    }
