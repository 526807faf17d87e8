"""Policies and calendars over the API, and what an edited calendar does to open promises."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.harness import Employer
from tests.integration.api.conftest import Api, Cast, a_call, refusal


def _company(api: Api) -> Any:
    return next(item for item in api.get("/calendars")["items"] if item["is_default"])


def _asked(api: Api, cast: Cast) -> Any:
    body = {"application_id": cast.application, "channel": "email"}
    return api.made("/enquiries", body)["promise"]


def _close(api: Api, day: str, query: str = "") -> Any:
    path = f"/calendars/{_company(api)['id']}"
    etag = api.send("GET", path).headers["ETag"]
    response = api.send("PATCH", path + query, {"days": {day: []}}, If_Match=etag)
    assert response.status_code == 200, response.text
    return response.json


def test_a_holiday_announced_late_moves_what_rules_owe(api: Api, cast: Cast) -> None:
    promise = _asked(api, cast)
    assert promise["due_at"] == "2026-03-03T09:00:00Z"

    done = _close(api, "2026-03-03")

    assert (done["moved_count"], done["calendar"]["version"]) == (1, 2)
    assert done["moved"][0] == {
        "promise_id": promise["id"],
        "application_id": cast.application,
        "before": "2026-03-03T09:00:00Z",
        "after": "2026-03-04T09:00:00Z",
        "kept_old": None,
    }
    now = api.get(f"/promises/{promise['id']}")
    assert (now["due_at"], now["first_due_at"]) == ("2026-03-04T09:00:00Z", promise["due_at"])
    assert now["calendar_version"] == 2
    trace = api.get(f"/promises/{promise['id']}/explain")["trace"]
    assert "closed" in [step["kind"] for step in trace]


def test_a_dry_run_shows_the_same_and_changes_nothing(api: Api, cast: Cast) -> None:
    promise = _asked(api, cast)

    tried = _close(api, "2026-03-03", "?dry_run=true")

    assert (tried["dry_run"], tried["moved_count"]) == (True, 1)
    assert api.get(f"/promises/{promise['id']}")["due_at"] == "2026-03-03T09:00:00Z"
    assert _company(api)["version"] == 1
    done = _close(api, "2026-03-03")
    assert tried["moved"] == done["moved"]


def test_what_a_person_promised_stays_as_it_was_said(api: Api, cast: Cast) -> None:
    promise = api.made("/promises", a_call(cast, within="1 business day"))

    done = _close(api, "2026-03-03")

    assert done["moved_count"] == 0
    assert api.get(f"/promises/{promise['id']}")["due_at"] == promise["due_at"]


def test_an_edit_makes_no_breach_in_the_past(employer: Employer, api: Api, cast: Cast) -> None:
    _close(api, "2026-03-03")
    promise = _asked(api, cast)
    assert promise["due_at"] == "2026-03-04T09:00:00Z"
    employer.clock.advance(timedelta(days=1, hours=4))
    path = f"/calendars/{_company(api)['id']}"

    done = api.patch(path, {"days": {}}).json

    assert done is not None
    assert (done["moved_count"], done["kept_old_count"]) == (0, 1)
    assert done["kept_old"][0]["kept_old"] == "the new deadline would have passed already"
    now = api.get(f"/promises/{promise['id']}")
    assert (now["due_at"], now["standing"]) == (promise["due_at"], "at_risk")


def test_an_overdue_promise_stays_overdue(employer: Employer, api: Api, cast: Cast) -> None:
    promise = _asked(api, cast)
    employer.pass_time(days=2)

    done = _close(api, "2026-03-03")

    assert done["examined"] == 0
    now = api.get(f"/promises/{promise['id']}")
    assert (now["standing"], now["breached_at"]) == ("overdue", promise["due_at"])


def test_a_moved_promise_is_watched_at_its_new_date(
    employer: Employer, api: Api, cast: Cast
) -> None:
    promise = _asked(api, cast)
    _close(api, "2026-03-03")

    employer.pass_time(days=1, hours=1)
    assert api.get(f"/promises/{promise['id']}")["breached_at"] is None
    employer.pass_time(days=1)

    assert api.get(f"/promises/{promise['id']}")["breached_at"] == "2026-03-04T09:00:00Z"


def test_what_was_paused_meanwhile_keeps_the_time_it_had_left(
    employer: Employer, api: Api, cast: Cast
) -> None:
    promise = _asked(api, cast)
    path = f"/promises/{promise['id']}"
    employer.clock.advance(timedelta(hours=2))
    api.made(f"{path}/pause", {"reason": "they travel"})
    employer.clock.advance(timedelta(hours=1))
    resumed = api.made(f"{path}/resume", {})
    assert resumed["due_at"] == "2026-03-03T10:00:00Z"

    _close(api, "2026-03-03")

    assert api.get(path)["due_at"] == "2026-03-04T10:00:00Z"


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"hours": {}}, "/hours"),
        ({"hours": {"mon": [["17:00"]]}}, "/hours/mon/0"),
        ({"hours": {"moonday": []}}, "/hours/moonday"),
        ({"time_zone": "Mars/Olympus"}, "/time_zone"),
        ({"holidays": {"country": "XX"}}, "/holidays/country"),
        ({"days": {"2026-02-30": []}}, "/days/2026-02-30"),
        ({"name": ""}, "/name"),
    ],
)
def test_a_calendar_with_a_fault_is_refused(api: Api, fields: dict[str, Any], pointer: str) -> None:
    body = {"name": "berlin", "time_zone": "Europe/Berlin", "hours": {"mon": [["09:00", "17:00"]]}}

    response = api.post("/calendars", {**body, **fields})

    assert (422, "invalid", [pointer]) == refusal(response)


def test_an_edit_to_a_calendar_that_never_opens_is_refused(api: Api) -> None:
    path = f"/calendars/{_company(api)['id']}"

    assert refusal(api.patch(path, {"hours": {}})) == (422, "invalid", ["/hours"])
    assert _company(api)["version"] == 1


def test_another_calendar_becomes_the_companys(api: Api, cast: Cast) -> None:
    hours = {"tue": [["10:00", "12:00"]]}
    body = {"name": "tuesdays", "time_zone": "UTC", "hours": hours, "is_default": True}

    made = api.made("/calendars", body)

    assert _company(api)["id"] == made["id"]
    assert api.made("/promises", a_call(cast))["calendar_id"] == made["id"]
    no_default = api.patch(f"/calendars/{made['id']}", {"is_default": False})
    assert refusal(no_default) == (422, "invalid", ["/is_default"])


def test_a_deadline_is_computed_with_its_reasons(api: Api) -> None:
    hours = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
    body = {"name": "berlin", "time_zone": "Europe/Berlin", "hours": hours}
    made = api.made("/calendars", body)

    due = api.made(
        f"/calendars/{made['id']}/due", {"from": "2026-03-27T16:00", "in": "2 business hours"}
    )

    assert due["due_at"] == "2026-03-30T08:00:00Z"
    assert due["due_local"] == "2026-03-30T10:00:00+02:00"
    assert due["trace"][-1]["kind"] == "landed"


def test_new_terms_make_a_new_version_and_touch_no_promise(api: Api, cast: Cast) -> None:
    promise = _asked(api, cast)
    policy = next(item for item in api.get("/policies")["items"] if item["name"] == "reply")
    path = f"/policies/{policy['id']}"

    changed = api.patch(path, {"terms": {**policy["terms"], "within": "3 business days"}}).json

    assert changed is not None
    assert (changed["version"], changed["terms"]["within"]) == (2, "3 business days")
    assert api.get(f"/promises/{promise['id']}")["due_at"] == promise["due_at"]
    assert api.get(path) == changed


def test_a_policy_that_is_switched_off_promises_nothing(api: Api, cast: Cast) -> None:
    policy = next(item for item in api.get("/policies")["items"] if item["name"] == "reply")
    path = f"/policies/{policy['id']}"
    etag = api.send("GET", path).headers["ETag"]

    off = api.send("PATCH", path, {"active": False}, If_Match=etag)

    assert off.headers["ETag"] != etag
    asked = api.made("/enquiries", {"application_id": cast.application, "channel": "email"})
    assert (asked["promise"], asked["new"]) == (None, False)


def test_every_fault_of_a_policy_is_named(api: Api) -> None:
    terms = {"trigger": "moon", "kind": "status", "within": "soon", "wording": "Word"}

    response = api.post("/policies", {"name": "odd", "terms": terms})

    assert refusal(response) == (422, "invalid", ["/terms/trigger", "/terms/within"])


def test_two_policies_share_no_name(api: Api) -> None:
    terms = api.get("/policies")["items"][0]["terms"]

    response = api.post("/policies", {"name": "reply", "terms": terms})

    assert refusal(response) == (409, "name-taken", ["/name"])
