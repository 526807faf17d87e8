"""Kombo's hints and the records of its lists end alike in any order and any number."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.ats.asking import Answer
from service.ats.kombo import BEFORE_RECEIPT, Kombo
from service.ats.kombo_api import list_ask
from tests.doubles import kombo_bodies as kombo
from tests.harness import Employer
from tests.integration.ats_orders import ORDERS, Told, any_order_ends_alike, at, tell

_JOBS = {kombo.JOBS: Answer(200, kombo.page(kombo.JOB), at(8))}


def _record(hour: int, **more: Any) -> dict[str, Any]:
    return kombo.application(
        remote_created_at="2026-03-05T07:00:00Z", changed_at=at(hour).isoformat(), **more
    )


def _hint(hour: int, *records: dict[str, Any], path: str = "/applications") -> Told:
    """A webhook, and what had changed in the hour before it."""
    ask = list_ask(path, at(hour, 5) - BEFORE_RECEIPT)
    model = {"/applications": "ats_applications", "/candidates": "ats_candidates"}[path]
    return Told(
        kombo.changed(model, id=f"webhook{hour}"),
        at(hour, 5),
        answers={ask: Answer(200, kombo.page(*records), at(hour, 6)), **_JOBS},
    )


def _found(hour: int, **more: Any) -> Told:
    body = json.dumps(_record(hour, **more)).encode()
    return Told(body, at(hour, 10), found="application", answers=_JOBS)


def _stage(name: str) -> dict[str, Any]:
    return {"id": name, "name": name, "index": 1}


_REJECTED = {
    "outcome": "DECLINED",
    "rejected_at": "2026-03-05T11:00:00Z",
    "rejection_reason_name": "Skills",
}
_MET = {
    "id": "i1",
    "title": "On-site",
    "starting_at": "2026-03-05T09:00:00Z",
    "ending_at": "2026-03-05T09:30:00Z",
}
STORY = [
    _hint(8, _record(8, current_stage=_stage("Application Review"))),
    _found(9, current_stage=_stage("Phone Screen")),
    _hint(10, _record(10, current_stage=_stage("On-site"), interviews=[_MET])),
    _found(11, current_stage=_stage("On-site"), interviews=[_MET], **_REJECTED),
    _hint(12, _record(12, current_stage=_stage("On-site"), interviews=[_MET])),
    _hint(
        13, {**kombo.CANDIDATE, "last_name": "King", "changed_at": at(13).isoformat()},
        path="/candidates",
    ),
    _hint(14, _record(14, current_stage=_stage("On-site"), interviews=[_MET], **_REJECTED)),
]  # fmt: skip


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@given(data=st.data())
@settings(ORDERS)
def test_hints_and_found_records_end_alike(employer: Employer, data: st.DataObject) -> None:
    ends = any_order_ends_alike(employer, Kombo(), STORY, data, at_least=1)

    assert set(ends["applications"]) <= {"a1"}


def test_it_ends_rejected_after_a_rejection_was_taken_back(employer: Employer) -> None:
    open_again = tell(employer, Kombo(), STORY[:5])["applications"]["a1"]
    ended = tell(employer, Kombo(), STORY)["applications"]["a1"]

    assert (open_again["stage"], open_again["decisions"]) == ("interview", [])
    assert (ended["stage"], ended["decisions"]) == ("rejected", ["Skills"])


def test_a_deleted_application_stays_deleted_whatever_is_told_late(employer: Employer) -> None:
    deleted = _found(15, remote_deleted_at="2026-03-05T14:30:00Z")
    ends = tell(employer, Kombo(), [*STORY[:2], deleted, *STORY])

    assert (ends["applications"], ends["deleted"]) == ({}, ["a1"])
