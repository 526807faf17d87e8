"""Keepword's own commands as processes of a bench, started as a person starts them.

Whatever a block does, what was started in it has ended after it.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

STARTS_WITHIN = 60.0
"""Seconds; a busy machine is slow to start."""


@contextmanager
def serving(command: Sequence[str], url: str, home: Path) -> Iterator[int]:
    """Run a server that takes its port as the last argument; yield the port once it listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with _started([*command, str(port)], url, home, {}, subprocess.DEVNULL) as process:
        _wait_for(port, process)
        yield port


@contextmanager
def working(url: str, home: Path, **settings: str) -> Iterator[None]:
    """Run the loops alone, with these settings beside ours, from when they turn."""
    command = [sys.executable, "-m", "service", "worker"]
    with _started(command, url, home, settings, subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline(), "a worker did not start"
        yield


@contextmanager
def _started(
    command: Sequence[str], url: str, home: Path, settings: Mapping[str, str], out: int
) -> Iterator[subprocess.Popen[bytes]]:
    own = {
        "KEEPWORD_HOME": str(home),
        "DATABASE_URL": url,
        "KEEPWORD_LOG_LEVEL": "ERROR",
        "SECRET_KEY": "an invented secret key for tests only",
        **settings,
    }
    process = subprocess.Popen(  # noqa: S603 - our own commands
        command, env=os.environ | own, stdout=out
    )
    try:
        yield process
    finally:
        process.terminate()
        # Read to the end: one that has more to say than the pipe holds would never end.
        process.communicate(timeout=STARTS_WITHIN)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + STARTS_WITHIN
    while True:
        assert process.poll() is None, "a server did not start"
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            assert time.monotonic() < end, "a server does not listen"
            time.sleep(0.05)
        else:
            return
