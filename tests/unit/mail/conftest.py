"""A transport to the double, patient or not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from service.clock import FakeClock
from service.mail.sendgrid import SendGridTransport
from service.mail.single_post import Timeouts
from tests.doubles.sendgrid import SendGridDouble
from tests.unit.mail.sending import IMPATIENT, KEY, NOW


@pytest.fixture(name="double")
def _double() -> Iterator[SendGridDouble]:
    with SendGridDouble(api_key=KEY) as double:
        yield double
    assert double.faults == []


@pytest.fixture(name="clock")
def _clock() -> FakeClock:
    return FakeClock(NOW)


@pytest.fixture(name="transport")
def _transport(double: SendGridDouble, clock: FakeClock) -> Iterator[SendGridTransport]:
    transport = SendGridTransport(
        KEY, base_url=double.base_url, clock=clock, timeouts=Timeouts(read=10.0)
    )
    yield transport
    transport.close()


@pytest.fixture(name="impatient")
def _impatient(double: SendGridDouble, clock: FakeClock) -> Iterator[SendGridTransport]:
    transport = SendGridTransport(KEY, base_url=double.base_url, clock=clock, timeouts=IMPATIENT)
    yield transport
    transport.close()
