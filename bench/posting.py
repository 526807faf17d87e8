"""A poster of webhooks over kept-alive connections, light enough to cost the server little.

One thread watches all connections; each has one request under way at a time, as a client that
waits for its answer has.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

_HEAD_END = b"\r\n\r\n"
_LENGTH = b"content-length:"
PATIENCE = 30.0
"""Seconds without any answer at all until a server counts as stuck."""


@dataclass(frozen=True)
class Posted:
    """What came of posting: how long all took, and each single one, in seconds."""

    seconds: float
    each: Sequence[float]

    @property
    def per_second(self) -> float:
        """Requests answered in a second."""
        return len(self.each) / self.seconds

    @property
    def p99(self) -> float:
        """What 99 in 100 requests were answered within."""
        return sorted(self.each)[int(len(self.each) * 0.99)]


def request_of(path: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    """Return a whole request as it goes over the wire."""
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + _HEAD_END + body


def post_all(port: int, requests: Sequence[bytes], *, connections: int) -> Posted:
    """Post everything over so many connections; raises ``AssertionError`` for any failure."""
    waiting, each = iter(requests), []
    with selectors.DefaultSelector() as selector:
        begun = time.perf_counter()
        open_ = [_Line(port) for _ in range(connections)]
        try:
            for line in open_:
                selector.register(line.socket, selectors.EVENT_READ, line)
                line.send_next(waiting)
            while any(line.busy for line in open_):
                ready = selector.select(PATIENCE)
                assert ready, "the server stopped answering"
                for key, _ in ready:
                    taken = key.data.read()
                    if taken is not None:
                        each.append(taken)
                        key.data.send_next(waiting)
            seconds = time.perf_counter() - begun
        finally:
            for line in open_:
                line.socket.close()
    return Posted(seconds, each)


class _Line:
    """One kept-alive connection with at most one request under way."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.busy = False
        self._since = 0.0
        self._read = b""

    def send_next(self, waiting: Iterator[bytes]) -> None:
        """Send one more request, if there is one."""
        request = next(waiting, None)
        self.busy = request is not None
        if request is not None:
            self._since, self._read = time.perf_counter(), b""
            self.socket.sendall(request)

    def read(self) -> float | None:
        """Read on; return the seconds that the answer took once it is whole."""
        more = self.socket.recv(65536)
        assert more, "the server hung up"
        self._read += more
        head, found, body = self._read.partition(_HEAD_END)
        if not found:
            return None
        lines = head.lower().split(b"\r\n")
        length = next(int(line[len(_LENGTH) :]) for line in lines if line.startswith(_LENGTH))
        if len(body) < length:
            return None
        assert lines[0].split()[1] == b"200", self._read
        return time.perf_counter() - self._since
