"""A small TCP proxy on the loopback interface that misbehaves as networks do, when it is told to.

What passes is never changed, only delayed, withheld or cut. It counts the exchanges that it broke:
those that a client had begun and whose answer it kept back, wholly or in part.
"""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import threading
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

TICK = 0.02
"""Seconds between two looks at whether a wait has become pointless."""

AT_ONCE = struct.pack("ii", 1, 0)
"""No lingering: closing then sends a reset and drops whatever is unsent."""


@dataclass(frozen=True)
class Weather:
    """What happens to every piece that comes while it lasts; by default, nothing.

    ``latency`` holds each piece back for so many seconds; ``drip`` waits as long between one byte
    of an answer and the next. ``swallow`` takes everything and passes nothing on. The two ``cut_``
    pass on so many bytes of a request or of an answer and then reset the connection, both ends.
    """

    latency: float = 0.0
    drip: float = 0.0
    swallow: bool = False
    cut_request_after: int | None = None
    cut_answer_after: int | None = None


FAIR = Weather()


@dataclass(eq=False)
class _Line:
    """One client's connection and ours to the server behind."""

    client: socket.socket
    server: socket.socket
    awaiting: bool = False
    """Whether the client has said something that was not answered yet."""
    reset: bool = False
    ended: threading.Event = field(default_factory=threading.Event)
    closed: threading.Event = field(default_factory=threading.Event)


class FaultProxy:
    """Listens on a port of its own for one server. Use it as a context manager."""

    def __init__(self, upstream_port: int) -> None:
        self.weather = FAIR
        self.broken = 0
        self.connections = 0
        self._upstream = ("127.0.0.1", upstream_port)
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._lines: set[_Line] = set()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = int(self._listener.getsockname()[1])

    def __enter__(self) -> Self:
        self._run(self._accept)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopping.set()
        self.cut_all()
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def cut_all(self) -> None:
        """Reset every connection there is, as a router that forgot them would; return when done."""
        with self._lock:
            cut = list(self._lines)
        for line in cut:
            line.reset = True
            line.ended.set()
        for line in cut:
            line.closed.wait()

    def _run(self, work: object, *arguments: object) -> threading.Thread:
        assert callable(work)
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()
        return thread

    def _accept(self) -> None:
        while not self._stopping.is_set():
            readable, _, _ = select.select([self._listener], [], [], TICK)
            if not readable:
                continue
            client, _ = self._listener.accept()
            try:
                server = socket.create_connection(self._upstream, timeout=5)
            except OSError:
                # Nobody listens behind: whoever called is told so.
                _close(client, reset=True)
                continue
            server.settimeout(None)
            for each in (client, server):
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections += 1
            self._run(self._serve, _Line(client, server))

    def _serve(self, line: _Line) -> None:
        with self._lock:
            self._lines.add(line)
        back = threading.Thread(target=self._pump, args=(line,), kwargs={"answers": True})
        back.start()
        self._pump(line, answers=False)
        back.join()
        with self._lock:
            self._lines.discard(line)
            self.broken += line.awaiting
        for each in (line.client, line.server):
            _close(each, reset=line.reset)
        line.closed.set()

    def _pump(self, line: _Line, *, answers: bool) -> None:
        source = line.server if answers else line.client
        while not line.ended.is_set():
            readable, _, _ = select.select([source], [], [], TICK)
            if not readable:
                continue
            try:
                piece = source.recv(65_536)
                if not piece:
                    break
                if not answers:
                    line.awaiting = True
                self._carry(line, piece, answers=answers)
            except OSError:
                break
        line.ended.set()

    def _carry(self, line: _Line, piece: bytes, *, answers: bool) -> None:
        """Pass a piece on, as the weather is when it comes."""
        weather = self.weather
        sink = line.client if answers else line.server
        if weather.swallow:
            return
        if weather.latency:
            line.ended.wait(weather.latency)
        limit = weather.cut_answer_after if answers else weather.cut_request_after
        if limit is not None:
            sink.sendall(piece[:limit])
            line.reset = True
            line.ended.set()
        elif answers and weather.drip:
            for byte in piece:
                if line.ended.wait(weather.drip):
                    return
                sink.sendall(bytes([byte]))
            line.awaiting = False
        else:
            if answers:
                # Before it is sent: whoever has it may ask the next thing at once.
                line.awaiting = False
            sink.sendall(piece)


def _close(ended: socket.socket, *, reset: bool) -> None:
    with contextlib.suppress(OSError):  # the other end was faster
        if reset:
            ended.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
        else:
            ended.shutdown(socket.SHUT_RDWR)
    ended.close()
