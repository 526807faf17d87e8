"""A database of one trial's own that can be stopped, cut off and filled up: SQLite or PostgreSQL.

Its data lies in memory where the machine has room there: what is tried is not the disk's patience.
Each is made anew and migrated, and ends with its block.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import psycopg
from sqlalchemy import create_engine, text

from service.db import prepare_engine
from service.workflows import migrate
from tests.chaos.processes import with_children
from tests.postgres import Installed, address_of, free_port, installed

SMALL = 48
"""MiB of the file system that is to become full."""

Small = Literal["", "data", "log"]
"""What lies on the small file system: nothing, the data, or PostgreSQL's log of what it writes."""

_SMALL_LOG = {"max_wal_size": "8MB", "min_wal_size": "2MB"}
"""A log that has room for itself on the small file system, until that is filled."""

KINDS = ("sqlite", "postgresql")

_ONE_MIGRATION = threading.Lock()
"""What migrates keeps what it works on in one place for the whole process."""


class Store(ABC):
    """One database. ``home`` is where its Keepword keeps its files."""

    kind: str

    def __init__(self, home: Path, small: Path | None) -> None:
        self.home = home
        self._small = small

    @property
    @abstractmethod
    def url(self) -> str:
        """What ``DATABASE_URL`` has to be."""

    @property
    def can_be_full(self) -> bool:
        """Whether it lies on a file system of its own that is small enough to be filled."""
        return self._small is not None

    def fill(self) -> None:
        """Leave no room on its file system."""
        assert self._small is not None
        ballast = os.open(self._ballast, os.O_WRONLY | os.O_CREAT)
        piece = bytes(65_536)
        try:
            while len(piece) > 1:
                try:
                    os.write(ballast, piece)
                except OSError:
                    # What is left is smaller.
                    piece = piece[: len(piece) // 2]
        finally:
            os.close(ballast)

    def make_room(self) -> None:
        """Give the room back."""
        self._ballast.unlink(missing_ok=True)

    @property
    def _ballast(self) -> Path:
        assert self._small is not None
        return self._small / "ballast"

    @abstractmethod
    def held(self) -> AbstractContextManager[None]:
        """Hold what the checker needs, as somebody who forgot to end their transaction does."""

    def pids(self) -> list[int]:
        """Return the processes of its server, none where it has none."""
        return []

    def is_sound(self) -> bool:
        """Tell whether the database finds no fault with its own files."""
        return True

    def migrate(self) -> None:
        """Bring its schema up to date."""
        engine = create_engine(self.url)
        prepare_engine(engine)
        with _ONE_MIGRATION:
            migrate.upgrade(engine)
        engine.dispose()


class SQLite(Store):
    """One file."""

    kind = "sqlite"

    @property
    def url(self) -> str:
        """Its file, on the small file system where there is one."""
        return f"sqlite:///{self._small or self.home}/keepword.db"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the one right to write that there is."""
        connection = sqlite3.connect(
            f"{self._small or self.home}/keepword.db", timeout=30, isolation_level=None
        )
        with contextlib.closing(connection):
            connection.execute("BEGIN IMMEDIATE")
            yield
            connection.execute("ROLLBACK")

    def is_sound(self) -> bool:
        """Ask it to look through all of itself."""
        engine = create_engine(self.url)
        with engine.connect() as connection:
            said = connection.execute(text("PRAGMA integrity_check")).scalar_one()
        engine.dispose()
        return bool(said == "ok")


class PostgreSQL(Store):
    """A server of its own, which writes to the disk as one in earnest does."""

    kind = "postgresql"

    def __init__(
        self, home: Path, small: Path | None, ready: Installed, *, small_log: bool = False
    ) -> None:
        super().__init__(home, small)
        self._ready = ready
        self._port = free_port()
        self._server: subprocess.Popen[bytes] | None = None
        self._settings = _SMALL_LOG if small_log else {}
        self.start()
        where = ""
        if small is not None and not small_log:
            # Its log lies elsewhere: where that is full the server ends, which is another fault.
            ready.own(small)
            self._admin(f"CREATE TABLESPACE small LOCATION '{small}'")
            where = " TABLESPACE small"
        self._admin(f"CREATE DATABASE keepword{where}")

    @property
    def url(self) -> str:
        """Its only database."""
        return f"{address_of(self._port)}/keepword"

    def start(self) -> None:
        """Start the server, on the port it had."""
        self._server = self._ready.start(self._port, **self._settings)

    @property
    def runs(self) -> bool:
        """Whether the server is there."""
        return self._server is not None and self._server.poll() is None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the table of the promises."""
        with psycopg.connect(self._dsn("keepword")) as connection:
            connection.execute("LOCK TABLE promise IN ACCESS EXCLUSIVE MODE")
            yield
            connection.rollback()

    def begin_log_file(self) -> None:
        """Have it go on with the next file of its log, as it does when one is full."""
        with contextlib.suppress(psycopg.Error):
            self._admin("SELECT pg_logical_emit_message(false, 'chaos', repeat('x', 100000))")
            self._admin("SELECT pg_switch_wal()")

    def pids(self) -> list[int]:
        """Return the server's own number and those of what it started."""
        assert self._server is not None
        return with_children(self._server.pid)

    def stop_at_once(self) -> None:
        """Have it end without a word to anybody and without writing down what it holds."""
        assert self._server is not None
        self._server.send_signal(signal.SIGQUIT)
        self._server.wait(30)

    def restart(self) -> None:
        """Let it fall, and come back by its own log."""
        self.stop_at_once()
        self.start()

    def cut_off(self) -> int:
        """End every connection to the database; return how many there were."""
        with psycopg.connect(self._dsn("keepword"), autocommit=True) as connection:
            ended = connection.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            ).fetchone()
        return int(ended[0]) if ended else 0

    def end(self) -> None:
        """End the server for good."""
        if self._server is not None and self.runs:
            self._server.send_signal(signal.SIGINT)
            self._server.wait(30)

    def _dsn(self, database: str) -> str:
        return f"host=127.0.0.1 port={self._port} user=postgres dbname={database}"

    def _admin(self, statement: str) -> None:
        with psycopg.connect(self._dsn("postgres"), autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def store_of(kind: str, *, small: Small = "") -> Iterator[Store]:
    """Make a migrated database; ``small`` puts it, or its log, on a file system that can be filled.

    Raises ``PermissionError`` where nothing may be mounted here.
    """
    memory = Path("/dev/shm")  # noqa: S108 - a folder of our own is made below it
    usable = memory.is_dir() and os.access(memory, os.W_OK | os.X_OK)
    with (
        TemporaryDirectory(prefix="keepword-chaos-", dir=memory if usable else None) as name,
        _mounted(Path(name) / "small", wanted=bool(small)) as mounted,
    ):
        folder = Path(name)
        home = folder / "home"
        home.mkdir()
        if kind == "sqlite":
            made: Store = SQLite(home, mounted)
            made.migrate()
            yield made
            return
        small_log = small == "log"
        ready = installed(folder, log=mounted if small_log else None)
        server = PostgreSQL(home, mounted, ready, small_log=small_log)
        try:
            server.migrate()
            yield server
        finally:
            server.end()


def may_mount() -> bool:
    """Tell whether a file system may be mounted here."""
    with TemporaryDirectory() as name:
        try:
            with _mounted(Path(name) / "small", wanted=True):
                return True
        except PermissionError:
            return False


@contextmanager
def _mounted(folder: Path, *, wanted: bool) -> Iterator[Path | None]:
    if not wanted:
        yield None
        return
    folder.mkdir()
    size = f"size={SMALL}m,mode=0755"
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", size, "keepword", folder],  # noqa: S607 - the system's own
        check=False,
        capture_output=True,
    )
    if done.returncode:
        raise PermissionError(done.stderr.decode().strip())
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)  # noqa: S607 - the system's own
