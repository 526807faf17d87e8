"""Closing jobs over the API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.harness import Employer, add_user
from tests.integration.api.conftest import Api, refusal
from tests.integration.closing_case import Closing
from tests.integration.watching import run_dispatch

WISH: dict[str, Any] = {"outcome": "filled"}


@pytest.fixture
def case(employer: Employer) -> Closing:
    return Closing(employer)


@pytest.fixture
def api(employer: Employer, case: Closing) -> Api:
    return Api(employer, employer.key("admin", user_id=case.maria))


def test_a_preview_shows_everybody_and_every_letter(api: Api, case: Closing) -> None:
    amara = case.applicant("Amara")
    bela = case.applicant("Bela", stage="interview", interviewed_at=case.employer.now)

    preview = api.made(f"/jobs/{case.job}/closings/preview", WISH)

    assert preview["parts"] == {
        "mail": 1,
        "call_first": 1,
        "second_choice": 0,
        "told_already": 0,
        "left_out": 0,
    }
    assert (preview["letters"], preview["confirm"]) == (1, False)
    assert preview["sentence"] == "1 letter goes out today 10:00; you can take it back until then."
    people = {each["application_id"]: each for each in preview["people"]}
    assert people[amara]["letter"]["html"] is None
    assert people[amara]["letter"]["goes_at"] == "2026-03-02T10:00:00Z"
    assert people[bela]["letter"] is None
    assert people[bela]["phone"] == "+1 416 555 0100"
    assert api.get("/messages")["items"] == []
    assert api.get(f"/jobs/{case.job}")["status"] == "open"


def test_what_the_preview_shows_is_what_is_sent(api: Api, case: Closing) -> None:
    case.applicant()

    (person,) = api.made(f"/jobs/{case.job}/closings/preview?html=true", WISH)["people"]
    api.made(f"/jobs/{case.job}/closings", {**WISH, "confirm_count": 1})
    case.employer.clock.advance(timedelta(hours=1))
    run_dispatch(case.employer)

    (envelope,) = case.employer.transport.sent
    letter = person["letter"]
    assert (envelope.subject, envelope.text, envelope.html) == (
        letter["subject"],
        letter["text"],
        letter["html"],
    )


def test_a_closing_is_carried_out_and_its_progress_is_told(api: Api, case: Closing) -> None:
    amara = case.applicant("Amara")
    bela = case.applicant("Bela", stage="interview", interviewed_at=case.employer.now)

    response = api.post(f"/jobs/{case.job}/closings", WISH)

    assert response.status_code == 201
    closing = response.json
    assert closing is not None
    assert response.headers["Location"] == f"/api/v1/closings/{closing['id']}"
    assert (closing["letters"]["waiting"], closing["letters_written"]) == (1, 1)
    assert (closing["calls_open"], closing["by_user_id"]) == (1, case.maria)
    assert closing["goes_from"] == closing["goes_until"] == "2026-03-02T10:00:00Z"
    assert api.get(f"/closings/{closing['id']}") == closing
    assert [each["id"] for each in api.get(f"/closings?job_id={case.job}")["items"]] == [
        closing["id"]
    ]
    assert api.get("/closings?job_id=job_other")["items"] == []
    people = {
        each["application_id"]: each
        for each in api.get(f"/closings/{closing['id']}/people")["items"]
    }
    assert (people[amara]["message_state"], people[amara]["goes_at"]) == (
        "held",
        "2026-03-02T10:00:00Z",
    )
    assert (people[bela]["promise_state"], people[bela]["part"]) == ("open", "call_first")
    assert people[bela]["due_at"] == "2026-03-04T09:00:00Z"


def test_the_letters_are_followed_to_the_mailbox(api: Api, case: Closing) -> None:
    case.applicant()
    closing = api.made(f"/jobs/{case.job}/closings", WISH)

    case.employer.clock.advance(timedelta(hours=1))
    run_dispatch(case.employer)

    progress = api.get(f"/closings/{closing['id']}")
    assert (progress["letters"]["waiting"], progress["letters"]["sent"]) == (0, 1)
    assert progress["goes_from"] is None


def test_the_people_of_a_closing_come_in_pages(api: Api, case: Closing) -> None:
    for number in range(5):
        case.applicant(f"Amara{number}")
    case.applicant("Bela", stage="hired")
    closing = api.made(f"/jobs/{case.job}/closings", WISH)

    seen, cursor = [], ""
    while cursor is not None:
        page = api.get(
            f"/closings/{closing['id']}/people?limit=2" + (f"&cursor={cursor}" if cursor else "")
        )
        seen += page["items"]
        cursor = page["next"]

    assert [each["part"] for each in seen] == ["left_out"] + ["mail"] * 5
    assert len({each["id"] for each in seen}) == 6
    hired = api.get(f"/closings/{closing['id']}/people?part=left_out")["items"]
    assert [each["name"] for each in hired] == ["Bela Okafor"]


def test_a_number_that_is_not_right_is_refused(api: Api, case: Closing) -> None:
    case.applicant()

    response = api.post(f"/jobs/{case.job}/closings", {**WISH, "confirm_count": 7})

    assert refusal(response) == (422, "count-not-confirmed", ["/confirm_count"])
    assert api.get("/closings")["items"] == []
    assert api.get("/decisions")["items"] == []


def test_the_same_request_twice_closes_once(api: Api, case: Closing) -> None:
    case.applicant()

    first = api.post(f"/jobs/{case.job}/closings", WISH, Idempotency_Key="one")
    again = api.post(f"/jobs/{case.job}/closings", WISH, Idempotency_Key="one")
    without = api.post(f"/jobs/{case.job}/closings", WISH)

    assert first.json == again.json
    assert again.headers["Idempotent-Replayed"] == "true"
    assert refusal(without) == (409, "closed-already", [])
    assert len(api.get("/messages")["items"]) == 1


def test_a_closing_is_taken_back(api: Api, case: Closing) -> None:
    amara = case.applicant(stage="screening")
    closing = api.made(f"/jobs/{case.job}/closings", WISH)

    undone = api.made(f"/closings/{closing['id']}/undo", None)
    again = api.post(f"/closings/{closing['id']}/undo", None)

    assert (undone["letters_cancelled"], undone["reopened"], undone["stays"]) == (1, [amara], [])
    assert undone["undone_by_id"] == case.maria
    assert undone["letters"]["cancelled"] == 1
    assert api.get(f"/applications/{amara}")["stage"] == "screening"
    assert api.get(f"/jobs/{case.job}")["status"] == "open"
    assert refusal(again) == (409, "closing-undone", [])


def test_after_the_last_second_the_answer_is_already_sent(api: Api, case: Closing) -> None:
    amara = case.applicant()
    closing = api.made(f"/jobs/{case.job}/closings", WISH)
    case.employer.clock.advance(timedelta(hours=1))
    run_dispatch(case.employer)

    late = api.post(f"/closings/{closing['id']}/undo", None)

    assert refusal(late) == (409, "already-sent", [])
    assert api.get(f"/applications/{amara}")["stage"] == "rejected"
    assert api.get(f"/jobs/{case.job}")["status"] == "filled"


def test_the_letters_alone_can_be_stopped(api: Api, case: Closing) -> None:
    amara = case.applicant()
    closing = api.made(f"/jobs/{case.job}/closings", WISH)

    stopped = api.made(f"/closings/{closing['id']}/cancel-letters", None)

    assert (stopped["letters"]["cancelled"], stopped["undone_at"]) == (1, None)
    assert api.get(f"/applications/{amara}")["stage"] == "rejected"
    kinds = {promise["kind"] for promise in api.get("/promises?state=open")["items"]}
    assert "decision" in kinds


def test_a_closing_is_a_persons(employer: Employer, case: Closing) -> None:
    case.applicant()
    nobody = Api(employer, employer.key("write"))
    with employer.work() as work:
        viewer = add_user(work, "Vera Blick", role="viewer").id
    looking_on = Api(employer, employer.key("write", user_id=viewer))

    by_nobody = nobody.post(f"/jobs/{case.job}/closings", WISH)
    by_viewer = looking_on.post(f"/jobs/{case.job}/closings", WISH)
    named = nobody.post(f"/jobs/{case.job}/closings", {**WISH, "by_user_id": case.maria})

    assert refusal(by_nobody) == (422, "invalid", ["/by_user_id"])
    assert refusal(by_viewer) == (422, "not-allowed-to-decide", ["/by_user_id"])
    assert named.status_code == 201


def test_a_viewer_records_no_decision(employer: Employer, case: Closing) -> None:
    amara = case.applicant()
    with employer.work() as work:
        viewer = add_user(work, "Vera Blick", role="viewer").id
    looking_on = Api(employer, employer.key("write", user_id=viewer))

    response = looking_on.post("/decisions", {"application_id": amara})

    assert refusal(response) == (422, "not-allowed-to-decide", ["/decided_by_id"])


def test_reading_rights_preview_and_close_nothing(employer: Employer, case: Closing) -> None:
    case.applicant()
    reader = Api(employer, employer.key("read", user_id=case.maria))

    assert reader.made(f"/jobs/{case.job}/closings/preview", WISH)["letters"] == 1
    assert refusal(reader.post(f"/jobs/{case.job}/closings", WISH))[:2] == (403, "scope-missing")


@pytest.mark.parametrize(
    ("body", "slug", "pointer"),
    [
        ({"outcome": "won"}, "invalid", "/outcome"),
        ({**WISH, "leave_out": ["app_nobody"]}, "unknown-reference", "/leave_out"),
        (
            {**WISH, "second_choice": ["A"]},
            "second-choice-without-a-day",
            "/second_choice_until_on",
        ),
        ({**WISH, "second_choice_until_on": "soon"}, "invalid", "/second_choice_until_on"),
        (
            {**WISH, "leave_out": ["A"], "mail_anyway": ["A"]},
            "wish-contradicts-itself",
            "/leave_out",
        ),
    ],
)
def test_a_wish_that_cannot_be_followed_names_its_field(
    api: Api, case: Closing, body: dict[str, Any], slug: str, pointer: str
) -> None:
    amara = case.applicant()
    meant = {
        name: [amara if each == "A" else each for each in value]
        if isinstance(value, list)
        else value
        for name, value in body.items()
    }

    response = api.post(f"/jobs/{case.job}/closings/preview", meant)

    assert refusal(response) == (422, slug, [pointer])


def test_a_job_or_closing_that_is_not_there_is_404(api: Api) -> None:
    assert api.post("/jobs/job_none/closings", WISH).status_code == 404
    assert api.post("/jobs/job_none/closings/preview", WISH).status_code == 404
    assert api.send("GET", "/closings/clo_none").status_code == 404
    assert api.send("GET", "/closings/clo_none/people").status_code == 404
    assert api.post("/closings/clo_none/undo", None).status_code == 404
    assert api.post("/closings/clo_none/cancel-letters", None).status_code == 404


def test_jobs_whose_people_wait_are_found(api: Api, case: Closing) -> None:
    case.applicant()
    assert api.get("/jobs?needs_closing=true")["items"] == []

    api.patch(f"/jobs/{case.job}", {"status": "filled"})
    waiting = api.get("/jobs?needs_closing=true")["items"]
    api.made(f"/jobs/{case.job}/closings", WISH)

    assert [each["id"] for each in waiting] == [case.job]
    assert api.get("/jobs?needs_closing=true")["items"] == []


def test_an_undo_that_asks_for_something_else_is_refused_and_does_nothing(
    api: Api,
) -> None:
    for path in ("/closings/clo_none/undo", "/closings/clo_none/cancel-letters"):
        asked = api.post(path, {"dry_run": True})

        assert asked.status_code == 422
        assert "takes no body" in asked.json["detail"]
        assert api.post(path, {}).status_code == 404
