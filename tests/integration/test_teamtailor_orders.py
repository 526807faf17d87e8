"""Teamtailor's deliveries and what was fetched for each end alike in any order and number."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.ats.asking import Answer, Ask
from service.ats.teamtailor import Teamtailor
from tests.doubles import teamtailor_bodies as bodies
from tests.harness import Employer
from tests.integration.ats_orders import ORDERS, Told, any_order_ends_alike, at, tell

APPLICATION_ASK = Ask(
    "/v1/job-applications/634", (("include", "candidate,job,stage,reject-reason"),)
)
JOB_ASK = Ask("/v1/jobs/26", (("include", "user"),))


def stamp(hour: int) -> str:
    return at(hour).isoformat(timespec="milliseconds")


def state(hour: int, name: str, kind: str, **more: Any) -> dict[str, Any]:
    """The application as Teamtailor has it at an hour."""
    who = bodies.candidate(updated_at=stamp(hour), email=more.pop("email", "amara@example.com"))
    return bodies.application(
        bodies.stage(name, kind),
        bodies.reason() if more.get("rejected_at") else None,
        who,
        created_at=stamp(8),
        updated_at=stamp(hour),
        changed_stage_at=stamp(more.pop("moved", hour)),
        **more,
    )


def seen(hour: int, document: dict[str, Any]) -> Mapping[Ask, Answer]:
    return {
        APPLICATION_ASK: Answer(200, json.dumps(document).encode(), at(hour, 1)),
        JOB_ASK: Answer(200, json.dumps(bodies.job_document()).encode(), at(hour, 1)),
    }


def told(hour: int, document: dict[str, Any], event: str = "job_application.update") -> Told:
    attributes = {
        "updated_at": stamp(hour),
        "rejected_at": document["data"]["attributes"]["rejected-at"],
        "transparent_recruiting_visible_at": None,
    }
    return Told(bodies.webhook(event, **attributes), at(hour), answers=seen(hour, document))


def found(hour: int, document: dict[str, Any]) -> Told:
    return Told(
        json.dumps(document).encode(),
        at(hour),
        found="job-application",
        answers=seen(hour, document),
    )


STORY = [
    told(8, state(8, "Inbox", "Inbox"), "job_application.create"),
    told(9, state(9, "Phone screen", "In process")),
    told(10, state(10, "Panel", "Interview")),
    told(11, state(11, "Panel", "Interview", moved=10, rejected_at=stamp(11))),
    told(12, state(12, "Panel", "Interview", moved=10)),
    found(12, state(12, "Panel", "Interview", moved=10)),
    told(13, state(13, "Offer", "Offer", email="a.o@example.org")),
    told(14, state(14, "Offer", "Offer", moved=13, rejected_at=stamp(14))),
]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@given(data=st.data())
@ORDERS
def test_any_order_of_fetched_states_ends_alike(employer: Employer, data: st.DataObject) -> None:
    end = any_order_ends_alike(employer, Teamtailor(), STORY, data, at_least=4)

    assert list(end["applications"]) == [bodies.APPLICATION]


@pytest.mark.parametrize(
    ("length", "stage", "hour"), [(4, "rejected", 11), (5, "interview", 12), (8, "rejected", 14)]
)
def test_the_story_stands_where_it_should_at_each_turn(
    employer: Employer, length: int, stage: str, hour: int
) -> None:
    application = tell(employer, Teamtailor(), STORY[:length])["applications"]["634"]

    assert (application["stage"], application["stage_at"]) == (stage, at(hour))
    assert application["owner"] is not None
    assert len(application["decisions"]) == (stage == "rejected")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@given(data=st.data())
@ORDERS
def test_an_erased_person_stays_erased_in_any_order(
    employer: Employer, data: st.DataObject
) -> None:
    gone = Told(bodies.webhook("candidate.destroy", "candidates", id=bodies.CANDIDATE), at(15))
    order = data.draw(st.permutations([*STORY[-3:], gone, gone]))
    end = tell(employer, Teamtailor(), order)

    person = end["people"][bodies.CANDIDATE]
    assert [each["owed"] for each in end["applications"].values()] in ([], [[]])
    assert (person["erased"], person["emails"]) == (True, [])


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@given(data=st.data())
@ORDERS
def test_a_jobs_end_is_the_same_in_any_order(employer: Employer, data: st.DataObject) -> None:
    jobs = [
        Told(
            bodies.webhook(
                "job.update",
                "jobs",
                id="26",
                title="Bookbinder",
                status=status,
                updated_at=stamp(hour),
            ),
            at(hour),
        )
        for hour, status in ((9, "open"), (10, "archived"), (11, "open"), (12, "archived"))
    ]
    end = any_order_ends_alike(employer, Teamtailor(), [STORY[0], *jobs], data)

    assert end["jobs"]["26"] == ("Bookbinder", "closed")
