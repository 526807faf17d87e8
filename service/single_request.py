"""Makes one HTTP request to one server exactly once and says whether it may have left this machine.

A failure before the body is asked for is ``SurelyNotSentError``; every later one without a status
line is ``PerhapsSentError``. Nothing is retried, no redirect is followed, no proxy is asked.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import (
    ConnectTimeoutError,
    EmptyPoolError,
    HTTPError,
    LocationParseError,
    NameResolutionError,
    NewConnectionError,
    SSLError,
)
from urllib3.util import parse_url

from service.clock import Clock

IDLE_LIMIT_SECONDS = 20.0
"""A connection unused for longer is not trusted: a router may have forgotten it silently, and a
body written into it would be a lost answer instead of a fresh connection."""


class SurelyNotSentError(Exception):
    """The body never began to leave; sending it again later cannot double it."""


class PerhapsSentError(Exception):
    """The body may have arrived, but no whole answer came back."""


@dataclass(frozen=True)
class Timeouts:
    """Seconds to wait: for a connection, for one write, for one read, for a free connection.

    ``overall`` bounds the whole exchange once connected, so that a server that drips a byte at a
    time cannot hold a worker.
    """

    connect: float = 5.0
    write: float = 30.0
    read: float = 60.0
    pool: float = 5.0
    overall: float = 90.0


@dataclass(frozen=True)
class HttpAnswer:
    """A status line that arrived, its headers (names in lower case) and the body's beginning.

    ``whole`` tells that the body was read to its end: it was not cut off, nor longer than allowed.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    whole: bool = True


class _Exchange:
    """One request's body; the connection asks it for its bytes and so tells how far it came."""

    def __init__(self, payload: bytes, *, timeouts: Timeouts, at: float) -> None:
        self.payload = payload
        self.timeouts = timeouts
        self.at = at
        self.began = False
        self.timed_out = False
        self._socket: socket.socket | None = None
        self._watchdog = threading.Timer(timeouts.overall, self._abort)
        self._watchdog.daemon = True

    def __iter__(self) -> Iterator[bytes]:
        self.began = True
        yield self.payload

    def watch(self, connected: socket.socket) -> None:
        self._socket = connected
        self._watchdog.start()

    def finish(self) -> None:
        self._watchdog.cancel()

    def _abort(self) -> None:
        self.timed_out = True
        if self._socket is not None:
            # The plain socket's shutdown wakes a reader in another thread; the TLS socket's own
            # would take its state away from under that reader. Already closed is fine.
            with contextlib.suppress(OSError):
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


class _Watched(HTTPConnection):
    """A connection that tells its exchange when it is up, and does not trust long idleness."""

    _used_at: float | None = None

    def request(self, method: str, url: str, body: Any = None, *args: Any, **kwargs: Any) -> None:
        """Send one exchange; every other kind of body is refused by the type at run time."""
        if not isinstance(body, _Exchange):
            raise TypeError("this connection carries an _Exchange")
        if self._used_at is not None and body.at - self._used_at > IDLE_LIMIT_SECONDS:
            self.close()
        if self.sock is None:
            self.connect()
        self._used_at = body.at
        body.watch(self.sock)
        self.timeout = body.timeouts.write
        super().request(method, url, body, *args, **kwargs)


class _WatchedTLS(_Watched, HTTPSConnection):
    """The same over TLS."""


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Watched


class _TLSPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _WatchedTLS


