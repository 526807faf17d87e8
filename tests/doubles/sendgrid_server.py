"""The HTTP half of the SendGrid double: reads one request, judges it, and ends it as it was told.

Nothing here sleeps for longer than it is asked to, and stopping the server ends every wait.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import select
import socket
import ssl
import struct
import sys
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from tests.doubles.sendgrid_behaviours import Behaviour, answer
from tests.doubles.sendgrid_events import AcceptedMail
from tests.doubles.sendgrid_rules import MAX_BODY_BYTES, faults_in

if TYPE_CHECKING:
    from tests.doubles.sendgrid import SendGridDouble

SEND_PATH = "/v3/mail/send"
POLL_SECONDS = 0.02


def accepted_mails(request_id: str, body: Mapping[str, Any]) -> list[AcceptedMail]:
    """Split an accepted request into one mail per personalization."""
    return [
        _mail(request_id, index, one, body) for index, one in enumerate(body["personalizations"])
    ]


def _mail(
    request_id: str, index: int, one: Mapping[str, Any], body: Mapping[str, Any]
) -> AcceptedMail:
    def filled(text: str) -> str:
        for tag, value in one.get("substitutions", {}).items():
            text = text.replace(tag, value)
        return text

    content = {part["type"]: part["value"] for part in body.get("content", [])}
    return AcceptedMail(
        request_id=request_id,
        index=index,
        to_address=one["to"][0]["email"],
        to_name=one["to"][0].get("name", ""),
        from_address=body["from"]["email"],
        subject=filled(one.get("subject") or body.get("subject", "")),
        text=filled(content.get("text/plain", "")),
        html=filled(content.get("text/html", "")),
        headers={**body.get("headers", {}), **one.get("headers", {})},
        custom_args={**body.get("custom_args", {}), **one.get("custom_args", {})},
        body=body,
    )


class MailSendServer(ThreadingHTTPServer):
    """Listens on the loopback interface; one thread a connection, all joined at the end."""

    request_queue_size = 128

    def __init__(self, port: int, double: SendGridDouble) -> None:
        self.double = double
        self.resetting: set[socket.socket] = set()
        self._open: set[socket.socket] = set()
        self._threads_serving: list[threading.Thread] = []
        super().__init__(("127.0.0.1", port), _Handler)
        if double.tls is not None:
            # The handshake belongs to the connection's own thread: a client that never shakes
            # hands must not keep the others out.
            self.socket = double.tls.wrap_socket(
                self.socket, server_side=True, do_handshake_on_connect=False
            )

    def process_request(self, request: Any, client_address: Any) -> None:
        with self.double.lock:
            self.double.connections += 1
            self._open.add(request)
        # Daemons, so that a test which forgets stop() fails instead of hanging at its end; the
        # base class would then not join them, so that is done here.
        thread = threading.Thread(
            target=self.process_request_thread, args=(request, client_address), daemon=True
        )
        self._threads_serving.append(thread)
        thread.start()

    def shutdown_request(self, request: Any) -> None:
        with self.double.lock:
            self._open.discard(request)
        if request in self.resetting:
            # shutdown() would end the connection in good order before the reset.
            self.resetting.discard(request)
            request.close()
            return
        super().shutdown_request(request)

    def close_connections(self) -> None:
        """End the connections that clients keep open, so that their threads can be joined."""
        with self.double.lock:
            for connection in self._open:
                with contextlib.suppress(OSError):  # the client was faster
                    socket.socket.shutdown(connection, socket.SHUT_RDWR)

    def server_close(self) -> None:
        """Stop listening and wait for every connection's thread."""
        super().server_close()
        for thread in self._threads_serving:
            thread.join()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep a fault of the double's own; a client that went away is none."""
        del request, client_address
        fault = sys.exc_info()[1]
        if not isinstance(fault, ConnectionError | ssl.SSLError):
            self.double.faults.append(repr(fault))


class _Handler(BaseHTTPRequestHandler):
    server: MailSendServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        if isinstance(self.connection, ssl.SSLSocket):
            self.connection.do_handshake()

    def do_POST(self) -> None:
        double = self.server.double
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        behaviour = double.take()
        refusal = self._judge(body)
        if refusal is not None:
            self._answer(refusal)
            return
        decoded = json.loads(body)
        if decoded.get("mail_settings", {}).get("sandbox_mode", {}).get("enable"):
            self._answer(Behaviour(status=200))
            return
        request_id = secrets.token_urlsafe(16)
        if behaviour.keep:
            double.keep(request_id, decoded)
        if behaviour.gate is not None:
            while not behaviour.gate.wait(POLL_SECONDS) and not double.stopping.is_set():
                continue
        if behaviour.wait_seconds:
            double.stopping.wait(behaviour.wait_seconds)
        self._end(behaviour, request_id)

    def do_GET(self) -> None:
        status = 405 if self.path == SEND_PATH else 404
        self._answer(answer(status, "method not allowed" if status == 405 else "not found"))

    def do_PUT(self) -> None:
        self.do_GET()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's own name
        """Print nothing: bodies and addresses have no place in a test's output."""

    def _judge(self, body: bytes) -> Behaviour | None:
        if self.path != SEND_PATH:
            return answer(404, "not found")
        if self.headers.get("Authorization") != f"Bearer {self.server.double.api_key}":
            return answer(401, "The provided authorization grant is invalid")
        if self.headers.get("Content-Type", "").partition(";")[0].strip() != "application/json":
            return answer(415, "Content-Type should be application/json.")
        if len(body) >= MAX_BODY_BYTES:
            return answer(413, "content too large")
        try:
            found = faults_in(json.loads(body.decode("utf-8")))
        except (ValueError, RecursionError):
            found = [("", "Bad Request")]
        if not found:
            return None
        self.server.double.violations.extend(f"{where}: {why}" for where, why in found)
        errors = [{"message": why, "field": where or None} for where, why in found]
        return Behaviour(status=400, errors=errors, keep=False)

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
            payload, kind = behaviour.page, "text/html"
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
