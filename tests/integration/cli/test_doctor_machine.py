"""``keepword doctor`` on the machine itself, the sender, and what it learns by asking outside."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from service.cli.findings import Finding
from service.cli.machine_check import machine, room, zone_version, zones
from service.cli.reach_check import reach, sender
from service.config import Config
from service.db import prepare_engine
from service.mail.base import ChannelDown, RetryLater
from service.workflows.heartbeat import beat
from tests.harness import RecordingTransport
from tests.integration.cli.conftest import Command, Desk


@pytest.fixture
def database_url(new_database: Callable[..., str]) -> str:
    return new_database("sqlite")


def verdicts(found: list[Finding]) -> list[tuple[str, str]]:
    for each in found:
        assert bool(each.remedy) is (each.verdict != "ok"), each
    return [(each.verdict, each.what) for each in found]


def settings(home: Path, **fields: str) -> Config:
    given = {
        "database_url": f"sqlite:///{home}/x.db",
        "secret_key": "0123456789abcdefghijklmnopqrstuv",
    }
    return Config(home=home, **(given | fields))


def test_disk_zones_and_key(tmp_path: Path) -> None:
    today = date(2026, 3, 2)
    assert verdicts([room(tmp_path, 50), room(tmp_path, 500), room(tmp_path, 5000)]) == [
        ("fail", "disk"),
        ("warn", "disk"),
        ("ok", "disk"),
    ]
    told = [zones(each, today) for each in ("2025b", "2025.2", "2026a", "2023c", None, "odd")]
    assert [each.verdict for each in told] == ["ok", "ok", "ok", "warn", "warn", "warn"]
    assert (zone_version() or "")[:2] == "20"

    typed = settings(tmp_path, secret_key="change-me-" * 4)
    assert ("warn", "secret key") in verdicts(list(machine(typed, today)))
    file = tmp_path / "secret_key"
    file.write_text("k" * 48)
    file.chmod(0o644)
    made = settings(tmp_path, secret_key="")
    assert ("fail", "secret key") in verdicts(list(machine(made, today)))
    file.chmod(0o600)
    assert "secret key" not in {what for _, what in verdicts(list(machine(made, today)))}
    shared = settings(tmp_path, secret_key="", database_url="postgresql+psycopg://x/y")
    assert ("warn", "secret key") in verdicts(list(machine(shared, today)))


def test_a_new_database_is_its_owners_alone_and_an_open_one_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    file = tmp_path / "x.db"
    engine = create_engine(f"sqlite:///{file}")
    prepare_engine(engine)
    old = os.umask(0o022)
    try:
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE t (a)"))
            modes = {each.name: each.stat().st_mode & 0o777 for each in tmp_path.glob("x.db*")}
    finally:
        os.umask(old)
        engine.dispose()

    def told() -> list[str]:
        return [each.what for each in machine(settings(tmp_path), date(2026, 3, 2))]

    assert modes == {"x.db": 0o600, "x.db-wal": 0o600, "x.db-shm": 0o600}
    assert "database file" not in told()
    file.chmod(0o644)
    assert "database file" in told()
    tmp_path.chmod(0o700)
    assert "database file" not in told()


def test_a_database_or_a_list_that_cannot_be_written_is_told_with_its_remedy(
    employer: Desk, command: Command, database_url: str, tmp_path: Path
) -> None:
    def told(**settings: str) -> dict[str, str]:
        found = json.loads(command("doctor", "--json", **settings).stdout)["findings"]
        return {each["what"]: each["remedy"] for each in found if each["verdict"] == "fail"}

    file = database_url.removeprefix("sqlite:///")
    (tmp_path / "a-file").touch()

    assert told() == {}
    assert "write" in told(DATABASE_URL=f"sqlite:///file:{file}?mode=ro&uri=true")["database"]
    assert "folder" in told(DATABASE_URL=f"sqlite:///{tmp_path}/none/x.db")["database"]
    port = told(DATABASE_URL="postgresql+psycopg://k@127.0.0.1:here/kept")
    assert "postgresql+psycopg://" in port["settings"]
    for place in (tmp_path, tmp_path / "a-file" / "list"):
        assert "KEEPWORD_ERASURES" in told(KEEPWORD_ERASURES=str(place))["erasures"]
        refused = command("db", "erasures", KEEPWORD_ERASURES=str(place))
        assert refused.exit_code == 1
        assert f"{place} cannot be written or read: " in refused.stderr


def test_a_sender_that_mailboxes_refuse_is_told(tmp_path: Path) -> None:
    def judged(address: str, mail: str = "sendgrid") -> list[tuple[str, str]]:
        return verdicts(list(sender(settings(tmp_path, mail=mail, mail_from=address))))

    assert judged("acme@gmail.com") == judged("hiring@keepword.invalid") == [("fail", "sender")]
    assert judged("hiring@mail.example.com") == [("fail", "sender")]
    assert judged("hiring@acme-works.de") == judged("acme@gmail.com", "capture") == []


@contextmanager
def answering(status: int, body: bytes) -> Iterator[str]:
    """A server on this machine that answers everything so."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_request(self, code: object = "-", size: object = "-") -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        # Another name of this machine than those that mean “only here”.
        yield f"http://127.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_what_is_asked_outside_comes_with_its_remedy(tmp_path: Path) -> None:
    def asked(url: str, transport: RecordingTransport | None = None) -> list[tuple[str, str]]:
        mail = "sendgrid" if transport else "capture"
        config = settings(tmp_path, base_url=url, mail=mail, mail_from="x@localhost")
        return verdicts(list(reach(config, transport or RecordingTransport())))

    assert asked("http://localhost:8000") == [("warn", "reach")]
    with answering(200, b'{"alive":true}') as url:
        assert asked(url) == [("ok", "reach")]
    assert asked(url) == [("fail", "reach")], "nobody listens there any more"
    with answering(502, b"bad gateway") as url:
        assert asked(url) == [("fail", "reach")]
    for answers, verdict in (
        ([], "ok"),
        ([ChannelDown("the key is not valid")], "fail"),
        ([RetryLater("no connection")], "warn"),
    ):
        transport = RecordingTransport(probes=list(answers))
        assert asked("http://localhost:8000", transport)[1:] == [
            ("ok", "sender"),
            (verdict, "provider"),
        ]


def test_a_clock_that_was_set_back_is_told(employer: Desk, command: Command) -> None:
    with employer.work() as work:
        beat(work.session, "loop:check", datetime.now(UTC) + timedelta(hours=1), {})

    document = json.loads(command("doctor", "--json").stdout)

    told = [each for each in document["findings"] if each["what"] == "clock"]
    assert [each["verdict"] for each in told] == ["fail"]
    assert "3600 s in the future" in told[0]["text"] or "3599 s" in told[0]["text"]


def test_reaching_is_done_only_when_asked(employer: Desk, command: Command) -> None:
    local = {"KEEPWORD_BASE_URL": "http://localhost:8000"}
    plain = json.loads(command("doctor", "--json", **local).stdout)
    outside = json.loads(command("doctor", "--json", "--reach", **local).stdout)

    assert "reach" not in {each["what"] for each in plain["findings"]}
    assert "reach" in {each["what"] for each in outside["findings"]}
