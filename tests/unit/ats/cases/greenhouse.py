"""Greenhouse under the contract."""

from __future__ import annotations

import json

from service.ats.greenhouse_actions import HANDLERS
from tests.doubles.greenhouse_bodies import JOB, application, stage
from tests.unit.ats.cases import Case

_EVERYTHING = (
    application(current_stage=stage("Onsite", (1, "Panel", "complete")))
    | {"candidate": {"id": 1}, "person": {"id": 1, "new_candidate_id": 2}, "job": JOB}
    | {
        "id": 5,
        "candidate_id": 1,
        "application_id": 6,
        "offer_status": "Created",
        "interview": {"id": 3},
    }
)

_RECORD = {
    "id": 1,
    "candidate_id": 1,
    "job_id": 1,
    "rejection_reason_id": 1,
    "application_id": 1,
    "status": "in_process",
    "stage_name": "Phone Screen",
    "first_name": "Ada",
    "last_name": "Byron",
    "name": "Too little experience",
    "type": {"id": 1, "key": "WE_REJECTED_THEM", "name": "We rejected them"},
    "created_at": "2026-03-01T09:00:00Z",
    "updated_at": "2026-03-02T08:00:00Z",
    "last_activity_at": "2026-03-02T08:00:00Z",
    "rejected_at": "2026-03-02T08:00:00Z",
    "starts_at": "2026-03-02T07:00:00Z",
    "ends_at": "2026-03-02T08:00:00Z",
}

CASE = Case(
    "greenhouse",
    secret="an invented secret for the tests",
    other_secret="another invented secret",
    event=b'{"action":"delete_application","payload":{"application":{"id":4711}}}',
    event_at=("action",),
    more_events=tuple(
        json.dumps({"action": action, "payload": _EVERYTHING}).encode() for action in HANDLERS
    ),
    signature_header="signature",
    ping=b'{"action":"ping"}',
    id_header="greenhouse-event-id",
    settings={
        "client_id": "an invented id",
        "client_secret": "an invented secret",
        "user_id": "7",
        "author_id": "8",
    },
    # Each is an answer to any question: a list of one that has everything asked of it.
    records=(
        json.dumps([_RECORD]).encode(),
        json.dumps([_RECORD | {"status": "rejected"}]).encode(),
    ),
    page=json.dumps([_RECORD]).encode(),
    more_pages=(
        json.dumps([_RECORD]).encode(),
        json.dumps([_RECORD]).encode(),
        json.dumps([_RECORD | {"status": "scheduled", "job_interview_id": 1}]).encode(),
        json.dumps([_RECORD | {"status": "Created", "version": 1}]).encode(),
    ),
    written=b'{"id":1}',
)
