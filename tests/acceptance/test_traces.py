"""Traces of a real process: they reach a collector, which may hang, and ask for what is missing."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

pytest.importorskip("opentelemetry.sdk", reason="an extra: pip install .[telemetry]")

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.acceptance.test_serve import END_WITHIN, Keepword

CANARY = "quillfeather"

WITHOUT = """
import sys
class Gone:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "opentelemetry":
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Gone())
from service.cli import main
for command in ("serve", "doctor"):
    sys.argv = ["keepword", command]
    try:
        main()
    except SystemExit as end:
        print(command, "ended with", end.code)
"""
"""Two commands of Keepword where the extra is not installed."""


class Collector:
    """Takes OTLP over HTTP on loopback; once it hangs it answers nobody."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.bodies: list[bytes] = []
        self.services: set[str] = set()
        self.hangs = threading.Event()
        self._ends = threading.Event()
        outer = self

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if outer.hangs.is_set():
                    outer._ends.wait()
                    return
                outer.take(self.path, self.headers.get("Content-Encoding", ""), body)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, path: str, encoding: str, body: bytes) -> None:
        """Keep what came, unpacked."""
        assert path == "/v1/traces"
        body = gzip.decompress(body) if encoding == "gzip" else body
        self.bodies.append(body)
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            for fact in resource.resource.attributes:
                if fact.key == "service.name":
                    self.services.add(fact.value.string_value)
            self.names |= {span.name for each in resource.scope_spans for span in each.spans}

    def close(self) -> None:
        """Let everybody go."""
        self._ends.set()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def collector() -> Iterator[Collector]:
    """A collector that listens."""
    made = Collector()
    yield made
    made.close()


def test_a_running_keepword_is_traced_and_ends_though_its_collector_hangs(
    new_database: Callable[..., str], tmp_path: Path, collector: Collector
) -> None:
    url = new_database("sqlite")
    settings = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.address, "OTEL_BSP_SCHEDULE_DELAY": "50"}
    keepword = Keepword(tmp_path, url, "serve", **settings)
    try:
        keepword.until_ready()
        keepword.status(f"/sign-in?next={CANARY}&email={CANARY}@example.com")
        keepword.wait_for(lambda: {"GET /livez", "GET /sign-in"} <= collector.names)
        collector.hangs.set()
        assert keepword.status("/livez") == 200

        assert keepword.end() < END_WITHIN
    finally:
        keepword.process.kill()

    assert keepword.process.returncode == 0
    assert collector.services == {"keepword"}
    assert CANARY.encode() not in b"".join(collector.bodies)
    assert b"example.com" not in b"".join(collector.bodies)


def test_without_the_extra_it_says_what_to_install(tmp_path: Path) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "KEEPWORD_HOME": str(tmp_path),
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318",
    }
    line = [sys.executable, "-c", WITHOUT]

    done = subprocess.run(line, env=environment, capture_output=True, text=True, check=False)

    assert "pip install “.[telemetry]”" in done.stderr, "serve does not start"
    assert "fail  traces" in done.stdout
    assert "pip install “.[telemetry]”" in done.stdout, "the doctor says so too"
    assert done.stdout.count("ended with 1") == 2
    assert "Traceback" not in done.stderr
