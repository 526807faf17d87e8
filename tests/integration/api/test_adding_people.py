"""``POST /people``: a person, a job and an application in one call, once."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.api.conftest import Api

BODY = {"first_name": "Bela", "emails": ["bela@example.com"], "job": "Gilder", "stage": "screening"}


def test_one_call_adds_a_person_a_job_and_an_application(api: Api) -> None:
    made = api.made("/people", BODY)

    assert (made["made"], made["new_candidate"]) == (True, True)
    application = api.get(f"/applications/{made['application_id']}")
    assert (application["stage"], application["candidate_id"]) == (
        "screening",
        made["candidate_id"],
    )
    assert api.get(f"/candidates/{made['candidate_id']}")["first_name"] == "Bela"
    assert api.get(f"/jobs/{made['job_id']}")["title"] == "Gilder"
    promises = api.get("/promises")["items"]
    owed = {p["kind"] for p in promises if p["application_id"] == made["application_id"]}
    assert {"acknowledgement", "status"} <= owed


def test_an_address_written_in_two_ways_is_one_address(api: Api) -> None:
    made = api.made("/people", {**BODY, "emails": ["Bela@example.com", "bela@example.com"]})

    person = api.get(f"/candidates/{made['candidate_id']}")
    assert [each["address"] for each in person["emails"]] == ["Bela@example.com"]


def test_the_same_call_again_makes_nobody_twice(api: Api) -> None:
    first = api.made("/people", BODY)
    again = api.made("/people", {**BODY, "emails": ["BELA@example.com"], "job": "gilder"})
    other = api.made("/people", {**BODY, "job": first["job_id"], "acknowledge": False})
    next_bid = api.made("/people", {**BODY, "job": "Bookbinder"})

    assert (again["made"], again["application_id"]) == (False, first["application_id"])
    assert other["made"] is False
    assert (next_bid["made"], next_bid["new_candidate"]) == (True, False)
    assert next_bid["candidate_id"] == first["candidate_id"]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"emails": []}, "/emails"),
        ({"emails": ["nothing"]}, "/emails/0"),
        ({"job": "job_unknown"}, "/job"),
        ({"owner_email": "nobody@example.com"}, "/owner_email"),
        ({"applied_at": "2099-01-01T00:00:00Z"}, "/applied_at"),
        ({"stage": "rejected"}, "/stage"),
        ({"surprise": True}, "/surprise"),
    ],
)
def test_what_is_not_clear_is_refused_and_adds_nobody(
    api: Api, change: dict[str, Any], pointer: str
) -> None:
    before = len(api.get("/applications")["items"])
    answer = api.post("/people", {**BODY, **change})

    assert answer.status_code in (409, 422), answer.text
    assert pointer in answer.text
    assert len(api.get("/applications")["items"]) == before
