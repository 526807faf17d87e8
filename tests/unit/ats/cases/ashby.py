"""Ashby under the contract."""

from __future__ import annotations

import json

from service.ats.ashby_actions import HANDLERS
from tests.doubles import ashby_bodies as ashby
from tests.unit.ats.cases import Case

_EVERYTHING = (
    {"application": ashby.APPLICATION, "candidate": {"id": "c-1"}, "job": {"id": "j-1"}}
    | {"deletedCandidate": {"id": "c-2"}, "mergedCandidate": {"id": "c-1"}}
    | ashby.schedule("Complete")
    | ashby.offer("Pending", "WaitingOnCandidateResponse")
)

CASE = Case(
    "ashby",
    secret="an invented secret for the tests",
    other_secret="another invented secret",
    event=ashby.body("candidateDelete", {"candidate": {"id": "c-1"}}),
    event_at=("action",),
    more_events=(
        *(ashby.body(action, _EVERYTHING) for action in HANDLERS),
        ashby.body("applicationUpdate", {"application": ashby.archived("RejectedByOrg")}),
        ashby.body("applicationUpdate", {"application": ashby.application(job=...)}),
    ),
    signature_header="ashby-signature",
    ping=ashby.body("ping", {"webhookActionType": "ping"}),
    settings={"api_key": "an invented key"},
    records=(ashby.answer(ashby.APPLICATION).body, ashby.refused("application_not_found").body),
    page=ashby.answer([ashby.APPLICATION], moreDataAvailable=True, nextCursor="G8").body,
    written=json.dumps({"success": True, "results": {"id": "n-1"}}).encode(),
)