class ServerClient:
    """A pool of connections to one server, safe to share between threads.

    ``base_url`` is ``http[s]://host[:port][/prefix]``; raises ``ValueError`` for anything else.
    ``called`` is what the texts of errors call the server, which name no address. Of an answer's
    body ``max_answer_bytes`` are read. The environment's proxy settings are never read.
    """

    def __init__(
        self,
        base_url: str,
        *,
        called: str,
        clock: Clock,
        max_answer_bytes: int,
        timeouts: Timeouts | None = None,
        connections: int = 4,
    ) -> None:
        try:
            parts = parse_url(base_url)
        except LocationParseError:
            raise ValueError(f"{called}'s base URL is no address") from None
        if parts.scheme not in ("http", "https") or not parts.host:
            raise ValueError(f"{called}'s base URL must be http(s)://host")
        if parts.auth or parts.query or parts.fragment:
            raise ValueError(f"{called}'s base URL may only hold a host and a path")
        pool_class = _TLSPool if parts.scheme == "https" else _Pool
        self._prefix = (parts.path or "").rstrip("/")
        self._called = called
        self._max_bytes = max_answer_bytes
        self._timeouts = timeouts or Timeouts()
        self._clock = clock
        self._pool = pool_class(
            parts.host, parts.port, maxsize=connections, block=True, retries=False
        )

    def close(self) -> None:
        """Close the idle connections; the client is of no use afterwards."""
        self._pool.close()

    def request(
        self, method: str, path: str, payload: bytes, headers: Mapping[str, str]
    ) -> HttpAnswer:
        """Ask once; raise ``SurelyNotSentError`` or ``PerhapsSentError`` without an answer.

        ``path`` begins with a slash and follows the base address's own.
        """
        exchange = _Exchange(payload, timeouts=self._timeouts, at=self._clock.monotonic())
        try:
            return self._exchange(method, self._prefix + path, exchange, headers)
        except (HTTPError, http.client.HTTPException, OSError) as fault:
            # The cause's text can quote what was sent, so only its class goes further.
            if exchange.began:
                raise PerhapsSentError(_lost_because(self._called, exchange, fault)) from None
            raise SurelyNotSentError(_not_sent_because(self._called, fault)) from None
        finally:
            exchange.finish()

    def _exchange(
        self, method: str, path: str, exchange: _Exchange, headers: Mapping[str, str]
    ) -> HttpAnswer:
        response = self._pool.request(
            method,
            path,
            body=exchange,
            # Without a length urllib3 would send chunks, and a cut body could look complete.
            headers={**headers, "Content-Length": str(len(exchange.payload))},
            timeout=urllib3.Timeout(connect=self._timeouts.connect, read=self._timeouts.read),
            pool_timeout=self._timeouts.pool,
            retries=False,
            redirect=False,
            preload_content=False,
        )
        if exchange.timed_out:
            # The watchdog's cut looks like the end of the headers: they may be incomplete.
            _discard(response)
            raise http.client.RemoteDisconnected("cut off by the watchdog")
        body, read = b"", False
        # The status line is the answer; a body cut short takes nothing from it.
        with contextlib.suppress(HTTPError, http.client.HTTPException, OSError):
            body = response.read(self._max_bytes)
            read = True
        whole = read and len(body) < self._max_bytes and not exchange.timed_out
        if whole:
            response.release_conn()
        else:
            _discard(response)
        kept = {name.lower(): value for name, value in response.headers.itermerged()}
        return HttpAnswer(response.status, kept, body, whole)


def _discard(response: urllib3.BaseHTTPResponse) -> None:
    """Close a connection that may hold more than was read, and give its place back to the pool:
    a place that is never given back is one request fewer at a time, and at last none at all.
    """
    response.close()
    response.release_conn()


def _not_sent_because(called: str, fault: Exception) -> str:
    if isinstance(fault, NameResolutionError):
        return f"{called}'s host name does not resolve"
    if isinstance(fault, NewConnectionError):
        return f"{called} refused the connection"
    if isinstance(fault, ConnectTimeoutError):
        return f"no connection to {called} in time"
    if isinstance(fault, EmptyPoolError):
        return f"all connections to {called} are in use"
    if isinstance(fault, SSLError):
        return f"the TLS handshake with {called} failed"
    return f"the connection failed before the request was handed over ({type(fault).__name__})"


def _lost_because(called: str, exchange: _Exchange, fault: Exception) -> str:
    if exchange.timed_out:
        return f"{called} did not finish its answer in time"
    return f"{called}'s answer was lost ({type(fault).__name__})"
