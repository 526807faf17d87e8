"""One employer a test, on each database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.doubles.vendor_api import VendorApiDouble
from tests.harness import Employer
from tests.reused import Reused


@pytest.fixture(scope="session")
def reused() -> dict[str, Reused]:
    """The applications that one test uses after another, by kind of database."""
    return {}


@pytest.fixture(name="api")
def _api() -> Iterator[VendorApiDouble]:
    """A vendor's API that answers as it is told, and is asked nothing it was not told of."""
    with VendorApiDouble() as api:
        yield api
    assert api.faults == []


@pytest.fixture
def employer(database_url: str, tmp_path: Path, reused: dict[str, Reused]) -> Iterator[Employer]:
    """A running Keepword on a Monday morning."""
    kind = reused.setdefault(database_url, Reused(database_url))
    yield kind.employer(tmp_path)
    kind.give_back()
