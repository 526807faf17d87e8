"""Promises over the API: made, kept, moved, let go, and explained."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.harness import Employer, add_application
from tests.integration.api.conftest import Api, Cast, a_call, refusal


def _kinds(api: Api, cast: Cast) -> list[str]:
    entries = api.get(f"/applications/{cast.application}/timeline")["items"]
    return [entry["kind"] for entry in entries]


def test_a_promise_is_made_and_can_be_read_where_the_answer_says(api: Api, cast: Cast) -> None:
    response = api.post("/promises", a_call(cast))

    assert response.status_code == 201
    assert response.headers["ETag"] == '"1"'
    made = response.json
    assert made is not None
    assert (made["due_at"], made["standing"]) == ("2026-03-02T13:00:00Z", "on_time")
    assert made["promised_by_id"] == cast.maria
    assert made == api.get(response.headers["Location"])


def test_a_word_recorded_later_is_kept_by_a_call_that_came_after_it(
    employer: Employer, api: Api, cast: Cast
) -> None:
    given = "2026-03-02T09:00:00Z"
    employer.clock.advance(timedelta(hours=3))

    def call_at(at: str) -> None:
        phone = {"channel": "phone", "outcome": "reached", "at": at}
        api.made("/contacts", {"application_id": cast.application, **phone})

    # The very call in which the word was given, as far as anybody can tell.
    call_at("2026-03-02T10:00:00Z")
    stands = api.made("/promises", a_call(cast, promised_at=given))
    assert stands["state"] == "open"
    api.post(f"/promises/{stands['id']}/release", {"reason": "written down twice"})

    call_at("2026-03-02T11:30:00Z")
    made = api.made("/promises", a_call(cast, promised_at=given))
    assert (made["state"], made["kept_at"]) == ("kept", "2026-03-02T11:30:00Z")
    assert made == api.get(f"/promises/{made['id']}")
    # What is given now is not kept by what came before.
    assert api.made("/promises", a_call(cast))["state"] == "open"


def test_every_deadline_can_be_explained(api: Api, cast: Cast) -> None:
    made = api.made("/promises", a_call(cast))

    found = api.get(f"/promises/{made['id']}/explain")

    assert found["due_at"] == made["due_at"]
    assert found["calendar"]["version"] == 1
    assert found["trace"][-1]["kind"] == "landed"
    assert [step["action"] for step in found["ladder"]] == ["remind", "flag", "escalate"]
    assert found["ladder"][1]["text"] == "today 13:00: the owner is told that it is overdue"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"due_at": "2026-03-01T12:00:00Z"}, (422, "due-in-the-past", ["/due_at"])),
        ({"due_at": "2026-03-03T12:00:00"}, (422, "invalid", ["/due_at"])),
        ({"within": "soon"}, (422, "duration-not-understood", ["/within"])),
        ({"within": "1 day", "due_at": "2026-03-03T12:00:00Z"}, (422, "invalid", ["/within"])),
        ({"kind": "wish"}, (422, "invalid", ["/kind"])),
        ({"wording": "  "}, (422, "invalid", ["/wording"])),
        ({"wording": "a\u0000b"}, (422, "invalid", ["/wording"])),
        ({"wording": "w" * 501}, (422, "invalid", ["/wording"])),
        ({"owner_id": "usr_nobody"}, (422, "unknown-reference", ["/owner_id"])),
        ({"application_id": "app_none"}, (422, "unknown-reference", ["/application_id"])),
        (
            {"promised_at": "2026-03-03T12:00:00Z"},
            (422, "promised-in-the-future", ["/promised_at"]),
        ),
    ],
)
def test_a_promise_nobody_could_keep_is_refused_with_the_field_at_fault(
    api: Api, cast: Cast, fields: dict[str, Any], expected: tuple[int, str, list[str]]
) -> None:
    assert expected == refusal(api.post("/promises", a_call(cast, **fields)))
    assert api.get("/promises")["items"] == []


def test_nothing_is_promised_on_a_closed_or_erased_application(
    employer: Employer, api: Api, cast: Cast
) -> None:
    with employer.work() as work:
        hired = add_application(work, stage="hired").id
    erased = api.send("GET", f"/candidates/{cast.candidate}").headers["ETag"]
    assert api.send("DELETE", f"/candidates/{cast.candidate}", If_Match=erased).status_code == 200

    closed = api.post("/promises", a_call(cast, application_id=hired))
    gone = api.post("/promises", a_call(cast))

    assert refusal(closed) == (422, "application-closed", [])
    assert refusal(gone) == (422, "candidate-erased", [])


def test_a_promise_in_time_closed_for_ever_is_refused(
    employer: Employer, api: Api, cast: Cast
) -> None:
    calendar = api.made(
        "/calendars",
        {
            "name": "once",
            "time_zone": "UTC",
            "hours": {},
            "days": {"2026-03-09": [["09:00", "10:00"]]},
        },
    )
    job = api.get(f"/applications/{cast.application}")["job_id"]
    assert api.patch(f"/jobs/{job}", {"calendar_id": calendar["id"]}).status_code == 200

    response = api.post("/promises", a_call(cast, within="4 business hours"))

    assert refusal(response) == (422, "no-opening", ["/within"])


def test_a_contact_keeps_a_promise_and_the_story_says_so(api: Api, cast: Cast) -> None:
    made = api.made("/promises", a_call(cast))

    done = api.made(f"/promises/{made['id']}/keep", {"channel": "phone", "outcome": "reached"})

    assert (done["kept"], done["why"], done["promise"]["state"]) == (True, None, "kept")
    assert done["contact"]["by_user_id"] == cast.maria
    assert "promise_kept" in _kinds(api, cast)


def test_a_contact_that_reached_nobody_is_a_fact_but_keeps_nothing(api: Api, cast: Cast) -> None:
    made = api.made("/promises", a_call(cast))

    done = api.made(f"/promises/{made['id']}/keep", {"channel": "phone", "outcome": "no_answer"})

    assert (done["kept"], done["why"]) == (False, "nobody answered the call")
    assert done["promise"]["state"] == "open"
    listed = api.get(f"/contacts?application_id={cast.application}")["items"]
    assert [done["contact"]] == listed


def test_a_kept_promise_is_not_kept_twice_and_the_second_contact_is_not_recorded(
    api: Api, cast: Cast
) -> None:
    made = api.made("/promises", a_call(cast))
    reached = {"channel": "phone", "outcome": "reached"}
    api.made(f"/promises/{made['id']}/keep", reached)

    response = api.post(f"/promises/{made['id']}/keep", reached)

    assert refusal(response) == (409, "promise-not-open", [])
    assert len(api.get(f"/contacts?application_id={cast.application}")["items"]) == 1


def test_a_logged_contact_says_what_it_kept_and_why_the_rest_stays_open(
    api: Api, cast: Cast
) -> None:
    call = api.made("/promises", a_call(cast))
    feedback = api.made("/promises", a_call(cast, kind="feedback", wording="Feedback"))

    done = api.made(
        "/contacts",
        {"application_id": cast.application, "channel": "phone", "outcome": "reached"},
    )

    assert [call["id"]] == [promise["id"] for promise in done["kept"]]
    reasons = {each["promise"]["id"]: each["why"] for each in done["not_kept"]}
    assert reasons[feedback["id"]] == (
        "nobody said that this contact told the feedback: name the promise if it did"
    )


def test_a_contact_meant_for_somebody_elses_promise_is_refused(
    employer: Employer, api: Api, cast: Cast
) -> None:
    with employer.work() as work:
        other = add_application(work).id
    promise = api.made("/promises", a_call(cast))

    response = api.post(
        "/contacts",
        {
            "application_id": other,
            "channel": "phone",
            "outcome": "reached",
            "meant_for": [promise["id"]],
        },
    )

    assert refusal(response) == (422, "unknown-reference", ["/meant_for/0"])


def test_a_rescheduled_promise_is_replaced_and_its_first_date_stays(api: Api, cast: Cast) -> None:
    old = api.made("/promises", a_call(cast))

    new = api.made(
        f"/promises/{old['id']}/reschedule", {"within": "2 business days", "candidate_told": True}
    )

    assert new["first_due_at"] == old["due_at"]
    assert new["due_at"] == "2026-03-04T09:00:00Z"
    before = api.get(f"/promises/{old['id']}")
    assert (before["state"], before["replaced_by_id"]) == ("replaced", new["id"])


def test_a_promise_is_released_with_its_reason(api: Api, cast: Cast) -> None:
    made = api.made("/promises", a_call(cast))

    released = api.made(f"/promises/{made['id']}/release", {"reason": "They withdrew"})

    assert (released["state"], released["close_reason"]) == ("released", "They withdrew")
    assert refusal(api.post(f"/promises/{made['id']}/release", {})) == (422, "invalid", ["/reason"])


def test_a_spoken_promise_never_pauses(api: Api, cast: Cast) -> None:
    made = api.made("/promises", a_call(cast))

    response = api.post(f"/promises/{made['id']}/pause", {"reason": "waiting"})

    assert refusal(response) == (422, "spoken-promise-never-pauses", [])


def test_a_rules_promise_pauses_and_resumes_with_the_time_it_had_left(
    employer: Employer, api: Api, cast: Cast
) -> None:
    asked = api.made("/enquiries", {"application_id": cast.application, "channel": "email"})
    promise = asked["promise"]
    assert (asked["new"], promise["kind"], promise["origin"]) == (True, "reply", "policy")

    paused = api.made(f"/promises/{promise['id']}/pause", {"reason": "they travel"})
    employer.pass_time(days=1)
    resumed = api.made(f"/promises/{promise['id']}/resume", {})

    assert (paused["state"], paused["paused_left_minutes"]) == ("paused", 480)
    assert (resumed["state"], resumed["due_at"]) == ("open", "2026-03-03T17:00:00Z")


def test_an_enquiry_is_answered_by_the_promise_that_is_open(api: Api, cast: Cast) -> None:
    promise = api.made("/promises", a_call(cast))

    asked = api.made("/enquiries", {"application_id": cast.application, "channel": "phone"})

    assert (asked["new"], asked["promise"]["id"]) == (False, promise["id"])
    listed = api.get(f"/enquiries?application_id={cast.application}")["items"]
    assert [asked["contact"]["id"]] == [contact["id"] for contact in listed]


def test_promises_are_found_by_how_they_stand(employer: Employer, api: Api, cast: Cast) -> None:
    api.made("/promises", a_call(cast))
    api.made("/promises", a_call(cast, within="3 business days"))

    def standing(name: str) -> int:
        return len(
            api.get(f"/promises?standing={name}&owner_id={cast.maria}&origin=spoken")["items"]
        )

    assert (standing("on_time"), standing("at_risk"), standing("overdue")) == (2, 0, 0)
    employer.pass_time(hours=3, minutes=30)
    assert (standing("on_time"), standing("at_risk"), standing("overdue")) == (1, 1, 0)
    employer.pass_time(hours=1)
    assert (standing("on_time"), standing("at_risk"), standing("overdue")) == (1, 0, 1)


def test_overdue_people_are_listed_with_what_is_needed_to_act(
    employer: Employer, api: Api, cast: Cast
) -> None:
    first = api.made("/promises", a_call(cast))
    second = api.made("/promises", a_call(cast, within="5 business hours"))
    employer.pass_time(hours=7)

    page = api.get("/overdue?limit=1")
    rest = api.get(f"/overdue?limit=1&cursor={page['next']}")

    found = [*page["items"], *rest["items"]]
    assert [first["id"], second["id"]] == [person["promise_id"] for person in found]
    assert (found[0]["name"], found[0]["late"], rest["next"]) == ("Amara Okafor", "3 h", None)
