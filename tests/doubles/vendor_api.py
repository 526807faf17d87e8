"""A vendor's API on the loopback interface: answers as told, behaves as badly as told, remembers.

    with VendorApiDouble() as api:
        api.on("GET", "/v1/things/1", {"id": 1})
        api.then("/v1/things/1", busy(retry_after="30"))   # the next request only
        …
        assert [seen.path for seen in api.seen] == [...]

A path is answered by the first route that matches; what is not routed is answered 404. Nothing
here sleeps for longer than it is asked to, and stopping the server ends every wait.
"""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from tests.doubles.loopback import LoopbackServer

POLL_SECONDS = 0.02


@dataclass(frozen=True)
class Seen:
    """One request as it came: header names in lower case, the query as pairs in order."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes
    names: tuple[str, ...] = ()
    """The headers' names as often as they were sent."""

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, str]:
        """The body as a form."""
        return dict(parse_qsl(self.body.decode()))


@dataclass(frozen=True)
class Reply:
    """How to answer one request.

    ``content`` is sent as JSON unless it is bytes. ``gate`` holds the answer until it is set.
    ``cut`` ends the connection in good order after that many bytes of the body, ``reset`` at once
    and rudely; ``drip`` sends a byte at a time for as long as anybody reads.
    """

    content: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    gate: threading.Event | None = None
    cut: int | None = None
    reset: bool = False
    drip: bool = False
    silent: bool = False

    @property
    def body(self) -> bytes:
        """What is sent."""
        if isinstance(self.content, bytes):
            return self.content
        return b"" if self.content is None else json.dumps(self.content).encode()


def busy(retry_after: str | None = None, **headers: str) -> Reply:
    """Too many requests."""
    extra = {} if retry_after is None else {"Retry-After": retry_after}
    return Reply({"message": "slow down"}, 429, {**extra, **headers})


def refused(status: int = 401) -> Reply:
    """Wrong credentials, or too small ones."""
    return Reply({"message": "no"}, status)


def moved_to(url: str, status: int = 302) -> Reply:
    """A redirect."""
    return Reply(None, status, {"Location": url})


RESET = Reply(reset=True)
SILENT = Reply(silent=True)
DRIP = Reply(drip=True)
BROKEN = Reply({"message": "oops"}, 500)

Answering = Callable[[Seen], Reply]


class VendorApiDouble:
    """A server to be told what to answer. Safe to tell and to ask from any thread."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.lock = threading.Lock()
        self.seen: list[Seen] = []
        self.faults: list[str] = []
        self.connections = 0
        self.stopping = threading.Event()
        self.tls = tls
        self._routes: list[tuple[str, str, Answering]] = []
        self._next: list[tuple[str, Reply]] = []
        self._outage: Reply | None = None
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(POLL_SECONDS,))

    @property
    def base_url(self) -> str:
        """The address, without a slash at its end."""
        scheme = "http" if self.tls is None else "https"
        return f"{scheme}://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.close_connections()
        self._server.server_close()
        self._thread.join()

    def on(self, method: str, path: str, answer: Any) -> None:
        """Answer this from now on: with JSON, a ``Reply``, or what a function makes of it.

        A ``path`` that ends with ``*`` answers everything that begins so. The newest route wins.
        """
        if callable(answer):
            answering: Answering = answer
        else:
            reply = answer if isinstance(answer, Reply) else Reply(answer)
            answering = lambda _seen: reply  # noqa: E731 - one line says it
        with self.lock:
            self._routes.insert(0, (method, path, answering))

    def then(self, path: str, *replies: Reply) -> None:
        """Answer the next requests for a path by these, one each, before any route."""
        with self.lock:
            self._next += [(path, reply) for reply in replies]

    def out_of_order(self, reply: Reply | None) -> None:
        """Answer everything by this until it is taken back with ``None``."""
        with self.lock:
            self._outage = reply

    def gives_tokens(
        self, path: str = "/oauth/token", *, expires_in: int = 3600, prefix: str = "token"
    ) -> None:
        """Give a new access token to each request at a path: ``token-1``, ``token-2``, …"""
        given: list[Seen] = []

        def answer(seen: Seen) -> Reply:
            given.append(seen)
            token = f"{prefix}-{len(given)}"
            return Reply({"access_token": token, "token_type": "bearer", "expires_in": expires_in})

        self.on("POST", path, answer)

    def asked(self, path: str) -> list[Seen]:
        """The requests for one path, in order."""
        with self.lock:
            return [seen for seen in self.seen if seen.path == path]

    def reply_to(self, seen: Seen) -> Reply:
        """Remember a request and say how to answer it."""
        with self.lock:
            self.seen.append(seen)
            if self._outage is not None:
                return self._outage
            for place, (path, reply) in enumerate(self._next):
                if _matches(path, seen.path):
                    del self._next[place]
                    return reply
            routes = list(self._routes)
        for method, path, answering in routes:
            if method == seen.method and _matches(path, seen.path):
                return answering(seen)
        return Reply({"message": "not found"}, 404)


def _matches(pattern: str, path: str) -> bool:
    return path.startswith(pattern[:-1]) if pattern.endswith("*") else path == pattern


class _Server(LoopbackServer):
    def __init__(self, double: VendorApiDouble) -> None:
        self.double = double
        super().__init__(0, double, _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        if isinstance(self.connection, ssl.SSLSocket):
            self.connection.do_handshake()

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        parts = urlsplit(self.path)
        seen = Seen(
            self.command,
            parts.path,
            tuple(parse_qsl(parts.query, keep_blank_values=True)),
            {name.lower(): value for name, value in self.headers.items()},
            body,
            tuple(name.lower() for name in self.headers),
        )
        self._end(self.server.double.reply_to(seen))

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815 - the base's names

    def _end(self, reply: Reply) -> None:
        stopping = self.server.double.stopping
        if reply.gate is not None:
            while not reply.gate.wait(POLL_SECONDS) and not stopping.is_set():
                continue
        if reply.silent:
            stopping.wait()
            self.close_connection = True
            return
        if reply.reset:
            # No lingering: closing sends a reset instead of an end.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.server.resetting.add(self.connection)
            self.close_connection = True
            return
        body = reply.body
        self.send_response(reply.status)
        self.send_header("Content-Type", "application/json")
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "1000000" if reply.drip else str(len(body)))
        self.end_headers()
        if reply.drip:
            while not stopping.wait(POLL_SECONDS):
                self.wfile.write(b" ")
            return
        if reply.cut is not None:
            self.wfile.write(body[: reply.cut])
            self.close_connection = True
            return
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's own name
        """Print nothing: what is asked has no place in a test's output."""
