"""The outside watcher hears of the checker, and its failures harm nothing."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from service.clock import FakeClock
from service.ping import EVERY, Ping

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Watcher(HTTPServer):
    """Counts who knocks; answers as told."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Knock)
        self.knocks: list[str] = []
        self.status = 200


class Knock(BaseHTTPRequestHandler):
    server: Watcher

    def do_GET(self) -> None:
        self.server.knocks.append(self.path)
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        """Stay quiet."""


@pytest.fixture
def watcher() -> Iterator[Watcher]:
    server = Watcher()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_watcher_hears_once_a_minute(watcher: Watcher) -> None:
    clock = FakeClock(NOON)
    ping = Ping(f"http://127.0.0.1:{watcher.server_port}/secret", clock)

    assert ping.say()
    clock.advance(EVERY - timedelta(seconds=1))
    assert not ping.say()
    clock.advance(timedelta(seconds=1))
    assert ping.say()
    assert watcher.knocks == ["/secret", "/secret"]


def test_a_watcher_that_fails_is_told_of_once_and_without_its_address(
    watcher: Watcher, caplog: pytest.LogCaptureFixture
) -> None:
    clock = FakeClock(NOON)
    ping = Ping(f"http://127.0.0.1:{watcher.server_port}/secret", clock)
    watcher.status = 500
    with caplog.at_level(logging.WARNING, "keepword.ping"):
        for _ in range(3):
            assert not ping.say()
            clock.advance(EVERY)

    (line,) = [record.getMessage() for record in caplog.records]
    assert "answered 500" in line
    assert "secret" not in line
    watcher.status = 200
    assert ping.say()


def test_nobody_at_the_address_is_no_error() -> None:
    assert not Ping("http://127.0.0.1:9/nobody", FakeClock(NOON)).say()
