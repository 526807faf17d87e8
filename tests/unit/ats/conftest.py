"""The adapters under the contract suite, each with its secrets, an event and a ping."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from service.ats.base import Adapter, Incoming
from service.ats.registry import adapter_named

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Case:
    """One adapter under the contract. ``event`` changes something, ``ping`` nothing."""

    name: str
    signature_header: str
    secret: str
    other_secret: str
    event: bytes
    ping: bytes

    @property
    def adapter(self) -> Adapter:
        return adapter_named(self.name)

    def headers(self, body: bytes, secret: str | None = None) -> dict[str, str]:
        signed = self.adapter.sign(body, secret or self.secret, NOW, "delivery-1")
        return {name.lower(): value for name, value in signed.items()}

    def incoming(self, headers: dict[str, str], body: bytes | None = None) -> Incoming:
        return Incoming.of(headers.items(), self.event if body is None else body, NOW)


CASES = (
    Case(
        "greenhouse",
        "signature",
        "an invented secret for the tests",
        "another invented secret",
        b'{"action":"delete_application","payload":{"application":{"id":4711}}}',
        b'{"action":"ping"}',
    ),
    Case(
        "generic",
        "webhook-signature",
        "whsec_aW52ZW50ZWQgZm9yIHRlc3RzLCB0aGlydHktdHdvIGI=",
        "whsec_YW5vdGhlciBpbnZlbnRlZCBvbmUsIGFsc28gMzIgYnl0ZXM=",
        b'{"type":"application.deleted","at":"2026-03-02T08:00:00Z",'
        b'"data":{"application":{"id":"A-1"}}}',
        b'{"type":"ping"}',
    ),
)


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def case(request: pytest.FixtureRequest) -> Case:
    """Each adapter in turn."""
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
