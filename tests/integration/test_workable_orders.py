"""Workable's deliveries, and what polling finds, end alike in any order and any number."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.ats.asking import Answer
from service.ats.workable import Workable
from service.ats.workable_api import REASONS, candidate_ask
from tests.doubles import workable_bodies as workable
from tests.harness import Employer
from tests.integration.ats_orders import ORDERS, Told, any_order_ends_alike, at

ID = str(workable.CANDIDATE["id"])
CLOSED = {"disqualified": True, "disqualification_reason": "Underqualified"}
ANSWERS = {REASONS: Answer(200, workable.reasons(), at(8))}


def _at(hour: int) -> str:
    return at(hour).isoformat()


def _webhook(hour: int, name: str = "candidate_moved", **state: object) -> Told:
    return Told(workable.event(name, **{"updated_at": _at(hour), **state}), at(hour, 1))


def _found(hour: int, **state: object) -> Told:
    record = json.dumps(workable.candidate(**{"updated_at": _at(hour), **state}))
    return Told(record.encode(), at(hour, 30), found="candidate")


STORY = [
    _webhook(8, "candidate_created", stage="Applied", created_at=_at(8)),
    _webhook(9, stage="Phone Screen", created_at=_at(8)),
    _found(9, stage="Phone Screen", created_at=_at(8)),
    _webhook(10, stage="Phone Screen", created_at=_at(8), disqualified_at=_at(10), **CLOSED),
    _found(11, created_at=_at(8), disqualified_at=_at(10), **CLOSED, firstname="Miriam"),
    # Requalified: nothing says so but the state.
    _webhook(12, stage="Phone Screen", created_at=_at(8), firstname="Miriam"),
    _webhook(13, stage="Interview", created_at=_at(8), firstname="Miriam"),
    _found(14, stage="On-site", created_at=_at(8), firstname="Miriam"),
]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@given(data=st.data())
@settings(ORDERS)
def test_any_order_of_a_candidates_deliveries_ends_alike(
    employer: Employer, data: st.DataObject
) -> None:
    any_order_ends_alike(employer, Workable(), STORY, data, ANSWERS, at_least=3)


@pytest.mark.parametrize("closing", ["Underqualified", "Took a break", "hired", "deleted"])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@given(data=st.data())
@settings(ORDERS)
def test_any_order_with_an_end_ends_there(
    employer: Employer, data: st.DataObject, closing: str
) -> None:
    ends = {
        "hired": _webhook(15, stage="Hired", hired_at=_at(15), created_at=_at(8)),
        "deleted": Told(workable.event("candidate_deleted"), at(15)),
    }
    closed = {**CLOSED, "disqualification_reason": closing, "disqualified_at": _at(15)}
    end = ends.get(closing) or _webhook(15, created_at=_at(8), **closed)

    state = any_order_ends_alike(employer, Workable(), [*STORY, end], data, ANSWERS)
    if closing == "deleted":
        assert state["people"][ID]["erased"]
        assert state["people"][ID]["emails"] == []
    else:
        stages = {"Underqualified": "rejected", "Took a break": "withdrawn", "hired": "hired"}
        assert state["applications"][ID]["stage"] == stages[closing]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@given(data=st.data())
@settings(ORDERS)
def test_hints_that_are_all_fetched_later_end_in_the_present_state(
    employer: Employer, data: st.DataObject
) -> None:
    bare = {"updated_at": ..., "disqualified": ...}
    hints = [_webhook(hour, **bare, stage=f"Round {hour}") for hour in (8, 9, 10)]
    present = Answer(200, workable.record(stage="Offer", updated_at=_at(11)), at(12))

    answers = {candidate_ask(ID): present}
    state = any_order_ends_alike(employer, Workable(), hints, data, answers)
    assert state["applications"][ID]["stage"] == "offer"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@given(data=st.data())
@settings(ORDERS)
def test_hints_each_fetched_when_they_came_end_in_the_last_state(
    employer: Employer, data: st.DataObject
) -> None:
    bare = {"updated_at": ..., "disqualified": ...}
    told = [
        Told(
            workable.event(**bare, fired_at_hour=hour),
            at(hour),
            answers={candidate_ask(ID): Answer(200, workable.record(**state), at(hour, 1))},
        )
        for hour, state in [
            (8, {"stage": "Applied", "updated_at": _at(8)}),
            (9, {"updated_at": _at(9), "disqualified_at": _at(9), **CLOSED}),
            (10, {"stage": "Interview", "updated_at": _at(10)}),
        ]
    ]

    state = any_order_ends_alike(employer, Workable(), told, data, ANSWERS)
    assert state["applications"][ID]["stage"] == "interview"
    assert state["applications"][ID]["decisions"] == []
