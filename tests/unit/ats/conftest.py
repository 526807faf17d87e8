"""The adapters under the contract suite, and the vendors' own samples where they are at hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from service.ats.registry import all_adapters
from tests.unit.ats.cases import NOW, Case, all_cases

CASES = all_cases()
_KNOWN = {each.name for each in all_adapters()}
# A case without its adapter fails one test, by name, and not all of them.
_READY = [each for each in CASES if each.name in _KNOWN]


@pytest.fixture(params=_READY, ids=lambda case: case.name)
def case(request: pytest.FixtureRequest) -> Case:
    """Each adapter in turn."""
    found: Case = request.param
    return found


@pytest.fixture(params=[each for each in _READY if each.adapter.api], ids=lambda case: case.name)
def api_case(request: pytest.FixtureRequest) -> Case:
    """Each adapter whose vendor's API is asked."""
    found: Case = request.param
    return found


@pytest.fixture(params=[each for each in _READY if each.adapter.poller], ids=lambda case: case.name)
def polled_case(request: pytest.FixtureRequest) -> Case:
    """Each adapter that asks what changed."""
    found: Case = request.param
    return found


@pytest.fixture(
    params=[each for each in _READY if each.adapter.write_back], ids=lambda case: case.name
)
def writing_case(request: pytest.FixtureRequest) -> Case:
    """Each adapter that writes back."""
    found: Case = request.param
    return found


@pytest.fixture
def case_names() -> list[str]:
    return sorted(each.name for each in CASES)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def samples() -> Callable[[str], bytes]:
    """Reads one of the vendors' documented payloads, which lie beside the checkout, if at all."""
    folder = Path(__file__).resolve().parents[3] / "../shared/data/ats-samples"

    def read(path: str) -> bytes:
        file = folder / path
        if not file.is_file():
            pytest.skip("the vendors' sample payloads are not beside this checkout")
        return file.read_bytes()

    return read


@pytest.fixture
def sample_names() -> Callable[[str], list[str]]:
    """The names, without their ending, of one vendor's documented payloads."""
    folder = Path(__file__).resolve().parents[3] / "../shared/data/ats-samples"

    def names(vendor: str) -> list[str]:
        if not (folder / vendor).is_dir():
            pytest.skip("the vendors' sample payloads are not beside this checkout")
        return [file.stem for file in (folder / vendor).glob("*.json")]

    return names
