"""Our own signed events under the contract; the examples of their page are fuzzed."""

from __future__ import annotations

import re
from pathlib import Path

from tests.unit.ats.cases import Case

_PAGE = Path(__file__).resolve().parents[4] / "docs" / "generic-events.md"
_FENCED = re.compile(r"^```json\n(.*?)^```", re.MULTILINE | re.DOTALL)

CASE = Case(
    "generic",
    secret="whsec_aW52ZW50ZWQgZm9yIHRlc3RzLCB0aGlydHktdHdvIGI=",
    other_secret="whsec_YW5vdGhlciBpbnZlbnRlZCBvbmUsIGFsc28gMzIgYnl0ZXM=",
    event=(
        b'{"type":"application.deleted","at":"2026-03-02T08:00:00Z",'
        b'"data":{"application":{"id":"A-1"}}}'
    ),
    event_at=("type",),
    more_events=tuple(
        example.encode() for example in _FENCED.findall(_PAGE.read_text(encoding="utf-8"))
    ),
    signature_header="webhook-signature",
    ping=b'{"type":"ping"}',
    id_header="webhook-id",
)
