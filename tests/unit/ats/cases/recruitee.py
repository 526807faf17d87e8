"""Recruitee under the contract."""

from __future__ import annotations

from tests.doubles import recruitee_bodies as recruitee
from tests.unit.ats.cases import Case, Greeting

CASE = Case(
    "recruitee",
    secret="an invented webhook secret",
    other_secret="another invented webhook secret",
    event=recruitee.moved(),
    event_at=("event_type",),
    more_events=(
        recruitee.event("candidate_created", "career_site"),
        recruitee.event("candidate_assigned"),
        recruitee.moved(recruitee.HIRED),
        recruitee.moved(offer=...),
        recruitee.disqualified(),
        recruitee.disqualified(created_at=...),
        recruitee.event("candidate_moved", "requalified"),
        recruitee.event("candidate_deleted"),
        recruitee.event("offer_updated", "status_changed", candidate=...),
    ),
    signature_header="x-recruitee-signature",
    ping=b'{"test":true}',
    greetings=(
        Greeting({"content-type": "application/json"}, b'{"test":true}'),
        Greeting({"x-recruitee-signature": "0" * 64}, b'{"test":true,"event_type":"x"}'),
    ),
    settings={"company_id": "12345", "api_token": "an invented personal token"},
    records=(recruitee.record(), recruitee.record(recruitee.placement(disqualify_kind="admin"))),
    page=recruitee.page(recruitee.person(), recruitee.person(id=45, name="Ivo Brandt")),
    written=b'{"note":{"id":1}}',
)
