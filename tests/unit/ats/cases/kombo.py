"""Kombo under the contract."""

from __future__ import annotations

import json

from tests.doubles import kombo_bodies as kombo
from tests.unit.ats.cases import Case

_INTERVIEW = {
    "id": "i1",
    "title": "On-site",
    "starting_at": "2026-03-02T07:00:00Z",
    "ending_at": "2026-03-02T08:00:00Z",
}
_DECLINED = kombo.application(
    outcome="DECLINED", rejected_at="2026-03-02T08:00:00Z", rejection_reason_name="Skills"
)

CASE = Case(
    "kombo",
    secret="an invented secret for the tests",
    other_secret="another invented secret",
    event=kombo.changed("ats_applications"),
    event_at=("type",),
    more_events=(kombo.changed("ats_candidates", "ats_jobs", "ats_interviews"),),
    signature_header="x-kombo-signature",
    settings={"api_key": "an invented key", "integration_id": "bombohr:ats-dev"},
    records=(
        kombo.page(kombo.application(interviews=[_INTERVIEW]), kombo.JOB, cursor="eyJwYWdlIjo"),
        kombo.page(_DECLINED),
        kombo.page(kombo.CANDIDATE),
    ),
    page=kombo.page(kombo.JOB, cursor="eyJwYWdlIjoxMn0="),
    more_pages=(
        kombo.page(kombo.CANDIDATE, cursor="eyJwYWdlIjoxMn0="),
        kombo.page(kombo.application(interviews=[_INTERVIEW]), cursor="eyJwYWdlIjoxMn0="),
    ),
    written=json.dumps({"status": "success", "data": {}, "warnings": []}).encode(),
)
