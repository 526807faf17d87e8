"""SmartRecruiters under the contract."""

from __future__ import annotations

import json

from tests.doubles import smartrecruiters_bodies as bodies
from tests.unit.ats.cases import Case, Greeting

CASE = Case(
    "smartrecruiters",
    secret="HeBVky2bccvvkcXPimH8c",
    other_secret="another invented secret key",
    event=bodies.application_body(),
    event_header="event-name",
    more_events=(
        bodies.body(id=bodies.CANDIDATE),
        bodies.body(job_id=bodies.JOB),
        bodies.body(interview_id=bodies.INTERVIEW, candidate_id="c1", job_id="j1"),
        bodies.body(offer_id=bodies.OFFER, candidate_id="c1", job_id="j1"),
    ),
    signature_header="smartrecruiters-signature",
    greetings=(
        Greeting(
            {"X-Hook-Secret": "4jn8fs9011jj8"},
            b"",
            answer_headers={"X-Hook-Secret": "4jn8fs9011jj8"},
        ),
    ),
    success_status=202,
    id_header="event-id",
    settings={"api_key": "an invented key"},
    # The first is an answer to any question: members nobody asked for do no harm.
    records=tuple(
        json.dumps(each).encode()
        for each in (
            bodies.candidate(status="NEW", content=[], jobId=bodies.JOB, title="Bookbinder"),
            *bodies.world().values(),
        )
    ),
    page=json.dumps(
        {"limit": 100, "nextPageId": "SKYfn51wTboVGco6", "content": [bodies.candidate()]}
    ).encode(),
    written=b'{"id":"m1","shareRequired":false}',
)
