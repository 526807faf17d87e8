"""One employer a test, on each database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness import Employer
from tests.reused import Reused


@pytest.fixture(scope="session")
def reused() -> dict[str, Reused]:
    """The applications that one test uses after another, by kind of database."""
    return {}


@pytest.fixture
def employer(database_url: str, tmp_path: Path, reused: dict[str, Reused]) -> Iterator[Employer]:
    """A running Keepword on a Monday morning."""
    kind = reused.setdefault(database_url, Reused(database_url))
    yield kind.employer(tmp_path)
    kind.give_back()
