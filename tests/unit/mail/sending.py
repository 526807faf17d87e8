"""One mail and one moment for the tests that send over real HTTP to the double."""

from __future__ import annotations

import socket
from datetime import UTC, datetime

from service.mail.base import Envelope
from service.mail.single_post import Timeouts

NOW = datetime(2026, 3, 27, 16, 0, tzinfo=UTC)
KEY = "SG.test-key"
IMPATIENT = Timeouts(connect=2.0, write=2.0, read=0.2, pool=0.2, overall=0.4)

BATCH = "bat_7h2k"

ENVELOPE = Envelope(
    message_id="0f9c2b1e4d",
    kind="status-update",
    to_address="ada@example.com",
    to_name="Ada Example",
    from_address="talent@example.org",
    from_name="Invented Company",
    reply_to_address="reply+k3f9@example.org",
    reply_to_name="Rita Recruiter",
    subject="Where your application stands",
    text="Dear Ada, we are still reading.",
    html="<p>Dear Ada, we are still reading.</p>",
    automatic=True,
    attempt=2,
)


def free_port() -> int:
    """A port of the loopback interface on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
