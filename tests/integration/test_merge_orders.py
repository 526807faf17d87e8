"""Merge's hints about one candidate end alike in any order and any number."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.ats.asking import Answer, Ask
from service.ats.merge import Merge
from tests.doubles import merge_bodies as merge
from tests.harness import Employer
from tests.integration.ats_orders import ORDERS, Told, any_order_ends_alike, at, tell

_GONE = "2026-03-05T12:00:00Z"


def _told(event: str, hour: int, record: dict[str, Any], ask: Ask) -> Told:
    """A hint, and what its record was when it was asked about."""
    record = {**record, "modified_at": at(hour).isoformat()}
    whole = merge.application(applied_at="2026-03-05T07:00:00Z", modified_at=at(hour).isoformat())
    known = {merge.JOB_ASKED: merge.JOB, merge.APPLICATION_ASKED: whole, ask: record}
    answers = {
        asked: Answer(200, json.dumps(said).encode(), at(hour, 1)) for asked, said in known.items()
    }
    body = merge.body(event, record["id"], modified_at=record["modified_at"])
    return Told(body, at(hour), answers=answers)


def _application(hour: int, **more: Any) -> Told:
    record = merge.application(applied_at="2026-03-05T07:00:00Z", **more)
    return _told("Application.changed", hour, record, merge.APPLICATION_ASKED)


def _stage(name: str) -> dict[str, Any]:
    return {"id": name, "name": name}


_REJECTED = {"rejected_at": _GONE, "reject_reason": {"id": "r1", "name": "Skills"}}
STORY = [
    _application(8, current_stage=_stage("Application Review")),
    _application(9, current_stage=_stage("Phone Screen")),
    _told(
        "ScheduledInterview.changed",
        10,
        {**merge.INTERVIEW, "start_at": "2026-03-05T09:00:00Z", "end_at": "2026-03-05T09:30:00Z"},
        merge.INTERVIEW_ASKED,
    ),
    _application(11, current_stage=_stage("On-site")),
    _application(12, current_stage=_stage("On-site"), **_REJECTED),
    _application(13, current_stage=_stage("On-site")),
    _told("Candidate.changed", 14, {**merge.CANDIDATE, "last_name": "King"}, merge.CANDIDATE_ASKED),
    _application(15, current_stage=_stage("On-site"), **_REJECTED),
]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@given(data=st.data())
@settings(ORDERS)
def test_hints_that_follow_an_application_end_alike(
    employer: Employer, data: st.DataObject
) -> None:
    ends = any_order_ends_alike(employer, Merge(), STORY, data, at_least=1)

    assert set(ends["applications"]) <= {"a1"}


def test_it_ends_rejected_after_a_rejection_was_taken_back(employer: Employer) -> None:
    open_again = tell(employer, Merge(), STORY[:6])["applications"]["a1"]
    ended = tell(employer, Merge(), STORY)["applications"]["a1"]

    assert (open_again["stage"], open_again["decisions"]) == ("interview", [])
    assert (ended["stage"], ended["decisions"]) == ("rejected", ["Skills"])


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@given(data=st.data())
@settings(ORDERS)
def test_nobody_who_was_deleted_comes_back(employer: Employer, data: st.DataObject) -> None:
    gone = {**merge.CANDIDATE, "remote_was_deleted": True}
    story = [
        *STORY[:2],
        _told("Candidate.removed", 16, gone, merge.CANDIDATE_ASKED),
    ]
    ends = any_order_ends_alike(employer, Merge(), story, data)

    assert ends["people"]["c1"]["erased"]
    assert ends["people"]["c1"]["name"] == (None, None)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_who_was_rejected_years_before_merge_was_linked_is_owed_no_word_now(
    employer: Employer,
) -> None:
    """Merge's clock of a record begins when the account is linked."""
    long_ago = {**_REJECTED, "rejected_at": "2024-03-05T11:00:00Z"}
    ended = tell(employer, Merge(), [_application(12, **long_ago)])["applications"]["a1"]
    lately = tell(employer, Merge(), [_application(12, **_REJECTED)])["applications"]["a1"]

    assert (ended["stage"], ended["decisions"], ended["owed"]) == ("rejected", ["Skills"], [])
    assert lately["owed"] == ["To be told the decision"]
