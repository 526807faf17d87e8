"""A worker of its own process that is killed while a letter is on its way.

Called with a database's address and a folder; it claims what is ready, commits ``sending``, and
kills itself where the first byte would leave, as a power cut would.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from service.mail.base import Envelope, SendAnswer
from tests.harness import RecordingTransport, make_employer
from tests.integration.watching import run_dispatch


class DeadlyTransport(RecordingTransport):
    """Kills its process when it is asked to send."""

    def send(self, group: Sequence[Envelope], batch_id: str) -> SendAnswer:
        del group, batch_id  # nobody will ever read it
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("unreachable")


if __name__ == "__main__":
    address, folder, at = sys.argv[1:]
    run_dispatch(
        make_employer(
            address,
            Path(folder),
            at=datetime.fromisoformat(at),
            transport=DeadlyTransport(),
        )
    )
