"""The HTTP half of the SendGrid double: reads one request, judges it, and ends it as it was told.

Nothing here sleeps for longer than it is asked to, and stopping the server ends every wait.
"""

from __future__ import annotations

import json
import secrets
import select
import socket
import ssl
import struct
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote

from tests.doubles.loopback import LoopbackServer
from tests.doubles.sendgrid_behaviours import Behaviour, answer
from tests.doubles.sendgrid_logs import LOGS_PATH, QueryError, details, search
from tests.doubles.sendgrid_rules import faults_in

if TYPE_CHECKING:
    from tests.doubles.sendgrid import SendGridDouble

SEND_PATH = "/v3/mail/send"
POLL_SECONDS = 0.02
WRONG_KEY = answer(401, "The provided authorization grant is invalid")


class MailSendServer(LoopbackServer):
    """Listens for one double."""

    def __init__(self, port: int, double: SendGridDouble) -> None:
        self.double = double
        super().__init__(port, double, _Handler)


def _decoded(body: bytes) -> object:
    try:
        return json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        return None


def _in_sandbox(decoded: object) -> bool:
    try:
        return decoded["mail_settings"]["sandbox_mode"]["enable"] is True
    except (LookupError, TypeError):
        return False


class _Handler(BaseHTTPRequestHandler):
    server: MailSendServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        if isinstance(self.connection, ssl.SSLSocket):
            self.connection.do_handshake()

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", "0"))
        body = self.rfile.read(length)
        if len(body) < length:
            # Whoever was cut off in the middle asked for nothing yet.
            self.close_connection = True
            return
        if self.path == LOGS_PATH:
            self._look_up(body)
        else:
            self._mail_send(body)

    def _mail_send(self, body: bytes) -> None:
        double = self.server.double
        decoded = _decoded(body)
        probing = _in_sandbox(decoded)
        behaviour = double.take_probe() if probing else double.take()
        refusal = self._judge(body, decoded)
        if refusal is not None:
            self._answer(refusal)
            return
        if probing:
            if behaviour.status == 202:
                behaviour = replace(behaviour, status=200)
            behaviour = replace(behaviour, keep=False)
        request_id = secrets.token_urlsafe(16)
        if behaviour.keep:
            double.keep(request_id, cast("dict[str, Any]", decoded))
        self._wait(behaviour)
        self._end(behaviour, request_id)

    def _look_up(self, body: bytes | None) -> None:
        double = self.server.double
        behaviour = double.take_lookup()
        self._wait(behaviour)
        if not self._authorised():
            behaviour = WRONG_KEY
        elif behaviour.status == 202 and behaviour.page is None:
            behaviour = replace(behaviour, **self._found(body))
        self._end(behaviour, "")

    def _found(self, body: bytes | None) -> dict[str, Any]:
        """What the logs answer, as the fields of a behaviour."""
        double = self.server.double
        found: dict[str, Any] | None
        try:
            if body is not None:
                found = search(double.logged(), _decoded(body))
            else:
                sg_message_id = unquote(self.path.removeprefix(f"{LOGS_PATH}/"))
                found = details(double.logged(), sg_message_id, double.signer)
        except QueryError as fault:
            double.violations.append(f"logs: {fault}")
            return {"status": 400, "errors": [{"message": str(fault)}]}
        if found is None:
            return {"status": 404, "errors": [{"message": "message not found"}]}
        return {"status": 200, "page": json.dumps(found).encode()}

    def _wait(self, behaviour: Behaviour) -> None:
        double = self.server.double
        if behaviour.gate is not None:
            while not behaviour.gate.wait(POLL_SECONDS) and not double.stopping.is_set():
                continue
        if behaviour.wait_seconds:
            double.stopping.wait(behaviour.wait_seconds)

    def do_GET(self) -> None:
        if self.path.startswith(f"{LOGS_PATH}/"):
            self._look_up(None)
            return
        status = 405 if self.path == SEND_PATH else 404
        self._answer(answer(status, "method not allowed" if status == 405 else "not found"))

    def do_PUT(self) -> None:
        self.do_GET()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's own name
        """Print nothing: bodies and addresses have no place in a test's output."""

    def _authorised(self) -> bool:
        return self.headers.get("Authorization") == f"Bearer {self.server.double.api_key}"

    def _judge(self, body: bytes, decoded: object) -> Behaviour | None:
        double = self.server.double
        if self.path != SEND_PATH:
            return answer(404, "not found")
        if not self._authorised():
            return WRONG_KEY
        if self.headers.get("Content-Type", "").partition(";")[0].strip() != "application/json":
            return answer(415, "Content-Type should be application/json.")
        if len(body) >= double.max_body_bytes:
            return answer(413, "content too large")
        found = [("", "Bad Request")] if decoded is None else faults_in(decoded)
        if found:
            double.violations.extend(f"{where}: {why}" for where, why in found)
            errors = [{"message": why, "field": where or None} for where, why in found]
        else:
            errors = double.objections(cast("dict[str, Any]", decoded))
        return Behaviour(status=400, errors=errors, keep=False) if errors else None

    def _end(self, behaviour: Behaviour, request_id: str) -> None:
        if behaviour.ending == "answer":
            self._answer(behaviour, request_id)
            return
        self.close_connection = True
        if behaviour.ending == "silent":
            while not self._client_left(POLL_SECONDS):
                continue
        elif behaviour.ending == "drip":
            self.wfile.write(b"HTTP/1.1 202 Accepted\r\nX-Message-Id: ")
            while not self._client_left(POLL_SECONDS):
                self.wfile.write(b"x")
        elif behaviour.ending == "reset":
            # No lingering: close() then sends RST and drops whatever is unsent.
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.server.resetting.add(self.connection)

    def _client_left(self, within_seconds: float) -> bool:
        if self.server.double.stopping.is_set():
            return True
        readable, _, _ = select.select([self.connection], [], [], within_seconds)
        # The request was read whole, so anything readable is the client's goodbye.
        return bool(readable)

    def _answer(self, behaviour: Behaviour, request_id: str | None = None) -> None:
        payload = b""
        kind = "application/json"
        if behaviour.page is not None:
            payload = behaviour.page
            kind = "application/json" if payload[:1] == b"{" else "text/html"
        elif behaviour.errors:
            payload = json.dumps({"errors": behaviour.errors}).encode()
        self.send_response(behaviour.status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(payload)))
        if behaviour.status == 202 and behaviour.show_id and request_id is not None:
            self.send_header("X-Message-Id", request_id)
        for name, value in behaviour.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(payload)
