"""``keepword connection add`` before a person: at a real terminal, secrets never shown."""

from __future__ import annotations

import os
import pty
import select as waiting
import subprocess
import sys
from pathlib import Path

from sqlalchemy import select

from service.ats.registry import adapter_named
from service.models import Connection
from service.workflows.connections import live_secrets
from tests.integration.cli.conftest import Desk

ROOT = Path(__file__).resolve().parents[3]
PATIENCE = 60.0


def talk(environment: dict[str, str | None], *conversation: tuple[str, str]) -> tuple[int, str]:
    """Start the command at a terminal of its own; answer each question as it appears."""
    settings = {name: value for name, value in environment.items() if value is not None}
    terminal, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "service", "connection", "add"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "COLUMNS": "200", **settings},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    shown = ""
    try:
        for question, answer in conversation:
            seen = len(shown)
            while question not in shown[seen:]:
                shown += read(terminal)
            os.write(terminal, f"{answer}\n".encode())
        while more := read(terminal):
            shown += more
        return process.wait(PATIENCE), shown
    finally:
        process.kill()
        process.wait(PATIENCE)
        os.close(terminal)


def read(terminal: int) -> str:
    ready, _, _ = waiting.select([terminal], [], [], PATIENCE)
    if not ready:
        raise AssertionError("the command asks nothing and does not end")
    try:
        return os.read(terminal, 4096).decode("utf-8", "replace")
    except OSError:
        # Its end of the terminal is closed.
        return ""


def test_a_person_is_asked_for_everything_and_sees_no_secret(
    employer: Desk, environment: dict[str, str | None]
) -> None:
    code, shown = talk(
        environment,
        ("Name", "lever-main"),
        ("Which ATS", "lever"),
        ("Who sends rejections", "keepword"),
        ("Signing secret", "an invented token"),
        ("Another one", "a second token"),
        ("Another one", ""),
        ("(empty: later)", "an invented API key"),
        ("(empty: none)", ""),
    )

    assert code == 0, shown
    assert "https://keepword.example.com/hooks/ats/lever-main" in shown
    assert "Signature token" in shown
    assert adapter_named("lever").guide.events[1] in shown
    assert "invented" not in shown
    with employer.work() as work:
        row = work.session.scalars(select(Connection)).one()
        assert live_secrets(work, row) == ["an invented token", "a second token"]
        assert work.office.box.open(row.credentials["api_key"]) == "an invented API key"
        assert row.settings == {}
