"""Candidates, jobs, applications and colleagues over the API."""

from __future__ import annotations

from typing import Any

import pytest

from service.models import Candidate
from service.workflows.legal_hold import hold
from tests.harness import Employer, add_application
from tests.integration.api.conftest import Api, Cast, refusal


def _apply(api: Api, cast: Cast, **fields: Any) -> Any:
    job = api.made("/jobs", {"title": "Data Analyst", "owner_id": cast.maria})
    person = api.made("/candidates", {"first_name": "Bela", "emails": ["bela@example.com"]})
    body = {"candidate_id": person["id"], "job_id": job["id"], **fields}
    return api.made("/applications", body)


def test_a_person_is_found_by_an_address_in_any_case(api: Api, cast: Cast) -> None:
    found = api.get("/candidates?email=AMARA.okafor@Example.com")["items"]

    assert [cast.candidate] == [person["id"] for person in found]
    assert api.get("/candidates?email=nobody@example.com")["items"] == []


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"emails": ["no address"]}, "/emails/0"),
        ({"emails": ["a@example.com", "b@@example.com"]}, "/emails/1"),
        ({"time_zone": "Mars/Olympus"}, "/time_zone"),
        ({"first_name": "a\nb"}, "/first_name"),
        ({"phones": ["0" * 51]}, "/phones/0"),
        ({"can_email": "yes"}, "/can_email"),
    ],
)
def test_a_person_with_a_fault_is_refused(api: Api, fields: dict[str, Any], pointer: str) -> None:
    assert (422, "invalid", [pointer]) == refusal(api.post("/candidates", fields))


@pytest.mark.parametrize("fields", [{}, {"time_zone": "Europe/Berlin"}, {"emails": []}])
def test_a_person_is_somebody(api: Api, fields: dict[str, Any]) -> None:
    answer = refusal(api.post("/candidates", fields))

    assert answer == (422, "nobody-named", ["/first_name"])


def test_what_a_change_leaves_out_stays(api: Api, cast: Cast) -> None:
    path = f"/candidates/{cast.candidate}"

    changed = api.patch(path, {"time_zone": "America/Toronto"}).json

    assert changed is not None
    assert (changed["first_name"], changed["time_zone"]) == ("Amara", "America/Toronto")
    assert [email["address"] for email in changed["emails"]] == ["amara.okafor@example.com"]


def test_an_erased_person_is_empty_and_stays_so(api: Api, cast: Cast) -> None:
    path = f"/candidates/{cast.candidate}"
    etag = api.send("GET", path).headers["ETag"]

    erased = api.send("DELETE", path, If_Match=etag)

    assert erased.status_code == 200
    left = api.get(path)
    assert (left["first_name"], left["emails"], left["phones"]) == (None, [], [])
    assert erased.headers["ETag"] == api.send("GET", path).headers["ETag"]
    assert refusal(api.patch(path, {"first_name": "Amara"})) == (422, "candidate-erased", [])


def test_a_person_is_erased_whole_and_not_one_record_of_theirs(
    employer: Employer, api: Api, cast: Cast
) -> None:
    with employer.work() as work:
        stays = add_application(work, first_name="Amara").candidate_id
        work.session.get_one(Candidate, cast.candidate).merged_into_id = stays
    path = f"/candidates/{cast.candidate}"

    refused = api.send("DELETE", path, If_Match=api.send("GET", path).headers["ETag"])

    assert refusal(refused) == (409, "candidate-merged", [])
    assert stays in refused.json["detail"]
    assert api.get(path)["first_name"] == "Amara"
    path = f"/candidates/{stays}"
    assert (
        api.send("DELETE", path, If_Match=api.send("GET", path).headers["ETag"]).status_code == 200
    )
    for id_ in (cast.candidate, stays):
        assert api.get(f"/candidates/{id_}")["first_name"] is None


def test_a_person_on_legal_hold_is_shown_so_and_erased_by_no_program(
    employer: Employer, api: Api, cast: Cast
) -> None:
    path = f"/candidates/{cast.candidate}"
    assert api.get(path)["legal_hold_at"] is None
    with employer.work() as work:
        hold(work, work.session.get_one(Candidate, cast.candidate), "a claim of theirs")

    shown = api.get(path)
    refused = api.send("DELETE", path, If_Match=api.send("GET", path).headers["ETag"])

    assert shown["legal_hold_at"] == "2026-03-02T09:00:00Z"
    assert shown["legal_hold_why"] == "a claim of theirs"
    assert refusal(refused) == (409, "on-legal-hold", [])
    assert api.get(path)["first_name"] is not None


