"""Reaching the invented vendor over HTTP, and the status it answered."""

from __future__ import annotations

from service.ats.asking import Ask
from service.vendors.base import (
    Answered,
    Outcome,
    Reach,
)
from tests.doubles.hint_vendor import HintApi
from tests.doubles.vendor_api import (
    VendorApiDouble,
)

KEY = "an invented api key"

ASK = Ask("/things/1")


def reach_of(api: VendorApiDouble, of: HintApi | None = None, **settings: str) -> Reach:
    return Reach("cnn_1", of or HintApi(), {"api_url": api.base_url, "api_key": KEY, **settings})


def status_of(outcome: Outcome) -> int:
    assert isinstance(outcome, Answered), outcome
    return outcome.answer.status
