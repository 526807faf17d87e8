"""With its database away the page says so, and never that nobody waits."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from service.app import create_app, engine_of
from service.config import Config
from tests.harness import RecordingTransport

NOBODY_LISTENS = "postgresql+psycopg://keepword:hunter2@127.0.0.1:1/keepword"


@pytest.mark.parametrize("path", ["/", "/outbox", "/outbox/msg_1", "/outbox/msg_1/html"])
def test_a_page_without_its_database_says_so_and_what_to_do(
    tmp_path: Path, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    config = Config(
        home=tmp_path,
        database_url=NOBODY_LISTENS,
        secret_key="an invented secret key for tests only",
    )
    app = create_app(config, transport=RecordingTransport())

    with caplog.at_level(logging.WARNING):
        answer = app.test_client().get(path, headers={"Host": "localhost"})
    engine_of(app).dispose()

    assert answer.status_code == 503
    assert "keepword doctor" in answer.text
    assert "Nobody is waiting" not in answer.text
    assert "hunter2" not in answer.text + caplog.text
    assert answer.headers["Cache-Control"] == "no-store"
