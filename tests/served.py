"""Serves an application over real HTTP on this machine and speaks to it as a client does."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import urllib3
from werkzeug.serving import make_server

from tests.harness import Employer


@dataclass(frozen=True)
class Answer:
    """What came back: status, headers, and the body read as JSON where it is JSON."""

    status: int
    headers: Mapping[str, str]
    body: Any


class Client:
    """A program that calls Keepword over HTTP, with a bearer key where one is given."""

    def __init__(self, base_url: str, key: str | None = None) -> None:
        self.base_url = base_url
        self._key = key
        self._pool = urllib3.PoolManager(retries=False, timeout=20)

    def send(
        self,
        method: str,
        path: str,
        body: bytes | Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request; a mapping goes as JSON, bytes as they are."""
        sent = dict(headers or {})
        if self._key:
            sent["Authorization"] = f"Bearer {self._key}"
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            sent["Content-Type"] = "application/json"
        response = self._pool.request(method, self.base_url + path, body=body, headers=sent)
        kind = response.headers.get("Content-Type", "")
        read = json.loads(response.data) if "json" in kind else response.data
        return Answer(response.status, response.headers, read)

    def get(self, path: str) -> Any:
        """Return what is at a path; it must be there."""
        answer = self.send("GET", path)
        assert answer.status == 200, (path, answer)
        return answer.body

    def post(self, path: str, body: Mapping[str, Any], status: int = 201) -> Any:
        """Post and return the answer; its status must be as said."""
        answer = self.send("POST", path, body)
        assert answer.status == status, (path, answer)
        return answer.body

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()


@contextmanager
def serving(employer: Employer) -> Iterator[str]:
    """Serve an employer's application in a thread; yield its address."""
    server = make_server("127.0.0.1", 0, employer.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
