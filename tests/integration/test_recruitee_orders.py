"""Recruitee's deliveries, and what polling finds, end alike in any order and any number."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.ats.asking import Answer
from service.ats.recruitee import Recruitee
from service.ats.recruitee_api import candidate_ask
from tests.doubles import recruitee_bodies as recruitee
from tests.harness import Employer
from tests.integration.ats_orders import ORDERS, Told, any_order_ends_alike, at

APPLICATION = "44/71"


def _at(hour: int) -> str:
    return at(hour).isoformat()


def _found(hour: int, changed: int, **placement: object) -> Told:
    one = recruitee.placement(
        **{"updated_at": _at(changed), "created_at": _at(8), "stage_id": 2, **placement}
    )
    return Told(recruitee.record(one, updated_at=_at(8)), at(hour, 30), found="candidate")


STORY = [
    Told(recruitee.event("candidate_created", created_at=_at(8), offer=...), at(8)),
    Told(recruitee.event("candidate_assigned", created_at=_at(8)), at(8, 1)),
    Told(recruitee.moved(recruitee.PHONE, created_at=_at(9)), at(9)),
    _found(9, 9),
    Told(recruitee.disqualified(created_at=_at(10)), at(10)),
    _found(10, 10, disqualify_kind="admin", disqualify_reason="Wrong skill set"),
    Told(
        recruitee.event(
            "candidate_moved", "requalified", {"stage": recruitee.PHONE}, created_at=_at(11)
        ),
        at(11),
    ),
    Told(recruitee.moved(recruitee.TEAM, created_at=_at(12)), at(12)),
    _found(13, 12, stage_id=3),
]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@given(data=st.data())
@settings(ORDERS)
def test_any_order_of_a_candidates_deliveries_ends_alike(
    employer: Employer, data: st.DataObject
) -> None:
    any_order_ends_alike(employer, Recruitee(), STORY, data, at_least=3)


@pytest.mark.parametrize("closing", ["rejected", "withdrawn", "hired", "deleted"])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@given(data=st.data())
@settings(ORDERS)
def test_any_order_with_an_end_ends_there(
    employer: Employer, data: st.DataObject, closing: str
) -> None:
    left = {"disqualify_kind": "candidate", "disqualify_reason": "Another offer"}
    end = {
        "rejected": recruitee.disqualified(created_at=_at(15)),
        "withdrawn": recruitee.disqualified(created_at=_at(15), details=left),
        "hired": recruitee.moved(recruitee.HIRED, created_at=_at(15)),
        "deleted": recruitee.event("candidate_deleted", created_at=_at(15)),
    }[closing]

    state = any_order_ends_alike(employer, Recruitee(), [*STORY, Told(end, at(15))], data)
    if closing == "deleted":
        assert state["people"]["44"]["erased"]
        assert state["people"]["44"]["emails"] == []
    else:
        assert state["applications"][APPLICATION]["stage"] == closing


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@given(data=st.data())
@settings(ORDERS)
def test_two_applications_of_one_person_end_each_for_itself(
    employer: Employer, data: st.DataObject
) -> None:
    other = {"id": 73, "title": "Paper maker", "kind": "job", "status": "published"}
    here = recruitee.placement(
        created_at=_at(8),
        updated_at=_at(10),
        disqualify_kind="admin",
        disqualify_reason="Wrong skill set",
    )
    there = recruitee.placement(
        id=9002, offer_id=73, offer=other, created_at=_at(8), updated_at=_at(12), stage_id=3
    )
    story = [
        Told(recruitee.event("candidate_assigned", created_at=_at(8)), at(8)),
        Told(recruitee.event("candidate_assigned", created_at=_at(8), offer=other), at(8)),
        Told(recruitee.disqualified(created_at=_at(10)), at(10)),
        Told(recruitee.moved(recruitee.TEAM, created_at=_at(12), offer=other), at(12)),
        Told(
            recruitee.record(here, there, updated_at=_at(13), name="Miriam Okafor"),
            at(14),
            found="candidate",
        ),
    ]

    state = any_order_ends_alike(employer, Recruitee(), story, data)
    assert state["applications"]["44/71"]["stage"] == "rejected"
    assert state["applications"]["44/73"]["stage"] == "interview"
    assert state["people"]["44"]["name"] == ("Miriam", "Okafor")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@given(data=st.data())
@settings(ORDERS)
def test_hints_without_a_time_end_in_the_state_that_is_fetched(
    employer: Employer, data: st.DataObject
) -> None:
    told = [
        Told(
            recruitee.moved(created_at=..., company={"id": hour}),
            at(hour),
            answers={
                candidate_ask("44"): Answer(
                    200,
                    recruitee.record(
                        recruitee.placement(updated_at=_at(hour), created_at=_at(8), **state)
                    ),
                    at(hour, 1),
                )
            },
        )
        for hour, state in [
            (8, {"stage_id": 1}),
            (9, {"disqualify_kind": "admin", "disqualify_reason": "No"}),
            (10, {"stage_id": 3}),
        ]
    ]

    state = any_order_ends_alike(employer, Recruitee(), told, data)
    assert state["applications"][APPLICATION]["stage"] == "interview"
    assert state["applications"][APPLICATION]["decisions"] == []
