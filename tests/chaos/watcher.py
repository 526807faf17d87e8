"""The watcher outside: it hears a ping a minute from a checker that runs, and nothing from another.

It is what ``KEEPWORD_PING_URL`` points to, and stands in for Healthchecks and its like.
"""

from __future__ import annotations

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self


class Watcher(ThreadingHTTPServer):
    """Notes when somebody knocks. Use it as a context manager."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Knock)
        self.heard: list[float] = []
        """When, in steady seconds."""

    @property
    def url(self) -> str:
        """Where to knock."""
        return f"http://127.0.0.1:{self.server_port}/ping"

    def heard_since(self, steady: float) -> int:
        """Return how often somebody knocked since then."""
        return sum(at >= steady for at in self.heard)

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.shutdown()
        self.server_close()


class _Knock(BaseHTTPRequestHandler):
    server: Watcher

    def do_GET(self) -> None:
        self.server.heard.append(time.monotonic())
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        """Stay quiet."""