def test_two_records_are_merged_into_the_one_that_is_named(
    employer: Employer, api: Api, cast: Cast
) -> None:
    with employer.work() as work:
        twin = add_application(work, first_name="Amy", email="amy@example.com")
        stays, moved = twin.candidate_id, twin.id
    path = f"/candidates/{cast.candidate}"
    etag = api.send("GET", path).headers["ETag"]

    def merge(into: str, match: str = etag) -> Any:
        return api.send("POST", f"{path}/merge", {"into": into}, If_Match=match)

    assert refusal(merge(cast.candidate)) == (422, "same-person", ["/into"])
    assert refusal(merge("cnd_nobody")) == (422, "unknown-reference", ["/into"])
    assert merge(stays, '"0"').status_code == 412
    kept = api.send("GET", f"/candidates/{stays}").headers["ETag"]

    done = merge(stays)

    assert (done.status_code, done.json["id"], done.json["first_name"]) == (200, stays, "Amy")
    addresses = [email["address"] for email in done.json["emails"]]
    assert addresses == ["amy@example.com", "amara.okafor@example.com"]
    assert done.headers["ETag"] == api.send("GET", f"/candidates/{stays}").headers["ETag"] != kept
    assert api.get(path)["merged_into_id"] == stays
    theirs = api.get(f"/applications?candidate_id={stays}")["items"]
    assert {each["id"] for each in theirs} > {moved}
    again = merge(stays, "*")
    assert refusal(again) == (409, "candidate-merged", [])
    assert stays in again.json["detail"]
    path = f"/candidates/{stays}"
    assert refusal(merge(cast.candidate, "*")) == (409, "candidate-merged", [])
    gone = api.made("/candidates", {"first_name": "Jo"})["id"]
    assert api.send("DELETE", f"/candidates/{gone}", If_Match="*").status_code == 200
    assert refusal(merge(gone, "*")) == (422, "candidate-erased", [])


def test_an_application_owes_at_once_what_the_rules_say(
    employer: Employer, api: Api, cast: Cast
) -> None:
    made = _apply(api, cast)

    promises = api.get(f"/promises?application_id={made['id']}")["items"]
    assert sorted(promise["kind"] for promise in promises) == [
        "acknowledgement",
        "status",
        "status",
    ]
    assert made["owner_id"] == cast.maria
    employer.turn()
    sent = api.get(f"/messages?application_id={made['id']}")["items"]
    assert [letter["kind"] for letter in sent] == ["acknowledgement"]


def test_nobody_applies_twice_for_one_job_while_the_first_is_in_progress(
    api: Api, cast: Cast
) -> None:
    made = _apply(api, cast)
    again = {"candidate_id": made["candidate_id"], "job_id": made["job_id"]}

    assert refusal(api.post("/applications", again)) == (409, "applied-already", [])
    assert api.patch(f"/applications/{made['id']}", {"stage": "withdrawn"}).status_code == 200
    assert api.post("/applications", again).status_code == 201


def test_an_application_names_who_and_what_exists(api: Api, cast: Cast) -> None:
    job = api.made("/jobs", {"title": "Data Analyst"})["id"]

    no_person = api.post("/applications", {"candidate_id": "cnd_no", "job_id": job})
    no_job = api.post("/applications", {"candidate_id": cast.candidate, "job_id": "job_no"})

    assert refusal(no_person) == (422, "unknown-reference", ["/candidate_id"])
    assert refusal(no_job) == (422, "unknown-reference", ["/job_id"])


def test_a_stage_moves_and_a_rejection_needs_a_decision(api: Api, cast: Cast) -> None:
    path = f"/applications/{cast.application}"

    moved = api.patch(path, {"stage": "offer"})
    refused = api.patch(path, {"stage": "rejected"})

    assert moved.json is not None
    assert moved.json["stage"] == "offer"
    assert refusal(refused) == (422, "needs-a-decision", ["/stage"])


def test_promises_follow_the_application_to_its_new_owner(api: Api, cast: Cast) -> None:
    made = _apply(api, cast)
    jonas = api.made("/users", {"email": "jonas@example.com", "name": "Jonas Weber"})["id"]

    api.patch(f"/applications/{made['id']}", {"owner_id": jonas})

    owners = {
        each["owner_id"] for each in api.get(f"/promises?application_id={made['id']}")["items"]
    }
    assert owners == {jonas}


def test_word_is_owed_after_an_interview(api: Api, cast: Cast) -> None:
    path = f"/applications/{cast.application}/interviews"

    response = api.post(path, {"held": True})

    assert response.status_code == 201
    assert response.json == api.get(response.headers["Location"])
    assert [response.json] == api.get(path)["items"]
    wordings = [promise["wording"] for promise in api.get("/promises")["items"]]
    assert "Word after their interview" in wordings


def test_a_booked_interview_owes_nothing_yet(api: Api, cast: Cast) -> None:
    path = f"/applications/{cast.application}/interviews"

    booked = api.made(path, {"starts_at": "2026-03-05T10:00:00Z"})

    assert (booked["starts_at"], booked["done_at"]) == ("2026-03-05T10:00:00Z", None)
    wordings = [promise["wording"] for promise in api.get("/promises")["items"]]
    assert "Word after their interview" not in wordings
    future = api.post(path, {"held": True, "ended_at": "2026-03-05T10:00:00Z"})
    assert refusal(future) == (422, "held-in-the-future", ["/ended_at"])


def test_one_address_is_one_colleague(api: Api) -> None:
    api.made("/users", {"email": "jonas@example.com", "name": "Jonas Weber"})

    again = api.post("/users", {"email": "Jonas@Example.com", "name": "J. Weber"})

    assert refusal(again) == (409, "name-taken", ["/email"])


def test_lists_are_filtered(api: Api, cast: Cast) -> None:
    made = _apply(api, cast)

    def found(query: str) -> list[str]:
        return [item["id"] for item in api.get(f"/applications?{query}")["items"]]

    assert found("stage=applied") == [made["id"]]
    assert found(f"job_id={made['job_id']}") == [made["id"]]
    assert found(f"candidate_id={cast.candidate}") == [cast.application]
    assert set(found(f"owner_id={cast.maria}")) == {made["id"], cast.application}
    assert found("stage=hired") == []
