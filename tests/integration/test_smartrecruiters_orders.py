"""SmartRecruiters' deliveries and what was fetched for each end alike in any order and number."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.ats.asking import Answer, Ask
from service.ats.smartrecruiters import SmartRecruiters
from tests.doubles import smartrecruiters_bodies as bodies
from tests.harness import Employer
from tests.integration.ats_orders import ORDERS, Told, any_order_ends_alike, at, tell

STATUSES = [
    (8, "NEW", None),
    (9, "IN_REVIEW", "Recruiter screen"),
    (10, "INTERVIEW", None),
    (11, "REJECTED", "Not a fit"),
    (12, "INTERVIEW", "Panel"),
    (13, "OFFERED", None),
    (14, "REJECTED", "Not a fit"),
]


def stamp(hour: int) -> str:
    return at(hour).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def seen(hour: int, **more: Any) -> Mapping[Ask, Answer]:
    """What SmartRecruiters says at an hour: the last status until then, and all those before."""
    past = [each for each in STATUSES if each[0] <= hour]
    _, status, label = past[-1]
    world: dict[str, Any] = {
        "candidate": bodies.candidate(updatedOn=stamp(hour)),
        "application": bodies.application(status, label),
        "history": bodies.history(*((stamp(when), name, sub or "") for when, name, sub in past)),
        **more,
    }
    fetched_at = at(hour, 1)
    return {ask: answered(record, fetched_at) for ask, record in bodies.world(**world).items()}


def answered(record: Mapping[str, Any] | None, fetched_at: datetime) -> Answer:
    return Answer(404 if record is None else 200, json.dumps(record).encode(), fetched_at)


def told(hour: int, event: str = "application.status.updated", **more: Any) -> Told:
    return Told(
        bodies.application_body(), at(hour), bodies.headers(event), answers=seen(hour, **more)
    )


STORY = [
    told(8, "application.created"),
    told(9),
    told(10),
    told(11),
    told(12),
    told(13, candidate=bodies.candidate(updatedOn=stamp(13), email="amara@example.org")),
    Told(
        json.dumps({"id": bodies.CANDIDATE}).encode(),
        at(14),
        found="candidate",
        answers=seen(14, candidate=bodies.candidate(updatedOn=stamp(14), email="a.o@example.org")),
    ),
]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@given(data=st.data())
@ORDERS
def test_any_order_of_fetched_states_ends_alike(employer: Employer, data: st.DataObject) -> None:
    end = any_order_ends_alike(employer, SmartRecruiters(), STORY, data, at_least=4)

    assert list(end["applications"]) == [bodies.APPLICATION]


def test_the_story_ends_where_it_should(employer: Employer) -> None:
    end = tell(employer, SmartRecruiters(), STORY)
    application = end["applications"][bodies.APPLICATION]
    assert (application["stage"], application["stage_at"]) == ("rejected", at(14))
    assert application["owner"] is not None
    assert end["people"][bodies.CANDIDATE]["emails"] == ["a.o@example.org"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@given(data=st.data())
@ORDERS
def test_an_erased_person_stays_erased_in_any_order(
    employer: Employer, data: st.DataObject
) -> None:
    gone = Told(
        bodies.body(id=bodies.CANDIDATE),
        at(15),
        bodies.headers("candidate.deleted", f"/candidates/{bodies.CANDIDATE}"),
    )
    order = data.draw(st.permutations([*STORY[-3:], gone, gone]))
    end = tell(employer, SmartRecruiters(), order)

    person = end["people"][bodies.CANDIDATE]
    assert [each["owed"] for each in end["applications"].values()] in ([], [[]])
    assert (person["erased"], person["emails"]) == (True, [])
