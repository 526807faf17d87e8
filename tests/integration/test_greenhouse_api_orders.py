"""Greenhouse's webhooks and what its API is found to hold end alike in any order and number."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.ats.asking import Answer, Ask
from service.ats.greenhouse import Greenhouse
from tests.doubles import greenhouse_bodies as greenhouse
from tests.harness import Employer
from tests.integration.ats_orders import ORDERS, Told, any_order_ends_alike, at, tell

_CANDIDATE = greenhouse.CANDIDATE
_REASON = {"id": 3, "name": "Other offer", "type": {"id": 1, "key": "WE_REJECTED_THEM"}}
_OWNER = greenhouse.CANDIDATE["recruiter"]
assert isinstance(_OWNER, dict)
_PRESENT = {
    Ask("/users", (("ids", str(_OWNER["id"])),)): [_OWNER],
    Ask("/candidates", (("ids", str(_CANDIDATE["id"])),)): [_CANDIDATE],
    Ask("/jobs", (("ids", str(greenhouse.JOB["id"])),)): [greenhouse.JOB],
    Ask("/rejection_reasons", (("ids", "3"), ("include_defaults", "true"))): [_REASON],
}
ANSWERS = {ask: Answer(200, json.dumps(each).encode(), at(8)) for ask, each in _PRESENT.items()}
_REJECTED_AT = "2026-03-05T12:00:00Z"


def _hook(action: str, hour: int, **more: Any) -> Told:
    payload = greenhouse.application(
        applied_at="2026-03-05T07:00:00Z", last_activity_at=f"2026-03-05T{hour:02}:00:00Z", **more
    )
    body = json.dumps({"action": action, "payload": payload}).encode()
    return Told(body, at(hour, 1))


def _found(hour: int, **more: Any) -> Told:
    application = greenhouse.application()["application"]
    assert isinstance(application, dict)
    record = {
        "id": application["id"],
        "candidate_id": _CANDIDATE["id"],
        "job_id": greenhouse.JOB["id"],
        "status": "in_process",
        "prospect": False,
        "recruiter_id": _OWNER["id"],
        "created_at": "2026-03-05T07:00:00Z",
        "updated_at": f"2026-03-05T{hour:02}:00:01Z",
        "last_activity_at": f"2026-03-05T{hour:02}:00:00Z",
        **more,
    }
    return Told(json.dumps(record).encode(), at(hour, 10), found="application")


_CLOSED = {
    "status": "rejected",
    "rejected_at": _REJECTED_AT,
    "rejection_reason": {"id": 3, "name": "Other offer", "type": {"id": 1, "name": "We"}},
}
STORY = [
    _hook("new_candidate_application", 8, current_stage=greenhouse.stage("Application Review")),
    _found(9, stage_name="Phone Screen"),
    _hook("candidate_stage_change", 10, current_stage=greenhouse.stage("On-site")),
    _hook("reject_candidate", 12, **_CLOSED),
    _found(13, status="rejected", rejected_at=_REJECTED_AT, rejection_reason_id=3),
    _hook("unreject_candidate", 14, current_stage=greenhouse.stage("On-site")),
    _found(15, stage_name="On-site"),
]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@given(data=st.data())
@settings(ORDERS)
def test_webhooks_and_found_records_end_alike(employer: Employer, data: st.DataObject) -> None:
    any_order_ends_alike(employer, Greenhouse(), STORY, data, ANSWERS, at_least=2)


def test_what_no_webhook_told_is_found_all_the_same(employer: Employer) -> None:
    lost = [STORY[0], STORY[4]]
    ended = tell(employer, Greenhouse(), lost, ANSWERS)
    (application,) = ended["applications"].values()

    assert (application["stage"], application["decisions"]) == ("rejected", ["Other offer"])
    reopened = tell(employer, Greenhouse(), [*lost, STORY[6]], ANSWERS)
    (application,) = reopened["applications"].values()
    assert (application["stage"], application["decisions"]) == ("interview", [])
