"""A steady load on one Keepword: so many deliveries and letters a second, whatever becomes of it.

Whoever posts does as vendors do: what was not answered with success is sent again, the same. What
was answered with success and what was committed is written down here, apart from the database.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import Counter
from datetime import UTC, datetime
from uuid import uuid4

import urllib3
from sqlalchemy import Engine, create_engine, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from service.ats.registry import adapter_named
from service.db import prepare_engine
from service.models import Message
from tests.chaos.stores import Store
from tests.doubles import greenhouse_bodies as greenhouse

CONNECTION = "main"
SECRET = "an invented webhook secret"
POSTERS = 4
WRITE_EVERY = 0.2
"""Seconds between two transactions that put letters into the outbox."""


class Load:
    """Posts and writes in threads of its own until it is stopped."""

    def __init__(self, store: Store, port: int, a_second: int) -> None:
        self.a_second = a_second
        self.acknowledged: dict[str, datetime] = {}
        self.written: set[str] = set()
        """The dedupe keys of the letters whose transaction was committed."""
        self.statuses: Counter[int] = Counter()
        """What the posts were answered with; 0 is no answer at all."""
        self._url = f"http://127.0.0.1:{port}/hooks/ats/{CONNECTION}"
        self._store = store
        self._tag = uuid4().hex[:8]
        self._next = iter(range(10**9))
        self._guard = threading.Lock()
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._failed: list[BaseException] = []
        self._begun = 0.0

    def start(self) -> None:
        """Begin."""
        self._begun = time.monotonic()
        works = [self._post_all] * POSTERS + [self._write_all]
        self._threads = [threading.Thread(target=self._run, args=(work,)) for work in works]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End; whatever was begun is tried until it is answered."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()
        self._threads = []
        if self._failed:
            raise self._failed[0]

    def _run(self, work: object) -> None:
        assert callable(work)
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - raised where the trial waits for it
            self._failed.append(error)

    def _post_all(self) -> None:
        pool = urllib3.PoolManager(retries=False, timeout=5)
        while not self._stopping.is_set():
            with self._guard:
                number = next(self._next)
            early = self._begun + number / self.a_second - time.monotonic()
            if early > 0 and self._stopping.wait(early):
                return
            self._post(pool, str(number), *delivery(number, f"{self._tag}-{number}"))

    def _post(
        self, pool: urllib3.PoolManager, number: str, body: bytes, headers: dict[str, str]
    ) -> None:
        given_up = None
        while given_up is None or time.monotonic() < given_up:
            status = 0
            with contextlib.suppress(urllib3.exceptions.HTTPError):
                status = pool.request("POST", self._url, body=body, headers=headers).status
            with self._guard:
                self.statuses[status] += 1
                if status == 200:
                    self.acknowledged[number] = datetime.now(UTC)
                    return
            if self._stopping.is_set() and given_up is None:
                given_up = time.monotonic() + 30
            time.sleep(0.1)

    def _write_all(self) -> None:
        engine = create_engine(self._store.url, pool_pre_ping=True)
        prepare_engine(engine)
        each, number = max(1, round(self.a_second * WRITE_EVERY)), 0
        try:
            while not self._stopping.wait(WRITE_EVERY):
                due = int((time.monotonic() - self._begun) * self.a_second)
                while number < due and not self._stopping.is_set():
                    keys = [f"chaos:{self._tag}:{at}" for at in range(number, number + each)]
                    if self._write(engine, keys):
                        number += each
                    else:
                        self._stopping.wait(WRITE_EVERY)
        finally:
            engine.dispose()

    def _write(self, engine: Engine, keys: list[str]) -> bool:
        """Put letters into the outbox; tell whether they are surely there."""
        now = datetime.now(UTC)
        try:
            with Session(engine) as session:
                # A commit whose answer was lost may have been one.
                there = set(
                    session.scalars(select(Message.dedupe_key).where(Message.dedupe_key.in_(keys)))
                )
                session.add_all(_letter(key, now) for key in keys if key not in there)
                session.commit()
        except DBAPIError:
            return False
        self.written.update(keys)
        return True


def _letter(key: str, now: datetime) -> Message:
    """A mail to a colleague, ready to go and like no other: it goes by itself and at any hour."""
    return Message(
        kind="staff-digest",
        automatic=True,
        dedupe_key=key,
        to_address=f"colleague{key.replace(':', '.')}@example.com",
        to_name="Maria",
        from_address="hiring@example.com",
        from_name="Hiring",
        template_version="1",
        values={},
        subject="s",
        own_text="t",
        own_html="<p>h</p>",
        state="ready",
        due_at=now,
        created_at=now,
    )


def delivery(number: int, identity: str) -> tuple[bytes, dict[str, str]]:
    """Return the body and the headers that tell of the application of a person of its own."""
    person = greenhouse.CANDIDATE | {
        "id": 10_000 + number,
        "email_addresses": [{"value": f"mira{number}@example.com", "type": "personal"}],
        "phone_numbers": [],
    }
    body = greenhouse.body(
        "new_candidate_application", greenhouse.application(id=number, candidate=person)
    )
    return body, adapter_named("greenhouse").sign(body, SECRET, datetime.now(UTC), identity)
