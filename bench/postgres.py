"""A PostgreSQL of the bench's own whose files lie on the disk, as an employer's do.

The tests' server keeps its files in memory and waits for no disk. Where waiting is what is
measured, or where there is more to store than memory, that would be another figure.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.checker import Store
from tests.postgres import address_of, free_port, installed


@contextmanager
def store_on_disk(home: Path, **settings: str) -> Iterator[Store]:
    """Run a server with these settings until the block ends; ``TEST_DATABASE_URL`` names another
    to use instead.
    """
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield Store("postgresql", home, given.rsplit("/", 1)[0])
        return
    # Not below the bench's own folder, which is closed to whom the server runs as.
    with TemporaryDirectory(prefix="keepword-bench-postgres-") as name:
        port = free_port()
        server = installed(Path(name)).start(port, **settings)
        try:
            yield Store("postgresql", home, address_of(port))
        finally:
            server.send_signal(signal.SIGINT)  # fast shutdown: open sessions are cut
            server.wait(60)
