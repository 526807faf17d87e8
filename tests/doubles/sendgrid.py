"""A small real HTTP server that stands in for SendGrid: Mail Send, Email Logs, Event Webhook.

It keeps what it accepted, refuses what SendGrid's documents refuse, fails on request in every way
a test needs, and posts signed events. Use it as a context manager.
"""

from __future__ import annotations

import ssl
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from tests.doubles.sendgrid_behaviours import ACCEPT, Behaviour
from tests.doubles.sendgrid_events import AcceptedMail, EventSigner
from tests.doubles.sendgrid_mails import accepted_mails
from tests.doubles.sendgrid_rules import MAX_BODY_BYTES
from tests.doubles.sendgrid_server import MailSendServer


class SendGridDouble:
    """The server, what it saw and what it will do next.

    ``accepted`` holds one entry per recipient of every accepted request, ``violations`` the
    faults of every request that SendGrid would have refused. ``requests`` counts what asked for
    mail to be sent, ``probes`` what asked the sandbox, ``lookups`` what asked the logs, and
    ``connections`` the connections they came over. ``faults`` holds what went wrong in the double
    itself. ``tls`` makes it speak HTTPS.

    ``then`` queues behaviours for requests; ``otherwise`` answers when nothing was queued, and
    probes always. ``logs`` and ``logs_then`` are the same for the logs, which show a mail
    ``log_lag`` after it was accepted by the clock ``now``. ``refuse`` and ``dislike`` name
    recipients that make a request a bad one. ``max_body_bytes`` is where a 413 begins.
    """

    def __init__(
        self,
        *,
        api_key: str = "SG.test-key",
        otherwise: Behaviour = ACCEPT,
        tls: ssl.SSLContext | None = None,
        now: Callable[[], datetime] | None = None,
    ) -> None:
        self.api_key = api_key
        self.tls = tls
        self.otherwise = otherwise
        self.accepted: list[AcceptedMail] = []
        self.violations: list[str] = []
        self.faults: list[str] = []
        self.requests = 0
        self.probes = 0
        self.lookups = 0
        self.connections = 0
        self.now = now or (lambda: datetime.now(UTC))
        self.logs: Behaviour = ACCEPT
        self.log_lag = timedelta(0)
        self.max_body_bytes = MAX_BODY_BYTES
        self.refused: dict[str, str] = {}
        self.disliked: set[str] = set()
        self.signer = EventSigner()
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self._queue: deque[Behaviour] = deque()
        self._log_queue: deque[Behaviour] = deque()
        self._server: MailSendServer | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        return self if self._server is not None else self.start()

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    def start(self, *, port: int = 0) -> Self:
        """Listen on the loopback interface; a fixed port lets it come back after a stop."""
        if self._server is not None:
            raise RuntimeError("the double is running already")
        self.stopping.clear()
        self._server = MailSendServer(port, self)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()
        return self

    def stop(self) -> None:
        """Close every connection, wait for every thread; what was seen stays readable."""
        if self._server is None or self._thread is None:
            return
        self.stopping.set()
        self._server.shutdown()
        self._thread.join()
        self._server.close_connections()
        self._server.server_close()
        self._server = None

    @property
    def port(self) -> int:
        """The port it listens on."""
        if self._server is None:
            raise RuntimeError("the double is not running")
        return int(self._server.server_address[1])

    @property
    def base_url(self) -> str:
        """What ``SENDGRID_BASE_URL`` has to be."""
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def then(self, *behaviours: Behaviour) -> None:
        """Queue what happens to the next requests, one each."""
        with self.lock:
            self._queue.extend(behaviours)

    def logs_then(self, *behaviours: Behaviour) -> None:
        """Queue what happens to the next requests to the logs, one each."""
        with self.lock:
            self._log_queue.extend(behaviours)

    def refuse(self, address: str, message: str = "The email address is invalid.") -> None:
        """Answer 400 to every request with this recipient, and name its place."""
        self.refused[address] = message

    def dislike(self, address: str) -> None:
        """Answer 400 to every request with this recipient, without saying which it is."""
        self.disliked.add(address)

    def forget(self) -> None:
        """Drop what was queued and did not happen."""
        with self.lock:
            self._queue.clear()

    def take(self) -> Behaviour:
        """Return what happens to this request for mail."""
        with self.lock:
            self.requests += 1
            return self._queue.popleft() if self._queue else self.otherwise

    def take_probe(self) -> Behaviour:
        """Return what happens to this request to the sandbox."""
        with self.lock:
            self.probes += 1
            return self.otherwise

    def take_lookup(self) -> Behaviour:
        """Return what happens to this request to the logs."""
        with self.lock:
            self.lookups += 1
            return self._log_queue.popleft() if self._log_queue else self.logs

    def objections(self, body: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return SendGrid's errors about recipients that a test called bad."""
        addresses = [one["to"][0]["email"] for one in body["personalizations"]]
        errors: list[dict[str, Any]] = [
            {"message": self.refused[address], "field": f"personalizations.{index}.to.0.email"}
            for index, address in enumerate(addresses)
            if address in self.refused
        ]
        if self.disliked.intersection(addresses):
            errors.append({"message": "Bad Request", "field": None})
        return errors

    def logged(self) -> list[AcceptedMail]:
        """Return what the logs show by now."""
        with self.lock:
            shown_until = self.now() - self.log_lag
            return [mail for mail in self.accepted if mail.accepted_at <= shown_until]

    @property
    def key_pair(self) -> Any:
        """The EC P-256 private key that signs the events."""
        return self.signer.key_pair

    @property
    def public_key(self) -> str:
        """Its public half as base64 SPKI, for ``SENDGRID_EVENT_PUBLIC_KEY``."""
        return self.signer.public_key

    def event(
        self, message: AcceptedMail, name: str, *, at: datetime | int, **extra: Any
    ) -> dict[str, Any]:
        """See ``EventSigner.event``."""
        return self.signer.event(message, name, at=at, **extra)

    def sign(self, body: bytes, timestamp: int | str) -> dict[str, str]:
        """See ``EventSigner.sign``."""
        return self.signer.sign(body, timestamp)

    def post_events(
        self, url: str, events: Sequence[Mapping[str, Any]], *, timestamp: int | None = None
    ) -> int:
        """See ``EventSigner.post_events``."""
        return self.signer.post_events(url, events, timestamp=timestamp)

    def keep(self, request_id: str, body: Mapping[str, Any]) -> None:
        """Remember an accepted request, one entry per personalization."""
        mails = accepted_mails(request_id, body, self.now())
        with self.lock:
            self.accepted.extend(mails)
