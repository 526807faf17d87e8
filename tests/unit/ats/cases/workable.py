"""Workable under the contract."""

from __future__ import annotations

from tests.doubles import workable_bodies as workable
from tests.unit.ats.cases import Case

CASE = Case(
    "workable",
    secret="an invented account token",
    other_secret="another invented account token",
    event=workable.event(),
    event_at=("event_type",),
    more_events=(
        workable.event("candidate_created"),
        workable.event(disqualified=..., updated_at=...),
        workable.event(
            disqualified=True,
            disqualified_at="2026-03-05T11:00:00Z",
            disqualification_reason="Underqualified",
        ),
        workable.event(stage="Hired", hired_at="2026-03-05T11:00:00Z"),
        workable.event("candidate_deleted"),
    ),
    signature_header="x-workable-signature",
    settings={
        "subdomain": "example-works",
        "api_token": "an invented account token",
        "member_id": "13e0eb0e",
    },
    records=(workable.record(), workable.reasons()),
    page=workable.page(
        {"shortcode": "GRO001", "title": "Bookbinder", "state": "published"},
        following="https://example-works.workable.com/spi/v3/jobs?limit=100&since_id=2700d6df",
        of="jobs",
    ),
    more_pages=(
        workable.page(
            workable.candidate(),
            following="https://example-works.workable.com/spi/v3/candidates?limit=100&since_id=x",
        ),
    ),
    written=b'{"id":"c1"}',
)
