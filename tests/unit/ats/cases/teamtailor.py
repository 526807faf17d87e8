"""Teamtailor under the contract."""

from __future__ import annotations

import json

from service.ats.teamtailor_events import HANDLERS
from tests.doubles import teamtailor_bodies as bodies
from tests.unit.ats.cases import Case

CASE = Case(
    "teamtailor",
    secret="an invented signature key",
    other_secret="another invented signature key",
    event=bodies.webhook(updated_at="2026-03-02T09:00:00.000+01:00", rejected_at=None),
    event_at=("payload", "event_name"),
    more_events=tuple(bodies.webhook(event, "x", title="Bookbinder") for event in sorted(HANDLERS)),
    signature_header="tt-signature",
    settings={"api_key": "an invented key", "region": "eu", "note_user_id": "5"},
    records=tuple(
        json.dumps(each).encode()
        for each in (
            bodies.application(),
            bodies.application(why=bodies.reason(), rejected_at="2026-03-01T09:00:00+01:00"),
            bodies.job_document(),
            {"data": bodies.candidate()},
        )
    ),
    page=bodies.page(
        bodies.application(),
        following="https://api.teamtailor.com/v1/job-applications?page%5Bnumber%5D=2",
    ),
    written=b'{"data":{"id":"1","type":"notes"}}',
)
