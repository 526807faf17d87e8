"""A vendor's API, and a client to it that loses its patience soon."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from service.clock import FakeClock
from service.single_request import Timeouts
from service.vendors.over_http import HttpVendors
from tests.doubles.vendor_api import VendorApiDouble

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
IMPATIENT = Timeouts(connect=2.0, write=2.0, read=0.2, pool=0.2, overall=0.4)


@pytest.fixture(name="api")
def _api() -> Iterator[VendorApiDouble]:
    with VendorApiDouble() as api:
        yield api
    assert api.faults == []


@pytest.fixture(name="clock")
def _clock() -> FakeClock:
    return FakeClock(NOW)


@pytest.fixture(name="vendors")
def _vendors(clock: FakeClock) -> Iterator[HttpVendors]:
    made = HttpVendors(clock, chance=random.Random(1))  # noqa: S311 - no secret is drawn
    yield made
    made.close()


@pytest.fixture(name="impatient")
def _impatient(clock: FakeClock) -> Iterator[HttpVendors]:
    made = HttpVendors(
        clock,
        timeouts=IMPATIENT,
        max_answer_bytes=1000,
        chance=random.Random(1),  # noqa: S311 - no secret is drawn
    )
    yield made
    made.close()
