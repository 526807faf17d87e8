"""Merge under the contract."""

from __future__ import annotations

import json

from tests.doubles import merge_bodies as merge
from tests.unit.ats.cases import Case

CASE = Case(
    "merge",
    secret="an invented secret for the tests",
    other_secret="another invented secret",
    event=merge.body("Application.changed"),
    event_at=("hook", "event"),
    more_events=(
        merge.body("Candidate.changed", "c1"),
        merge.body("Candidate.removed", "c1"),
        merge.body("ScheduledInterview.changed", "i1"),
        merge.body("Job.changed", "j1"),
        merge.body("Offer.changed", "o1"),
    ),
    signature_header="x-merge-webhook-signature",
    settings={
        "api_key": "an invented key",
        "account_token": "an invented token",
        "remote_user_id": "u1",
    },
    records=tuple(
        json.dumps(each).encode()
        for each in (
            {**merge.JOB, **merge.application(), **merge.INTERVIEW, "id": "a1"},
            merge.application(
                rejected_at="2026-03-02T08:00:00Z", reject_reason={"id": "r1", "name": "Skills"}
            ),
            merge.CANDIDATE,
            merge.OFFER,
        )
    ),
    page=merge.page(merge.JOB, cursor="cD0yMDIxLTAxLTA2"),
    more_pages=tuple(
        merge.page(each, cursor="cD0yMDIxLTAxLTA2")
        for each in (merge.CANDIDATE, merge.application(), merge.INTERVIEW, merge.OFFER)
    ),
    written=json.dumps({"model": {"id": "n1"}, "errors": [], "warnings": []}).encode(),
)
