"""One employer a test, on each database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.db import db
from tests.harness import Employer, make_employer


@pytest.fixture
def employer(database_url: str, tmp_path: Path) -> Iterator[Employer]:
    """A running Keepword on a Monday morning."""
    made = make_employer(database_url, tmp_path)
    yield made
    with made.app.app_context():
        db.engine.dispose()
