"""A server on the loopback interface that a double answers from, with every thread joined at last.

A connection may be reset on purpose; a client that went away is no fault of the double's.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol


class Double(Protocol):
    """What a server writes into: ``faults`` are the double's own, under its ``lock``."""

    tls: ssl.SSLContext | None
    faults: list[str]
    connections: int

    @property
    def lock(self) -> Any:
        """What guards all of it."""
        ...


class LoopbackServer(ThreadingHTTPServer):
    """Listens on the loopback interface; one thread a connection, all joined at the end.

    A handler that puts its connection into ``resetting`` ends it with a reset.
    """

    request_queue_size = 128

    def __init__(self, port: int, double: Double, handler: type[BaseHTTPRequestHandler]) -> None:
        self._told = double
        self.resetting: set[socket.socket] = set()
        self._open: set[socket.socket] = set()
        self._threads_serving: list[threading.Thread] = []
        super().__init__(("127.0.0.1", port), handler)
        if double.tls is not None:
            # The handshake belongs to the connection's own thread: a client that never shakes
            # hands must not keep the others out.
            self.socket = double.tls.wrap_socket(
                self.socket, server_side=True, do_handshake_on_connect=False
            )

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in a thread of its own."""
        with self._told.lock:
            self._told.connections += 1
            self._open.add(request)
        # Daemons, so that a test which forgets stop() fails instead of hanging at its end; the
        # base class would then not join them, so that is done here.
        thread = threading.Thread(
            target=self.process_request_thread, args=(request, client_address), daemon=True
        )
        self._threads_serving.append(thread)
        thread.start()

    def shutdown_request(self, request: Any) -> None:
        """End a connection, in good order or by a reset."""
        with self._told.lock:
            self._open.discard(request)
        if request in self.resetting:
            # shutdown() would end the connection in good order before the reset.
            self.resetting.discard(request)
            request.close()
            return
        super().shutdown_request(request)

    def close_connections(self) -> None:
        """End the connections that clients keep open, so that their threads can be joined."""
        with self._told.lock:
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
            self._told.faults.append(repr(fault))
