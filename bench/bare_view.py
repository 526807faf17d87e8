"""The least that anybody could build: a bare Flask view that inserts one row and answers.

It writes the very table that Keepword's deliveries lie in, through the database's own driver,
and runs in the very server: one gunicorn gthread worker with as many threads. What it leaves out
is what Keepword is for: it believes everybody and knows no delivery again.
"""

from __future__ import annotations

import sqlite3
import sys
import threading
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import psycopg
from flask import Flask, request
from gunicorn.app.base import BaseApplication

from service.cli.serve import THREADS

_COLUMNS = (
    "id, connection_id, identity, headers, body, received_at, state, attempts, next_attempt_at, "
    "duplicates"
)


def bare_view(database_url: str) -> Flask:
    """Return an application of one view, which inserts one row and commits."""
    app = Flask("bare")
    insert = _sqlite(database_url) if database_url.startswith("sqlite") else _psycopg(database_url)

    @app.post("/bare/<connection_id>")
    def take(connection_id: str) -> dict[str, bool]:
        insert(uuid.uuid4().hex, connection_id, request.get_data(), datetime.now(UTC))
        return {"stored": True}

    return app


Insert = Callable[[str, str, bytes, datetime], None]


def _sqlite(database_url: str) -> Insert:
    path, own = database_url.removeprefix("sqlite:///"), threading.local()
    # As durable as Keepword's, and as patient.
    pragmas = ("busy_timeout=10000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")

    def insert(key: str, connection_id: str, body: bytes, now: datetime) -> None:
        if not hasattr(own, "database"):
            own.database = sqlite3.connect(path, isolation_level=None)
            for pragma in pragmas:
                own.database.execute(f"PRAGMA {pragma}")
        at = now.replace(tzinfo=None).isoformat(" ")
        own.database.execute(
            f"INSERT INTO delivery ({_COLUMNS}) VALUES (?,?,?,'{{}}',?,?,'received',0,?,0)",  # noqa: S608 - our own names
            (key, connection_id, key, body, at, at),
        )

    return insert


def _psycopg(database_url: str) -> Insert:
    address, own = database_url.replace("+psycopg", ""), threading.local()

    def insert(key: str, connection_id: str, body: bytes, now: datetime) -> None:
        if not hasattr(own, "database"):
            own.database = psycopg.connect(address, autocommit=True)
        own.database.execute(
            f"INSERT INTO delivery ({_COLUMNS}) VALUES (%s,%s,%s,'{{}}',%s,%s,'received',0,%s,0)",  # noqa: S608 - our own names
            (key, connection_id, key, body, now, now),
        )

    return insert


class _Server(BaseApplication):
    def __init__(self, app: Flask, port: int) -> None:
        self._app, self._port = app, port
        super().__init__()

    def load_config(self) -> None:
        settings: dict[str, Any] = {
            "bind": [f"127.0.0.1:{self._port}"],
            "worker_class": "gthread",
            "workers": 1,
            "threads": THREADS,
            "loglevel": "warning",
            "control_socket_disable": True,
        }
        for name, value in settings.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return self._app


if __name__ == "__main__":
    _Server(bare_view(sys.argv[1]), int(sys.argv[2])).run()
